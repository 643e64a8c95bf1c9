/** The six packets of TFTP (RFC 1350 section 5, RFC 2347). Texts are byte texts (latin1.ts). */
import type { WireError } from '../errors.ts';
import { latin1Bytes, latin1Text } from '../latin1.ts';
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { assertNever, err, ok } from '../result.ts';

export const TFTP_PORT = 69;

/** RFC 1350 appendix I; 8 is of RFC 2347. */
export const TFTP_ERROR = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransferId: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const;

export interface TftpOption {
  readonly name: string;
  readonly value: string;
}

export interface TftpRequest {
  /** RRQ or WRQ. */
  readonly kind: 'read' | 'write';
  readonly file: string;
  /** `octet`, `netascii` or `mail`, in any case; others are kept. */
  readonly mode: string;
  readonly options: readonly TftpOption[];
}

export type TftpPacket =
  | TftpRequest
  /** `block` is the 16 bits of the wire. */
  | { readonly kind: 'data'; readonly block: number; readonly data: Uint8Array }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly text: string }
  | { readonly kind: 'oack'; readonly options: readonly TftpOption[] };

const OPCODE = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** The packet as bytes. Throws a RangeError for a text that holds a zero or what is no byte. */
export function encodeTftp(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return withTexts(OPCODE[packet.kind], [packet.file, packet.mode, ...optionTexts(packet.options)]);
    case 'oack':
      return withTexts(OPCODE.oack, optionTexts(packet.options));
    case 'data': {
      const bytes = new Uint8Array(4 + packet.data.length);
      bytes.set(numbered(OPCODE.data, packet.block));
      bytes.set(packet.data, 4);
      return bytes;
    }
    case 'ack':
      return numbered(OPCODE.ack, packet.block);
    case 'error': {
      const text = latin1Bytes(`${zeroless(packet.text)}\0`);
      return Uint8Array.from([...numbered(OPCODE.error, packet.code), ...text]);
    }
    default:
      return assertNever(packet);
  }
}

/**
 * The packet that these bytes are. Lenient where it does no harm: an ACK may be longer than it is, the text
 * of an ERROR may lack its zero or be missing.
 */
export function decodeTftp(bytes: Uint8Array): Result<TftpPacket, WireError> {
  if (bytes.length < 2) return err({ code: 'E_TFTP_SHORT', at: bytes.length });
  const opcode = word(bytes, 0);
  switch (opcode) {
    case OPCODE.read:
    case OPCODE.write:
      return decodeRequest(opcode === OPCODE.read ? 'read' : 'write', bytes);
    case OPCODE.oack:
      return decodeOack(bytes);
    case OPCODE.data:
    case OPCODE.ack:
    case OPCODE.error:
      if (bytes.length < 4) return err({ code: 'E_TFTP_SHORT', at: bytes.length });
      if (opcode === OPCODE.ack) return ok({ kind: 'ack', block: word(bytes, 2) });
      if (opcode === OPCODE.data) return ok({ kind: 'data', block: word(bytes, 2), data: bytes.subarray(4) });
      return ok({ kind: 'error', code: word(bytes, 2), text: errorText(bytes) });
    default:
      return err({ code: 'E_TFTP_OPCODE', at: 0, found: String(opcode) });
  }
}

function decodeRequest(kind: TftpRequest['kind'], bytes: Uint8Array): Result<TftpPacket, WireError> {
  const texts = readTexts(bytes);
  if (!texts.ok) return texts;
  const [file, mode, ...pairs] = texts.value;
  if (file === undefined || mode === undefined) return err({ code: 'E_TFTP_SHORT', at: bytes.length });
  const options = pairOptions(pairs);
  return options === undefined
    ? err({ code: 'E_TFTP_SHORT', at: bytes.length })
    : ok({ kind, file, mode, options });
}

function decodeOack(bytes: Uint8Array): Result<TftpPacket, WireError> {
  const texts = readTexts(bytes);
  if (!texts.ok) return texts;
  const options = pairOptions(texts.value);
  return options === undefined
    ? err({ code: 'E_TFTP_SHORT', at: bytes.length })
    : ok({ kind: 'oack', options });
}

/** The texts after the opcode, each up to its zero. */
function readTexts(bytes: Uint8Array): Result<string[], WireError> {
  if (bytes.length > LIMITS.tftpRequestBytes)
    return err({ code: 'E_TFTP_LONG', at: LIMITS.tftpRequestBytes });
  const texts: string[] = [];
  let at = 2;
  while (at < bytes.length) {
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return err({ code: 'E_TFTP_SHORT', at: bytes.length });
    texts.push(latin1Text(bytes.subarray(at, zero)));
    at = zero + 1;
  }
  return ok(texts);
}

function pairOptions(texts: readonly string[]): TftpOption[] | undefined {
  if (texts.length % 2 !== 0) return undefined;
  const options: TftpOption[] = [];
  for (let at = 0; at < texts.length; at += 2)
    options.push({ name: texts[at] ?? '', value: texts[at + 1] ?? '' });
  return options;
}

const optionTexts = (options: readonly TftpOption[]): string[] =>
  options.flatMap(({ name, value }) => [name, value]);

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const numbered = (opcode: number, number: number): Uint8Array =>
  Uint8Array.of(0, opcode, number >>> 8, number & 0xff);

function withTexts(opcode: number, texts: readonly string[]): Uint8Array {
  return Uint8Array.from([0, opcode, ...latin1Bytes(texts.map((text) => `${zeroless(text)}\0`).join(''))]);
}

function zeroless(text: string): string {
  if (text.includes('\0')) throw new RangeError(`a zero inside ${JSON.stringify(text)}`);
  return text;
}

function errorText(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0, 4);
  return latin1Text(bytes.subarray(4, zero < 0 ? bytes.length : zero));
}
