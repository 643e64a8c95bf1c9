/**
 * The side of a TFTP transfer that gets the file, pure: the client of a read request, the server of a write
 * request. `stepReceiver(settings, state, event)`.
 *
 * What always holds: every byte of the file is stored exactly once, in order. Without windows every DATA is
 * acknowledged, also one that came before (RFC 1123 4.2.3.1); in a window only its end, a gap, and silence
 * are, for each of them makes the sender send a whole window. After the last ACK it lingers, to say it again
 * if that was lost.
 */
import type { Endpoint } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import { blockFrom, wireNumber } from './blocks.ts';
import type { TransferTerms } from './options.ts';
import { acceptOack, PLAIN_TERMS } from './options.ts';
import type { TftpPacket } from './packet.ts';
import { TFTP_ERROR } from './packet.ts';
import type { ReceiverEffect, ReceiverSettings, ReceiverState, ReceiverStep } from './receiver-types.ts';
import type { Patience, TransferEvent, TransferFailure } from './transfer.ts';
import { isOfPeer, moreSends, toStranger } from './transfer.ts';

type Receiving = Extract<ReceiverState, { at: 'receiving' }>;
type Data = Extract<TftpPacket, { kind: 'data' }>;

export const initialReceiver = (): ReceiverState => ({ at: 'idle' });

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function stepReceiver(
  settings: ReceiverSettings,
  state: ReceiverState,
  event: TransferEvent,
): ReceiverStep {
  switch (event.is) {
    case 'start':
      return state.at === 'idle' ? start(settings) : { state, effects: [] };
    case 'packet':
      return onPacket(settings, state, event.packet, event.from);
    case 'due':
      return onDue(settings, state);
    case 'asked-again':
      return isFresh(settings, state)
        ? repeatAck(settings, state, settings.maxFirstSends)
        : { state, effects: [] };
    case 'abort':
      return abort(settings, state, event.code, event.text);
    default:
      return assertNever(event);
  }
}

/** As a server: nothing came from the peer but its request. */
function isFresh({ opening }: ReceiverSettings, state: ReceiverState): state is Receiving {
  return opening.by === 'answer' && state.at === 'receiving' && state.got === 0;
}

function start(settings: ReceiverSettings): ReceiverStep {
  const { opening, firstTimeoutMs: timeoutMs } = settings;
  if (opening.by === 'request') return ask(settings, { sends: 1, timeoutMs });
  const state = receiving(settings, opening.peer, opening.terms);
  const { effects } = acknowledge(settings, state);
  return { state, effects: [{ do: 'begun', terms: state.terms, peer: state.peer }, ...effects] };
}

function ask({ opening }: ReceiverSettings, patience: Patience): ReceiverStep {
  if (opening.by !== 'request') return { state: { at: 'idle' }, effects: [] };
  const { request, server } = opening;
  return {
    state: { at: 'asking', ...patience },
    effects: [
      { do: 'send', packet: request, to: server },
      { do: 'wait', ms: patience.timeoutMs },
    ],
  };
}

function receiving(settings: ReceiverSettings, peer: Endpoint, terms: TransferTerms): Receiving {
  return {
    at: 'receiving',
    peer,
    terms,
    got: 0,
    bytes: 0,
    unacked: 0,
    gapReported: false,
    rollover: settings.rollover === 'either' ? 0 : settings.rollover,
    sends: 1,
    timeoutMs: terms.timeoutMs ?? settings.firstTimeoutMs,
  };
}

/** Says what is here; before the first block with the OACK, when there is one. */
function acknowledge({ opening }: ReceiverSettings, state: Receiving): ReceiverStep {
  const { peer, got, rollover, timeoutMs } = state;
  const packet: TftpPacket =
    got === 0 && opening.by === 'answer' && opening.answer.length > 0
      ? { kind: 'oack', options: opening.answer }
      : { kind: 'ack', block: wireNumber(got, rollover) };
  return {
    state: { ...state, unacked: 0 },
    effects: [
      { do: 'send', packet, to: peer },
      { do: 'wait', ms: timeoutMs },
    ],
  };
}

