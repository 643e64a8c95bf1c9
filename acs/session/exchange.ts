/** One exchange: finds or begins the session of a POST, and has the session answer it. */
import type { IncomingMessage } from 'node:http';
import type { DeviceId, Envelope } from '../../protocol/cwmp/messages.ts';
import { seeInform } from '../../protocol/cwmp/session-notes.ts';
import { readCookies } from '../../protocol/http/cookie.ts';
import { deviceKey } from '../device-key.ts';
import { errorFields } from '../log.ts';
import { RequestSource } from '../tasks/request-source.ts';
import type { Answer } from './answer.ts';
import { BUSY, EMPTY, refuse } from './answer.ts';
import type { DecodedPost, InformPost } from './decode-post.ts';
import { decodePost, informIn } from './decode-post.ts';
import { softwareVersionOf } from './record-request.ts';
import { modelOf } from './reply-style.ts';
import type { DriverContext } from './session-driver.ts';
import { answerPost, endSession } from './session-driver.ts';

export interface ExchangeContext extends DriverContext {
  readonly sessionTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Whether the ACS is being stopped: open sessions continue to their end, and no new one begins. */
  readonly isStopping: () => boolean;
}

/** Name of the session cookie; value at most 64 bytes, Path and nothing else (Q-CK-06). */
const COOKIE = 'session';

/** Never rejects: an internal error is logged and answered with 503, and the modem tries again. */
export async function exchange(
  context: ExchangeContext,
  request: IncomingMessage,
  body: Uint8Array,
): Promise<Answer> {
  const post = decodePost(request, body, context.maxBodyBytes);
  const inform = informIn(post);
  try {
    if (inform === undefined) return await continueSession(context, request, post);
    return context.isStopping() ? BUSY : await beginSession(context, request, inform, post);
  } catch (error) {
    context.log.error({ address: addressOf(request), ...errorFields(error) }, 'the exchange failed');
    return BUSY;
  }
}

const addressOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

async function continueSession(
  context: ExchangeContext,
  request: IncomingMessage,
  post: DecodedPost,
): Promise<Answer> {
  const tokens = readCookies(request.headers.cookie, COOKIE);
  const found = context.sessions.find(tokens, request.socket, addressOf(request));
  if (found === undefined) return answerWithoutSession(post);
  const { session, sameConnection } = found;
  const envelope = post.event.is === 'message' ? post.event.envelope : undefined;
  const notes = session.seePost(envelope, { cookie: tokens.includes(session.route.token), sameConnection });
  // The quirks of the session itself were kept when it ended; this is a POST that came later.
  if (session.isEnded) {
    const ids = notes.map(({ id }) => id);
    context.deferredQuirks.keep(session.key, ids);
  }
  session.addQuirks([...post.notes, ...notes]);
  return answerPost(context, session, post);
}

/** An empty POST ends a session that we no longer know (Q-HT-07); anything else is refused. */
function answerWithoutSession({ event }: DecodedPost): Answer {
  if (event.is === 'empty') return { ...EMPTY, close: true };
  return refuse(event.is === 'unreadable' ? event.error : { code: 'E_SESSION_UNKNOWN', at: 0 });
}

/**
 * An Inform always begins a session, whatever its cookie says (Q-CK-07); the device's older one ends
 * (Q-EV-08).
 */
async function beginSession(
  context: ExchangeContext,
  request: IncomingMessage,
  { inform, envelope }: InformPost,
  post: DecodedPost,
): Promise<Answer> {
  const { DeviceId } = inform;
  if (DeviceId.OUI.trim() === '' && DeviceId.SerialNumber.trim() === '')
    return refuse({ code: 'E_CWMP_NO_DEVICE', at: 0 });
  const { sessions } = context;
  const key = deviceKey(DeviceId);
  const older = sessions.ofDevice(key);
  const hasCookie = readCookies(request.headers.cookie, COOKIE).length > 0;
  const seen = seeInform(envelope, hasCookie, older && (older.route.isDisconnected ? 'broken' : 'open'));
  if (older !== undefined) await endSession(context, older, 'superseded');
  const hasOpenTasks = await context.queue.takeOver(key);
  const model = modelOf(DeviceId, softwareVersionOf(inform));
  const style = await context.styles.forSession(model, key);
  // While this Inform waited, another one of the device may have overtaken it.
  for (let other = sessions.ofDevice(key); other !== undefined; other = sessions.ofDevice(key))
    await endSession(context, other, 'superseded');
  // Nothing is awaited from here to `open`: otherwise the device could have two sessions.
  const info = {
    key,
    deviceId: trimmed(DeviceId),
    address: addressOf(request),
    timeoutMs: timeoutOf(context, envelope),
  };
  const source = new RequestSource(context, { key, model, inform, hasOpenTasks });
  const parts = { info, source, style, seen: seen.session };
  const session = sessions.open(parts, request.socket, context.now());
  session.addQuirks([...post.notes, ...seen.notes]);
  const events = inform.Event.map(({ EventCode }) => EventCode);
  context.onEvent({ is: 'session-began', device: key, events });
  const answer = await answerPost(context, session, post);
  return { ...answer, cookie: `${COOKIE}=${session.route.token}; Path=/` };
}

const trimmed = (id: DeviceId): DeviceId => ({ ...id, SerialNumber: id.SerialNumber.trim() });

/** SessionTimeout of the Inform, kept between 30 s and 600 s (Q-ID-10). */
function timeoutOf(context: ExchangeContext, { header }: Envelope): number {
  const seconds = header.SessionTimeout;
  return seconds === undefined ? context.sessionTimeoutMs : Math.min(Math.max(seconds, 30), 600) * 1000;
}
