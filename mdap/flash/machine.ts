/**
 * The flashing of one modem as a state machine: `stepFlash(context, modem, event)` returns the new state of
 * the modem and what is to be done. It has no socket and no clock. A modem is found by a search, identified,
 * sent into boot mode, gets its image by BOOTP and TFTP, comes back, is configured and checked.
 *
 * What always holds: at most one transfer to the modem is running; a modem that has failed gets nothing more,
 * so that a boot loader that rejects its image does not loop forever; every state but the first has a time
 * limit or is final.
 */
import { assertNever } from '../../protocol/result.ts';
import { askBoot, onBootp, onProgress, onRrq, onSent, onTransferFailed } from './boot.ts';
import type { FlashEvent, FlashModem, FlashStep, Job } from './modem.ts';
import { isEnd } from './modem.ts';
import { onAnswer } from './on-answer.ts';
import type { FlashContext } from './transitions.ts';
import {
  cancel,
  enter,
  enterBack,
  enterConfiguring,
  enterDiscovered,
  enterTriggered,
  enterWaiting,
  fail,
  nextCheck,
  stay,
  unverified,
  versions,
  withNote,
} from './transitions.ts';

export type { FlashContext } from './transitions.ts';

type Of<Is extends FlashEvent['is']> = Extract<FlashEvent, { is: Is }>;

/** Handles one event. Total: any event in any state returns a modem and effects, and never throws. */
export function stepFlash(context: FlashContext, modem: FlashModem, event: FlashEvent): FlashStep {
  if (event.is === 'resumed') return { modem: resume(modem, event.at), effects: [] };
  if (isEnd(modem.state)) return afterTheEnd(modem, event);
  switch (event.is) {
    case 'found':
      return onFound(context, modem, event);
    case 'bootp':
      return onBootp(context, modem, event);
    case 'offered':
      return modem.state.at === 'bootp-seen'
        ? enter(modem, event.at, { at: 'offered', until: event.at + context.settings.offerMs })
        : stay(modem);
    case 'rrq':
      return onRrq(context, modem, event);
    case 'progress':
      return onProgress(context, modem, event);
    case 'sent':
      return onSent(context, modem, event);
    case 'transfer-failed':
      return onTransferFailed(context, modem, event);
    case 'started':
      return onStarted(context, modem, event);
    case 'answered':
      return event.request === modem.request ? onAnswer(context, modem, event) : stay(modem);
    case 'planned':
      return onPlanned(context, modem, event.job, event.at);
    case 'unplanned':
      return wantsPlan(modem)
        ? enter(modem, event.at, { at: 'skipped', note: event.note }, [{ do: 'quarantine' }])
        : stay(modem);
    case 'refused':
      return wantsPlan(modem) ? fail(modem, event.at, event.reason, event.note) : stay(modem);
    case 'conflict':
      return fail(modem, event.at, 'conflict', event.note);
    case 'missing':
      return modem.state.at === 'unknown' ? fail(modem, event.at, 'missing') : stay(modem);
    case 'warned':
      return { modem: withNote(modem, event.note), effects: [] };
    case 'timeout':
      return onTimeout(context, modem, event.at);
    case 'stop':
      return onStop(modem, event.at);
    default:
      return assertNever(event);
  }
}

/** A transfer that begins after the end is aborted; everything else is ignored. */
function afterTheEnd(modem: FlashModem, event: FlashEvent): FlashStep {
  return event.is === 'rrq'
    ? { modem, effects: [{ do: 'abort', transfer: event.transfer }, { do: 'quarantine' }] }
    : stay(modem);
}

/** Its next message decides the state; one that is done stays done. Its job is planned again. */
function resume(modem: FlashModem, at: number): FlashModem {
  const { state } = modem;
  if (state.at === 'done') return modem;
  const under = state.at === 'configuring' && state.until !== undefined;
  // A run that is resumed after a failure is taken to have fixed it.
  const forgiven = state.at === 'failed' ? { sentAt: undefined, flashed: [] } : {};
  return {
    ...modem,
    ...forgiven,
    state: { at: 'unknown' },
    since: at,
    job: undefined,
    xid: undefined,
    triggers: 0,
    transfers: 0,
    rewrites: 0,
    repeats: 0,
    credential: 0,
    request: modem.request + 1,
    unsureUntil: under ? modem.ran.length + 1 : modem.unsureUntil,
  };
}

function onFound(
  context: FlashContext,
  before: FlashModem,
  { serial, product, address, at }: Of<'found'>,
): FlashStep {
  const facts = { ...before.facts, serial, address, product: product ?? before.facts.product };
  const modem: FlashModem = { ...before, facts };
  const { state } = modem;
  switch (state.at) {
    case 'unknown':
      return enterDiscovered({ ...modem, sentAt: undefined }, at);
    case 'trigger-failed':
      return modem.job?.image === undefined
        ? enterDiscovered(modem, at)
        : enterTriggered(modem, at, modem.job.image);
    case 'waiting':
      // Its boot loader gave up, and the old firmware has started again.
      return enterDiscovered(modem, at);
    case 'verifying':
    case 'rebooting':
      // One that was in boot mode by itself was flashed for its board; now its serial number decides.
      return modem.job?.serial !== serial
        ? enterDiscovered({ ...modem, sentAt: undefined, job: undefined, credential: 0 }, at)
        : enterBack({ ...modem, credential: 0 }, at);
    case 'checking': {
      if (state.address || address !== modem.job?.address) return stay(modem);
      return nextCheck(context.settings, modem, at, { ...state, address: true });
    }
    default:
      return stay(modem);
  }
}

