/**
 * Plays the host of a capture to ants: searches and asks as it did, and tells where they answer otherwise.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../protocol/ipv4.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ConversationReply, ReplyAntSearch } from '../protocol/mdap/messages.ts';
import { decodeMessage, encodeMessage } from '../protocol/mdap/messages.ts';
import type { Lan } from '../simulator/lan/lan.ts';
import { Differences } from './differences.ts';
import type { Ignores } from './ignored.ts';
import type { ConversationStep, RecordedConversation, RecordedSearch } from './mdap-script.ts';
import { answers, dialoguesOf, outcomeOf, requestName, searchFields } from './mdap-script.ts';
import type { Pace, ReplaySpeed } from './pace.ts';
import { createPace } from './pace.ts';
import type { Recording } from './recording.ts';
import type { ReplayReport } from './report.ts';
import { NO_ANSWERS } from './report.ts';

export interface MdapReplay {
  readonly lan: Lan;
  /** Address of the interface. */
  readonly iface: string;
  readonly group: Endpoint;
  readonly ignores: Ignores;
  readonly speed: ReplaySpeed;
  /** Milliseconds that a peer may be silent. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly progress?: (played: number, talks: number, sent: number) => void;
}

export interface HostReplay extends MdapReplay {
  /** Instead of the recorded user and password. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

const ROUNDS = 3;
/** Milliseconds for further ants, after those that were recorded have answered: they wait up to 200. */
const GRACE_MS = 250;
/** Milliseconds in which an ant might answer that did not when it was recorded. */
const SILENCE_MS = 1000;

/** Rejects with E_REPLAY_NOTHING, or E_ADDRESS_IN_USE of its wire. */
export async function replayAsHost(recording: Recording, replay: HostReplay): Promise<ReplayReport> {
  const talks = dialoguesOf(recording);
  const found = new Differences(replay.ignores);
  const line = new HostWire(replay);
  const pace: Pace = createPace(replay.speed, replay.signal);
  /** Which ant of the line stands for a recorded one. */
  const standsFor = new Map<string, string>();
  let played = 0;
  let before: bigint | undefined;
  await line.open();
  try {
    for (const talk of talks) {
      await pace.between(before ?? talk.time, talk.time);
      before = talk.time;
      if (talk.is === 'search') await search(line, found, talk, standsFor);
      else {
        before = talk.steps.at(-1)?.time ?? before;
        await converse(line, found, talk, standsFor.get(talk.antId) ?? talk.antId);
      }
      played += 1;
      replay.progress?.(played, talks.length, line.sent);
    }
  } catch (error) {
    if (replay.signal?.aborted !== true) throw error;
  } finally {
    line.close();
  }
  const notes = replay.signal?.aborted === true ? ['interrupted'] : [];
  return {
    role: 'host',
    same: found.all.length === 0,
    recorded: talks.length,
    played,
    sent: line.sent,
    answers: NO_ANSWERS,
    differences: found.all,
    more: found.more,
    notes,
  };
}

async function search(
  line: HostWire,
  found: Differences,
  talk: RecordedSearch,
  standsFor: Map<string, string>,
): Promise<void> {
  const live = new Map<string, ReplyAntSearch>();
  const all = (): boolean => live.size >= talk.replies.size;
  await line.ask(async (send, heard) => {
    heard((message) => {
      if (message.kind === 'REPLY-ANT-SEARCH')
        live.set(message.antId ?? '', live.get(message.antId ?? '') ?? message);
      return all();
    });
    const wait = talk.replies.size === 0 ? SILENCE_MS : line.timeoutMs;
    for (let round = 0; round < ROUNDS && (live.size === 0 || !all()); round += 1)
      await send(talk.bytes, Math.min(wait, line.timeoutMs) / ROUNDS);
    await line.rest(GRACE_MS);
  });
  const left = [...live.keys()].filter((id) => !talk.replies.has(id));
  for (const [id, { message }] of talk.replies) {
    const other = live.has(id) ? id : left.shift();
    const answer = other === undefined ? undefined : live.get(other);
    if (other === undefined || answer === undefined) {
      found.add({
        kind: 'missing',
        session: talk.number,
        path: `REPLY-ANT-SEARCH[${id}]`,
        recorded: message.antName,
      });
      continue;
    }
    standsFor.set(id, other);
    found.compare(talk.number, `REPLY-ANT-SEARCH[${id}]`, searchFields(message), searchFields(answer));
  }
  for (const id of left)
    found.add({
      kind: 'added',
      session: talk.number,
      path: `REPLY-ANT-SEARCH[${id}]`,
      live: live.get(id)?.antName,
    });
}

