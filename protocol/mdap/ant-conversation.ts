/**
 * The ant's side of MDAP: searches, INFO and EXEC-CLI, of several hosts at once. Pure: `step(ant, state,
 * event)` gives the next state and what the shell has to do, in order.
 *
 * A shell gives every datagram that reaches UDP port 3235 as `datagram`, with the time, a random number and
 * how it came; sends what `send` holds, after `afterMs`, to the group or the host named; and carries out each
 * `run`, whose result it gives back as `ran` with the same id, at once or later. It checks user, password and
 * rights itself: a result of -1 counts for the lockout. An ant that is switched off, restarts or has MDAP
 * disabled begins again with `initial`.
 *
 * What always holds: no request makes a second `run` while it can be known for a repetition; of one datagram
 * come at most two others, one to the group and one to its host (`replyMode: both`); `ran` with an id that is
 * not awaited changes nothing.
 */
import { latin1Bytes, latin1Text } from '../latin1.ts';
import { LIMITS } from '../limits.ts';
import { assertNever } from '../result.ts';
import type { Addressee, AntResult } from './ant-replies.ts';
import {
  errorReply,
  highestVersion,
  hostText,
  infoReplies,
  outputReplies,
  searchReply,
} from './ant-replies.ts';
import type {
  Ant,
  AntConversation,
  AntEffect,
  AntEvent,
  AntState,
  AntStep,
  AntWork,
  Arrival,
  Credentials,
} from './ant-types.ts';
import type { ExecCli, Info } from './messages.ts';
import { decodeMessage } from './messages.ts';
import type { AntError } from './sequence.ts';
import type { AntSettings } from './settings.ts';

export type { AntIdentity, AntResult } from './ant-replies.ts';
export type * from './ant-types.ts';

export const initial: AntState = { conversations: new Map(), ids: 0, failures: 0, lockedUntil: 0 };

/** Handles one event. Total: any event in any state returns a state and effects, and never throws. */
export function step(ant: Ant, state: AntState, event: AntEvent): AntStep {
  switch (event.is) {
    case 'datagram':
      return onDatagram(ant, state, event);
    case 'ran':
      return onResult(ant, state, event);
    default:
      return assertNever(event);
  }
}

const REPLY = latin1Bytes('REPLY-');

/**
 * Whether it begins as replies do. The machine makes nothing of replies; a shell that does not give it any
 * saves most of the work where hundreds of ants hear each other.
 */
export const isReply = (bytes: Uint8Array): boolean => REPLY.every((byte, at) => bytes[at] === byte);

type Datagram = Extract<AntEvent, { is: 'datagram' }>;

function onDatagram(ant: Ant, state: AntState, event: Datagram): AntStep {
  const { settings, who } = ant;
  const read = decodeMessage(event.bytes, settings);
  if (!read.ok) return { state, effects: [] };
  const { message, odd } = read.value;
  if (message.kind === 'ANT-SEARCH') {
    const { byGroup, local, from } = event.arrival;
    const answers =
      settings.versions.includes(message.version) && (byGroup || local) && !odd.includes('no-colon');
    const bytes = searchReply(settings, who, from, message.version);
    const afterMs = Math.round(event.random * settings.searchJitter);
    return { state, effects: answers ? send(settings, event.arrival, bytes, afterMs) : [] };
  }
  if ((message.kind !== 'INFO' && message.kind !== 'EXEC-CLI') || message.toAnt !== who.antId)
    return { state, effects: [] };
  const spoken = settings.versions.includes(message.version);
  const version = spoken ? message.version : highestVersion(settings);
  const request: Request = { message, event, to: { host: event.arrival.from, verb: message.kind, version } };
  if (!spoken || odd.includes('no-colon')) return refuse(ant, state, request, -5);
  if (message.seqNr === undefined || message.seqNr === 0) return refuse(ant, state, request, -2);
  return onRequest(ant, forget(settings, state, event.now), request, message.seqNr);
}

interface Request {
  readonly message: Info | ExecCli;
  readonly event: Datagram;
  readonly to: Addressee;
}

const keyOf = ({ host, verb }: Addressee): string => `${verb} ${hostText(host)}`;