/** The time limit of a request starts when it is sent: until then it waits for others. */
function onStarted({ settings }: FlashContext, modem: FlashModem, { request, at }: Of<'started'>): FlashStep {
  if (request !== modem.request) return stay(modem);
  const { state } = modem;
  switch (state.at) {
    case 'discovered':
    case 'back':
      return enter(modem, at, { ...state, until: at + settings.askMs });
    case 'triggered':
      return enter(modem, at, { ...state, until: at + settings.triggerMs });
    case 'configuring':
      return enter(modem, at, { ...state, until: at + settings.commandMs });
    case 'checking':
      return enter(modem, at, { ...state, until: at + settings.checkMs });
    default:
      return stay(modem);
  }
}

const wantsPlan = ({ state, job }: FlashModem): boolean =>
  state.at === 'discovered' || (state.at === 'bootp-seen' && job === undefined);

function onPlanned(context: FlashContext, before: FlashModem, job: Job, at: number): FlashStep {
  if (!wantsPlan(before)) return stay(before);
  const { facts, flashed } = before;
  const { image } = job;
  // Commands count as done if the plan still begins with them.
  const differs = before.ran.findIndex((line, index) => line !== job.commands[index]?.line);
  const modem: FlashModem = { ...before, job, ran: differs < 0 ? before.ran : before.ran.slice(0, differs) };
  if (modem.state.at === 'bootp-seen') {
    if (image === undefined) return fail(modem, at, 'no-image', 'the plan keeps its firmware');
    const again = { board: facts.board, xid: modem.xid ?? 0, at };
    return askBoot(context, { ...modem, repeats: modem.repeats - 1 }, again);
  }
  const same = facts.version === image?.version;
  if (image === undefined || (same && (!job.always || flashed.includes(image.file))))
    return enterConfiguring(context, modem, at);
  if (flashed.includes(image.file)) return fail(modem, at, 'wrong-version', versions(facts, image));
  if (modem.triggers > context.settings.triggerRetries)
    return fail(modem, at, 'no-boot-mode', `${modem.triggers} upgrade commands were sent`);
  return enterTriggered(modem, at, image);
}

function onTimeout(context: FlashContext, modem: FlashModem, at: number): FlashStep {
  const { settings } = context;
  const { state } = modem;
  switch (state.at) {
    case 'discovered':
    case 'back':
    case 'configuring':
      return onAnswer(context, modem, {
        is: 'answered',
        request: modem.request,
        outcome: 'unanswered',
        text: '',
        at,
      });
    case 'triggered':
      return modem.triggers > settings.triggerRetries
        ? fail(modem, at, 'no-boot-mode', `${modem.triggers} upgrade commands were sent`)
        : enter(modem, at, { at: 'trigger-failed', until: at + settings.askMs });
    case 'trigger-failed':
      return fail(modem, at, 'no-boot-mode', 'it does not answer, in either mode');
    case 'bootp-seen':
    case 'offered':
      return enterWaiting(context, modem, at);
    case 'waiting':
      return modem.transfers > 0
        ? fail(modem, at, 'transfer', 'its boot loader did not send another request')
        : fail(modem, at, 'no-tftp', 'its boot loader stopped sending requests');
    case 'transferring': {
      const cut = { do: 'abort', transfer: state.transfer } as const;
      if (state.stopping) return cancel(modem, at);
      if (modem.transfers >= settings.transfers) return fail(modem, at, 'transfer', 'it stalled');
      const next = enterWaiting(context, withNote(modem, 'a transfer stalled'), at);
      return { ...next, effects: [cut, ...next.effects] };
    }
    case 'verifying':
      return enter(modem, at, { at: 'rebooting', until: at + settings.restartMs });
    case 'rebooting':
      return fail(modem, at, 'not-back');
    case 'checking':
      return !state.address && typeof modem.doubt === 'number'
        ? redo(context, modem, at, modem.doubt)
        : fail(modem, at, 'verify', unverified(modem));
    default:
      return stay(modem);
  }
}

/** Its address is wrong and a command was never answered: that one and those after it are sent once more. */
function redo(context: FlashContext, modem: FlashModem, at: number, from: number): FlashStep {
  const again = {
    ...modem,
    ran: modem.ran.slice(0, from),
    unsureUntil: modem.ran.length,
    doubt: 'redone',
  } as const;
  return enterConfiguring(context, withNote(again, 'commands were sent again: one was lost'), at);
}

function onStop(modem: FlashModem, at: number): FlashStep {
  const { state } = modem;
  return state.at === 'transferring' ? enter(modem, at, { ...state, stopping: true }) : cancel(modem, at);
}
