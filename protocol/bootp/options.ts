/**
 * The vendor area of BOOTP and the options of DHCP (RFC 2132): those that booting a modem needs, by number.
 */
import { addressBytes, readAddress } from '../ipv4.ts';
import { latin1Bytes } from '../latin1.ts';
import type { BootpMessage } from './message.ts';

/** RFC 2132 section 2: what an area with options begins with. */
export const MAGIC_COOKIE = Uint8Array.of(99, 130, 83, 99);

export const OPTION = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  hostName: 12,
  /** In blocks of 512 bytes, 2 bytes. */
  bootFileSize: 13,
  rootPath: 17,
  broadcastAddress: 28,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  /** 1: `file` holds options, 2: `sname` does, 3: both do. */
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  maximumSize: 57,
  vendorClass: 60,
  clientIdentifier: 61,
  tftpServerName: 66,
  bootFileName: 67,
  end: 255,
} as const;

/** RFC 2132 9.6. */
export const DHCP_TYPES = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

export interface BootpOption {
  readonly code: number;
  /** At most 255 bytes. */
  readonly data: Uint8Array;
}

export interface VendorArea {
  /** Whether the area begins with the magic cookie; without it there are no options. */
  readonly magic: boolean;
  readonly options: readonly BootpOption[];
  /** Whether an option says that it is longer than what is left: it and all after it are not read. */
  readonly cut: boolean;
}

/**
 * The area of options, with its end, padded with zeros to `size` bytes. Throws for data that no option holds.
 */
export function writeOptions(options: readonly BootpOption[], size = 64): Uint8Array {
  const used = options.reduce((sum, { data }) => sum + 2 + data.length, MAGIC_COOKIE.length + 1);
  const bytes = new Uint8Array(Math.max(size, used));
  bytes.set(MAGIC_COOKIE);
  let at = MAGIC_COOKIE.length;
  for (const { code, data } of options) {
    if (data.length > 255 || code <= OPTION.pad || code >= OPTION.end)
      throw new RangeError(`option ${code} with ${data.length} bytes`);
    bytes.set([code, data.length], at);
    bytes.set(data, at + 2);
    at += 2 + data.length;
  }
  bytes[at] = OPTION.end;
  return bytes;
}

/**
 * The options of a vendor area. Total: unreadable ones are reported, not refused, since boot loaders are
 * careless here.
 */
export function readOptions(vend: Uint8Array): VendorArea {
  const magic = MAGIC_COOKIE.every((byte, index) => vend[index] === byte);
  return magic
    ? { magic, ...readItems(vend.subarray(MAGIC_COOKIE.length)) }
    : { magic, options: [], cut: false };
}

function readItems(bytes: Uint8Array): Omit<VendorArea, 'magic'> {
  const options: BootpOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const code = bytes[at] ?? OPTION.end;
    if (code === OPTION.end) break;
    if (code === OPTION.pad) {
      at += 1;
      continue;
    }
    const end = at + 2 + (bytes[at + 1] ?? bytes.length);
    if (end > bytes.length) return { options, cut: true };
    options.push({ code, data: bytes.slice(at + 2, end) });
    at = end;
  }
  return { options, cut: false };
}

/** Data of an option; parts of one that is given several times are joined (RFC 2131 4.1). */
export function optionOf(options: readonly BootpOption[], code: number): Uint8Array | undefined {
  const parts = options.filter((option) => option.code === code).map(({ data }) => data);
  const [first] = parts;
  if (parts.length <= 1) return first;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The address that an option holds; of a list the first. */
export function addressOption(options: readonly BootpOption[], code: number): string | undefined {
  const data = optionOf(options, code);
  return data === undefined || data.length < 4 ? undefined : readAddress(data, 0);
}

/** The DHCP message type (option 53); `undefined` for plain BOOTP. */
export function dhcpTypeOf({ vend }: Pick<BootpMessage, 'vend'>): number | undefined {
  const data = optionOf(readOptions(vend).options, OPTION.messageType);
  return data?.length === 1 ? data[0] : undefined;
}

export const option = (code: number, ...data: readonly number[]): BootpOption => ({
  code,
  data: Uint8Array.from(data),
});
export const addressAsOption = (code: number, address: string): BootpOption => ({
  code,
  data: addressBytes(address),
});
/** A byte text as option. */
export const textAsOption = (code: number, text: string): BootpOption => ({ code, data: latin1Bytes(text) });
/** Four bytes, big-endian. */
export const numberAsOption = (code: number, value: number): BootpOption => ({
  code,
  data: Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value),
});
