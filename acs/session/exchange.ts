/** One HTTP exchange: a POST of a modem in, the answer of its session out. Sockets are server.ts's, meaning is the machine's. */
import type { IncomingMessage } from 'node:http';
import { decode } from '../../protocol/cwmp/decode.ts';
import type { DeviceId, Envelope, Inform } from '../../protocol/cwmp/messages.ts';
import type { AcsEvent } from '../../protocol/cwmp/session-acs.ts';
import { seeInform, seeTurn } from '../../protocol/cwmp/session-notes.ts';
import { charsetOf, isBlank } from '../../protocol/http/content.ts';
import { readCookies } from '../../protocol/http/cookie.ts';
import { noteExchange } from '../../protocol/http/notice.ts';
import type { Noted } from '../../protocol/quirks/note.ts';
import { deviceKey } from '../device-key.ts';
import { errorFields } from '../log.ts';
import { Work } from '../tasks/request-source.ts';
import { softwareVersionOf } from './record-request.ts';
import { modelOf } from './reply-style.ts';
import type { Answer, Turn, TurnContext } from './session-driver.ts';
import { EMPTY, endSession, refuse, takeTurn } from './session-driver.ts';
import type { LiveSession } from './sessions.ts';

export interface ExchangeContext extends TurnContext {
  readonly sessionTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Set when the ACS stops: open sessions go on to their end, nothing begins any more. */
  readonly door: { closed: boolean };
}

/** Name of the session cookie; value at most 64 bytes, Path and nothing else (Q-CK-06). */
export const COOKIE = 'session';

const BUSY: Answer = { status: 503, text: '', close: true };

/** Never rejects: what goes wrong inside is logged and answered with 503, and the modem tries again. */
export async function exchange(
  context: ExchangeContext,
  request: IncomingMessage,
  body: Uint8Array,
): Promise<Answer> {
  const empty = isBlank(body);
  const notes = noteExchange({
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    headers: linesOf(request.rawHeaders),
    bodyLength: body.length,
    isEmpty: empty,
  });
  const event = eventOf(context, request, body, empty);
  const inform = informOf(event.event);
  try {
    if (inform !== undefined && context.door.closed) return BUSY;
    if (inform !== undefined) return await begin(context, request, inform, event, notes);
    const tokens = readCookies(request.headers.cookie, COOKIE);
    const session = context.sessions.find(tokens, request.socket, addressOf(request));
    if (session === undefined) return orphan(event.event);
    const seen = seeTurn(session.seen, {
      envelope: event.event.is === 'message' ? event.event.envelope : undefined,
      cookie: tokens.includes(session.token),
      awaited: session.state.at === 'awaiting' ? session.state.sent : undefined,
      sameConnection: !session.moved,
      over: session.ended,
    });
    session.seen = seen.session;
    // The end of the session has kept what it showed; this is one more POST.
    if (session.ended)
      context.lateQuirks.keep(
        session.key,
        seen.notes.map(({ id }) => id),
      );
    showed(session, [...notes, ...event.notes, ...seen.notes]);
    return await takeTurn(context, session, event);
  } catch (error) {
    context.log.error({ address: addressOf(request), ...errorFields(error) }, 'the exchange failed');
    return BUSY;
  }
}

/** Whether the modem has closed the connection over which the session went. */
const isGone = ({ socket }: LiveSession): boolean => socket.destroyed || socket.readableEnded;

/** Each quirk counts once a session. */
function showed({ quirks }: LiveSession, notes: readonly Noted[]): void {
  for (const { id } of notes) if (!quirks.has(id)) quirks.set(id, false);
}

/** Node gives header lines as one flat list of names and values. */
function linesOf(raw: readonly string[]): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) lines.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return lines;
}

