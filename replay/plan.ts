/**
 * A recorded session as both sides see it: what the modem sent on its own, and what it answered to each
 * request of the ACS. A POST that was challenged, redirected or answered with fault 8005, and its
 * repetitions, are one send with several attempts.
 */
import type { CwmpContent, CwmpMessage } from '../captures/conversation/cwmp-types.ts';
import { messageName } from '../protocol/cwmp/message-name.ts';
import type { Envelope } from '../protocol/cwmp/messages.ts';
import type { ComparableRequest } from './aligned.ts';
import { likenessOf } from './fields.ts';
import type { Ignores } from './ignored.ts';
import type { RecordedExchange, RecordedSession } from './recording.ts';

export interface RecordedSend {
  readonly attempts: readonly [RecordedExchange, ...RecordedExchange[]];
  /** The last of them. */
  readonly final: RecordedExchange;
  /** `Inform`, `GetParameterValuesResponse`, `Empty`. */
  readonly name: string;
}

/** A request of the ACS, and what the modem sent next. */
export interface RecordedRequest extends ComparableRequest {
  readonly envelope: Envelope;
  /** The exchange with the request in its response. */
  readonly exchange: RecordedExchange;
  /** `undefined`: the capture ends before it. */
  readonly answer: RecordedSend | undefined;
}

export interface Plan {
  readonly number: number;
  /** Key of the device. */
  readonly device: string | undefined;
  readonly recorded: RecordedSession;
  /** What the modem sent on its own: Inform, its requests, empty POSTs. */
  readonly own: readonly RecordedSend[];
  readonly requests: readonly RecordedRequest[];
  /** The last response of the ACS; `undefined`: the capture ends before it. */
  readonly end: CwmpMessage | undefined;
}

export function planOf(recorded: RecordedSession, ignores: Ignores): Plan {
  const own: RecordedSend[] = [];
  const asks: RecordedRequest[] = [];
  const sends = sendsOf(recorded.exchanges);
  let asked: Omit<RecordedRequest, 'answer'> | undefined;
  for (const send of sends) {
    if (asked === undefined) own.push(send);
    else asks.push({ ...asked, answer: send });
    asked = requestOf(send.final, ignores);
  }
  if (asked !== undefined) asks.push({ ...asked, answer: undefined });
  const { device, number } = recorded.session;
  return { number, device, recorded, own, requests: asks, end: sends.at(-1)?.final.response };
}

/** The request of the ACS in a response. */
export function requestIn(content: CwmpContent | undefined): Envelope | undefined {
  if (content?.is !== 'message') return undefined;
  const { kind } = content.envelope.message;
  return kind === 'request' || kind === 'unknown' ? content.envelope : undefined;
}

function requestOf(
  exchange: RecordedExchange,
  ignores: Ignores,
): Omit<RecordedRequest, 'answer'> | undefined {
  const envelope = requestIn(exchange.response?.content);
  return envelope === undefined ? undefined : { envelope, exchange, ...comparableOf(envelope, ignores) };
}

export function comparableOf({ message }: Envelope, ignores: Ignores): ComparableRequest {
  const name = messageName(message);
  const args = message.kind === 'request' ? message.args : undefined;
  return { name, likeness: likenessOf(name, args, ignores) };
}

export function contentName(content: CwmpContent | undefined): string {
  if (content === undefined) return 'nothing';
  switch (content.is) {
    case 'message':
      return messageName(content.envelope.message);
    case 'empty':
      return 'Empty';
    case 'status':
      return String(content.status);
    case 'unreadable':
      return 'Unreadable';
  }
}

function sendsOf(exchanges: readonly RecordedExchange[]): readonly RecordedSend[] {
  const sends: [RecordedExchange, ...RecordedExchange[]][] = [];
  let repeats = false;
  for (const exchange of exchanges) {
    const open = sends.at(-1);
    if (repeats && open !== undefined) open.push(exchange);
    else sends.push([exchange]);
    repeats = wantsAgain(exchange.response?.content) !== false;
  }
  return sends.map((attempts) => {
    const final = attempts.at(-1) ?? attempts[0];
    return { attempts, final, name: contentName(attempts[0].request.content) };
  });
}

const RETRY_REQUEST = 8005;

/**
 * A challenge (RFC 9110 11.6.1), a redirection (TR-069a6 3.4.2), or fault 8005 (3.7.1.4): the POST is sent
 * once more.
 */
export function wantsAgain(content: CwmpContent | undefined): 'challenge' | 'redirect' | 'retry' | false {
  if (content?.is === 'status') {
    if (content.status === 401) return 'challenge';
    return [301, 302, 307].includes(content.status) ? 'redirect' : false;
  }
  if (content?.is !== 'message' || content.envelope.message.kind !== 'fault') return false;
  return content.envelope.message.fault.FaultCode === RETRY_REQUEST ? 'retry' : false;
}
