/**
 * The side of a TFTP transfer that has the file, pure: the server of a read request, the client of a write
 * request. `stepSender(settings, state, event)` says which bytes to send when; it never sees them.
 *
 * What always holds: a block is sent again when its time is over, never because an ACK came twice (RFC 1123
 * 4.2.3.1); in a window one ACK for less than was sent makes the sender go back once (RFC 7440 section 4);
 * while the transfer is open exactly one `wait` runs.
 */
import type { Endpoint } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import type { Rollover } from './blocks.ts';
import { blockCount, blockFrom, canNumber, wireNumber } from './blocks.ts';
import type { TransferTerms } from './options.ts';
import { acceptOack, PLAIN_TERMS } from './options.ts';
import type { TftpPacket } from './packet.ts';
import { TFTP_ERROR } from './packet.ts';
import type {
  Opening,
  Patience,
  RetrySettings,
  TransferEffect,
  TransferEvent,
  TransferFailure,
} from './transfer.ts';
import { isOfPeer, moreSends, RETRY_DEFAULTS, toStranger } from './transfer.ts';

export interface SenderSettings extends RetrySettings {
  readonly opening: Opening;
  /** Bytes of the file as it is sent. */
  readonly size: number;
  readonly rollover: Rollover;
}

/** All but how it begins and what is sent. */
export const SENDER_DEFAULTS = { ...RETRY_DEFAULTS, rollover: 0 } as const satisfies Partial<SenderSettings>;

export type SenderState =
  | { readonly at: 'idle' }
  /** A request or an OACK is out. */
  | ({ readonly at: 'opening'; readonly peer: Endpoint | undefined } & Patience)
  | ({
      readonly at: 'sending';
      readonly peer: Endpoint;
      readonly terms: TransferTerms;
      /** Blocks that the peer has, counted from 1 without end. */
      readonly acked: number;
      /** Blocks sent. */
      readonly sent: number;
      /** Whether the sender went back since `acked` changed. */
      readonly wentBack: boolean;
    } & Patience)
  | { readonly at: 'done' }
  | { readonly at: 'failed'; readonly failure: TransferFailure };

export type SenderEffect =
  | TransferEffect
  /** Send DATA with this number on the wire and these bytes of the file. */
  | {
      readonly do: 'send-data';
      readonly block: number;
      readonly from: number;
      readonly to: number;
      readonly peer: Endpoint;
    }
  /** The peer has this many bytes of the file. */
  | { readonly do: 'progress'; readonly bytes: number }
  | { readonly do: 'done' };

export interface SenderStep {
  readonly state: SenderState;
  readonly effects: readonly SenderEffect[];
}

type Opened = Extract<SenderState, { at: 'opening' }>;
type Sending = Extract<SenderState, { at: 'sending' }>;

export const initialSender = (): SenderState => ({ at: 'idle' });

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function stepSender(settings: SenderSettings, state: SenderState, event: TransferEvent): SenderStep {
  switch (event.is) {
    case 'start':
      return state.at === 'idle' ? start(settings) : { state, effects: [] };
    case 'packet':
      return onPacket(settings, state, event.packet, event.from);
    case 'due':
      return onDue(settings, state);
    case 'asked-again':
      return isFresh(settings, state)
        ? repeat(settings, state, settings.maxFirstSends)
        : { state, effects: [] };
    case 'abort':
      return abort(settings, state, event.code, event.text);
    default:
      return assertNever(event);
  }
}

/** As a server: nothing came from the peer but its request, which anybody may have written in its name. */
function isFresh({ opening }: SenderSettings, state: SenderState): state is Opened | Sending {
  if (opening.by !== 'answer') return false;
  return (
    state.at === 'opening' || (state.at === 'sending' && state.acked === 0 && opening.answer.length === 0)
  );
}

function start(settings: SenderSettings): SenderStep {
  const { opening, firstTimeoutMs: timeoutMs } = settings;
  if (opening.by === 'request')
    return open(settings, { at: 'opening', peer: undefined, sends: 1, timeoutMs });
  const { peer, terms, answer } = opening;
  if (answer.length === 0) return begin(settings, peer, terms);
  return open(settings, {
    at: 'opening',
    peer,
    sends: 1,
    timeoutMs: terms.timeoutMs ?? timeoutMs,
  });
}

/** Sends the first packet, once more or for the first time. */
function open({ opening }: SenderSettings, state: Opened): SenderStep {
  const effect: SenderEffect =
    opening.by === 'request'
      ? { do: 'send', packet: opening.request, to: opening.server }
      : { do: 'send', packet: { kind: 'oack', options: opening.answer }, to: opening.peer };
  return { state, effects: [effect, { do: 'wait', ms: state.timeoutMs }] };
}

/** The terms are known: the first window goes out. */
function begin(settings: SenderSettings, peer: Endpoint, terms: TransferTerms): SenderStep {
  const timeoutMs = terms.timeoutMs ?? settings.firstTimeoutMs;
  const state: Sending = {
    at: 'sending',
    peer,
    terms,
    acked: 0,
    sent: 0,
    wentBack: false,
    sends: 1,
    timeoutMs,
  };
  if (!canNumber(blockCount(settings.size, terms.blksize), settings.rollover))
    return fail(state, TFTP_ERROR.undefined, 'the file has more than 65535 blocks');
  const { state: sending, effects } = sendWindow(settings, state);
  return { state: sending, effects: [{ do: 'begun', terms, peer }, ...effects] };
}