function onPacket(
  settings: ReceiverSettings,
  state: ReceiverState,
  packet: TftpPacket,
  from: Endpoint,
): ReceiverStep {
  if (state.at === 'idle' || state.at === 'done' || state.at === 'failed') return { state, effects: [] };
  const server = settings.opening.by === 'request' ? settings.opening.server : undefined;
  const peer = state.at === 'asking' ? undefined : state.peer;
  if (!isOfPeer(peer, server, from))
    return { state, effects: packet.kind === 'error' ? [] : [toStranger(from)] };
  switch (packet.kind) {
    case 'error':
      return onError(state, packet.code, packet.text);
    case 'data':
      if (state.at === 'lingering') return onLateData(state, packet);
      return onData(
        settings,
        state.at === 'asking' ? receiving(settings, from, PLAIN_TERMS) : state,
        packet,
        state.at === 'asking',
      );
    case 'oack':
      return onOack(settings, state, packet, from);
    case 'ack':
    case 'read':
    case 'write':
      if (state.at === 'lingering') return { state, effects: [] };
      return fail(from, TFTP_ERROR.illegalOperation, `${packet.kind} is not expected`);
    default:
      return assertNever(packet);
  }
}

/** An ERROR after the whole file is here changes nothing. */
function onError(state: ReceiverState, code: number, text: string): ReceiverStep {
  if (state.at === 'lingering') return { state: { at: 'done' }, effects: [{ do: 'closed' }] };
  return failed({ why: 'peer', code, text });
}

function onOack(
  settings: ReceiverSettings,
  state: ReceiverState,
  { options }: Extract<TftpPacket, { kind: 'oack' }>,
  from: Endpoint,
): ReceiverStep {
  const { opening, maxBytes } = settings;
  // The same OACK again: our ACK 0 was lost.
  if (state.at === 'receiving' && state.got === 0 && opening.by === 'request')
    return acknowledge(settings, state);
  if (state.at !== 'asking' || opening.by !== 'request') return { state, effects: [] };
  const terms = acceptOack(opening.request.options, options);
  if (!terms.ok) return fail(from, terms.error.code, terms.error.text);
  if ((terms.value.tsize ?? 0) > maxBytes) return fail(from, TFTP_ERROR.diskFull, 'the file is too large');
  const begun = acknowledge(settings, receiving(settings, from, terms.value));
  return { ...begun, effects: [{ do: 'begun', terms: terms.value, peer: from }, ...begun.effects] };
}

function onData(settings: ReceiverSettings, state: Receiving, data: Data, first: boolean): ReceiverStep {
  const begun: ReceiverEffect[] = first ? [{ do: 'begun', terms: state.terms, peer: state.peer }] : [];
  // A server that has nothing to agree on begins with block 1; another one is late or lost its way.
  if (first && data.block !== 1)
    return fail(state.peer, TFTP_ERROR.illegalOperation, `block ${data.block} is first`);
  const step = isNext(settings, state, data.block)
    ? take(settings, state, data)
    : passOver(settings, state, data);
  return { ...step, effects: [...begun, ...step.effects] };
}

const LAST_NUMBER = 0xffff;

function isNext({ rollover }: ReceiverSettings, state: Receiving, wire: number): boolean {
  if (rollover === 'either' && state.got === LAST_NUMBER) return wire === 0 || wire === 1;
  return wire === wireNumber(state.got + 1, state.rollover);
}

/** The next block. */
function take(settings: ReceiverSettings, state: Receiving, { block, data }: Data): ReceiverStep {
  const { terms, got, bytes, peer, unacked } = state;
  if (data.length > terms.blksize) return fail(peer, TFTP_ERROR.illegalOperation, 'the block is too long');
  if (got >= LAST_NUMBER && settings.rollover === 'error')
    return fail(peer, TFTP_ERROR.undefined, 'the file has more than 65535 blocks');
  if (bytes + data.length > settings.maxBytes)
    return fail(peer, TFTP_ERROR.diskFull, 'the file is too large');
  const learnt = settings.rollover === 'either' && got === LAST_NUMBER ? block : undefined;
  const next: Receiving = {
    ...state,
    got: got + 1,
    bytes: bytes + data.length,
    unacked: unacked + 1,
    gapReported: false,
    ...(learnt === 0 || learnt === 1 ? { rollover: learnt } : {}),
    sends: 1,
    timeoutMs: terms.timeoutMs ?? settings.firstTimeoutMs,
  };
  const stored: ReceiverEffect = { do: 'store', data, offset: bytes };
  if (data.length < terms.blksize) return finish(settings, next, stored);
  const step =
    next.unacked >= terms.windowsize
      ? acknowledge(settings, next)
      : { state: next, effects: [{ do: 'wait', ms: next.timeoutMs } as const] };
  return { ...step, effects: [stored, ...step.effects] };
}

