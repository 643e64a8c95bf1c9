/** How each state of flashing is entered: what changes, what is to be done, and how long it may take. */
import { isSameText } from '../../protocol/bootp/image-rules.ts';
import { counted } from '../../protocol/counted.ts';
import type { Facts, FlashEffect, FlashModem, FlashState, FlashStep, JobImage, Tries } from './modem.ts';
import type { FlashReason } from './reasons.ts';
import type { FlashSettings } from './settings.ts';

export interface FlashContext {
  readonly settings: FlashSettings;
  /** How many credentials there are to try. */
  readonly credentials: number;
}

const NO_TRIES: Tries = { tries: 0, refusals: 0 };

type Change = Partial<Omit<FlashModem, 'state' | 'since'>>;

export const stay = (modem: FlashModem, change: Change = {}): FlashStep => ({
  modem: { ...modem, ...change },
  effects: [],
});

export function enter(
  modem: FlashModem,
  at: number,
  state: FlashState,
  effects: readonly FlashEffect[] = [],
  change: Change = {},
): FlashStep {
  const since = state.at === modem.state.at ? modem.since : at;
  return { modem: { ...modem, ...change, state, since }, effects };
}

export const withNote = (modem: FlashModem, note: string): FlashModem =>
  modem.notes.includes(note) ? modem : { ...modem, notes: [...modem.notes, note] };

/** Final: nothing more is sent to the modem, so that a boot loader cannot loop forever. */
export function fail(modem: FlashModem, at: number, reason: FlashReason, note = ''): FlashStep {
  const { state } = modem;
  const cut: FlashEffect[] = state.at === 'transferring' ? [{ do: 'abort', transfer: state.transfer }] : [];
  return enter(modem, at, { at: 'failed', reason, note }, [...cut, { do: 'quarantine' }]);
}

/** The run ends before this modem is finished. */
export function cancel(modem: FlashModem, at: number): FlashStep {
  const { state } = modem;
  const cut: FlashEffect[] = state.at === 'transferring' ? [{ do: 'abort', transfer: state.transfer }] : [];
  const under = state.at === 'configuring' && state.until !== undefined;
  return enter(modem, at, { at: 'cancelled', from: state.at }, [...cut, { do: 'quarantine' }], {
    unsureUntil: under ? modem.ran.length + 1 : modem.unsureUntil,
  });
}

export function enterDiscovered(modem: FlashModem, at: number, tries = NO_TRIES): FlashStep {
  const request = modem.request + 1;
  return enter(
    modem,
    at,
    { at: 'discovered', ...tries, until: undefined },
    [{ do: 'ask', request, credential: modem.credential }],
    { request },
  );
}

/** The board of an image is compared once more before the modem erases anything. */
export function enterTriggered(modem: FlashModem, at: number, image: JobImage, refusals = 0): FlashStep {
  const board = modem.facts.board;
  if (board !== undefined && image.board !== '' && !isSameText(board, image.board))
    return fail(modem, at, 'wrong-board', `its board is ${board}, the image is for ${image.board}`);
  const request = modem.request + 1;
  return enter(
    modem,
    at,
    { at: 'triggered', refusals, until: undefined },
    [{ do: 'serve' }, { do: 'trigger', request, credential: modem.credential }],
    // An attempt with the wrong user does not count.
    { request, triggers: modem.triggers + (refusals === 0 ? 1 : 0) },
  );
}

export function enterBootpSeen(
  { settings }: FlashContext,
  modem: FlashModem,
  at: number,
  xid: number,
): FlashStep {
  const repeats = modem.repeats + 1;
  if (repeats > settings.bootpRepeats)
    return fail(modem, at, 'no-tftp', `${settings.bootpRepeats} BOOTP requests were answered`);
  const first: FlashEffect = modem.job === undefined ? { do: 'plan' } : { do: 'serve' };
  const state: FlashState = { at: 'bootp-seen', until: at + settings.offerMs };
  return enter(modem, at, state, [first], { xid, repeats });
}

