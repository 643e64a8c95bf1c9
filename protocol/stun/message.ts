/**
 * STUN as TR-069 Annex G uses it: RFC 3489, without the magic cookie of its successors, and two attributes of
 * TR-111. Any bytes give a message or a reason; what is written is what RFC 3489 section 11 shows.
 */
import type { Endpoint } from '../ipv4.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

export type StunKind = 'request' | 'response' | 'error';

/** An address as the attributes carry it: RFC 3489 11.2.1 knows no other family than IPv4. */
export type { Endpoint } from '../ipv4.ts';

/** A Binding Request, Binding Response or Binding Error Response. */
export interface StunMessage {
  readonly kind: StunKind;
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly mappedAddress?: Endpoint;
  readonly responseAddress?: Endpoint;
  readonly sourceAddress?: Endpoint;
  readonly changedAddress?: Endpoint;
  readonly reflectedFrom?: Endpoint;
  /** CHANGE-REQUEST: the server is to answer from its other address, its other port. */
  readonly changeRequest?: { readonly address: boolean; readonly port: boolean };
  /** As bytes, without the blanks that pad it. */
  readonly username?: Uint8Array;
  readonly error?: { readonly code: number; readonly reason: string };
  readonly unknown?: readonly number[];
  /** CONNECTION-REQUEST-BINDING: it comes from the port at which connection requests are taken. */
  readonly connectionRequestBinding?: boolean;
  /** BINDING-CHANGE: the binding is new, or another than before. */
  readonly bindingChange?: boolean;
}

/** A message that was read. */
export interface ReadStun {
  readonly message: StunMessage;
  /** Attributes that must be understood (types up to 0x7FFF) and are not. */
  readonly notUnderstood: readonly number[];
  /** Where MESSAGE-INTEGRITY begins, and its value, if present. */
  readonly integrity: { readonly at: number; readonly hmac: Uint8Array } | undefined;
}

/** Why bytes are no STUN message, and where. */
export interface StunError {
  readonly why: 'short' | 'kind' | 'length' | 'attribute';
  readonly at: number;
}

/** HMAC-SHA1 of a text under a key: 20 bytes. */
export type Hmac = (key: Uint8Array, text: Uint8Array) => Uint8Array;

const HEADER_BYTES = 20;
const ID_BYTES = 16;
const HMAC_BYTES = 20;
const MAX_ATTRIBUTES = 64;

const KINDS: ReadonlyMap<number, StunKind> = new Map([
  [0x0001, 'request'],
  [0x0101, 'response'],
  [0x0111, 'error'],
]);

const TYPE = {
  mappedAddress: 0x0001,
  responseAddress: 0x0002,
  changeRequest: 0x0003,
  sourceAddress: 0x0004,
  changedAddress: 0x0005,
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  unknown: 0x000a,
  reflectedFrom: 0x000b,
  connectionRequestBinding: 0xc001,
  bindingChange: 0xc002,
} as const;

/** The value of CONNECTION-REQUEST-BINDING, with the blank at its end. */
export const BINDING_TEXT = 'dslforum.org/TR-111 ';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The message as bytes; with a key, closed by MESSAGE-INTEGRITY. */
export function writeStun(
  message: StunMessage,
  integrity?: { readonly key: Uint8Array; readonly hmac: Hmac },
): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (type: number, value: Uint8Array): void => {
    parts.push(attribute(type, value));
  };
  const putEndpoint = (type: number, value: Endpoint | undefined): void => {
    if (value !== undefined) put(type, endpointBytes(value));
  };
  putEndpoint(TYPE.mappedAddress, message.mappedAddress);
  putEndpoint(TYPE.responseAddress, message.responseAddress);
  if (message.changeRequest !== undefined) {
    const { address, port } = message.changeRequest;
    put(TYPE.changeRequest, Uint8Array.of(0, 0, 0, (address ? 4 : 0) | (port ? 2 : 0)));
  }
  putEndpoint(TYPE.sourceAddress, message.sourceAddress);
  putEndpoint(TYPE.changedAddress, message.changedAddress);
  if (message.connectionRequestBinding === true)
    put(TYPE.connectionRequestBinding, encoder.encode(BINDING_TEXT));
  if (message.bindingChange === true) put(TYPE.bindingChange, new Uint8Array(0));
  if (message.username !== undefined) put(TYPE.username, padded(message.username, 4, 0x20));
  if (message.error !== undefined) put(TYPE.error, errorBytes(message.error));
  if (message.unknown !== undefined && message.unknown.length > 0)
    put(TYPE.unknown, typesBytes(message.unknown));
  putEndpoint(TYPE.reflectedFrom, message.reflectedFrom);
  const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const signedBytes = integrity === undefined ? 0 : 4 + HMAC_BYTES;
  const open = concat([header(message, bodyBytes + signedBytes), ...parts]);
  if (integrity === undefined) return open;
  const hmac = integrity.hmac(integrity.key, padded(open, 64, 0));
  return concat([open, attribute(TYPE.integrity, hmac)]);
}

/**
 * Whether MESSAGE-INTEGRITY is right for this key. RFC 3489 11.2.8 pads the text with zeros to 64 bytes; what
 * servers of RFC 5389 sign is not padded, and is taken too. `false` when there is none.
 */
export function isGenuine(bytes: Uint8Array, { integrity }: ReadStun, key: Uint8Array, hmac: Hmac): boolean {
  if (integrity === undefined) return false;
  const text = bytes.subarray(0, integrity.at);
  return equal(hmac(key, padded(text, 64, 0)), integrity.hmac) || equal(hmac(key, text), integrity.hmac);
}

/**
 * Whether a datagram can only be STUN, by its first byte (Annex G: 0 or 1; a letter begins a connection
 * request).
 */
