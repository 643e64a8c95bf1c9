/** The second reading of a capture: where in its TCP streams the secrets stand. */
import { latin1Bytes } from '../../protocol/latin1.ts';
import type { CapturedFrame } from '../file/frame.ts';
import type { Span } from '../http/http-body.ts';
import type { Datagram, FlowEvent } from '../packet/flow.ts';
import { createFlow } from '../packet/flow.ts';
import type { Side, StreamEvent } from '../packet/streams.ts';
import { blanked, Edits } from './edits.ts';
import type { Output, OutputPart } from './mdap-outputs.ts';
import { createMdapOutputs } from './mdap-outputs.ts';
import { packTo } from './pack.ts';
import type { PackedPassage, StreamPassage } from './passage.ts';
import { behind, createDatagramPassages, createStreamPassages, upTo } from './passages.ts';
import type { Secrets } from './secrets.ts';
import type { Tally } from './tally.ts';
import type { Replacement } from './texts.ts';
import { replaceText } from './texts.ts';

/** What is done to one side of a stream. */
export interface LocatedSide {
  readonly edits: Edits;
  /** Sequence number of its first byte. */
  readonly first: number;
  /** Which of its bytes were read; all others are blanked. */
  readonly read: Span[];
  /** Bytes and gaps so far. */
  length: number;
}

/** By `sideKey`. */
export type LocatedSides = ReadonlyMap<string, LocatedSide>;

/** What is replaced in the bodies of datagrams (1, 2, ... as they came) that are pieces of longer texts. */
export type Bodies = ReadonlyMap<number, readonly Replacement[]>;

export const sideKey = (stream: number, from: Side): string => `${stream} ${from}`;

export interface Locator {
  readonly sides: LocatedSides;
  readonly bodies: Bodies;
  push(frame: CapturedFrame): void;
  /** The capture has ended. */
  end(): void;
}

export const createLocator = (secrets: Secrets, tally: Tally): Locator => new CaptureLocator(secrets, tally);

class CaptureLocator implements Locator {
  readonly sides = new Map<string, LocatedSide>();
  readonly bodies = new Map<number, readonly Replacement[]>();
  readonly #secrets: Secrets;
  readonly #tally: Tally;
  readonly #flow = createFlow();
  readonly #streams = createStreamPassages();
  readonly #datagrams = createDatagramPassages();
  readonly #outputs = createMdapOutputs();
  #count = 0;

  constructor(secrets: Secrets, tally: Tally) {
    this.#secrets = secrets;
    this.#tally = tally;
  }

  push(frame: CapturedFrame): void {
    this.#read(this.#flow.push(frame));
  }

  end(): void {
    this.#read(this.#flow.end());
    this.#locateOutputs(this.#outputs.end());
  }

  #read(events: readonly FlowEvent[]): void {
    for (const event of events) {
      if (event.is === 'datagram') this.#onDatagram(event);
      else if (event.is !== 'comment') this.#onStream(event);
    }
  }

  #onDatagram(datagram: Datagram): void {
    this.#count += 1;
    if (this.#datagrams.push(datagram).is === 'mdap')
      this.#locateOutputs(this.#outputs.push(datagram, this.#count));
  }

  #onStream(event: StreamEvent): void {
    if (event.is === 'data' || event.is === 'gap') this.#extend(event);
    for (const passage of this.#streams.push(event)) {
      const { from, stream } = passage.side;
      const edits = this.sides.get(sideKey(stream, from))?.edits;
      if (edits !== undefined) edit(edits, passage, this.#secrets, this.#tally);
    }
  }

  #extend(event: Extract<StreamEvent, { is: 'data' | 'gap' }>): void {
    const key = sideKey(event.stream.number, event.from);
    const side = this.sides.get(key) ?? { edits: new Edits(), first: event.sequence, read: [], length: 0 };
    this.sides.set(key, side);
    if (event.is === 'data') addRead(side, event.bytes.length);
    side.length += event.is === 'data' ? event.bytes.length : event.length;
  }

  #locateOutputs(outputs: readonly Output[]): void {
    for (const { parts, text } of outputs) {
      const replacements = replaceText(this.#secrets, 'lines', text, this.#tally.replace);
      for (const part of parts) {
        const inside = replacements.flatMap((one) => cutTo(one, part));
        for (const number of part.datagrams) this.bodies.set(number, inside);
      }
    }
  }
}

/** The part of a replacement that lies in a part of an output, by its offset in the datagram. */
function cutTo({ at, bytes }: Replacement, part: OutputPart): readonly Replacement[] {
  const from = Math.max(at, part.from);
  const until = Math.min(at + bytes.length, part.from + part.length);
  return until > from
    ? [{ at: from - part.from + part.at, bytes: bytes.subarray(from - at, until - at) }]
    : [];
}

function addRead(side: LocatedSide, length: number): void {
  const last = side.read.at(-1);
  if (last !== undefined && last.at + last.length === side.length)
    side.read[side.read.length - 1] = { at: last.at, length: last.length + length };
  else side.read.push({ at: side.length, length });
}

function edit(edits: Edits, passage: StreamPassage, secrets: Secrets, tally: Tally): void {
  switch (passage.is) {
    case 'blank':
      for (const span of passage.spans) {
        edits.add(span, passage.how);
        tally.blank(passage.what, span.length);
      }
      return;
    case 'packed':
      editPacked(edits, passage, secrets, tally);
      return;
    default:
      for (const { at, bytes } of replaceText(secrets, passage.is, passage.text, tally.replace))
        write(edits, upTo(behind(passage.spans, at), bytes.length), bytes);
  }
}

function write(edits: Edits, spans: readonly Span[], bytes: Uint8Array): void {
  let from = 0;
  for (const span of spans) {
    edits.add(span, bytes.subarray(from, from + span.length));
    from += span.length;
  }
}

/**
 * A compressed body is compressed again, to the same length. Where that is impossible, it becomes an empty
 * body, or is blanked.
 */
function editPacked(edits: Edits, passage: PackedPassage, secrets: Secrets, tally: Tally): void {
  const { blank: how, encoding, spans, text } = passage;
  const replacements = how === undefined ? replaceText(secrets, 'markup', text, tally.replace) : [];
  if (how === undefined && replacements.length === 0) return;
  const length = spans.reduce((sum, span) => sum + span.length, 0);
  const old = latin1Bytes(text);
  const other = how === undefined ? old : old.map((byte) => blanked(byte, how));
  for (const { at, bytes } of replacements) other.set(bytes, at);
  if (how !== undefined) tally.blank('HTTP bodies that are not SOAP', length);
  const packed = packTo(other, encoding, length);
  if (packed === undefined) tally.blank('compressed bodies that could not be packed to their length', length);
  const blank = packed ?? packTo(new Uint8Array(0), encoding, length);
  if (blank === undefined) for (const span of spans) edits.add(span, 'zero');
  else write(edits, spans, blank);
}
