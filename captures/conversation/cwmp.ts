/**
 * CWMP sessions out of HTTP messages: each message decoded, with its quirks and its breaches of the order.
 */
import { decode } from '../../protocol/cwmp/decode.ts';
import type { Envelope, Inform, Message } from '../../protocol/cwmp/messages.ts';
import { seeInform, seeTurn } from '../../protocol/cwmp/session-notes.ts';
import { charsetOf, isBlank } from '../../protocol/http/content.ts';
import { readSetCookie } from '../../protocol/http/cookie.ts';
import { readSchemes } from '../../protocol/http/header.ts';
import { noteExchange } from '../../protocol/http/notice.ts';
import type { Noted } from '../../protocol/quirks/note.ts';
import type { HttpEvent, HttpMessage } from '../http/http.ts';
import { headerOf } from '../http/http-head.ts';
import type { TrackedSession } from './cwmp-sessions.ts';
import { cookiePairs, looksLikeCwmp, TrackedSessions } from './cwmp-sessions.ts';
import type { Breach, CwmpContent, CwmpEvent, CwmpMessage } from './cwmp-types.ts';

export interface Cwmp {
  /** Turns HTTP messages of CWMP sessions into CWMP messages, and passes other events on. */
  push(event: HttpEvent): CwmpEvent;
}

/** A POST without a response so far. */
interface UnansweredPost {
  readonly session: TrackedSession;
  readonly content: CwmpContent;
}

export const createCwmp = (): Cwmp => new CwmpReader();

class CwmpReader implements Cwmp {
  readonly #sessions = new TrackedSessions();
  /** By stream and exchange. */
  readonly #unanswered = new Map<number, Map<number, UnansweredPost>>();

  push(event: HttpEvent): CwmpEvent {
    if (event.is === 'stream-ended') {
      this.#sessions.streamEnded(event.stream.number);
      this.#unanswered.delete(event.stream.number);
    }
    if (event.is !== 'http') return event;
    return event.head.kind === 'request'
      ? this.#onRequest(event, event.head.method)
      : this.#onResponse(event, event.head.status);
  }

  #onRequest(http: HttpMessage, method: string): CwmpEvent {
    const post = method.toUpperCase() === 'POST' ? readPost(this.#sessions, http) : undefined;
    if (post === undefined) return http;
    const { number } = http.stream;
    const ofStream = this.#unanswered.get(number) ?? new Map<number, UnansweredPost>();
    this.#unanswered.set(number, ofStream);
    ofStream.set(http.exchange, { session: post.session, content: post.content });
    return post;
  }

