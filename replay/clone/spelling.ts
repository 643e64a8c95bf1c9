/**
 * Finds the dialect of a device from its messages: each is encoded again with one member of the dialect
 * changed at a time, as long as that comes nearer to what the device wrote, ideally identical.
 */
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Envelope } from '../../protocol/cwmp/messages.ts';
import { applyQuirks } from '../../protocol/quirks/act.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import { declaredIn, waysOf } from './spelling-ways.ts';

/** A message as the device wrote it. */
export interface Written {
  /** Name of the element in the Body; `Fault` for faults. */
  readonly name: string;
  readonly envelope: Envelope;
  readonly text: string;
}

export interface Spelling {
  readonly dialect: Dialect;
  /** Dialects of messages that are written differently, by name. */
  readonly dialects: ReadonlyMap<string, Dialect>;
  /** Quirks that explain what a dialect cannot express. */
  readonly quirks: readonly QuirkKey[];
  /** How many messages are reproduced exactly, of all. */
  readonly alike: number;
  readonly of: number;
  /** Names of messages that are not. */
  readonly unlike: readonly string[];
}

/** Messages of one name that are compared during the search, the shortest first. */
const SAMPLES = 3;
/** Rounds over all members of a dialect; each round settles one, and few dialects differ in more. */
const ROUNDS = 24;

/** `noted`: quirks that the messages showed. */
export function spellingOf(said: readonly Written[], noted: readonly QuirkKey[]): Spelling {
  const messages = said.map((message) => ({ ...message, envelope: plainHeader(message.envelope) }));
  const kinds = kindsOf(messages);
  let dialect = CANONICAL;
  const dialects = new Map<string, Dialect>();
  const common: (readonly Sample[])[] = [];
  for (const [name, samples] of kinds) {
    const found = climb(samples, dialect);
    const before = common.map((others) => scoreOf(others, dialect));
    if (common.every((others, index) => scoreOf(others, found) >= (before[index] ?? 0))) {
      dialect = found;
      common.push(samples);
    } else dialects.set(name, found);
  }
  const write = (message: Written, quirks: readonly QuirkKey[]): string =>
    applyQuirks(message.envelope, dialects.get(message.name) ?? dialect, quirks);
  const differing = messages.filter((message) => write(message, []) !== message.text);
  const quirks = explain(differing, noted, write);
  const unlike = differing.filter((message) => write(message, quirks) !== message.text);
  return {
    dialect,
    dialects,
    quirks,
    alike: messages.length - unlike.length,
    of: messages.length,
    unlike: [...new Set(unlike.map(({ name }) => name))],
  };
}

/** Quirks that make more messages identical, added one by one. */
function explain(
  differing: readonly Written[],
  noted: readonly QuirkKey[],
  write: (message: Written, quirks: readonly QuirkKey[]) => string,
): readonly QuirkKey[] {
  const alike = (quirks: readonly QuirkKey[]): number =>
    differing.filter((message) => write(message, quirks) === message.text).length;
  let chosen: readonly QuirkKey[] = [];
  for (const id of noted) {
    const more = [...chosen, id];
    if (alike(more) > alike(chosen)) chosen = more;
  }
  return chosen;
}

interface Sample extends Written {
  /** How often each piece occurs in its text. */
  readonly pieces: ReadonlyMap<string, number>;
}

/** Samples by name: the Inform first, then the shortest. */
function kindsOf(messages: readonly Written[]): Map<string, readonly Sample[]> {
  const byName = new Map<string, Written[]>();
  for (const message of messages) {
    const list = byName.get(message.name) ?? [];
    byName.set(message.name, list);
    list.push(message);
  }
  const kinds = [...byName].map(([name, list]): [string, readonly Sample[]] => [
    name,
    list
      .sort((a, b) => a.text.length - b.text.length)
      .slice(0, SAMPLES)
      .map((message) => ({ ...message, pieces: piecesOf(message.text) })),
  ]);
  const rank = ([name, [first]]: [string, readonly Sample[]]): number =>
    name === 'Inform' ? -1 : (first?.text.length ?? 0);
  return new Map(kinds.sort((a, b) => rank(a) - rank(b)));
}

/** Changes one member after the other as long as the text comes nearer to the samples. */
function climb(samples: readonly Sample[], from: Dialect): Dialect {
  let best = from;
  let score = scoreOf(samples, best);
  if (score === Infinity) return best;
  const declared = samples.reduce((dialect, { text }) => declaredIn(text, dialect), best);
  if (scoreOf(samples, declared) > score) best = declared;
  for (let round = 0; round < ROUNDS; round++) {
    score = scoreOf(samples, best);
    if (score === Infinity) return best;
    const before: Dialect = best;
    for (const ways of waysOf(samples, before))
      for (const way of ways) {
        const changed = { ...best, ...way };
        const other = scoreOf(samples, changed);
        if (other > score) [best, score] = [changed, other];
      }
    if (best === before) return best;
  }
  return best;
}

/**
 * How near a dialect comes: Infinity if all samples are identical, else matching pieces less those that do
 * not match, plus a little for the length of the common start: white space is in no piece.
 */
function scoreOf(samples: readonly Sample[], dialect: Dialect): number {
  let score = 0;
  let same = 0;
  for (const { envelope, pieces, text } of samples) {
    const written = encode(envelope, dialect);
    if (written === text) same += 1;
    else score += alikeness(written, pieces) + commonStart(written, text) / (text.length + 1);
  }
  if (same === samples.length) return Infinity;
  // An identical sample counts for more than any piece of another.
  return score + same * SAME;
}

const SAME = 1e7;

/** Without the header members that belong to the dialect. */
function plainHeader({ header, ...envelope }: Envelope): Envelope {
  const { HoldRequests: _held, NoMoreRequests: _last, ...others } = header;
  return { ...envelope, header: others };
}

const PIECE = /<\/|\/>|[^<>\s"':=[\]/]+|[^\s\w]/g;

function piecesOf(text: string): Map<string, number> {
  const pieces = new Map<string, number>();
  for (const [piece] of text.matchAll(PIECE)) pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
  return pieces;
}

function alikeness(written: string, pieces: ReadonlyMap<string, number>): number {
  let alike = 0;
  for (const [piece, count] of piecesOf(written)) {
    const wanted = pieces.get(piece) ?? 0;
    alike += Math.min(count, wanted) - Math.max(0, count - wanted);
  }
  return alike;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}
