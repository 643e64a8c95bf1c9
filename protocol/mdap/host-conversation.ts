/**
 * The host's side of one conversation with one ant: an INFO, or one command by EXEC-CLI. Pure:
 * `step(settings, state, event)` gives the next state and what the shell has to do, in order.
 *
 * A shell begins with `initial(request)` and the event `begin`, sends what `send` holds to the group, and
 * gives every reply with the ant's ANT-ID as `reply`. `timer` replaces the timer before it, `deadline` is set
 * once; when one fires its event is given. `end` is given exactly once, and stops both; later events have no
 * effect.
 *
 * One conversation should have a socket of its own: TO-HOST is all that tells late replies of an older one
 * apart.
 *
 * The protocol is stop-and-wait. SEQ-NR 1 carries the command; every reply that is not DONE brings one piece
 * of the output and is acknowledged by the next number, without the command. A reply that does not come is
 * asked for by the very same datagram, which an ant answers without carrying the command out again.
 */
import { toLatin1 } from '../http/byte-text.ts';
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { assertNever, err, ok } from '../result.ts';
import type { Header } from './frame.ts';
import type { ConversationReply, ConversationVerb } from './messages.ts';
import { encodeMessage } from './messages.ts';
import type { HostSettings } from './settings.ts';

export interface HostRequest {
  readonly verb: ConversationVerb;
  readonly antId: string;
  readonly user: string;
  readonly password: string;
  /** The command line, for EXEC-CLI; see `checkCommand`. */
  readonly command?: string;
  /**
   * The command takes the ant down, so that it may never answer: the first reply, or none, ends it as `sent`.
   */
  readonly expectSilence?: boolean;
  /** It does no harm to carry it out twice: a conversation that lost its step begins again, once. */
  readonly repeatable?: boolean;
}

export type HostOutcome =
  /** `output` is byte text, all pieces; `headers` are those of all replies that are not of the protocol. */
  | { readonly is: 'done'; readonly output: string; readonly headers: readonly Header[] }
  /** With `expectSilence`: it was sent, and whether it was answered. What came of it shows later. */
  | { readonly is: 'sent'; readonly answered: boolean; readonly output: string }
  /** The ant refused: -1 to -5 (AntError), or an unknown code. `output` is the text that came with it. */
  | { readonly is: 'refused'; readonly code: number; readonly output: string }
  /** No reply to step `step`. After step 1 the command was carried out, at least in part. */
  | { readonly is: 'timeout'; readonly step: number; readonly output: string }
  /** A reply with a SEQ-NR that cannot be. */
  | { readonly is: 'sequence'; readonly output: string }
  | { readonly is: 'too-large' }
  | { readonly is: 'cancelled' };

interface Waiting {
  readonly at: 'waiting';
  readonly request: HostRequest;
  /** The SEQ-NR of the expected reply. */
  readonly step: number;
  readonly bytes: Uint8Array;
  /** Times it was sent again. */
  readonly tries: number;
  readonly pieces: readonly string[];
  readonly headers: readonly Header[];
  readonly outputBytes: number;
  readonly restarted: boolean;
}

export type HostState =
  | { readonly at: 'idle'; readonly request: HostRequest }
  | Waiting
  | { readonly at: 'ended'; readonly outcome: HostOutcome };

export type HostEvent =
  | { readonly is: 'begin' }
  | { readonly is: 'reply'; readonly message: ConversationReply }
  /** The time of `timer` is over. */
  | { readonly is: 'timeout' }
  /** The time of `deadline` is over. */
  | { readonly is: 'deadline' }
  | { readonly is: 'cancel' };

export type HostEffect =
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  | { readonly do: 'timer'; readonly ms: number }
  | { readonly do: 'deadline'; readonly ms: number }
  | { readonly do: 'end'; readonly outcome: HostOutcome };

export interface HostStep {
  readonly state: HostState;
  readonly effects: readonly HostEffect[];
}

export const initial = (request: HostRequest): HostState => ({ at: 'idle', request });

/** Why a command cannot be sent. */
export type CommandFault = 'empty' | 'characters' | 'too-long';

/**
 * The command line as it is sent, without blanks around it. It is refused rather than cut: half a command is
 * another command. A character that is no ISO 8859-1, and every control character but a tab, is refused too.
 */
export function checkCommand(
  settings: Pick<HostSettings, 'maxDatagram' | 'version'>,
  request: Omit<HostRequest, 'verb'>,
): Result<string, CommandFault> {
  const command = request.command?.trim() ?? '';
  if (command === '') return err('empty');
  if (toLatin1(command) === undefined || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(command))
    return err('characters');
  const bytes = requestBytes(settings, { ...request, verb: 'EXEC-CLI', command }, 1);
  const fits = command.length <= LIMITS.mdapValueBytes && bytes.length <= settings.maxDatagram;
  return fits ? ok(command) : err('too-long');
}

/** Handles one event. Total: any event in any state returns a state and effects, and never throws. */
export function step(settings: HostSettings, state: HostState, event: HostEvent): HostStep {
  switch (state.at) {
    case 'ended':
      return { state, effects: [] };
    case 'idle':
      if (event.is === 'cancel') return end({ is: 'cancelled' });
      return event.is === 'begin' ? begin(settings, state.request) : { state, effects: [] };
    case 'waiting':
      return onWaiting(settings, state, event);
    default:
      return assertNever(state);
  }
}

