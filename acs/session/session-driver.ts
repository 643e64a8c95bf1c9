/**
 * Drives the machine of one session: POSTs take their turns, and what the machine wants done is done, in order. HTTP is
 * exchange.ts's; what there is to ask is work.ts's.
 */
import { encode } from '../../protocol/cwmp/encode.ts';
import type { AcsEffect, AcsEvent, AcsSettings } from '../../protocol/cwmp/session-acs.ts';
import { step } from '../../protocol/cwmp/session-acs.ts';
import type { WireError } from '../../protocol/errors.ts';
import { describeWireError } from '../../protocol/errors.ts';
import type { Noted, QuirkId } from '../../protocol/quirks/note.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Observation } from '../acs-events.ts';
import { errorFields } from '../log.ts';
import type { WorkContext } from '../tasks/request-source.ts';
import type { LateQuirks } from './deferred-quirk-counts.ts';
import { told } from './record-request.ts';
import { ReplyStyles } from './reply-style.ts';
import type { LiveSession, Sessions } from './sessions.ts';

export interface TurnContext extends WorkContext {
  readonly sessions: Sessions;
  readonly lateQuirks: LateQuirks;
  readonly settings: AcsSettings;
  readonly observe: (observation: Observation) => void;
}

/** What goes back. `text` is ASCII. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Set-Cookie of a session that begins. */
  readonly cookie?: string;
  /** The connection is of no further use. */
  readonly close?: boolean;
}

export const EMPTY: Answer = { status: 204, text: '' };

export const refuse = (error: WireError): Answer => ({
  status: 400,
  text: `${describeWireError(error)}\n`,
  close: true,
});

/** Ends a session from outside: it ran out of time, or another one of its device began. */
export async function endSession(
  context: TurnContext,
  session: LiveSession,
  why: 'timeout' | 'superseded',
): Promise<void> {
  if (session.busy) await turnOf(session);
  else session.busy = true;
  try {
    if (session.ended) return;
    if (why === 'timeout' && session.posts === 1)
      await context.styles.broke(session.of.model, session.key, session.of.style);
    await play(context, session, { is: why }, false);
    // Whatever state the machine was in: a session that was told to end is over.
    if (!session.ended) await abandon(context, session);
  } finally {
    session.busy = false;
    session.waiting?.shift()?.();
  }
}

/** One POST as the machine's event, and what decoding it noted. */
export interface Turn {
  readonly event: AcsEvent;
  readonly notes: readonly Noted[];
}

/** POSTs of one session are answered one after the other. */
export async function takeTurn(
  context: TurnContext,
  session: LiveSession,
  { event, notes }: Turn,
): Promise<Answer> {
  if (session.busy) await turnOf(session);
  else session.busy = true;
  try {
    session.lastSeen = context.now();
    session.posts += 1;
    if (session.posts === 2 && !context.styles.isProven(session.of.model, session.key, session.of.style))
      await context.styles.worked(session.of.model, session.key, session.of.style);
    return await play(
      context,
      session,
      event,
      notes.some(({ id }) => id === 'Q-AT-08'),
    );
  } finally {
    session.lastSeen = context.now();
    session.busy = false;
    session.waiting?.shift()?.();
  }
}

async function turnOf(session: LiveSession): Promise<void> {
  while (session.busy) {
    await new Promise<void>((resolve) => {
      session.waiting ??= [];
      session.waiting.push(resolve);
    });
  }
  // Here, not with the caller: nothing may come between the look and the taking.
  session.busy = true;
}

/** Drives the session's machine with one event until it has nothing left to do, and performs its effects in order. */
async function play(
  context: TurnContext,
  session: LiveSession,
  first: AcsEvent,
  untyped: boolean,
): Promise<Answer> {
  let answer: Answer = EMPTY;
  let event: AcsEvent | undefined = first;
  try {
    while (event !== undefined) {
      const { state, effects } = step(context.settings, session.state, event);
      session.state = state;
      event = undefined;
      for (const effect of effects) {
        const result = await perform(context, session, effect, untyped);
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

/** What the machine wanted could not be done (a full disk, a damaged file): the modem begins anew, and so do we. */
async function abandon(context: TurnContext, session: LiveSession): Promise<void> {
  if (session.ended) return;
  try {
    await end(context, session, 'protocol-error');
  } catch (error) {
    // Its task stays as it is on the disk, and is seen to with the next Inform.
    context.log.error({ device: session.key, ...errorFields(error) }, 'a task could not be let go');
  }
}

async function perform(
  context: TurnContext,
  session: LiveSession,
  effect: AcsEffect,
  untyped: boolean,
): Promise<AcsEvent | Answer | undefined> {
  switch (effect.do) {
    case 'record':
      return record(context, session, effect.envelope, untyped);
    case 'reply':
      return { status: 200, text: encode(effect.envelope, ReplyStyles.at(session.of.style).dialect) };
    case 'reply-empty':
      return EMPTY;
    case 'reject':
      return refuse(effect.error);
    case 'decide':
      return decide(context, session);
    case 'settle':
      if (session.work !== undefined) {
        session.work.untyped = untyped;
        await session.work.settle(effect.request, effect.outcome);
      }
      return undefined;
    case 'end':
      await end(context, session, effect.why);
      return undefined;
    default:
      return assertNever(effect);
  }
}

async function record(
  context: TurnContext,
  session: LiveSession,
  envelope: Parameters<typeof told>[2],
  untyped: boolean,
): Promise<AcsEvent> {
  const now = new Date(context.now()).toISOString();
  const { key, deviceId, address } = session.of;
  // With its Inform what a device did is counted; what it does later is kept at the end.
  const isInform = envelope.message.rpc === 'Inform';
  const quirks = new Map<QuirkId, number>(isInform ? [...session.quirks.keys()].map((id) => [id, 1]) : []);
  if (isInform) for (const id of context.lateQuirks.take(key)) quirks.set(id, (quirks.get(id) ?? 0) + 1);
  try {
    await told(context, { key, deviceId, address, quirks, untyped, now }, envelope);
    if (isInform) for (const id of session.quirks.keys()) session.quirks.set(id, true);
    return { is: 'recorded' };
  } catch (error) {
    context.log.error(
      { device: key, rpc: envelope.message.rpc, ...errorFields(error) },
      'could not keep what the modem told',
    );
    return {
      is: 'refused',
      fault: { FaultCode: 8005, FaultString: 'Retry request', SetParameterValuesFault: [] },
    };
  }
}

async function decide(context: TurnContext, session: LiveSession): Promise<AcsEvent> {
  const request = await session.work?.next();
  if (request === undefined) return { is: 'nothing-more' };
  session.requests += 1;
  context.observe({ is: 'request', device: session.key, rpc: request.rpc });
  return { is: 'decided', id: `${session.token.slice(0, 8)}-${session.requests}`, request };
}

async function end(
  context: TurnContext,
  session: LiveSession,
  why: Extract<AcsEffect, { do: 'end' }>['why'],
): Promise<void> {
  context.sessions.remove(session);
  await session.work?.close(why);
  context.lateQuirks.keep(
    session.key,
    [...session.quirks].flatMap(([id, counted]) => (counted ? [] : [id])),
  );
  const ms = context.now() - session.startedAt;
  const { key, posts, requests } = session;
  context.log.info({ device: key, why, posts, requests, ms }, 'session ended');
  context.observe({ is: 'session-ended', device: key, why, posts, requests, ms });
}
