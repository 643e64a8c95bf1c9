/**
 * BOOTP messages (RFC 951, RFC 1542), which DHCP uses too (RFC 2131 section 2). Lenient in reading:
 * everything from the fixed part of 236 bytes on is a message, with or without a vendor area.
 */
import type { WireError } from '../errors.ts';
import { addressBytes, macText, readAddress } from '../ipv4.ts';
import { latin1Bytes, latin1Text } from '../latin1.ts';
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

export const BOOTP_SERVER_PORT = 67;
export const BOOTP_CLIENT_PORT = 68;

/** Values of `op`. */
export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;

/** Bit of `flags`: the client takes broadcasts only (RFC 1542 2.2). */
export const BROADCAST_FLAG = 0x8000;

/** The hardware type and the length of addresses of Ethernet. */
export const ETHERNET = 1;
export const ETHERNET_LENGTH = 6;

export interface BootpMessage {
  /** 1 request, 2 reply; others are kept. */
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  /** Relays add 1. */
  readonly hops: number;
  /** 32 bits, chosen by the client. */
  readonly xid: number;
  /** Seconds since the client's first request. */
  readonly secs: number;
  readonly flags: number;
  /** Addresses are dotted; 0.0.0.0 means no address. */
  readonly ciaddr: string;
  /** The client's address, as the server gives it. */
  readonly yiaddr: string;
  /** The server to fetch the file from. */
  readonly siaddr: string;
  /** The relay. */
  readonly giaddr: string;
  /** 16 bytes, of which `hlen` mean something. */
  readonly chaddr: Uint8Array;
  /** Byte texts up to their zero: at most 64 and 128 characters. */
  readonly sname: string;
  readonly file: string;
  /**
   * The vendor area as it is: `readOptions` of options.ts reads it. Short ones are sent padded to 64 bytes.
   */
  readonly vend: Uint8Array;
}

const FIXED_BYTES = 236;
const VENDOR_BYTES = 64;
const [SNAME_AT, FILE_AT] = [44, 108] as const;

/**
 * The message as bytes, at least 300 (RFC 951: some clients drop shorter ones). Throws for what no field
 * holds.
 */
export function encodeBootp(message: BootpMessage): Uint8Array {
  const { chaddr, sname, file, vend } = message;
  const bytes = new Uint8Array(FIXED_BYTES + Math.max(VENDOR_BYTES, vend.length));
  const view = new DataView(bytes.buffer);
  bytes.set([message.op, message.htype, message.hlen, message.hops]);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint16(10, message.flags);
  [message.ciaddr, message.yiaddr, message.siaddr, message.giaddr].forEach((address, index) => {
    bytes.set(addressBytes(address), 12 + 4 * index);
  });
  bytes.set(chaddr.subarray(0, 16), 28);
  bytes.set(fieldBytes(sname, FILE_AT - SNAME_AT), SNAME_AT);
  bytes.set(fieldBytes(file, FIXED_BYTES - FILE_AT), FILE_AT);
  bytes.set(vend, FIXED_BYTES);
  return bytes;
}

/** The message that these bytes are. A text without its zero fills the whole field. */
export function decodeBootp(bytes: Uint8Array): Result<BootpMessage, WireError> {
  if (bytes.length < FIXED_BYTES) return err({ code: 'E_BOOTP_SHORT', at: bytes.length });
  if (bytes.length > LIMITS.bootpBytes) return err({ code: 'E_BOOTP_LONG', at: LIMITS.bootpBytes });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return ok({
    op: view.getUint8(0),
    htype: view.getUint8(1),
    hlen: view.getUint8(2),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: readAddress(bytes, 12),
    yiaddr: readAddress(bytes, 16),
    siaddr: readAddress(bytes, 20),
    giaddr: readAddress(bytes, 24),
    chaddr: bytes.slice(28, 44),
    sname: fieldText(bytes, SNAME_AT, FILE_AT),
    file: fieldText(bytes, FILE_AT, FIXED_BYTES),
    vend: bytes.slice(FIXED_BYTES),
  });
}

/** The client's Ethernet address, spelled like ANT-MAC; `undefined` if it has another kind of address. */
export function macOf({ hlen, chaddr }: Pick<BootpMessage, 'hlen' | 'chaddr'>): string | undefined {
  return hlen === ETHERNET_LENGTH ? macText(chaddr.subarray(0, ETHERNET_LENGTH)) : undefined;
}

/** The 16 bytes of `chaddr` for an Ethernet address. */
export function hardwareAddress(mac: Uint8Array): Uint8Array {
  const chaddr = new Uint8Array(16);
  chaddr.set(mac.subarray(0, 16));
  return chaddr;
}

/** Whether a name fits into `file` with its zero: clients copy it as a C string. */
export const fitsFileField = (file: string): boolean =>
  file.length < FIXED_BYTES - FILE_AT && !/[\u0000\u0100-\uffff]/.test(file);

function fieldBytes(text: string, size: number): Uint8Array {
  if (text.length > size) throw new RangeError(`${text.length} characters in a field of ${size}`);
  return latin1Bytes(text);
}

function fieldText(bytes: Uint8Array, from: number, to: number): string {
  const field = bytes.subarray(from, to);
  const zero = field.indexOf(0);
  return latin1Text(zero < 0 ? field : field.subarray(0, zero));
}
