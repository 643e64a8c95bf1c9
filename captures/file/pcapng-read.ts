/**
 * Reads pcapng files (draft-ietf-opsawg-pcapng). Packet blocks of all three kinds are read; blocks without a
 * frame (name resolution, statistics, secrets, custom and unknown ones) are skipped by their length.
 */
import type { WireError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CapturedFrame } from './frame.ts';
import { SECOND } from './frame.ts';
import type { CaptureReader } from './reader.ts';
import { Remainder, viewOf } from './reader.ts';

/** Types of blocks, and the options that are read. */
const BLOCK = { interface: 1, obsolete: 2, simple: 3, enhanced: 6, section: 0x0a0d0d0a } as const;
const OPTION = { end: 0, comment: 1, resolution: 9, offset: 14 } as const;
const ORDER_MAGIC = 0x1a2b3c4d;

interface Interface {
  readonly linkType: number;
  /** Maximum bytes of a frame; 0: no limit. */
  readonly snapLength: number;
  /** A time is `ticks * SECOND / perSecond + offset`. */
  readonly perSecond: bigint;
  /** Nanoseconds. */
  readonly offset: bigint;
}

/** One block, without its two lengths and its type. */
interface Block {
  readonly type: number;
  readonly body: Uint8Array;
  readonly view: DataView;
}

export const isPcapng = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && viewOf(bytes).getUint32(0) === BLOCK.section;

export const createPcapngReader = (): CaptureReader => new PcapngReader();

class PcapngReader implements CaptureReader {
  readonly #remainder = new Remainder();
  readonly #section: Section = { little: false, interfaces: [], lastTime: 0n };
  #fault: WireError | undefined;
  #begun = false;

  get fault(): WireError | undefined {
    return this.#fault;
  }