export const looksLikeStun = (bytes: Uint8Array): boolean => (bytes[0] ?? 0xff) <= 1;

/** Decodes a datagram as STUN. Never throws; bytes after the length given in the header are ignored. */
export function readStun(bytes: Uint8Array): Result<ReadStun, StunError> {
  if (bytes.length < HEADER_BYTES) return err({ why: 'short', at: bytes.length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS.get(view.getUint16(0));
  if (kind === undefined) return err({ why: 'kind', at: 0 });
  const end = HEADER_BYTES + view.getUint16(2);
  if (end > bytes.length) return err({ why: 'length', at: 2 });
  const found: Found = { notUnderstood: [], integrity: undefined };
  let message: StunMessage = { kind, id: bytes.slice(4, 4 + ID_BYTES) };
  let at = HEADER_BYTES;
  for (let count = 0; at + 4 <= end && found.integrity === undefined; count++) {
    const from = at + 4;
    const length = view.getUint16(at + 2);
    if (from + length > end || count === MAX_ATTRIBUTES) return err({ why: 'attribute', at });
    const read = readAttribute(message, view.getUint16(at), bytes.subarray(from, from + length), at, found);
    if (read === undefined) return err({ why: 'attribute', at });
    message = read;
    // Lengths are multiples of four here; in later STUN the padding is not counted.
    at = from + length + ((4 - (length % 4)) % 4);
  }
  return ok({ message, ...found });
}

interface Found {
  notUnderstood: number[];
  integrity: ReadStun['integrity'];
}

/**
 * The message with this attribute too; the first of several of one type counts. `undefined`: its value is
 * none.
 */
function readAttribute(
  message: StunMessage,
  type: number,
  value: Uint8Array,
  at: number,
  found: Found,
): StunMessage | undefined {
  const withEndpoint = (key: EndpointKey): StunMessage | undefined => {
    const endpoint = readEndpoint(value);
    return endpoint === undefined ? undefined : { [key]: endpoint, ...message };
  };
  switch (type) {
    case TYPE.mappedAddress:
      return withEndpoint('mappedAddress');
    case TYPE.responseAddress:
      return withEndpoint('responseAddress');
    case TYPE.sourceAddress:
      return withEndpoint('sourceAddress');
    case TYPE.changedAddress:
      return withEndpoint('changedAddress');
    case TYPE.reflectedFrom:
      return withEndpoint('reflectedFrom');
    case TYPE.changeRequest: {
      if (value.length !== 4) return undefined;
      const flags = value[3] ?? 0;
      return { changeRequest: { address: (flags & 4) !== 0, port: (flags & 2) !== 0 }, ...message };
    }
    case TYPE.username:
      return { username: withoutPadding(value), ...message };
    case TYPE.error:
      if (value.length < 4) return undefined;
      return { error: readError(value), ...message };
    case TYPE.unknown:
      return { unknown: readTypes(value), ...message };
    case TYPE.integrity:
      if (value.length !== HMAC_BYTES) return undefined;
      found.integrity = { at, hmac: value };
      return message;
    case TYPE.connectionRequestBinding:
      return decoder.decode(value) === BINDING_TEXT
        ? { connectionRequestBinding: true, ...message }
        : message;
    case TYPE.bindingChange:
      return { bindingChange: true, ...message };
    default:
      if (type <= 0x7fff) found.notUnderstood.push(type);
      return message;
  }
}

type EndpointKey = 'mappedAddress' | 'responseAddress' | 'sourceAddress' | 'changedAddress' | 'reflectedFrom';

function header({ kind, id }: StunMessage, length: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [type, name] of KINDS) if (name === kind) view.setUint16(0, type);
  view.setUint16(2, length);
  bytes.set(id.subarray(0, ID_BYTES), 4);
  return bytes;
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, value.length);
  bytes.set(value, 4);
  return bytes;
}

function endpointBytes({ address, port }: Endpoint): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return Uint8Array.of(0, 1, port >> 8, port & 0xff, a, b, c, d);
}

function readEndpoint(value: Uint8Array): Endpoint | undefined {
  if (value.length !== 8 || value[1] !== 1) return undefined;
  return { address: value.subarray(4).join('.'), port: ((value[2] ?? 0) << 8) | (value[3] ?? 0) };
}

/**
 * Class (hundreds), number, and a phrase whose length is made a multiple of four by blanks (RFC 3489 11.2.9).
 */
function errorBytes({ code, reason }: { readonly code: number; readonly reason: string }): Uint8Array {
  const phrase = padded(encoder.encode(reason), 4, 0x20);
  return concat([Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), phrase]);
}

function readError(value: Uint8Array): { readonly code: number; readonly reason: string } {
  const code = ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0);
  return { code, reason: decoder.decode(value.subarray(4)).trimEnd() };
}

/** Types of two bytes each; an odd one is written twice (RFC 3489 11.2.10). */
function typesBytes(types: readonly number[]): Uint8Array {
  const even = types.length % 2 === 0 ? types : [...types, types.at(-1) ?? 0];
  return Uint8Array.from(even.flatMap((type) => [type >> 8, type & 0xff]));
}

function readTypes(value: Uint8Array): number[] {
  const types = new Set<number>();
  for (let at = 0; at + 1 < value.length; at += 2) types.add(((value[at] ?? 0) << 8) | (value[at + 1] ?? 0));
  return [...types];
}

function padded(bytes: Uint8Array, multiple: number, by: number): Uint8Array {
  const missing = (multiple - (bytes.length % multiple)) % multiple;
  return missing === 0 ? bytes : concat([bytes, new Uint8Array(missing).fill(by)]);
}

function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0x20) end -= 1;
  return bytes.slice(0, end);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Whether two byte texts agree, in a time that does not tell where they differ. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
