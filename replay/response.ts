/** Compares messages of an ACS, recorded and live. */
import type { CwmpContent, CwmpMessage } from '../captures/conversation/cwmp-types.ts';
import { decodeBody } from '../captures/http/http-body.ts';
import type { HeaderLine } from '../captures/http/http-head.ts';
import { decode } from '../protocol/cwmp/decode.ts';
import type { Envelope } from '../protocol/cwmp/messages.ts';
import { charsetOf, isBlank } from '../protocol/http/content.ts';
import { readChallenges } from '../protocol/http/digest.ts';
import type { HttpResponse } from '../simulator/http/http-response.ts';
import type { Differences } from './differences.ts';
import { contentName } from './plan.ts';

/** A message of a peer, with its HTTP status and headers. */
export interface PeerMessage {
  readonly content: CwmpContent;
  /** `undefined`: it is a request. */
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

export function liveMessage({ body, headers, status }: HttpResponse): PeerMessage {
  const lines = [...headers].flatMap(([name, values]) => values.map((value): HeaderLine => [name, value]));
  const plain = decodeBody(body, headers.get('content-encoding')?.[0]) ?? body;
  const content = contentOf(plain, headers.get('content-type')?.[0]);
  const isStatus = (status !== 200 && status !== 204 && content.is !== 'message') || status === 401;
  return peerMessage(isStatus ? { is: 'status', status, reason: '' } : content, status, lines);
}

export const peerMessage = (
  content: CwmpContent,
  status: number | undefined,
  headers: readonly HeaderLine[],
): PeerMessage => ({ content, status, headers: headersOf(headers) });

export function contentOf(body: Uint8Array, contentType: string | undefined): CwmpContent {
  if (isBlank(body)) return { is: 'empty' };
  const decoded = decode(body, { charset: charsetOf(contentType) });
  return decoded.ok
    ? { is: 'message', envelope: decoded.value.envelope }
    : { is: 'unreadable', error: decoded.error };
}

export const recordedMessage = ({ content, http: { head } }: CwmpMessage): PeerMessage =>
  peerMessage(content, head.kind === 'response' ? head.status : undefined, head.headers);

function headersOf(lines: readonly HeaderLine[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    const shown = key === 'www-authenticate' ? challengeText(value) : value;
    const before = named.get(key);
    named.set(key, before === undefined ? shown : `${before}, ${shown}`);
  }
  return named;
}

/** Without the parts that are new in each challenge. */
const challengeText = (line: string): string =>
  readChallenges(line)
    .map((challenge) =>
      challenge.scheme === 'basic'
        ? `Basic realm=${challenge.realm}`
        : `Digest realm=${challenge.realm}, ${challenge.algorithm ?? 'MD5'}, qop=${challenge.qop}`,
    )
    .join(', ');

/** Adds the differences between two messages. */
export function compareMessages(
  found: Differences,
  session: number,
  recorded: PeerMessage,
  live: PeerMessage,
): void {
  const name = contentName(recorded.content);
  if (contentName(live.content) !== name) {
    const [before, now] = [recorded, live].map((said) => describe(said));
    found.add({ kind: 'field', session, path: name, recorded: before, live: now });
    return;
  }
  if (recorded.content.is === 'message' && live.content.is === 'message')
    compareEnvelopes(found, session, name, recorded.content.envelope, live.content.envelope);
  const http = (said: PeerMessage) => ({ Status: said.status, ...Object.fromEntries(said.headers) });
  found.compare(session, `${name}.HTTP`, http(recorded), http(live));
}

export function compareEnvelopes(
  found: Differences,
  session: number,
  name: string,
  recorded: Envelope,
  live: Envelope,
): void {
  const parts = ({ header, id, message, namespace }: Envelope) => ({
    ...(message.kind === 'fault' ? message.fault : message.kind === 'unknown' ? {} : message.args),
    Namespace: namespace,
    Header: { ID: id, ...header },
  });
  found.compare(session, name, parts(recorded), parts(live));
}

/** `InformResponse`, `Fault 8003`, `503`. */
export function describe({ content, status }: PeerMessage): string {
  if (content.is === 'message' && content.envelope.message.kind === 'fault')
    return `Fault ${content.envelope.message.fault.FaultCode}`;
  if (content.is === 'unreadable') return `unreadable: ${content.error.code}`;
  return content.is === 'empty' ? `nothing (${status ?? 'empty POST'})` : contentName(content);
}