  #onResponse(http: HttpMessage, status: number): CwmpEvent {
    if (status < 200) return http;
    const ofStream = this.#unanswered.get(http.stream.number);
    const post = ofStream?.get(http.exchange) ?? missingPost(this.#sessions, http);
    if (post === undefined) return http;
    ofStream?.delete(http.exchange);
    return readResponse(this.#sessions, http, post);
  }
}

/** Stands in for the POST of a response of an ACS that the capture lacks. */
function missingPost(sessions: TrackedSessions, http: HttpMessage): UnansweredPost | undefined {
  if (!looksLikeCwmp(http)) return undefined;
  const session = sessions.find(http, undefined) ?? sessions.begin(http, undefined);
  sessions.touch(session, http);
  return { session, content: { is: 'empty' } };
}

function contentOf(http: HttpMessage): { readonly content: CwmpContent; readonly notes: readonly Noted[] } {
  if (isBlank(http.body)) return { content: { is: 'empty' }, notes: [] };
  const decoded = decode(http.body, { charset: charsetOf(headerOf(http.head.headers, 'content-type')) });
  return decoded.ok
    ? { content: { is: 'message', envelope: decoded.value.envelope }, notes: decoded.value.notes }
    : { content: { is: 'unreadable', error: decoded.error }, notes: [] };
}

interface Post extends Omit<CwmpMessage, 'session'> {
  readonly session: TrackedSession;
}

/** A request of a CPE; `undefined` when it is something else. */
function readPost(sessions: TrackedSessions, http: HttpMessage): Post | undefined {
  const { content, notes } = contentOf(http);
  const envelope = content.is === 'message' ? content.envelope : undefined;
  const inform = envelope === undefined ? undefined : informOf(envelope.message);
  const found = inform === undefined ? sessions.find(http, envelope) : undefined;
  if (inform === undefined && found === undefined) {
    if (content.is === 'empty' || !looksLikeCwmp(http)) return undefined;
  }
  const begun =
    inform === undefined || envelope === undefined ? undefined : begin(sessions, http, inform, envelope);
  const session = begun?.session ?? found ?? sessions.begin(http, undefined);
  const seen = begun?.notes ?? sessionNotes(session, http, envelope);
  const breaches = inform === undefined ? judgePost(session, content) : [];
  sessions.touch(session, http);
  if (content.is === 'message') answered(session, content.envelope);
  const exchange = noteExchange({
    method: http.head.kind === 'request' ? http.head.method : '',
    httpVersion: http.head.version,
    headers: http.head.headers,
    bodyLength: http.bodyLength,
    isEmpty: content.is === 'empty',
    offered: session.offeredSchemes,
  });
  const all = [...exchange, ...notes, ...seen];
  count(session, all);
  return { is: 'cwmp', http, session, from: 'CPE', content, notes: all, breaches };
}

const informOf = (message: Message): Inform | undefined =>
  message.kind === 'request' && message.rpc === 'Inform' ? message.args : undefined;

/** An Inform begins a session, unless it repeats one that was challenged or answered with fault 8005. */
function begin(sessions: TrackedSessions, http: HttpMessage, inform: Inform, envelope: Envelope) {
  const older = sessions.ofDevice(sessions.deviceOf(inform));
  if (older?.state === 'open' && older.expectsRepeat) {
    older.expectsRepeat = false;
    return { session: older, notes: [] };
  }
  const isOpen = older?.state === 'open';
  if (isOpen) older.state = 'broken';
  const session = sessions.begin(http, inform);
  const isLeftover = older !== undefined && cookiePairs(http).some((pair) => older.cookies.has(pair));
  // Whether the CPE has closed the connection of the older one does not follow from the order of a capture.
  const seen = seeInform(envelope, isLeftover, isOpen ? 'broken' : undefined);
  session.seen = seen.session;
  return { session, notes: seen.notes };
}

function sessionNotes(
  session: TrackedSession,
  http: HttpMessage,
  envelope: Envelope | undefined,
): readonly Noted[] {
  if (session.seen === undefined) return [];
  const pairs = cookiePairs(http);
  const seen = seeTurn(session.seen, {
    envelope,
    // An ACS that sets no cookie cannot get one back.
    cookie: session.cookies.size === 0 || pairs.some((pair) => session.cookies.has(pair)),
    awaited: session.pendingRequest,
    sameConnection: session.lastStream === http.stream.number,
    over: session.state === 'ended',
  });
  session.seen = seen.session;
  return seen.notes;
}

function judgePost({ pendingRequest, seen }: TrackedSession, content: CwmpContent): readonly Breach[] {
  if (content.is === 'unreadable') return [{ id: content.error.code, detail: `at byte ${content.error.at}` }];
  if (content.is !== 'message' || seen === undefined) return [];
  const { message } = content.envelope;
  if (message.kind !== 'response' && message.kind !== 'fault') return [];
  if (pendingRequest === undefined)
    return [{ id: 'E_SESSION_OUT_OF_ORDER', detail: 'answers no request of the ACS' }];
  return message.kind === 'response' && message.rpc !== pendingRequest.rpc
    ? [{ id: 'E_SESSION_OUT_OF_ORDER', detail: `answers ${pendingRequest.rpc} with ${message.rpc}Response` }]
    : [];
}

function answered(session: TrackedSession, { message }: Envelope): void {
  if (message.kind === 'fault') session.faults += 1;
  if (message.kind === 'response' || message.kind === 'fault') session.pendingRequest = undefined;
}

/** The response of an ACS. */
function readResponse(
  sessions: TrackedSessions,
  http: HttpMessage,
  { content: question, session }: UnansweredPost,
): CwmpMessage {
  const { head } = http;
  const status = head.kind === 'response' ? head.status : 0;
  const reason = head.kind === 'response' ? head.reason : '';
  session.ended = http.ended;
  for (const [name, value] of head.headers) {
    const cookie = name.toLowerCase() === 'set-cookie' ? readSetCookie(value) : undefined;
    if (cookie !== undefined && cookie.value !== '')
      sessions.setCookie(session, `${cookie.name}=${cookie.value}`);
  }
  const read = contentOf(http);
  const isStatus = (status !== 200 && status !== 204 && read.content.is !== 'message') || status === 401;
  const content: CwmpContent = isStatus ? { is: 'status', status, reason } : read.content;
  if (status === 401) {
    const offered = head.headers.filter(([name]) => name.toLowerCase() === 'www-authenticate');
    session.offeredSchemes = offered.flatMap(([, value]) => readSchemes(value).map(({ scheme }) => scheme));
    session.expectsRepeat = true;
  }
  const breaches = judgeResponse(session, question, content);
  if (content.is === 'empty') {
    session.state = 'ended';
    session.pendingRequest = undefined;
  } else if (content.is === 'message') follow(session, content.envelope);
  count(session, isStatus ? [] : read.notes);
  return { is: 'cwmp', http, session, from: 'ACS', content, notes: isStatus ? [] : read.notes, breaches };
}

const RETRY_REQUEST = 8005;

function follow(session: TrackedSession, { id, message }: Envelope): void {
  if (message.kind === 'request' || message.kind === 'unknown')
    session.pendingRequest = { id, rpc: message.kind === 'request' ? message.rpc : message.name };
  if (message.kind !== 'fault') return;
  session.faults += 1;
  if (message.fault.FaultCode === RETRY_REQUEST) session.expectsRepeat = true;
}

/** Only a request of the CPE is answered in the HTTP response to it (TR-069a6 3.7.1). */
function judgeResponse(
  { seen }: TrackedSession,
  question: CwmpContent,
  content: CwmpContent,
): readonly Breach[] {
  if (content.is === 'unreadable') return [{ id: content.error.code, detail: `at byte ${content.error.at}` }];
  if (content.is === 'status' || question.is !== 'message' || seen === undefined) return [];
  const asks = question.envelope.message;
  const says = content.is === 'message' ? content.envelope.message : undefined;
  const wanted = asks.kind === 'request' ? asks.rpc : undefined;
  if (wanted === undefined) {
    return says?.kind === 'response'
      ? [{ id: 'E_SESSION_OUT_OF_ORDER', detail: `${says.rpc}Response answers no request` }]
      : [];
  }
  if (says?.kind === 'fault' || (says?.kind === 'response' && says.rpc === wanted)) return [];
  return [{ id: 'E_SESSION_OUT_OF_ORDER', detail: `${wanted} is not answered with ${wanted}Response` }];
}

function count({ quirks }: TrackedSession, notes: readonly Noted[]): void {
  for (const { id } of notes) quirks.set(id, (quirks.get(id) ?? 0) + 1);
}
