/** Plays the ants of a capture to a host: answers as they did, and reports what the host asks differently. */
import type { Endpoint } from '../protocol/ipv4.ts';
import { latin1Text } from '../protocol/latin1.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ConversationReply, ExecCli, Info } from '../protocol/mdap/messages.ts';
import { decodeMessage, encodeMessage } from '../protocol/mdap/messages.ts';
import type { LanSocket } from '../simulator/lan/lan.ts';
import { align } from './aligned.ts';
import type { MdapReplay } from './as-host.ts';
import { Differences } from './differences.ts';
import { likenessOf } from './fields.ts';
import type { RecordedConversation, RecordedDialogue, RecordedSearch } from './mdap-script.ts';
import { dialoguesOf, requestFields, requestName } from './mdap-script.ts';
import { createPace } from './pace.ts';
import type { Recording } from './recording.ts';
import type { ReplayReport } from './report.ts';
import { NO_ANSWERS } from './report.ts';

export interface AntReplay extends MdapReplay {
  /** Called once it listens. */
  readonly listening?: () => void;
}

/** Milliseconds to wait for a host that asks more than was recorded. */
const GRACE_MS = 1000;

/** Resolves when everything recorded was asked, the host is silent, or the signal has aborted. */
export async function replayAsAnt(recording: Recording, replay: AntReplay): Promise<ReplayReport> {
  const { group, iface, lan, signal, timeoutMs } = replay;
  const dialogues = dialoguesOf(recording);
  const responder = new AntResponder(dialogues, replay);
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  const hear = (bytes: Uint8Array, from: Endpoint, byGroup: boolean): void => {
    const before = responder.sent;
    responder.hear(bytes, from, (reply) => own.send(reply, byGroup ? group : from));
    if (responder.sent === before && !responder.done) return;
    clearTimeout(timer);
    timer = setTimeout(over, responder.done ? Math.min(GRACE_MS, timeoutMs) : timeoutMs);
    replay.progress?.(responder.played, dialogues.length, responder.sent);
  };
  const own: LanSocket = await lan.open({ address: iface, port: group.port }, (bytes, from) =>
    hear(bytes, from, false),
  );
  const joined = await lan.join(group, (bytes, from) => hear(bytes, from, true));
  signal?.addEventListener('abort', over);
  timer = setTimeout(over, timeoutMs);
  replay.listening?.();
  try {
    if (signal?.aborted !== true) await ended;
  } finally {
    clearTimeout(timer);
    own.close();
    joined.close();
  }
  if (signal?.aborted !== true) responder.finish();
  const { all, more } = responder.found;
  return {
    role: 'ant',
    same: all.length === 0,
    recorded: dialogues.length,
    played: responder.played,
    sent: responder.sent,
    answers: NO_ANSWERS,
    differences: all,
    more,
    notes: signal?.aborted === true ? ['interrupted'] : [],
  };
}

interface LiveConversation {
  readonly name: string;
  readonly likeness: string;
  readonly opening: Info | ExecCli;
  readonly text: string;
  /** `undefined`: the capture has none like it. */
  readonly recorded: RecordedConversation | undefined;
  /** The last step that was answered. */
  step: number;
}

class AntResponder {
  readonly found: Differences;
  readonly #dialogues: readonly RecordedDialogue[];
  readonly #conversations: readonly RecordedConversation[];
  readonly #replay: AntReplay;
  readonly #live: LiveConversation[] = [];
  /** By host, verb and ant. */
  readonly #open = new Map<string, LiveConversation>();
  readonly #searches = new Set<RecordedSearch>();
  sent = 0;

  constructor(dialogues: readonly RecordedDialogue[], replay: AntReplay) {
    this.#dialogues = dialogues;
    this.#conversations = dialogues.filter((dialogue) => dialogue.is === 'conversation');
    this.#replay = replay;
    this.found = new Differences(replay.ignores);
  }

  get played(): number {
    const over = new Set(
      this.#live.flatMap(({ recorded, step }) => (recorded && isOver(recorded, step) ? recorded : [])),
    );
    return over.size + this.#searches.size;
  }

  get done(): boolean {
    return this.played === this.#dialogues.length;
  }

  hear(bytes: Uint8Array, from: Endpoint, send: (bytes: Uint8Array) => void): void {
    const read = decodeMessage(bytes, { acceptBadChecksum: true });
    const message = read.ok ? read.value.message : undefined;
    if (message?.kind === 'ANT-SEARCH') this.#search(from, send);
    if (message?.kind === 'INFO' || message?.kind === 'EXEC-CLI') this.#ask(message, bytes, from, send);
  }

