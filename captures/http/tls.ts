/** Recognises a TLS stream by its first record (RFC 8446 4.1.2, 5.1). Nothing is decrypted. */
import { u16 } from '../file/octets.ts';

export interface TlsHello {
  readonly version: string;
  /** Server name that the client asks for (RFC 6066 3). */
  readonly serverName: string | undefined;
}

const VERSIONS = ['SSL 3.0', 'TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3'] as const;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const SUPPORTED_VERSIONS = 43;

const nameOf = (version: number): string | undefined =>
  version >> 8 === 3 ? VERSIONS[version & 0xff] : undefined;

/** What the first bytes of a side show; `undefined`: they are not a TLS handshake record. */
export function readTlsHello(bytes: Uint8Array): TlsHello | undefined {
  const recordVersion = nameOf(u16(bytes, 1));
  if (bytes[0] !== HANDSHAKE || recordVersion === undefined || u16(bytes, 3) > 0x4100) return undefined;
  if (bytes[5] !== CLIENT_HELLO) return { version: recordVersion, serverName: undefined };
  let version = nameOf(u16(bytes, 9)) ?? recordVersion;
  let serverName: string | undefined;
  // Session id, cipher suites and compression methods come before the extensions, each after its length.
  let at = 43;
  at += 1 + (bytes[at] ?? 0);
  at += 2 + u16(bytes, at);
  at += 1 + (bytes[at] ?? 0);
  at += 2;
  while (at + 4 <= bytes.length) {
    const type = u16(bytes, at);
    const body = bytes.subarray(at + 4, at + 4 + u16(bytes, at + 2));
    if (type === SERVER_NAME) serverName = Buffer.from(body.subarray(5, 5 + u16(body, 3))).toString('latin1');
    // A client that offers TLS 1.3 lists it here and states 1.2 in the old field.
    if (type === SUPPORTED_VERSIONS)
      for (let i = 1; i + 1 < body.length; i += 2) if (u16(body, i) === 0x0304) version = 'TLS 1.3';
    at += 4 + u16(bytes, at + 2);
  }
  return { version, serverName };
}
