/**
 * Plays the host of a capture to ants: searches and asks as it did, and reports where their answers differ.
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
  readonly progress?: (played: number, dialogues: number, sent: number) => void;
}

export interface HostReplay extends MdapReplay {
  /** Replaces the recorded user and password. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

const ROUNDS = 3;
/** Milliseconds to wait for further ants after the recorded ones have answered: ants wait up to 200. */
const GRACE_MS = 250;
/** Milliseconds to wait for an ant that did not answer in the capture. */
const SILENCE_MS = 1000;

/** Rejects with E_REPLAY_NOTHING, or E_ADDRESS_IN_USE of the LAN. */
export async function replayAsHost(recording: Recording, replay: HostReplay): Promise<ReplayReport> {
  const dialogues = dialoguesOf(recording);
  const found = new Differences(replay.ignores);
  const wire = new HostWire(replay);
  const pace: Pace = createPace(replay.speed, replay.signal);
  /** The live ant that stands for a recorded one. */
  const standsFor = new Map<string, string>();
  let played = 0;
  let before: bigint | undefined;
  await wire.open();
  try {
    for (const dialogue of dialogues) {
      await pace.between(before ?? dialogue.time, dialogue.time);
      before = dialogue.time;
      if (dialogue.is === 'search') await search(wire, found, dialogue, standsFor);
      else {
        before = dialogue.steps.at(-1)?.time ?? before;
        await converse(wire, found, dialogue, standsFor.get(dialogue.antId) ?? dialogue.antId);
      }
      played += 1;
      replay.progress?.(played, dialogues.length, wire.sent);
    }
  } catch (error) {
    if (replay.signal?.aborted !== true) throw error;
  } finally {
    wire.close();
  }
  const notes = replay.signal?.aborted === true ? ['interrupted'] : [];
  return {
    role: 'host',
    same: found.all.length === 0,
    recorded: dialogues.length,
    played,
    sent: wire.sent,
    answers: NO_ANSWERS,
    differences: found.all,
    more: found.more,
    notes,
  };
}

async function search(
  wire: HostWire,
  found: Differences,
  dialogue: RecordedSearch,
  standsFor: Map<string, string>,
): Promise<void> {
  const live = new Map<string, ReplyAntSearch>();
  const all = (): boolean => live.size >= dialogue.replies.size;
  await wire.ask(async (send, heard) => {
    heard((message) => {
      if (message.kind === 'REPLY-ANT-SEARCH')
        live.set(message.antId ?? '', live.get(message.antId ?? '') ?? message);
      return all();
    });
    const wait = dialogue.replies.size === 0 ? SILENCE_MS : wire.timeoutMs;
    for (let round = 0; round < ROUNDS && (live.size === 0 || !all()); round += 1)
      await send(dialogue.bytes, Math.min(wait, wire.timeoutMs) / ROUNDS);
    await wire.rest(GRACE_MS);
  });
  const left = [...live.keys()].filter((id) => !dialogue.replies.has(id));
  for (const [id, { message }] of dialogue.replies) {
    const other = live.has(id) ? id : left.shift();
    const answer = other === undefined ? undefined : live.get(other);
    if (other === undefined || answer === undefined) {
      found.add({
        kind: 'missing',
        session: dialogue.number,
        path: `REPLY-ANT-SEARCH[${id}]`,
        recorded: message.antName,
      });
      continue;
    }
    standsFor.set(id, other);
    found.compare(dialogue.number, `REPLY-ANT-SEARCH[${id}]`, searchFields(message), searchFields(answer));
  }
  for (const id of left)
    found.add({
      kind: 'added',
      session: dialogue.number,
      path: `REPLY-ANT-SEARCH[${id}]`,
      live: live.get(id)?.antName,
    });
}

/** Asks step by step while the ant has more output, even if the recorded one had less. */
async function converse(
  wire: HostWire,
  found: Differences,
  dialogue: RecordedConversation,
  antId: string,
): Promise<void> {
  const replies: ConversationReply[] = [];
  const kind = dialogue.opening.kind === 'INFO' ? 'REPLY-INFO' : 'REPLY-EXEC-CLI';
  await wire.ask(async (send, heard) => {
    for (let number = 1; number <= LIMITS.mdapPieces; number += 1) {
      const recorded = dialogue.steps[number - 1];
      const bytes = bytesOf(wire, dialogue, recorded, number, antId);
      let reply: ConversationReply | undefined;
      heard((message) => {
        if (message.kind !== kind || message.antId !== antId || !answers(message, number)) return false;
        reply = message;
        return true;
      });
      const silent = recorded !== undefined && recorded.reply === undefined;
      const tries = silent ? 1 : ROUNDS + 1;
      const wait = silent ? Math.min(SILENCE_MS, wire.timeoutMs) : wire.timeoutMs / tries;
      for (let attempt = 0; attempt < tries && reply === undefined; attempt += 1) await send(bytes, wait);
      if (reply === undefined) return;
      replies.push(reply);
      if (reply.seq.is !== 'step') return;
    }
  });
  const recorded = dialogue.steps.flatMap(({ reply }) => reply?.message ?? []);
  found.compare(dialogue.number, requestName(dialogue.opening), outcomeOf(recorded), outcomeOf(replies));
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
/**
 * Sends to the group, and waits until `heard` accepts a message or the time is over; returns whether it did.
 */
type SendAndWait = (bytes: Uint8Array, ms: number) => Promise<boolean>;

function decoded(bytes: Uint8Array) {
  const read = decodeMessage(bytes, { acceptBadChecksum: true });
  return read.ok ? read.value.message : undefined;
}

/** The LAN as a host sees it: replies come to the group, or to the socket that asked. */
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

  /** One search or conversation, from a port of its own: TO-HOST distinguishes its replies. */
  async ask(dialogue: (send: SendAndWait, heard: (hear: Hear) => void) => Promise<void>): Promise<void> {
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
      await dialogue(send, (given) => {
        hear = given;
      });
    } finally {
      this.#hear = () => undefined;
      socket.close();
    }
  }
}