  /** Compares what was asked with what was recorded. */
  finish(): void {
    const recorded = this.#conversations.map((dialogue) => ({ dialogue, ...this.#asked(dialogue.opening) }));
    const { added, missing, order, pairs } = align(recorded, this.#live);
    for (const { live, recorded } of pairs) {
      const [then, now] = [recorded.dialogue.opening, live.opening];
      const same = (then.userPassword ?? '') === (now.userPassword ?? '');
      const path = requestName(then);
      this.found.compare(
        recorded.dialogue.number,
        path,
        requestFields(then, '***'),
        requestFields(now, same ? '***' : 'another'),
      );
      if (live.recorded !== undefined && !isOver(live.recorded, live.step))
        this.found.add({
          kind: 'broken',
          session: recorded.dialogue.number,
          path: `${path}.SEQ-NR`,
          recorded: String(live.recorded.steps.length),
          live: String(live.step),
        });
    }
    for (const { dialogue } of missing)
      this.#miss(dialogue.number, requestName(dialogue.opening), dialogue.antId);
    for (const dialogue of this.#dialogues)
      if (dialogue.is === 'search' && !this.#searches.has(dialogue))
        this.#miss(dialogue.number, 'ANT-SEARCH', '');
    for (const { opening } of added)
      this.found.add({ kind: 'added', session: 0, path: requestName(opening), live: opening.toAnt });
    if (order !== undefined)
      this.found.add({
        kind: 'order',
        session: 0,
        path: 'Requests.order',
        recorded: order.recorded.join(', '),
        live: order.live.join(', '),
      });
  }

  #miss(session: number, path: string, recorded: string): void {
    this.found.add({ kind: 'missing', session, path, recorded });
  }

  #asked(opening: Info | ExecCli) {
    const name = `${opening.kind} ${opening.toAnt ?? ''}`;
    return {
      name,
      likeness: likenessOf(
        opening.kind,
        requestFields(opening, opening.userPassword ?? ''),
        this.found.ignores,
      ),
    };
  }

  /** Each search is answered as the next recorded one; further ones as the last. */
  #search(from: Endpoint, send: (bytes: Uint8Array) => void): void {
    const searches = this.#dialogues.filter((dialogue) => dialogue.is === 'search');
    const waiting = searches.find((dialogue) => !this.#searches.has(dialogue) && this.#before(dialogue));
    const dialogue = waiting ?? searches.findLast((one) => this.#searches.has(one));
    if (dialogue === undefined) return;
    this.#searches.add(dialogue);
    for (const { message, time } of dialogue.replies.values())
      this.#reply(dialogue.time, time, send, encodeMessage({ ...message, ...toHost(message, from) }));
  }

  /** Rounds of a search count as one search, until something else was asked in between. */
  #before({ number }: RecordedSearch): boolean {
    const earlier = this.#conversations.filter((dialogue) => dialogue.number < number).length;
    return this.#searches.size === 0 || this.#live.length >= earlier;
  }

  #ask(message: Info | ExecCli, bytes: Uint8Array, from: Endpoint, send: (bytes: Uint8Array) => void): void {
    const ours =
      this.#conversations.some(({ antId }) => antId === message.toAnt) || this.#isAnt(message.toAnt);
    if (!ours) return;
    const key = `${from.address}:${from.port} ${message.kind} ${message.toAnt}`;
    const open = this.#open.get(key);
    const text = latin1Text(bytes);
    const live =
      open !== undefined && (message.seqNr !== 1 || open.text === text)
        ? open
        : this.#begin(key, message, text);
    const number = message.seqNr ?? 0;
    const step = live?.recorded?.steps[number - 1];
    if (live === undefined || live.recorded === undefined) {
      send(this.#refusal(message, from, -3));
      this.sent += 1;
      return;
    }
    live.step = Math.max(live.step, number);
    if (step?.reply !== undefined) {
      const reply: ConversationReply = { ...step.reply.message, ...toHost(step.reply.message, from) };
      this.#reply(step.time, step.reply.time, send, encodeMessage(reply));
    } else if (step === undefined) {
      send(this.#refusal(message, from, -2));
      this.sent += 1;
    }
  }

  #isAnt(antId: string | undefined): boolean {
    return this.#dialogues.some((dialogue) => dialogue.is === 'search' && dialogue.replies.has(antId ?? ''));
  }

  #begin(key: string, opening: Info | ExecCli, text: string): LiveConversation | undefined {
    if (this.#live.length >= LIMITS.replayDifferences) return undefined;
    const asked = this.#asked(opening);
    const used = new Set(this.#live.map(({ recorded }) => recorded));
    const alike = this.#conversations.filter(
      (dialogue) =>
        dialogue.antId === opening.toAnt && requestName(dialogue.opening) === requestName(opening),
    );
    const recorded = alike.find((dialogue) => !used.has(dialogue)) ?? alike.at(-1);
    const live: LiveConversation = { ...asked, opening, text, recorded, step: 0 };
    this.#live.push(live);
    this.#open.set(key, live);
    return live;
  }

  #refusal({ kind, toAnt, version }: Info | ExecCli, from: Endpoint, code: -2 | -3): Uint8Array {
    const rest = { version, antId: toAnt, toHost: `${from.address}:${from.port}`, extra: [], body: '' };
    const seq = { is: 'error', code } as const;
    return encodeMessage({
      kind: kind === 'INFO' ? 'REPLY-INFO' : 'REPLY-EXEC-CLI',
      ...rest,
      seq,
      doubleCheck: false,
    });
  }

  /** Answers after the delay of the recorded ant. */
  #reply(asked: bigint, answered: bigint, send: (bytes: Uint8Array) => void, bytes: Uint8Array): void {
    this.sent += 1;
    const { signal, speed } = this.#replay;
    if (speed === 'max') send(bytes);
    else
      createPace(speed, signal)
        .between(asked, answered)
        .then(() => send(bytes))
        .catch(() => undefined);
  }
}

const toHost = (
  { toHost: recorded }: { readonly toHost: string | undefined },
  { address, port }: Endpoint,
) => (recorded === undefined ? {} : { toHost: `${address}:${port}` });

/** Whether its last reply was requested; the host need not acknowledge it. */
const isOver = ({ steps }: RecordedConversation, step: number): boolean => step >= steps.length;