function begin(settings: HostSettings, request: HostRequest): HostStep {
  const { state, effects } = open(settings, request, false);
  return { state, effects: [{ do: 'deadline', ms: settings.conv.total }, ...effects] };
}

function open(settings: HostSettings, request: HostRequest, restarted: boolean): HostStep {
  return send(settings, {
    at: 'waiting',
    request,
    step: 1,
    bytes: requestBytes(settings, request, 1),
    tries: 0,
    pieces: [],
    headers: [],
    outputBytes: 0,
    restarted,
  });
}

const send = (settings: HostSettings, state: Waiting): HostStep => ({
  state,
  effects: [
    { do: 'send', bytes: state.bytes },
    { do: 'timer', ms: Math.round(settings.conv.timeout * settings.conv.growth ** state.tries) },
  ],
});

function requestBytes(
  { version }: Pick<HostSettings, 'version'>,
  request: HostRequest,
  step: number,
): Uint8Array {
  const { verb, antId: toAnt, user: userId, password: userPassword } = request;
  const common = {
    version,
    seqNr: step,
    toAnt,
    userId,
    userPassword,
    extra: [],
    body: undefined,
  };
  // Later messages omit the command: one client that repeated it was corrected.
  return verb === 'INFO'
    ? encodeMessage({ kind: verb, ...common })
    : encodeMessage({ kind: verb, ...common, command: step === 1 ? request.command : undefined });
}

function onWaiting(settings: HostSettings, state: Waiting, event: HostEvent): HostStep {
  switch (event.is) {
    case 'begin':
      return { state, effects: [] };
    case 'cancel':
      return end({ is: 'cancelled' });
    case 'timeout':
      return onSilence(settings, state);
    case 'deadline':
      return silent(state);
    case 'reply':
      return onReply(settings, state, event.message);
    default:
      return assertNever(event);
  }
}

function onSilence(settings: HostSettings, state: Waiting): HostStep {
  const { retries, silentRetries } = settings.conv;
  const most = state.request.expectSilence === true ? silentRetries : retries;
  return state.tries < most ? send(settings, { ...state, tries: state.tries + 1 }) : silent(state);
}

function silent(state: Waiting): HostStep {
  const output = state.pieces.join('');
  return end(
    state.request.expectSilence === true
      ? { is: 'sent', answered: state.pieces.length > 0, output }
      : { is: 'timeout', step: state.step, output },
  );
}

function onReply(settings: HostSettings, state: Waiting, message: ConversationReply): HostStep {
  const { request } = state;
  if (message.kind !== `REPLY-${request.verb}` || message.antId !== request.antId)
    return { state, effects: [] };
  const { seq } = message;
  switch (seq.is) {
    case 'error':
      return seq.code === -2 ? restart(settings, state, seq.code) : refused(state, seq.code, message.body);
    case 'unreadable':
      return restart(settings, state, undefined);
    case 'step':
    case 'done': {
      const number = seq.number ?? state.step;
      // A late duplicate: acknowledging it again would make two of every later message.
      if (number < state.step) return { state, effects: [] };
      if (number > state.step) return restart(settings, state, undefined);
      return onPiece(settings, state, message, seq.is === 'done');
    }
    default:
      return assertNever(seq);
  }
}

function onPiece(
  settings: HostSettings,
  state: Waiting,
  message: ConversationReply,
  last: boolean,
): HostStep {
  const { body = '', extra } = message;
  const outputBytes = state.outputBytes + body.length;
  if (outputBytes > LIMITS.mdapOutputBytes || state.pieces.length >= LIMITS.mdapPieces)
    return end({ is: 'too-large' });
  const pieces = [...state.pieces, body];
  const output = (): string => pieces.join('');
  if (last && state.request.expectSilence !== true)
    return end({ is: 'done', output: output(), headers: [...state.headers, ...extra] });
  const next = state.step + 1;
  const bytes = requestBytes(settings, state.request, next);
  if (state.request.expectSilence === true) {
    const ended = end({ is: 'sent', answered: true, output: output() });
    // The ant need not wait for the acknowledgement, where it is still there; nobody waits for what it says
    // to it.
    return last ? ended : { ...ended, effects: [{ do: 'send', bytes }, ...ended.effects] };
  }
  const headers = [...state.headers, ...extra];
  return send(settings, { ...state, step: next, bytes, tries: 0, pieces, headers, outputBytes });
}

/** Host and ant are out of step. `code`: the error with which the ant said so. */
function restart(settings: HostSettings, state: Waiting, code: number | undefined): HostStep {
  if (state.request.repeatable === true && !state.restarted) return open(settings, state.request, true);
  return code === undefined
    ? end({ is: 'sequence', output: state.pieces.join('') })
    : refused(state, code, undefined);
}

const refused = (state: Waiting, code: number, body: string | undefined): HostStep =>
  end({ is: 'refused', code, output: [...state.pieces, body ?? ''].join('') });

const end = (outcome: HostOutcome): HostStep => ({
  state: { at: 'ended', outcome },
  effects: [{ do: 'end', outcome }],
});
