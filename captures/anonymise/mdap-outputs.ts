/**
 * The output of an MDAP command comes in pieces, one per datagram, cut anywhere: a secret may begin in one
 * and end in the next. So consecutive pieces are joined to one text.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { ConversationReply, MdapMessage } from '../../protocol/mdap/messages.ts';
import { decodeMessage } from '../../protocol/mdap/messages.ts';
import type { Datagram } from '../packet/flow.ts';

/** A part of an output, and where it is. */
export interface OutputPart {
  /** Offset in the text of the output. */
  readonly from: number;
  readonly length: number;
  /** Offset in its datagram. */
  readonly at: number;
  /** Datagrams that have it: 1, 2, ... as they came. An ant repeats what a host did not hear. */
  readonly datagrams: readonly number[];
}

export interface Output {
  readonly text: string;
  readonly parts: readonly OutputPart[];
}

export interface MdapOutputs {
  /** Finished outputs of more than one piece. */
  push(datagram: Datagram, number: number): readonly Output[];
  /** The capture has ended. */
  end(): readonly Output[];
}

interface Piece {
  readonly text: string;
  readonly at: number;
  readonly datagrams: number[];
}

type Pieces = Map<number, Piece>;

const EMPTY_LINE = '\r\n\r\n';

export const createMdapOutputs = (): MdapOutputs => new OutputReader();

class OutputReader implements MdapOutputs {
  readonly #open = new Map<string, Pieces>();

  push({ from, payload, to }: Datagram, number: number): readonly Output[] {
    const read = decodeMessage(payload, { acceptBadChecksum: true });
    const reply = read.ok ? replyOf(read.value.message) : undefined;
    if (reply === undefined) return [];
    const { antId, body = '', kind, seq, toHost } = reply;
    const key = `${kind} ${from} ${to} ${antId} ${toHost}`;
    const pieces = this.#open.get(key);
    const given = seq.is === 'step' || seq.is === 'done' ? seq.number : undefined;
    const step = given ?? nextStep(pieces);
    const same = pieces?.get(step);
    if (same?.text === body) {
      same.datagrams.push(number);
      return [];
    }
    const at = Buffer.from(payload).indexOf(EMPTY_LINE) + EMPTY_LINE.length;
    return this.#add(key, step, { text: body, at, datagrams: [number] });
  }

  end(): readonly Output[] {
    return [...this.#open.keys()].flatMap((key) => this.#close(key));
  }

  /**
   * Outputs that a further piece ends: this step is there with another text, or there is no room for more.
   */
  #add(key: string, step: number, piece: Piece): readonly Output[] {
    const pieces = this.#open.get(key);
    const isFull = pieces?.has(step) === true || (pieces?.size ?? 0) >= LIMITS.anonymisePieces;
    const begun = pieces === undefined || !isFull ? undefined : saidAgain(pieces, step);
    const [oldest] = this.#open.keys();
    const done = isFull ? [...this.#close(key)] : [];
    if (oldest !== undefined && this.#open.size >= LIMITS.mdapAnts) done.push(...this.#close(oldest));
    const mine: Pieces = begun ?? this.#open.get(key) ?? new Map<number, Piece>();
    this.#open.set(key, mine.set(step, piece));
    return done;
  }

  #close(key: string): readonly Output[] {
    const pieces = this.#open.get(key) ?? new Map<number, Piece>();
    this.#open.delete(key);
    return pieces.size < 2 ? [] : [join(pieces)];
  }
}

const nextStep = (pieces: Pieces | undefined): number => Math.max(0, ...(pieces?.keys() ?? [])) + 1;

/** The pieces before this step of another output that began like this one, and so was taken for it. */
function saidAgain(pieces: Pieces, step: number): Pieces {
  const again: Pieces = new Map<number, Piece>();
  for (const [number, piece] of pieces) {
    const last = number < step && piece.datagrams.length > 1 ? piece.datagrams.pop() : undefined;
    if (last !== undefined) again.set(number, { ...piece, datagrams: [last] });
  }
  return again;
}

function replyOf(message: MdapMessage): ConversationReply | undefined {
  if (message.kind !== 'REPLY-INFO' && message.kind !== 'REPLY-EXEC-CLI') return undefined;
  return message.seq.is === 'error' || (message.body ?? '') === '' ? undefined : message;
}

/** A missing piece counts as the end of a line. */
function join(pieces: Pieces): Output {
  let text = '';
  let next: number | undefined;
  const parts: OutputPart[] = [];
  for (const [number, piece] of [...pieces].sort(([a], [b]) => a - b)) {
    if (next !== undefined && number !== next) text += '\n';
    const { at, datagrams } = piece;
    parts.push({ from: text.length, length: piece.text.length, at, datagrams });
    text += piece.text;
    next = number + 1;
  }
  return { text, parts };
}