/** Asks step by step as long as the ant has more to say, though the recorded one had less. */
async function converse(
  line: HostWire,
  found: Differences,
  talk: RecordedConversation,
  antId: string,
): Promise<void> {
  const replies: ConversationReply[] = [];
  const kind = talk.opening.kind === 'INFO' ? 'REPLY-INFO' : 'REPLY-EXEC-CLI';
  await line.ask(async (send, heard) => {
    for (let number = 1; number <= LIMITS.mdapPieces; number += 1) {
      const recorded = talk.steps[number - 1];
      const bytes = bytesOf(line, talk, recorded, number, antId);
      let reply: ConversationReply | undefined;
      heard((message) => {
        if (message.kind !== kind || message.antId !== antId || !answers(message, number)) return false;
        reply = message;
        return true;
      });
      const silent = recorded !== undefined && recorded.reply === undefined;
      const tries = silent ? 1 : ROUNDS + 1;
      const wait = silent ? Math.min(SILENCE_MS, line.timeoutMs) : line.timeoutMs / tries;
      for (let attempt = 0; attempt < tries && reply === undefined; attempt += 1) await send(bytes, wait);
      if (reply === undefined) return;
      replies.push(reply);
      if (reply.seq.is !== 'step') return;
    }
  });
  const recorded = talk.steps.flatMap(({ reply }) => reply?.message ?? []);
  found.compare(talk.number, requestName(talk.opening), outcomeOf(recorded), outcomeOf(replies));
}

function bytesOf(
  { credentials }: HostWire,
  { opening }: RecordedConversation,
  recorded: ConversationStep | undefined,
  number: number,
  antId: string,
): Uint8Array {
  const request = recorded?.request ?? {
    ...opening,
    seqNr: number,
    ...(opening.kind === 'EXEC-CLI' ? NO_COMMAND : {}),
  };
  const isSame = recorded !== undefined && request.toAnt === antId && credentials === undefined;
  if (isSame) return recorded.bytes;
  const who = credentials && { userId: credentials.username, userPassword: credentials.password };
  return encodeMessage({ ...request, toAnt: antId, ...who });
}

const NO_COMMAND = { command: undefined };

type Hear = (message: Exclude<ReturnType<typeof decoded>, undefined>) => boolean;
/** Sends to the group, and waits until `heard` is content, or the time is over: whether it is. */
type SendAndWait = (bytes: Uint8Array, ms: number) => Promise<boolean>;

function decoded(bytes: Uint8Array) {
  const read = decodeMessage(bytes, { acceptBadChecksum: true });
  return read.ok ? read.value.message : undefined;
}

/** The wire as a host has it: replies come by the group, or to the socket that asked. */
class HostWire {
  readonly #replay: HostReplay;
  #joined: { close(): void } | undefined;
  #hear: (bytes: Uint8Array) => void = () => undefined;
  sent = 0;

  constructor(replay: HostReplay) {
    this.#replay = replay;
  }

  get timeoutMs(): number {
    return this.#replay.timeoutMs;
  }

  get credentials(): HostReplay['credentials'] {
    return this.#replay.credentials;
  }

  async open(): Promise<void> {
    this.#joined = await this.#replay.lan.join(this.#replay.group, (bytes) => this.#hear(bytes));
  }

  close(): void {
    this.#joined?.close();
  }

  async rest(ms: number): Promise<void> {
    await sleep(ms, undefined, this.#signal());
  }

  #signal() {
    const { signal } = this.#replay;
    return signal === undefined ? {} : { signal };
  }

  /** One search or conversation, from a port of its own: TO-HOST tells its replies apart. */
  async ask(talk: (send: SendAndWait, heard: (hear: Hear) => void) => Promise<void>): Promise<void> {
    const { group, iface, lan } = this.#replay;
    let hear: Hear = () => false;
    let content = false;
    let wake: () => void = () => undefined;
    const take = (bytes: Uint8Array): void => {
      const message = decoded(bytes);
      const own = `${socket.local.address}:${socket.local.port}`;
      if (message === undefined || !('toHost' in message)) return;
      if (message.toHost !== undefined && message.toHost !== own) return;
      if (!hear(message)) return;
      content = true;
      wake();
    };
    const socket = await lan.open({ address: iface, port: 0 }, take);
    this.#hear = take;
    const send: SendAndWait = async (bytes, ms) => {
      content = false;
      this.sent += 1;
      const stop = new AbortController();
      const signals = this.#replay.signal === undefined ? [stop.signal] : [stop.signal, this.#replay.signal];
      wake = () => stop.abort();
      socket.send(bytes, group);
      await sleep(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
      this.#replay.signal?.throwIfAborted();
      return content;
    };
    try {
      await talk(send, (given) => {
        hear = given;
      });
    } finally {
      this.#hear = () => undefined;
      socket.close();
    }
  }
}
