/** The third reading of a capture: its frames again, with the secrets replaced. */
import { LIMITS } from '../../protocol/limits.ts';
import type { CapturedFrame } from '../file/frame.ts';
import { LINK_TYPES } from '../file/frame.ts';
import { u16 } from '../file/octets.ts';
import type { Fragments } from '../packet/fragments.ts';
import { createFragments } from '../packet/fragments.ts';
import type { IpPacket } from '../packet/ip.ts';
import { readIp } from '../packet/ip.ts';
import { readLink } from '../packet/link.ts';
import { repairChecksum, sumOfAll } from './checksums.ts';
import { replaceOctets } from './datagram.ts';
import { arpFields, ipFields, isArp, linkFields } from './frame-places.ts';
import type { Locator } from './locate.ts';
import type { Secrets } from './secrets.ts';
import type { Tally } from './tally.ts';
import { replaceText } from './texts.ts';
import type { Transport } from './transport.ts';
import { createTransport } from './transport.ts';

export interface Rewriter {
  /** Finished frames, in order; a fragment waits for the others of its packet. */
  push(frame: CapturedFrame): readonly CapturedFrame[];
  /** The capture has ended. */
  end(): readonly CapturedFrame[];
}

interface Waiting {
  readonly frame: CapturedFrame;
  /** The part of an IP packet's payload that the frame has; `undefined`: the frame is finished. */
  part: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
}

export function createRewriter(
  secrets: Secrets,
  located: Pick<Locator, 'bodies' | 'sides'>,
  tally: Tally,
): Rewriter {
  return new FrameRewriter(secrets, tally, createTransport(secrets, located, tally));
}

class FrameRewriter implements Rewriter {
  readonly #secrets: Secrets;
  readonly #tally: Tally;
  readonly #transport: Transport;
  readonly #fragments: Fragments = createFragments();
  readonly #queue: Waiting[] = [];
  readonly #parts = new Map<string, Waiting[]>();

  constructor(secrets: Secrets, tally: Tally, transport: Transport) {
    this.#secrets = secrets;
    this.#tally = tally;
    this.#transport = transport;
  }

  push(frame: CapturedFrame): readonly CapturedFrame[] {
    const bytes = Uint8Array.from(frame.bytes);
    const waiting: Waiting = {
      frame: { ...frame, bytes, comments: frame.comments.map(this.#comment) },
      part: undefined,
    };
    this.#queue.push(waiting);
    this.#rewrite(waiting, bytes);
    return this.#release(LIMITS.anonymiseWaiting);
  }

  end(): readonly CapturedFrame[] {
    return this.#release(0);
  }

  readonly #comment = (text: string): string => {
    const bytes = Buffer.from(text);
    for (const part of replaceText(this.#secrets, 'lines', bytes.toString('latin1'), this.#tally.replace))
      bytes.set(part.bytes, part.at);
    return bytes.toString();
  };

  /** Takes finished frames off the front, and others where more than `most` wait. */
  #release(most: number): readonly CapturedFrame[] {
    const done: CapturedFrame[] = [];
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (first.part !== undefined) {
        if (this.#queue.length <= most) break;
        this.#blank('fragments of packets that are not whole', first.part.bytes);
        first.part = undefined;
      }
      done.push(first.frame);
      this.#queue.shift();
    }
    return done;
  }

  #blank(what: string, bytes: Uint8Array): void {
    this.#tally.blank(what, bytes.length);
    bytes.fill(0);
  }

  #replaceFields(fields: ReturnType<typeof linkFields>, bytes: Uint8Array): void {
    for (const field of fields) replaceOctets(this.#secrets, field, bytes, this.#tally);
  }

  #rewrite(waiting: Waiting, bytes: Uint8Array): void {
    const { linkType } = waiting.frame;
    this.#replaceFields(linkFields(linkType, bytes), bytes);
    const link = readLink(linkType, bytes);
    switch (link.is) {
      case 'ip':
        this.#packet(waiting, link.packet);
        return;
      case 'other': {
        const fields = isArp(link.etherType) ? arpFields(bytes, link.at) : undefined;
        this.#replaceFields(fields ?? [], bytes);
        if (fields === undefined) this.#blank('frames that are no IP', bytes.subarray(link.at));
        else bytes.subarray(link.at + ARP_BYTES).fill(0);
        return;
      }
      default:
        this.#blank('frames that cannot be read', bytes.subarray(linkType === LINK_TYPES.ethernet ? 12 : 0));
    }
  }

  #packet(waiting: Waiting, bytes: Uint8Array): void {
    const read = readIp(bytes);
    // The version stays, so that it is still taken for the same protocol.
    if (read === undefined) {
      this.#blank('frames that cannot be read', bytes.subarray(1));
      return;
    }
    const isV4 = (bytes[0] ?? 0) >> 4 === 4;
    const total = isV4 ? u16(bytes, 2) || bytes.length : 40 + (u16(bytes, 4) || bytes.length - 40);
    // The padding of a short frame is left over from memory.
    bytes.subarray(total).fill(0);
    if (read.fragment === undefined) this.#transport.replace(read, waiting.frame.time);
    else this.#part(waiting, read, read.fragment.offset, read.fragment.id);
    const head = bytes.subarray(0, isV4 ? ((bytes[0] ?? 0) & 0x0f) * 4 : 40);
    const before = sumOfAll([head]);
    this.#replaceFields(ipFields(bytes), bytes);
    if (isV4) repairChecksum(head, 10, before, sumOfAll([head]));
  }

  /**
   * A fragment is changed once all are there: a replacement may span several, and the checksum covers all.
   */
  #part(waiting: Waiting, read: IpPacket, offset: number, id: number): void {
    const key = `${read.source} ${read.destination} ${read.protocol} ${id}`;
    const parts = this.#parts.get(key) ?? [];
    this.#parts.set(key, parts);
    waiting.part = { offset, bytes: read.payload };
    parts.push(waiting);
    const whole = this.#fragments.add(read, waiting.frame.time);
    if (whole === undefined) return;
    this.#parts.delete(key);
    this.#transport.replace(whole, waiting.frame.time);
    for (const one of parts) {
      if (one.part === undefined) continue;
      const { bytes } = one.part;
      const from = one.part.offset;
      if (from + bytes.length > whole.payload.length) bytes.fill(0);
      else bytes.set(whole.payload.subarray(from, from + bytes.length));
      one.part = undefined;
    }
  }
}

const ARP_BYTES = 28;