  push(chunk: Uint8Array): readonly CapturedFrame[] {
    const frames: CapturedFrame[] = [];
    if (this.#fault !== undefined) return frames;
    const bytes = this.#remainder.with(chunk);
    if (bytes === undefined) return frames;
    const view = viewOf(bytes);
    let at = 0;
    let needed = SMALLEST_BLOCK;
    while (at + SMALLEST_BLOCK <= bytes.length) {
      const measured = measure(view, at, this.#section);
      if (typeof measured === 'string') {
        this.#damaged(at, measured);
        break;
      }
      needed = measured;
      if (at + measured > bytes.length) break;
      this.#begun = true;
      needed = SMALLEST_BLOCK;
      const wrong = readBlock(this.#section, view, at, measured, frames);
      if (wrong !== undefined) {
        this.#damaged(at, wrong);
        break;
      }
      at += measured;
    }
    this.#remainder.keep(bytes, at, needed);
    return frames;
  }

  end(): void {
    const { at, length } = this.#remainder;
    if (this.#fault === undefined && (length > 0 || !this.#begun))
      this.#fault = { code: 'E_CAPTURE_CUT', at: at + length };
  }

  #damaged(at: number, found: string): void {
    this.#fault = { code: 'E_CAPTURE_DAMAGED', at: this.#remainder.at + at, found };
  }
}

/** Type and two lengths. */
const SMALLEST_BLOCK = 12;

interface Section {
  little: boolean;
  interfaces: Interface[];
  /** A simple packet block has no time: it gets that of the frame before. */
  lastTime: bigint;
}

/**
 * The length of the block at `at`, or what is wrong with it. A section header sets the byte order of what
 * follows.
 */
function measure(view: DataView, at: number, section: Section): number | string {
  if (view.getUint32(at) === BLOCK.section) {
    const magic = view.getUint32(at + 8);
    if (magic === ORDER_MAGIC) section.little = false;
    else if (view.getUint32(at + 8, true) === ORDER_MAGIC) section.little = true;
    else return `byte-order magic 0x${magic.toString(16)}`;
  }
  const length = view.getUint32(at + 4, section.little);
  return length < 12 || length % 4 !== 0 || length > LIMITS.captureBlockBytes
    ? `a block of ${length} bytes`
    : length;
}

/** Reads one whole block; returns what is wrong with it. */
function readBlock(
  section: Section,
  whole: DataView,
  at: number,
  length: number,
  frames: CapturedFrame[],
): string | undefined {
  const { little } = section;
  const closing = whole.getUint32(at + length - 4, little);
  if (closing !== length) return `a block of ${length} bytes that ends as one of ${closing}`;
  const body = new Uint8Array(whole.buffer, whole.byteOffset + at + 8, length - 12);
  const block = { type: whole.getUint32(at, little), body, view: viewOf(body) };
  switch (block.type) {
    case BLOCK.section:
      section.interfaces = [];
      if (body.length < 16) return 'a short section header';
      return block.view.getUint16(4, little) === 1 ? undefined : 'another major version of pcapng';
    case BLOCK.interface:
      return readInterface(section, block);
    case BLOCK.enhanced:
    case BLOCK.obsolete:
      return readPacket(section, block, frames);
    case BLOCK.simple:
      return readSimple(section, block, frames);
    default:
      return undefined;
  }
}

function readInterface(section: Section, { body, view }: Block): string | undefined {
  if (body.length < 8) return 'a short interface description';
  if (section.interfaces.length >= LIMITS.captureInterfaces) return 'too many interfaces';
  let perSecond = 1_000_000n;
  let offset = 0n;
  eachOption(body, 8, section.little, (code, value) => {
    const [first = 6] = value;
    // The highest bit selects a power of two rather than of ten. No clock is finer than 2^-63 or 10^-19 s.
    if (code === OPTION.resolution)
      perSecond =
        first >= 0x80 ? 2n ** BigInt(Math.min(first & 0x7f, 63)) : 10n ** BigInt(Math.min(first, 19));
    else if (code === OPTION.offset && value.length === 8)
      offset = viewOf(value).getBigInt64(0, section.little) * SECOND;
  });
  const { little } = section;
  section.interfaces.push({
    linkType: view.getUint16(0, little),
    snapLength: view.getUint32(4, little),
    perSecond,
    offset,
  });
  return undefined;
}

/** An enhanced packet block; the obsolete one differs only in the width of its first field. */
function readPacket(
  section: Section,
  { type, body, view }: Block,
  frames: CapturedFrame[],
): string | undefined {
  if (body.length < 20) return 'a short packet block';
  const { little } = section;
  const index = type === BLOCK.enhanced ? view.getUint32(0, little) : view.getUint16(0, little);
  const from = section.interfaces[index];
  if (from === undefined) return `a packet of interface ${index}, which is not described`;
  const captured = view.getUint32(12, little);
  if (captured > body.length - 20) return `a frame of ${captured} bytes in a block of ${body.length + 12}`;
  const ticks = (BigInt(view.getUint32(4, little)) << 32n) | BigInt(view.getUint32(8, little));
  const time = (ticks * SECOND) / from.perSecond + from.offset;
  section.lastTime = time;
  frames.push({
    time,
    linkType: from.linkType,
    bytes: body.subarray(20, 20 + captured),
    originalLength: Math.max(view.getUint32(16, little), captured),
    comments: readComments(body, 20 + padded(captured), little),
  });
  return undefined;
}

function readSimple(section: Section, { body, view }: Block, frames: CapturedFrame[]): string | undefined {
  const [from] = section.interfaces;
  if (body.length < 4) return 'a short packet block';
  if (from === undefined) return 'a simple packet without an interface';
  const originalLength = view.getUint32(0, section.little);
  const most = from.snapLength === 0 ? originalLength : Math.min(originalLength, from.snapLength);
  const captured = Math.min(most, body.length - 4);
  frames.push({
    time: section.lastTime,
    linkType: from.linkType,
    bytes: body.subarray(4, 4 + captured),
    originalLength,
    comments: NO_COMMENTS,
  });
  return undefined;
}

const NO_COMMENTS: readonly string[] = [];
const utf8 = new TextDecoder();

function readComments(body: Uint8Array, from: number, little: boolean): readonly string[] {
  if (from >= body.length) return NO_COMMENTS;
  const comments: string[] = [];
  eachOption(body, from, little, (code, value) => {
    if (code === OPTION.comment) comments.push(utf8.decode(value));
  });
  return comments;
}

/** Calls back for each option of a list; one that exceeds the block ends the list. */
function eachOption(
  body: Uint8Array,
  from: number,
  little: boolean,
  onOption: (code: number, value: Uint8Array) => void,
): void {
  const view = viewOf(body);
  let at = from;
  while (at + 4 <= body.length) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.end || at + 4 + length > body.length) return;
    onOption(code, body.subarray(at + 4, at + 4 + length));
    at += 4 + padded(length);
  }
}

const padded = (length: number): number => (length + 3) & ~3;
