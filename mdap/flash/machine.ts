/**
 * The flashing of one modem as a machine: `stepFlash(context, modem, event)` gives what the modem is then and what is to be
 * done. It knows no socket and no clock. Found by a search, the modem is asked who it is, is told to go into boot mode,
 * gets its image by BOOTP and TFTP, comes back, is configured and looked at.
 *
 * What always holds: at most one transfer to the modem is alive; one that failed is left alone by everything, so that a
 * boot loader that refuses its image does not go round for ever; every state but the first has a time limit or is an end.
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

/** One event. Total: any event in any state gives a modem and effects, never a throw. */
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

/** Transfers that begin in spite of all are cut; everything else is no longer of interest. */
function afterTheEnd(modem: FlashModem, event: FlashEvent): FlashStep {
  return event.is === 'rrq'
    ? { modem, effects: [{ do: 'abort', transfer: event.transfer }, { do: 'quarantine' }] }
    : stay(modem);
}

/** Its next message chooses the state; one that is done stays so. What the plan wants of it is asked anew. */
function resume(modem: FlashModem, at: number): FlashModem {
  const { state } = modem;
  if (state.at === 'done') return modem;
  const under = state.at === 'configuring' && state.until !== undefined;
  // Whoever goes on after a failure has put right what was wrong.
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
      // Its boot loader gave up, and the old firmware is up again.
      return enterDiscovered(modem, at);
    case 'verifying':
    case 'rebooting':
      // One that came into boot mode by itself has been flashed for its board; now its serial number has a say.
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

/** Time counts from when a conversation is on the wire: before, it waited for others. */
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
  // Of the commands those count as done that the plan still begins with.
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
    return fail(modem, at, 'no-boot-mode', `it was told ${modem.triggers} times`);
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
        ? fail(modem, at, 'no-boot-mode', `it was told ${modem.triggers} times`)
        : enter(modem, at, { at: 'trigger-failed', until: at + settings.askMs });
    case 'trigger-failed':
      return fail(modem, at, 'no-boot-mode', 'it is silent, in either mode');
    case 'bootp-seen':
    case 'offered':
      return enterWaiting(context, modem, at);
    case 'waiting':
      return modem.transfers > 0
        ? fail(modem, at, 'transfer', 'its boot loader did not ask again')
        : fail(modem, at, 'no-tftp', 'its boot loader fell silent');
    case 'transferring': {
      const cut = { do: 'abort', transfer: state.transfer } as const;
      if (state.stopping) return cancel(modem, at);
      if (modem.transfers >= settings.transfers) return fail(modem, at, 'transfer', 'it stood still');
      const next = enterWaiting(context, withNote(modem, 'a transfer stood still'), at);
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

/** Its address is not what it should be, and a command was never answered: it and what came after are given once more. */
function redo(context: FlashContext, modem: FlashModem, at: number, from: number): FlashStep {
  const again = {
    ...modem,
    ran: modem.ran.slice(0, from),
    unsureUntil: modem.ran.length,
    doubt: 'redone',
  } as const;
  return enterConfiguring(context, withNote(again, 'commands were given again: one was lost'), at);
}

function onStop(modem: FlashModem, at: number): FlashStep {
  const { state } = modem;
  return state.at === 'transferring' ? enter(modem, at, { ...state, stopping: true }) : cancel(modem, at);
}