const isOver = ({ replies, sent }: AntConversation): boolean =>
  replies !== undefined && sent >= replies.length;

/** The state without expired conversations. */
function forget(settings: AntSettings, state: AntState, now: number): AntState {
  const { conversationIdle, replayCache } = settings;
  const kept = [...state.conversations].filter(([, conversation]) => {
    const short = settings.replay === 'last' && isOver(conversation);
    return now - conversation.lastAt <= (short ? replayCache : conversationIdle);
  });
  return kept.length === state.conversations.size ? state : { ...state, conversations: new Map(kept) };
}

function onRequest(ant: Ant, state: AntState, request: Request, number: number): AntStep {
  const conversation = state.conversations.get(keyOf(request.to));
  if (conversation === undefined)
    return number === 1 ? begin(ant, state, request) : refuse(ant, state, request, -2);
  const { replies, sent } = conversation;
  const text = latin1Text(request.event.bytes);
  if (replies === undefined) {
    if (number !== 1) return refuse(ant, state, request, -2);
    // A command that is running is answered when it is finished.
    return text === conversation.opening ? { state, effects: [] } : begin(ant, state, request);
  }
  if (isRepetition(ant.settings, conversation, number, text, request.event.now))
    return repeat(ant, state, request, conversation, number);
  if (number === 1) return begin(ant, state, request);
  const next = replies[sent];
  if (number !== sent + 1 || next === undefined) return refuse(ant, state, request, -2);
  if (!isSame(conversation.credentials, credentialsOf(request.message)))
    return refuse(ant, state, request, -1);
  const kept: AntConversation = { ...conversation, sent: number, last: text, lastAt: request.event.now };
  return {
    state: withConversation(state, kept),
    effects: send(ant.settings, request.event.arrival, next),
  };
}

/** The reply to a request that was answered before. */
function repeat(
  { settings }: Ant,
  state: AntState,
  { event }: Request,
  conversation: AntConversation,
  number: number,
): AntStep {
  const { now, arrival } = event;
  const again = conversation.replies?.[number - 1];
  // A host that repeats a request is still there. Not so with SEQ-NR 1 after the end: that may be a host that
  // asks the same every second, and must not get the same old answer forever.
  const heard = number > 1 || !isOver(conversation) ? { lastAt: now } : {};
  const opened = number > 1 || isOver(conversation) ? {} : { openingAt: now };
  return {
    state: withConversation(state, { ...conversation, ...heard, ...opened }),
    effects: again === undefined ? [] : send(settings, arrival, again),
  };
}

/** Whether a request was answered before, so that it gets the same reply. */
function isRepetition(
  settings: AntSettings,
  conversation: AntConversation,
  number: number,
  text: string,
  now: number,
): boolean {
  const { sent, opening, last, openingAt } = conversation;
  if (number > sent) return false;
  if (settings.replay === 'last') return number === sent && text === last;
  if (number > 1) return true;
  const since = isOver(conversation) ? conversation.lastAt : openingAt;
  const young = (sent === 1 && !isOver(conversation)) || now - since <= settings.replayCache;
  return text === opening && young;
}

function begin(ant: Ant, state: AntState, request: Request): AntStep {
  const { settings } = ant;
  const { message, event } = request;
  if (message.kind === 'EXEC-CLI' && message.command === undefined) return refuse(ant, state, request, -5);
  if (event.now < state.lockedUntil) return refuse(ant, state, request, -1);
  const free = makeRoom(settings, state, keyOf(request.to));
  if (free === undefined) return refuse(ant, state, request, settings.whenFull === '-4' ? -4 : -2);
  const id = state.ids + 1;
  const credentials = credentialsOf(message);
  const text = latin1Text(event.bytes);
  const conversation: AntConversation = {
    id,
    to: request.to,
    arrival: event.arrival,
    credentials,
    opening: text,
    last: text,
    openingAt: event.now,
    lastAt: event.now,
    replies: undefined,
    sent: 0,
  };
  const command = message.kind === 'EXEC-CLI' ? message.command : undefined;
  const needed = message.kind === 'EXEC-CLI' || settings.infoNeedsAuth;
  const work: AntWork = { id, command, credentials: needed ? credentials : undefined };
  return { state: { ...withConversation(free, conversation), ids: id }, effects: [{ do: 'run', work }] };
}

