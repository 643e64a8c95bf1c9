/** The second reading of a capture: where in its TCP streams the secrets stand. */
import { latin1Bytes } from '../../protocol/latin1.ts';
import type { CapturedFrame } from '../file/frame.ts';
import type { Span } from '../http/http-body.ts';
import type { Datagram } from '../packet/flow.ts';
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

/** What becomes of one side of a stream. */
export interface Half {
  readonly edits: Edits;
  /** Sequence number of its first byte. */
  readonly first: number;
  /** What of it was read, by offsets; everything else of it is blanked. */
  readonly read: Span[];
  /** Bytes and gaps so far. */
  length: number;
}

export type Halves = ReadonlyMap<string, Half>;

/** What is replaced in the bodies of datagrams (1, 2, ... as they came) that are pieces of longer texts. */
export type Bodies = ReadonlyMap<number, readonly Replacement[]>;

export const halfKey = (stream: number, from: Side): string => `${stream} ${from}`;

export interface Locator {
  readonly halves: Halves;
  readonly bodies: Bodies;
  push(frame: CapturedFrame): void;
  /** The capture has ended. */
  end(): void;
}

export function createLocator(secrets: Secrets, tally: Tally): Locator {
  const flow = createFlow();
  const passages = createStreamPassages();
  const halves = new Map<string, Half>();
  const datagrams = createDatagramPassages();
  const outputs = createMdapOutputs();
  const bodies = new Map<number, readonly Replacement[]>();
  let count = 0;

  const locate = ({ parts, text }: Output): void => {
    const replacements = replaceText(secrets, 'lines', text, tally.replace);
    for (const part of parts) {
      const inside = replacements.flatMap((one) => cutTo(one, part));
      for (const number of part.datagrams) bodies.set(number, inside);
    }
  };

  const readDatagram = (datagram: Datagram): void => {
    count += 1;
    if (datagrams.push(datagram).is === 'mdap') outputs.push(datagram, count).forEach(locate);
  };

  const note = (event: StreamEvent): void => {
    if (event.is !== 'data' && event.is !== 'gap') return;
    const { from, sequence, stream } = event;
    const key = halfKey(stream.number, from);
    const half = halves.get(key) ?? { edits: new Edits(), first: sequence, read: [], length: 0 };
    halves.set(key, half);
    if (event.is === 'data') readOn(half, event.bytes.length);
    half.length += event.is === 'data' ? event.bytes.length : event.length;
  };

  const read = (events: ReturnType<typeof flow.push>): void => {
    for (const event of events) {
      if (event.is === 'datagram') readDatagram(event);
      if (event.is === 'comment' || event.is === 'datagram') continue;
      note(event);
      for (const passage of passages.push(event)) {
        const edits = halves.get(halfKey(passage.side.stream, passage.side.from))?.edits;
        if (edits !== undefined) edit(edits, passage, secrets, tally);
      }
    }
  };

  return {
    halves,
    bodies,
    push: (frame) => read(flow.push(frame)),
    end() {
      read(flow.end());
      outputs.end().forEach(locate);
    },
  };
}

/** What of a replacement lies in a part of an output, by its offset in the datagram. */
function cutTo({ at, bytes }: Replacement, part: OutputPart): readonly Replacement[] {
  const from = Math.max(at, part.from);
  const until = Math.min(at + bytes.length, part.from + part.length);
  return until > from
    ? [{ at: from - part.from + part.at, bytes: bytes.subarray(from - at, until - at) }]
    : [];
}

function readOn(half: Half, length: number): void {
  const last = half.read.at(-1);
  if (last !== undefined && last.at + last.length === half.length)
    half.read[half.read.length - 1] = { at: last.at, length: last.length + length };
  else half.read.push({ at: half.length, length });
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

/** A packed body is packed anew, to the length that it had. Where that cannot be it is packed empty, or blanked. */
function editPacked(edits: Edits, passage: PackedPassage, secrets: Secrets, tally: Tally): void {
  const { blank: how, encoding, spans, text } = passage;
  const replacements = how === undefined ? replaceText(secrets, 'markup', text, tally.replace) : [];
  if (how === undefined && replacements.length === 0) return;
  const length = spans.reduce((sum, span) => sum + span.length, 0);
  const old = latin1Bytes(text);
  const other = how === undefined ? old : old.map((byte) => blanked(byte, how));
  for (const { at, bytes } of replacements) other.set(bytes, at);
  if (how !== undefined) tally.blank('HTTP bodies that are no SOAP', length);
  const packed = packTo(other, encoding, length);
  if (packed === undefined) tally.blank('compressed bodies that could not be packed to their length', length);
  const blank = packed ?? packTo(new Uint8Array(0), encoding, length);
  if (blank === undefined) for (const span of spans) edits.add(span, 'zero');
  else write(edits, spans, blank);
}
