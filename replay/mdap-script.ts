/**
 * The MDAP of a capture: searches with their answers, and conversations step by step, without repetitions.
 */
import { ModemlabError } from '../protocol/errors.ts';
import { latin1Text } from '../protocol/latin1.ts';
import { LIMITS } from '../protocol/limits.ts';
import type {
  AntSearch,
  ConversationReply,
  ExecCli,
  Info,
  MdapMessage,
  ReplyAntSearch,
} from '../protocol/mdap/messages.ts';
import type { RecordedDatagram, Recording } from './recording.ts';

export interface RecordedReply<M> {
  readonly message: M;
  readonly time: bigint;
}

export interface ConversationStep {
  readonly request: Info | ExecCli;
  readonly bytes: Uint8Array;
  readonly time: bigint;
  /** `undefined`: no reply came. */
  reply: RecordedReply<ConversationReply> | undefined;
}

export interface RecordedConversation {
  readonly is: 'conversation';
  /** 1, 2, ... of all searches and conversations. */
  readonly number: number;
  readonly opening: Info | ExecCli;
  readonly antId: string;
  readonly time: bigint;
  readonly steps: ConversationStep[];
}

export interface RecordedSearch {
  readonly is: 'search';
  readonly number: number;
  readonly message: AntSearch;
  readonly bytes: Uint8Array;
  readonly time: bigint;
  /** The first answer of each ant, by ANT-ID. */
  readonly replies: Map<string, RecordedReply<ReplyAntSearch>>;
}

export type RecordedDialogue = RecordedSearch | RecordedConversation;

/** @throws ModemlabError E_REPLAY_NOTHING when there is no request of MDAP in it. */
export function dialoguesOf({ mdap }: Recording): readonly RecordedDialogue[] {
  const script = new Script();
  for (const one of mdap) script.take(one);
  if (script.dialogues.length === 0)
    throw new ModemlabError('E_REPLAY_NOTHING', 'no request of MDAP is in it');
  return script.dialogues;
}

class Script {
  readonly dialogues: RecordedDialogue[] = [];
  /** By host, verb and ant. */
  readonly #open = new Map<string, RecordedConversation>();
  #search: RecordedSearch | undefined;

  take({ datagram: { from, payload: bytes, time }, message }: RecordedDatagram): void {
    switch (message.kind) {
      case 'ANT-SEARCH':
        this.#onSearch(message, bytes, time);
        return;
      case 'INFO':
      case 'EXEC-CLI':
        this.#onRequest(message, from, bytes, time);
        return;
      case 'REPLY-ANT-SEARCH': {
        const { antId = '' } = message;
        const replies = this.#search?.replies;
        if (replies !== undefined && !replies.has(antId)) replies.set(antId, { message, time });
        return;
      }
      case 'REPLY-INFO':
      case 'REPLY-EXEC-CLI':
        this.#onReply(message, time);
        return;
      case 'other':
        return;
    }
  }

  /** Rounds of a search count as one search. */
  #onSearch(message: AntSearch, bytes: Uint8Array, time: bigint): void {
    if (this.dialogues.at(-1) === this.#search && this.#search !== undefined) return;
    const number = this.dialogues.length + 1;
    this.#search = { is: 'search', number, message, bytes, time, replies: new Map() };
    this.dialogues.push(this.#search);
  }

  #onRequest(request: Info | ExecCli, from: string, bytes: Uint8Array, time: bigint): void {
    const { toAnt = '' } = request;
    const key = `${from} ${request.kind} ${toAnt}`;
    const open = this.#open.get(key);
    const last = open?.steps.at(-1);
    if (last !== undefined && latin1Text(last.bytes) === latin1Text(bytes)) return;
    const step: ConversationStep = { request, bytes, time, reply: undefined };
    if (open !== undefined && request.seqNr !== 1) {
      if (open.steps.length < LIMITS.mdapPieces) open.steps.push(step);
      return;
    }
    const number = this.dialogues.length + 1;
    const begun: RecordedConversation = {
      is: 'conversation',
      number,
      opening: request,
      antId: toAnt,
      time,
      steps: [step],
    };
    this.#open.set(key, begun);
    this.dialogues.push(begun);
  }

  /** A reply belongs to the conversation that its TO-HOST names; without one, to the last with its ant. */
  #onReply(message: ConversationReply, time: bigint): void {
    const { antId = '', kind, toHost } = message;
    const verb = kind === 'REPLY-INFO' ? 'INFO' : 'EXEC-CLI';
    const open =
      toHost === undefined
        ? this.dialogues.findLast(
            (dialogue) =>
              dialogue.is === 'conversation' && dialogue.antId === antId && dialogue.opening.kind === verb,
          )
        : this.#open.get(`${toHost} ${verb} ${antId}`);
    if (open?.is !== 'conversation') return;
    const step = open.steps.find(
      ({ reply, request }) => reply === undefined && answers(message, request.seqNr),
    );
    if (step !== undefined) step.reply = { message, time };
  }
}

/** Whether a reply can be to a request of this SEQ-NR; one without a number can be to any. */
export function answers({ seq }: ConversationReply, asked: number | undefined): boolean {
  const number = seq.is === 'step' || seq.is === 'done' ? seq.number : undefined;
  return number === undefined || number === asked;
}

/** What an ant says about itself in answer to a search, by the names on the wire. */
export const searchFields = (message: ReplyAntSearch) => ({
  Version: message.version,
  'ANT-ID': message.antId,
  'ANT-NAME': message.antName,
  'ANT-MAC': message.antMac,
  'ANT-HOSTSETUP': message.hostSetup,
  'TP-VERSION': message.tpVersion,
  'MDAP-VERSION': message.mdapVersion,
  ...extraFields(message),
});

/** What a host asks. `password` is what to show for the password. */
export const requestFields = (message: Info | ExecCli, password: string) => ({
  Version: message.version,
  'TO-ANT': message.toAnt,
  'USER-ID': message.userId,
  'USER-PWD': password,
  ...(message.kind === 'EXEC-CLI' ? { 'CLI-CMD': message.command } : {}),
  ...extraFields(message),
});

const extraFields = ({ extra }: Exclude<MdapMessage, { kind: 'other' }>): Readonly<Record<string, string>> =>
  Object.fromEntries(extra.map(({ key, value }) => [key, value]));

/**
 * The result of a conversation: how it ended, its output, and header lines that are not part of the protocol.
 */
export function outcomeOf(replies: readonly ConversationReply[]): object {
  const last = replies.at(-1);
  const output = replies.map(({ body = '' }) => body).join('');
  const lines = output === '' ? [] : output.replace(/\r?\n$/, '').split(/\r?\n/);
  const end =
    last === undefined ? 'silence' : last.seq.is === 'error' ? `error ${last.seq.code}` : last.seq.is;
  const facts = last?.kind === 'REPLY-INFO' ? lines.map((line) => /^([^:]+):(.*)$/.exec(line)) : [null];
  const isFacts = facts.every((fact) => fact !== null);
  return {
    Result: end,
    ...(isFacts
      ? Object.fromEntries(facts.map((fact) => [fact?.[1] ?? '', fact?.[2] ?? '']))
      : { Output: lines }),
    ...Object.assign({}, ...replies.map((reply) => extraFields(reply))),
  };
}

/** `EXEC-CLI(ip iplist)`, `INFO`. */
export const requestName = (request: Info | ExecCli): string =>
  request.kind === 'INFO' ? 'INFO' : `EXEC-CLI(${request.command ?? ''})`;
