/**
 * Drives the machine of one session: each POST becomes an event, and what the machine wants done is done, in
 * order. exchange.ts deals with HTTP; the requests for the modem come from tasks/request-source.ts.
 */
import { encode } from '../../protocol/cwmp/encode.ts';
import type { AcsMethod, Envelope, Request } from '../../protocol/cwmp/messages.ts';
import type {
  AcsEffect,
  AcsEnd,
  AcsSettings,
  AcsEvent as MachineEvent,
} from '../../protocol/cwmp/session-acs.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import { assertNever } from '../../protocol/result.ts';
import type { AcsEvent } from '../acs-events.ts';
import { errorFields } from '../log.ts';
import type { SourceContext } from '../tasks/request-source.ts';
import type { Answer } from './answer.ts';
import { EMPTY, refuse } from './answer.ts';
import type { DecodedPost } from './decode-post.ts';
import type { DeferredQuirkCounts } from './deferred-quirk-counts.ts';
import type { LiveSession } from './live-session.ts';
import { recordRequest } from './record-request.ts';
import type { Sessions } from './sessions.ts';

export interface DriverContext extends SourceContext {
  readonly sessions: Sessions;
  readonly deferredQuirks: DeferredQuirkCounts;
  readonly settings: AcsSettings;
  readonly onEvent: (event: AcsEvent) => void;
}

export function answerPost(context: DriverContext, session: LiveSession, post: DecodedPost): Promise<Answer> {
  return session.exclusively(async () => {
    session.beginPost(post, context.now());
    try {
      const learning = session.style.sessionWentOn();
      if (learning !== undefined) await learning;
      return await run(context, session, post.event);
    } finally {
      session.endPost(context.now());
    }
  });
}

/** Ends a session from outside: it ran out of time, or another session of its device began. */
export function endSession(
  context: DriverContext,
  session: LiveSession,
  why: 'timeout' | 'superseded',
): Promise<void> {
  return session.exclusively(async () => {
    if (session.isEnded) return;
    await session.style.sessionBroke();
    await run(context, session, { is: why });
    // The session is over, whatever state the machine was in.
    if (!session.isEnded) await abandon(context, session);
  });
}

/**
 * Drives the session's machine with one event until it has nothing left to do, and performs its effects in
 * order.
 */
async function run(context: DriverContext, session: LiveSession, first: MachineEvent): Promise<Answer> {
  let answer: Answer = EMPTY;
  let event: MachineEvent | undefined = first;
  try {
    while (event !== undefined) {
      const effects = session.step(context.settings, event);
      event = undefined;
      for (const effect of effects) {
        const result = await perform(context, session, effect);
        if (result === undefined) continue;
        if ('is' in result) event = result;
        else answer = result;
      }
    }
    return answer;
  } catch (error) {
    await abandon(context, session);
    throw error;
  }
}

/**
 * An effect could not be performed (a full disk, a damaged file): the modem begins again with a new session.
 */
async function abandon(context: DriverContext, session: LiveSession): Promise<void> {
  if (session.isEnded) return;
  try {
    await end(context, session, 'protocol-error');
  } catch (error) {
    // Its task stays on the disk as it is; the next Inform deals with it.
    context.log.error({ device: session.key, ...errorFields(error) }, 'a task could not be released');
  }
}

/** An event is the machine's next one; an answer is for the POST that waits. */
async function perform(
  context: DriverContext,
  session: LiveSession,
  effect: AcsEffect,
): Promise<MachineEvent | Answer | undefined> {
  switch (effect.do) {
    case 'record':
      return record(context, session, effect.envelope);
    case 'reply':
      session.style.messageSent();
      return { status: 200, text: encode(effect.envelope, session.style.dialect) };
    case 'reply-empty':
      return EMPTY;
    case 'reject':
      return refuse(effect.error);
    case 'decide':
      return decide(context, session);
    case 'settle':
      await session.source.settle(effect.request, effect.outcome, session.isUntyped);
      return undefined;
    case 'end':
      await end(context, session, effect.why);
      return undefined;
    default:
      return assertNever(effect);
  }
}

async function record(
  context: DriverContext,
  session: LiveSession,
  envelope: Envelope<Request<AcsMethod>>,
): Promise<MachineEvent> {
  const { key, deviceId, address } = session.info;
  const { rpc } = envelope.message;
  // Quirks are counted with the Inform; those shown later in the session are counted at its end.
  const isInform = rpc === 'Inform';
  const quirks = isInform ? quirkCounts(session, context.deferredQuirks.take(key)) : NO_QUIRKS;
  const now = new Date(context.now()).toISOString();
  try {
    const sender = { key, deviceId, address, quirks, untyped: session.isUntyped, now };
    await recordRequest(context, sender, envelope);
    if (isInform) session.markQuirksCounted();
    return { is: 'recorded' };
  } catch (error) {
    context.log.error({ device: key, rpc, ...errorFields(error) }, 'could not record a request of the modem');
    return {
      is: 'refused',
      fault: { FaultCode: 8005, FaultString: 'Retry request', SetParameterValuesFault: [] },
    };
  }
}

const NO_QUIRKS: ReadonlyMap<QuirkId, number> = new Map();

function quirkCounts(session: LiveSession, deferred: Iterable<QuirkId>): ReadonlyMap<QuirkId, number> {
  const counts = new Map<QuirkId, number>();
  for (const id of session.quirks) counts.set(id, 1);
  for (const id of deferred) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

async function decide(context: DriverContext, session: LiveSession): Promise<MachineEvent> {
  const request = await session.source.next();
  if (request === undefined) return { is: 'nothing-more' };
  const id = session.nextRequestId();
  context.onEvent({ is: 'request', device: session.key, rpc: request.rpc });
  return { is: 'decided', id, request };
}

async function end(context: DriverContext, session: LiveSession, why: AcsEnd): Promise<void> {
  session.end();
  context.sessions.remove(session);
  await session.source.close(why);
  context.deferredQuirks.keep(session.key, session.uncountedQuirks());
  const ms = context.now() - session.startedAt;
  const { key, posts, requests } = session;
  context.log.info({ device: key, why, posts, requests, ms }, 'session ended');
  context.onEvent({ is: 'session-ended', device: key, why, posts, requests, ms });
}
