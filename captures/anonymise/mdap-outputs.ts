/**
 * The output of a command of MDAP comes in pieces, one a datagram, and they are cut anywhere: a secret may begin in one and end
 * in the next. So pieces that follow each other are one text.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { ConversationReply, MdapMessage } from '../../protocol/mdap/messages.ts';
import { decodeMessage } from '../../protocol/mdap/messages.ts';
import type { Datagram } from '../packet/flow.ts';

/** A part of an output, and where it stands. */
export interface OutputPart {
  /** Offset in the text of the output. */
  readonly from: number;
  readonly length: number;
  /** Offset in its datagram. */
  readonly at: number;
  /** Datagrams that have it: 1, 2, ... as they came. An ant says again what a host did not hear. */
  readonly datagrams: readonly number[];
}

export interface Output {
  readonly text: string;
  readonly parts: readonly OutputPart[];
}

export interface MdapOutputs {
  /** Outputs that are over, of more than one piece. */
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

export function createMdapOutputs(): MdapOutputs {
  const open = new Map<string, Pieces>();

  const close = (key: string): readonly Output[] => {
    const pieces = open.get(key) ?? new Map<number, Piece>();
    open.delete(key);
    return pieces.size < 2 ? [] : [join(pieces)];
  };

  return {
    push({ from, payload, to }, number) {
      const read = decodeMessage(payload, { acceptBadChecksum: true });
      const reply = read.ok ? replyOf(read.value.message) : undefined;
      if (reply === undefined) return [];
      const { antId, body = '', kind, seq, toHost } = reply;
      const key = `${kind} ${from} ${to} ${antId} ${toHost}`;
      const pieces = open.get(key);
      const given = seq.is === 'step' || seq.is === 'done' ? seq.number : undefined;
      const step = given ?? Math.max(0, ...(pieces?.keys() ?? [])) + 1;
      const same = pieces?.get(step);
      if (same?.text === body) {
        same.datagrams.push(number);
        return [];
      }
      const isFull = same !== undefined || (pieces !== undefined && pieces.size >= LIMITS.anonymisePieces);
      const begun = pieces === undefined || !isFull ? undefined : saidAgain(pieces, step);
      const [oldest] = open.keys();
      const done = [
        ...(isFull ? close(key) : []),
        ...(oldest !== undefined && open.size >= LIMITS.mdapAnts ? close(oldest) : []),
      ];
      const at = Buffer.from(payload).indexOf(EMPTY_LINE) + EMPTY_LINE.length;
      const mine: Pieces = begun ?? open.get(key) ?? new Map<number, Piece>();
      open.set(key, mine.set(step, { text: body, at, datagrams: [number] }));
      return done;
    },
    end: () => [...open.keys()].flatMap(close),
  };
}

/** Another output that began like this one was taken for it up to this step. */
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

/** Where a piece is missing a line ends. */
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