/** Sends what the window has room for, from the first block that is not acknowledged. */
function sendWindow({ size, rollover }: SenderSettings, state: Sending, first = state.acked + 1): SenderStep {
  const { terms, acked, peer, timeoutMs } = state;
  const last = Math.min(acked + terms.windowsize, blockCount(size, terms.blksize));
  const effects: SenderEffect[] = [];
  for (let block = first; block <= last; block++) {
    const from = (block - 1) * terms.blksize;
    const to = Math.min(from + terms.blksize, size);
    effects.push({ do: 'send-data', block: wireNumber(block, rollover), from, to, peer });
  }
  return { state: { ...state, sent: last }, effects: [...effects, { do: 'wait', ms: timeoutMs }] };
}

function onPacket(
  settings: SenderSettings,
  state: SenderState,
  packet: TftpPacket,
  from: Endpoint,
): SenderStep {
  if (state.at !== 'opening' && state.at !== 'sending') return { state, effects: [] };
  const server = settings.opening.by === 'request' ? settings.opening.server : undefined;
  if (!isOfPeer(state.peer, server, from))
    return { state, effects: packet.kind === 'error' ? [] : [toStranger(from)] };
  switch (packet.kind) {
    case 'error':
      return failed({ why: 'peer', code: packet.code, text: packet.text });
    case 'ack':
      return state.at === 'opening'
        ? onFirstAck(settings, state, packet.block, from)
        : onAck(settings, state, packet.block);
    case 'oack':
      return state.at === 'opening' ? onOack(settings, state, packet, from) : { state, effects: [] };
    case 'data':
    case 'read':
    case 'write':
      return fail({ ...state, peer: from }, TFTP_ERROR.illegalOperation, `${packet.kind} is not expected`);
    default:
      return assertNever(packet);
  }
}

function onFirstAck(settings: SenderSettings, state: Opened, block: number, from: Endpoint): SenderStep {
  if (block !== 0) return { state, effects: [] };
  const { opening } = settings;
  return begin(settings, from, opening.by === 'answer' ? opening.terms : PLAIN_TERMS);
}

function onOack(
  settings: SenderSettings,
  state: Opened,
  { options }: Extract<TftpPacket, { kind: 'oack' }>,
  from: Endpoint,
): SenderStep {
  const { opening } = settings;
  if (opening.by !== 'request') return fail(state, TFTP_ERROR.illegalOperation, 'oack is not expected');
  const terms = acceptOack(opening.request.options, options);
  return terms.ok
    ? begin(settings, from, terms.value)
    : fail({ ...state, peer: from }, terms.error.code, terms.error.text);
}

function onAck(settings: SenderSettings, state: Sending, wire: number): SenderStep {
  const { terms, acked, sent } = state;
  const block = blockFrom(acked, wire, settings.rollover);
  if (block > sent) return { state, effects: [] };
  if (block === acked) return goBack(settings, state);
  const bytes = Math.min(block * terms.blksize, settings.size);
  const progress: SenderEffect = { do: 'progress', bytes };
  if (block >= blockCount(settings.size, terms.blksize))
    return { state: { at: 'done' }, effects: [progress, { do: 'done' }] };
  const timeoutMs = terms.timeoutMs ?? settings.firstTimeoutMs;
  const moved: Sending = { ...state, acked: block, wentBack: block < sent, sends: 1, timeoutMs };
  const { state: next, effects } = sendWindow(settings, moved);
  return { state: next, effects: [progress, ...effects] };
}

/**
 * The same ACK again. Without windows it says nothing; in a window it may tell that the first block is
 * missing, which is believed once: a second one is answered by the timer alone.
 */
function goBack(settings: SenderSettings, state: Sending): SenderStep {
  const { terms, wentBack } = state;
  if (terms.windowsize === 1 || wentBack) return { state, effects: [] };
  return sendWindow(settings, { ...state, wentBack: true });
}

function onDue(settings: SenderSettings, state: SenderState): SenderStep {
  if (state.at !== 'opening' && state.at !== 'sending') return { state, effects: [] };
  const again = repeat(
    settings,
    state,
    isFresh(settings, state) ? settings.maxFirstSends : settings.maxSends,
  );
  return again.effects.length > 0 ? again : giveUp(settings, state);
}

/** Sends what is outstanding once more; no effects: it was sent often enough. */
function repeat(settings: SenderSettings, state: Opened | Sending, most: number): SenderStep {
  const patience = moreSends(state, settings, most);
  if (patience === undefined) return { state, effects: [] };
  if (state.at === 'opening') return open(settings, { ...state, ...patience });
  return sendWindow(settings, { ...state, ...patience });
}

function giveUp(settings: SenderSettings, state: Opened | Sending): SenderStep {
  const { effects } = abort(settings, state, TFTP_ERROR.undefined, 'timeout');
  const failure: TransferFailure = { why: 'timeout' };
  const packets = effects.filter((effect) => effect.do === 'send');
  return { state: { at: 'failed', failure }, effects: [...packets, { do: 'failed', failure }] };
}

function abort(settings: SenderSettings, state: SenderState, code: number, text: string): SenderStep {
  if (state.at === 'done' || state.at === 'failed') return { state, effects: [] };
  const { opening } = settings;
  const peer = state.at === 'idle' ? undefined : state.peer;
  return fail({ peer: peer ?? (opening.by === 'answer' ? opening.peer : undefined) }, code, text);
}

function fail({ peer }: { readonly peer: Endpoint | undefined }, code: number, text: string): SenderStep {
  const failure: TransferFailure = { why: 'ours', code, text };
  const packets: SenderEffect[] =
    peer === undefined ? [] : [{ do: 'send', packet: { kind: 'error', code, text }, to: peer }];
  return { state: { at: 'failed', failure }, effects: [...packets, { do: 'failed', failure }] };
}

function failed(failure: TransferFailure): SenderStep {
  return { state: { at: 'failed', failure }, effects: [{ do: 'failed', failure }] };
}
