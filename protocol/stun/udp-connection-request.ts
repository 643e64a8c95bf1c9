/**
 * A connection request in one datagram (TR-069 Annex G, G.2.2.3): an HTTP GET whose query proves who sends
 * it. Nothing is answered to it, so each rule by which a modem takes it is here.
 */
import type { Hmac } from './message.ts';

export interface UdpConnectionRequest {
  /** Unix seconds: a decimal number, as it was written. */
  readonly ts: string;
  /** An unsigned number, another in each request. */
  readonly id: string;
  /** ConnectionRequestUsername. */
  readonly un: string;
  /** Some text that makes the signature another each time. */
  readonly cn: string;
  /** HMAC-SHA1 of the four before it, 40 hexadecimal digits. */
  readonly sig: string;
}

/** What a modem goes by. */
export interface UdpCaller {
  readonly username: string;
  readonly password: string;
  /** ts and id of the request that was taken last; ts is 0 and id empty after a restart. */
  readonly lastTs: number;
  readonly lastId: string;
}

export type UdpVerdict = 'accepted' | 'repeated' | 'wrong-user' | 'wrong-signature';

/**
 * Bytes of a datagram that are looked at. Longer ones are no requests: a URL of this form has not half of it.
 */
const MAX_BYTES = 2048;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The signature by the password (G.2.2.3): over ts, id, un and cn, one behind the other, as they are, not as
 * encoded.
 */
export function signature(request: Omit<UdpConnectionRequest, 'sig'>, password: string, hmac: Hmac): string {
  const text = request.ts + request.id + request.un + request.cn;
  return Array.from(hmac(encoder.encode(password), encoder.encode(text)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The datagram for a modem at `host:port`; the port is left out when it is 80. */
export function writeUdpConnectionRequest(to: string, request: UdpConnectionRequest): Uint8Array {
  const host = to.replace(/:80$/, '');
  const query = [
    ['ts', request.ts],
    ['id', request.id],
    ['un', request.un],
    ['cn', request.cn],
    ['sig', request.sig],
  ].map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`);
  return encoder.encode(`GET http://${host}?${query.join('&')} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

/**
 * A datagram as a request; `undefined` when it is none: no GET of HTTP/1.1, or a part of the query is
 * missing.
 */
export function readUdpConnectionRequest(bytes: Uint8Array): UdpConnectionRequest | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  const text = decoder.decode(bytes);
  const line = /^GET (\S+) HTTP\/1\.[01]\r?\n(?:[^\r\n]+\r?\n)*\r?\n/.exec(text)?.[1];
  if (line === undefined || !/^(?:http:\/\/|\/)/i.test(line)) return undefined;
  const query = new Map<string, string>();
  for (const part of line.slice(line.indexOf('?') + 1).split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const decoded = decodeForm(value);
    if (decoded !== undefined && !query.has(name)) query.set(name, decoded);
  }
  const [ts, id, un, cn, sig] = ['ts', 'id', 'un', 'cn', 'sig'].map((name) => query.get(name));
  if (ts === undefined || id === undefined || un === undefined || cn === undefined || sig === undefined)
    return undefined;
  // Beyond 15 digits, numbers can no longer be distinguished.
  return /^\d{1,15}$/.test(ts) && /^\d{1,20}$/.test(id) ? { ts, id, un, cn, sig } : undefined;
}

/** Whether a modem takes it, or why not. What is not taken leaves no trace in the modem (G.2.1.4). */
export function judgeUdpConnectionRequest(
  request: UdpConnectionRequest,
  { username, password, lastTs, lastId }: UdpCaller,
  hmac: Hmac,
): UdpVerdict {
  if (Number(request.ts) <= lastTs || number(request.id) === number(lastId)) return 'repeated';
  if (request.un !== username) return 'wrong-user';
  return signature(request, password, hmac) === request.sig.toLowerCase() ? 'accepted' : 'wrong-signature';
}

const number = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
