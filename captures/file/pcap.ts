/**
 * Classic pcap files, version 2.4 (draft-ietf-opsawg-pcap): the only file that uses pcap-parser. The parser
 * ends quietly on a truncated file, buffers whatever length a record claims, and knows only the microsecond
 * magic. So this file walks the record headers first, passes on whole records only, and replaces the
 * nanosecond magic.
 */
import { type Input, type Packet, parse } from 'pcap-parser';
import type { WireError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ByteOrder, CapturedFrame } from './frame.ts';
import { SECOND } from './frame.ts';
import type { CaptureReader } from './reader.ts';
import { Remainder, viewOf } from './reader.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

interface Kind {
  readonly order: ByteOrder;
  readonly nanoseconds: boolean;
}

/** The kind of pcap file that begins with these four bytes, if any. */
function pcapKind(bytes: Uint8Array): Kind | undefined {
  const view = viewOf(bytes);
  for (const order of ['big', 'little'] as const) {
    const magic = view.getUint32(0, order === 'little');
    if (magic === MICROSECONDS || magic === NANOSECONDS) return { order, nanoseconds: magic === NANOSECONDS };
  }
  return undefined;
}

export const isPcap = (bytes: Uint8Array): boolean => bytes.length >= 4 && pcapKind(bytes) !== undefined;

export const createPcapReader = (): CaptureReader => new PcapReader();

class PcapReader implements CaptureReader {
  readonly #remainder = new Remainder();
  readonly #parser = new DrivenParser();
  #fault: WireError | undefined;
  #kind: Kind | undefined;
  #needed = FILE_HEADER;

  get fault(): WireError | undefined {
    return this.#fault;
  }

  push(chunk: Uint8Array): readonly CapturedFrame[] {
    if (this.#fault !== undefined) return [];
    const bytes = this.#remainder.with(chunk);
    if (bytes === undefined) return [];
    const from = this.#kind === undefined && bytes.length >= FILE_HEADER ? this.#readHeader(bytes) : 0;
    const kind = this.#kind;
    const end = kind === undefined || this.#fault !== undefined ? 0 : this.#walk(bytes, from, kind.order);
    if (end > from) this.#parser.push(Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from));
    this.#remainder.keep(bytes, end, this.#needed);
    const unit = kind?.nanoseconds === true ? 1n : 1000n;
    return this.#parser.take().map((packet) => frameOf(packet, this.#parser.linkType, unit));
  }

  end(): void {
    const { at, length } = this.#remainder;
    if (this.#fault === undefined && (length > 0 || this.#kind === undefined))
      this.#fault = { code: 'E_CAPTURE_CUT', at: at + length };
  }

  #readHeader(bytes: Uint8Array): number {
    const kind = pcapKind(bytes);
    this.#kind = kind;
    const version = viewOf(bytes).getUint16(4, kind?.order === 'little');
    if (kind === undefined || version !== 2) {
      this.#fault = { code: 'E_CAPTURE_FORMAT', at: 0, found: `version ${version}` };
      return 0;
    }
    const header = Buffer.from(bytes.subarray(0, FILE_HEADER));
    if (kind.order === 'little') header.writeUInt32LE(MICROSECONDS);
    else header.writeUInt32BE(MICROSECONDS);
    this.#parser.push(header);
    return FILE_HEADER;
  }

  /** The end of the last whole record at or after `from`. */
  #walk(bytes: Uint8Array, from: number, order: ByteOrder): number {
    const view = viewOf(bytes);
    let at = from;
    this.#needed = RECORD_HEADER;
    while (at + RECORD_HEADER <= bytes.length) {
      const length = view.getUint32(at + 8, order === 'little');
      if (length > LIMITS.frameBytes) {
        const found = `a frame of ${length} bytes`;
        this.#fault = { code: 'E_CAPTURE_DAMAGED', at: this.#remainder.at + at, found };
        return at;
      }
      this.#needed = RECORD_HEADER + length;
      if (at + this.#needed > bytes.length) return at;
      at += this.#needed;
      this.#needed = RECORD_HEADER;
    }
    return at;
  }
}

/** pcap-parser, driven by hand: it handles each piece at once, since its listener runs within `emit`. */
class DrivenParser {
  readonly #listeners: ((data: Buffer) => void)[] = [];
  #packets: Packet[] = [];
  linkType = 0;

  constructor() {
    const input: Input = {
      pause: () => undefined,
      resume: () => undefined,
      on: (event, listener) => {
        if (event === 'data') this.#listeners.push(listener);
      },
    };
    parse(input)
      .on('globalHeader', ({ linkLayerType }) => {
        // The upper half is the length of a frame check sequence, not the link.
        this.linkType = linkLayerType & 0xffff;
      })
      .on('packet', (packet) => {
        this.#packets.push(packet);
      })
      .on('error', (error) => {
        // Both of its errors are about a header that `#readHeader` has checked.
        throw error;
      });
  }

  push(data: Buffer): void {
    for (const listener of this.#listeners) listener(data);
  }

  take(): readonly Packet[] {
    const taken = this.#packets;
    this.#packets = [];
    return taken;
  }
}

const NO_COMMENTS: readonly string[] = [];

function frameOf({ header, data }: Packet, linkType: number, unit: bigint): CapturedFrame {
  return {
    time: BigInt(header.timestampSeconds) * SECOND + BigInt(header.timestampMicroseconds) * unit,
    linkType,
    bytes: data,
    originalLength: Math.max(header.originalLength, data.length),
    comments: NO_COMMENTS,
  };
}