function eventOf(context: ExchangeContext, request: IncomingMessage, body: Uint8Array, empty: boolean): Turn {
  if (empty) return { event: { is: 'empty' }, notes: [] };
  const decoded = decode(body, {
    charset: charsetOf(request.headers['content-type']),
    maxBytes: context.maxBodyBytes,
  });
  if (!decoded.ok) return { event: { is: 'unreadable', error: decoded.error }, notes: [] };
  return { event: { is: 'message', envelope: decoded.value.envelope }, notes: decoded.value.notes };
}

function informOf(event: AcsEvent): { inform: Inform; envelope: Envelope } | undefined {
  if (event.is !== 'message') return undefined;
  const { envelope } = event;
  const { message } = envelope;
  return message.kind === 'request' && message.rpc === 'Inform'
    ? { inform: message.args, envelope }
    : undefined;
}

const addressOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** A POST of no session: an empty one ends what we no longer know (Q-HT-07), anything else is refused. */
function orphan(event: AcsEvent): Answer {
  if (event.is === 'empty') return { ...EMPTY, close: true };
  return refuse(event.is === 'unreadable' ? event.error : { code: 'E_SESSION_UNKNOWN', at: 0 });
}

/** An Inform always begins a session, whatever its cookie says (Q-CK-07); the device's older one ends (Q-EV-08). */
async function begin(
  context: ExchangeContext,
  request: IncomingMessage,
  { inform, envelope }: { inform: Inform; envelope: Envelope },
  read: Turn,
  notes: readonly Noted[],
): Promise<Answer> {
  const { DeviceId } = inform;
  if (DeviceId.OUI.trim() === '' && DeviceId.SerialNumber.trim() === '')
    return refuse({ code: 'E_CWMP_NO_DEVICE', at: 0 });
  const key = deviceKey(DeviceId);
  const older = context.sessions.ofDevice(key);
  const hasCookie = readCookies(request.headers.cookie, COOKIE).length > 0;
  const seen = seeInform(envelope, hasCookie, older && (isGone(older) ? 'broken' : 'open'));
  if (older !== undefined) await supersede(context, older);
  const hasOpenTasks = await context.queue.takeOver(key);
  const model = modelOf(DeviceId, softwareVersionOf(inform));
  const style = await context.styles.step(model, key);
  // While this one waited, another Inform of the device may have overtaken it. Nothing waits from here to `open`.
  for (
    let other = context.sessions.ofDevice(key);
    other !== undefined;
    other = context.sessions.ofDevice(key)
  )
    await supersede(context, other);
  const session = context.sessions.open(
    {
      key,
      deviceId: trimmed(DeviceId),
      model,
      style,
      namespace: envelope.namespace,
      address: addressOf(request),
      timeoutMs: timeoutOf(context, envelope),
      seen: seen.session,
    },
    request.socket,
    context.now(),
  );
  showed(session, [...notes, ...read.notes, ...seen.notes]);
  session.work = new Work(context, { key, model, inform, hasOpenTasks });
  context.observe({
    is: 'session-began',
    device: key,
    events: inform.Event.map(({ EventCode }) => EventCode),
  });
  return { ...(await takeTurn(context, session, read)), cookie: `${COOKIE}=${session.token}; Path=/` };
}

const trimmed = (id: DeviceId): DeviceId => ({ ...id, SerialNumber: id.SerialNumber.trim() });

/** SessionTimeout of the Inform, kept between 30 s and 600 s (Q-ID-10). */
function timeoutOf(context: ExchangeContext, { header }: Envelope): number {
  const wished = header.SessionTimeout;
  return wished === undefined ? context.sessionTimeoutMs : Math.min(Math.max(wished, 30), 600) * 1000;
}

/** The modem began anew. If our first message was the last thing it heard, it may not have borne its spelling. */
async function supersede(context: ExchangeContext, session: LiveSession): Promise<void> {
  if (session.posts === 1) await context.styles.broke(session.of.model, session.key, session.of.style);
  await endSession(context, session, 'superseded');
}