/** The state with room for one more conversation; `undefined` if there is none. */
function makeRoom(settings: AntSettings, state: AntState, key: string): AntState | undefined {
  const others = [...state.conversations].filter(([other]) => other !== key);
  const open = others.filter(([, conversation]) => !isOver(conversation));
  const over = others.filter(([, conversation]) => isOver(conversation));
  if (open.length >= settings.maxConversations) {
    if (settings.whenFull !== 'drop-oldest' || settings.maxConversations === 0) return undefined;
    open.sort(([, a], [, b]) => a.id - b.id).shift();
  }
  const spare = Math.max(0, LIMITS.mdapConversations - 1 - open.length);
  if (open.length >= LIMITS.mdapConversations) return undefined;
  return { ...state, conversations: new Map([...(spare === 0 ? [] : over.slice(-spare)), ...open]) };
}

function onResult(ant: Ant, state: AntState, { id, result, now }: Extract<AntEvent, { is: 'ran' }>): AntStep {
  const conversation = [...state.conversations.values()].find((other) => other.id === id);
  if (conversation === undefined || conversation.replies !== undefined) return { state, effects: [] };
  const { to, arrival } = conversation;
  const counted = count(ant.settings, state, result, now);
  if (result.is === 'silence') {
    const left = new Map(state.conversations);
    left.delete(keyOf(to));
    return { state: { ...counted, conversations: left }, effects: [] };
  }
  const replies = repliesOf(ant, to, result);
  const kept: AntConversation = { ...conversation, replies, sent: 1, lastAt: now };
  const [first] = replies;
  return {
    state: withConversation(counted, kept),
    effects: first === undefined ? [] : send(ant.settings, arrival, first),
  };
}

function repliesOf(
  { settings, who }: Ant,
  to: Addressee,
  result: Exclude<AntResult, { is: 'silence' }>,
): readonly Uint8Array[] {
  switch (result.is) {
    case 'text':
      return outputReplies(settings, who, to, result.text.slice(0, LIMITS.mdapOutputBytes));
    case 'facts':
      return infoReplies(settings, who, to, result.facts);
    case 'error':
      return [errorReply(settings, who, to, result.code, result.text)];
    default:
      return assertNever(result);
  }
}

/** Counts wrong passwords; any success resets the count. */
function count({ lockout }: AntSettings, state: AntState, result: AntResult, now: number): AntState {
  if (result.is !== 'error' || result.code !== -1) return { ...state, failures: 0 };
  const failures = state.failures + 1;
  if (lockout === undefined || failures < lockout.attempts) return { ...state, failures };
  return { ...state, failures: 0, lockedUntil: now + lockout.ms };
}

const refuse = (
  { settings, who }: Ant,
  state: AntState,
  { event, to }: Request,
  code: AntError,
): AntStep => ({
  state,
  effects: send(settings, event.arrival, errorReply(settings, who, to, code)),
});

function send(
  { replyMode }: AntSettings,
  { from: host, byGroup }: Arrival,
  bytes: Uint8Array,
  afterMs = 0,
): readonly AntEffect[] {
  const group = { do: 'send', bytes, to: { is: 'group' }, afterMs } as const;
  const direct = { do: 'send', bytes, to: { is: 'host', host }, afterMs } as const;
  switch (replyMode) {
    case 'mirror':
      return [byGroup ? group : direct];
    case 'multicast':
      return [group];
    case 'unicast':
      return [direct];
    case 'both':
      return [group, direct];
    default:
      return assertNever(replyMode);
  }
}

const withConversation = (state: AntState, conversation: AntConversation): AntState => {
  const conversations = new Map(state.conversations).set(keyOf(conversation.to), conversation);
  return { ...state, conversations };
};

const credentialsOf = ({ userId, userPassword }: Info | ExecCli): Credentials => ({
  user: userId ?? '',
  password: userPassword ?? '',
});

const isSame = (a: Credentials, b: Credentials): boolean => a.user === b.user && a.password === b.password;