export const enterWaiting = ({ settings }: FlashContext, modem: FlashModem, at: number): FlashStep =>
  enter(modem, at, { at: 'waiting', until: at + settings.againMs });

export function enterTransferring(
  { settings }: FlashContext,
  modem: FlashModem,
  at: number,
  transfer: string,
): FlashStep {
  const { state } = modem;
  const cut: FlashEffect[] = state.at === 'transferring' ? [{ do: 'abort', transfer: state.transfer }] : [];
  if (modem.transfers >= settings.transfers) {
    const failed = fail(
      modem,
      at,
      'transfer',
      `${counted(settings.transfers, 'transfer')} did not get through`,
    );
    return { ...failed, effects: [...failed.effects, { do: 'abort', transfer }] };
  }
  const until = at + Math.min(settings.stallMs, settings.transferMs);
  return enter(
    modem,
    at,
    { at: 'transferring', transfer, begunAt: at, movedAt: at, bytes: 0, stopping: false, until },
    cut,
    { transfers: modem.transfers + 1, repeats: 0 },
  );
}

export function enterBack(modem: FlashModem, at: number, tries = NO_TRIES): FlashStep {
  const request = modem.request + 1;
  return enter(
    modem,
    at,
    { at: 'back', ...tries, until: undefined },
    [{ do: 'ask', request, credential: modem.credential }],
    { request },
  );
}

export function enterConfiguring(
  context: FlashContext,
  modem: FlashModem,
  at: number,
  tries = NO_TRIES,
): FlashStep {
  const command = modem.job?.commands[modem.ran.length];
  if (command === undefined) return enterChecking(context, modem, at);
  const request = modem.request + 1;
  const { line, silent } = command;
  return enter(
    modem,
    at,
    { at: 'configuring', ...tries, until: undefined },
    [{ do: 'command', request, credential: modem.credential, line, silent }],
    { request },
  );
}

type Checking = Extract<FlashState, { at: 'checking' }>;

function enterChecking({ settings }: FlashContext, modem: FlashModem, at: number): FlashStep {
  const { job } = modem;
  return nextCheck(settings, modem, at, {
    at: 'checking',
    ...NO_TRIES,
    version: job?.verify.version !== true || job.image === undefined,
    address: job?.verify.address !== true || job.address === undefined,
    checked: 0,
    until: at + settings.checkMs,
  });
}

/**
 * The next request of the final checks, one after another, once a search has shown the address. The commands
 * may have restarted the modem, so its version is asked again. Searches find many modems at the same moment:
 * until a request is sent, it has no time limit.
 */
export function nextCheck(
  settings: FlashSettings,
  modem: FlashModem,
  at: number,
  state: Checking,
): FlashStep {
  const request = modem.request + 1;
  const { credential } = modem;
  if (!state.address) return enter(modem, at, state);
  if (state.tries >= settings.asks) return fail(modem, at, 'verify', unverified(modem));
  const asking: FlashState = { ...state, until: undefined };
  if (!state.version) return enter(modem, at, asking, [{ do: 'ask', request, credential }], { request });
  const check = modem.job?.checks[state.checked];
  if (check === undefined) return enter(modem, at, { at: 'done' }, [{ do: 'quarantine' }]);
  const { line } = check;
  return enter(modem, at, asking, [{ do: 'command', request, credential, line, silent: false }], { request });
}

/** What is still missing in the end. */
export function unverified({ state, job, facts }: FlashModem): string {
  if (state.at !== 'checking') return '';
  if (!state.address)
    return `its address is ${facts.address ?? 'unknown'}, expected ${job?.address ?? 'none'}`;
  if (!state.version)
    return `its version is ${facts.version ?? 'unknown'}, expected ${job?.image?.version ?? 'none'}`;
  const check = job?.checks[state.checked];
  return check === undefined ? '' : `${check.line} does not show ${check.shows}`;
}

export const versions = ({ version }: Facts, image: JobImage | undefined): string =>
  `it says ${version ?? 'no version'}, the image holds ${image?.version ?? 'none'}`;