function finish({ lingerMs }: ReceiverSettings, state: Receiving, stored: ReceiverEffect): ReceiverStep {
  const { peer, got, bytes, rollover } = state;
  const lastBlock = wireNumber(got, rollover);
  const effects: ReceiverEffect[] = [
    stored,
    { do: 'send', packet: { kind: 'ack', block: lastBlock }, to: peer },
    { do: 'complete', bytes },
  ];
  if (lingerMs <= 0) return { state: { at: 'done' }, effects: [...effects, { do: 'closed' }] };
  return { state: { at: 'lingering', peer, lastBlock }, effects: [...effects, { do: 'wait', ms: lingerMs }] };
}

/** A block that is here already, or that comes too early. */
function passOver(settings: ReceiverSettings, state: Receiving, { block: wire }: Data): ReceiverStep {
  const { terms, got, gapReported, peer, rollover } = state;
  if (terms.windowsize === 1)
    return isOld(state, wire)
      ? { state, effects: [{ do: 'send', packet: { kind: 'ack', block: wire }, to: peer }] }
      : { state, effects: [] };
  const ahead = blockFrom(got + 1, wire, rollover) - got;
  if (ahead > terms.windowsize || gapReported) return { state, effects: [] };
  const { state: next, effects } = acknowledge(settings, state);
  return { state: next.at === 'receiving' ? { ...next, gapReported: true } : next, effects };
}

/** Of two blocks with one number, 65536 apart, the one before is meant. */
function isOld({ got, rollover }: Receiving, wire: number): boolean {
  const halfTurn = 0x8000;
  return got > 0 && blockFrom(Math.max(1, got - halfTurn), wire, rollover) <= got;
}

function onLateData(state: Extract<ReceiverState, { at: 'lingering' }>, { block }: Data): ReceiverStep {
  const { peer, lastBlock } = state;
  const isLast = block === lastBlock;
  return { state, effects: isLast ? [{ do: 'send', packet: { kind: 'ack', block }, to: peer }] : [] };
}

function onDue(settings: ReceiverSettings, state: ReceiverState): ReceiverStep {
  switch (state.at) {
    case 'lingering':
      return { state: { at: 'done' }, effects: [{ do: 'closed' }] };
    case 'asking': {
      const patience = moreSends(state, settings, settings.maxSends);
      return patience === undefined ? failed({ why: 'timeout' }) : ask(settings, patience);
    }
    case 'receiving': {
      const most = isFresh(settings, state) ? settings.maxFirstSends : settings.maxSends;
      const again = repeatAck(settings, state, most);
      return again.effects.length > 0 ? again : giveUp(state);
    }
    case 'idle':
    case 'done':
    case 'failed':
      return { state, effects: [] };
    default:
      return assertNever(state);
  }
}

/** Says once more what is here; no effects: it was said often enough. */
function repeatAck(settings: ReceiverSettings, state: Receiving, most: number): ReceiverStep {
  const patience = moreSends(state, settings, most);
  return patience === undefined ? { state, effects: [] } : acknowledge(settings, { ...state, ...patience });
}

function giveUp({ peer }: Receiving): ReceiverStep {
  const failure: TransferFailure = { why: 'timeout' };
  const packet: TftpPacket = { kind: 'error', code: TFTP_ERROR.undefined, text: 'timeout' };
  return {
    state: { at: 'failed', failure },
    effects: [{ do: 'send', packet, to: peer }, { do: 'failed', failure }, { do: 'closed' }],
  };
}

function abort(settings: ReceiverSettings, state: ReceiverState, code: number, text: string): ReceiverStep {
  const { opening } = settings;
  switch (state.at) {
    case 'done':
    case 'failed':
      return { state, effects: [] };
    case 'lingering':
      return { state: { at: 'done' }, effects: [{ do: 'closed' }] };
    case 'receiving':
      return fail(state.peer, code, text);
    case 'idle':
    case 'asking':
      return fail(opening.by === 'answer' ? opening.peer : undefined, code, text);
    default:
      return assertNever(state);
  }
}

function fail(peer: Endpoint | undefined, code: number, text: string): ReceiverStep {
  const failure: TransferFailure = { why: 'ours', code, text };
  const packets: ReceiverEffect[] =
    peer === undefined ? [] : [{ do: 'send', packet: { kind: 'error', code, text }, to: peer }];
  const { state, effects } = failed(failure);
  return { state, effects: [...packets, ...effects] };
}

function failed(failure: TransferFailure): ReceiverStep {
  return { state: { at: 'failed', failure }, effects: [{ do: 'failed', failure }, { do: 'closed' }] };
}
