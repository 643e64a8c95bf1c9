/**
 * Writes pcapng files block by block (draft-ietf-opsawg-pcapng). Times are in nanoseconds by default.
 */
import type { ByteOrder, CapturedFrame } from './frame.ts';
import { SECOND } from './frame.ts';
import { viewOf } from './reader.ts';

type Option = readonly [code: number, value: Uint8Array];

const utf8 = new TextEncoder();
const OPTION_BYTES = 0xffff;

/** A text as the value of an option; one that is too long is cut between characters. */
function textOption(code: number, text: string): Option {
  const bytes = new Uint8Array(OPTION_BYTES);
  const { written } = utf8.encodeInto(text, bytes);
  return [code, bytes.subarray(0, written)];
}

const padded = (length: number): number => (length + 3) & ~3;

/** A block of any type: type, length, fixed fields, data padded to 32 bits, options, length again. */
function block(
  type: number,
  order: ByteOrder,
  fields: number,
  fill: (view: DataView, little: boolean) => void,
  data: Uint8Array = new Uint8Array(0),
  options: readonly Option[] = [],
): Uint8Array {
  const little = order === 'little';
  const optionBytes = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 0);
  const length = 12 + fields + padded(data.length) + (optionBytes === 0 ? 0 : optionBytes + 4);
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  view.setUint32(0, type, little);
  view.setUint32(4, length, little);
  fill(new DataView(bytes.buffer, 8, fields), little);
  bytes.set(data, 8 + fields);
  let at = 8 + fields + padded(data.length);
  for (const [code, value] of options) {
    view.setUint16(at, code, little);
    view.setUint16(at + 2, value.length, little);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, little);
  return bytes;
}

export interface SectionInfo {
  readonly order?: ByteOrder;
  /** The program that writes. */
  readonly application?: string;
  readonly comments?: readonly string[];
}

/** Section header block; of unknown length, so that the file can be written as it grows. */
export function pcapngSection({
  order = 'little',
  application,
  comments = [],
}: SectionInfo = {}): Uint8Array {
  const options = comments.map((comment) => textOption(1, comment));
  if (application !== undefined) options.push(textOption(4, application));
  const fill = (view: DataView, little: boolean): void => {
    view.setUint32(0, 0x1a2b3c4d, little);
    view.setUint16(4, 1, little);
    view.setBigInt64(8, -1n, little);
  };
  return block(0x0a0d0d0a, order, 16, fill, undefined, options);
}

/** Resolution of the times of an interface, as the option's byte: n for 10^-n, 0x80 + n for 2^-n. */
export type Resolution = number;
const NANOSECONDS: Resolution = 9;

export interface InterfaceInfo {
  readonly linkType: number;
  readonly name?: string;
  readonly order?: ByteOrder;
  readonly resolution?: Resolution;
  /** Maximum bytes of a frame; 0: no limit. */
  readonly snapLength?: number;
}

/** Interface description block. The first of a section is interface 0. */
export function pcapngInterface(info: InterfaceInfo): Uint8Array {
  const { linkType, name, order = 'little', resolution = NANOSECONDS, snapLength = 0 } = info;
  const options: Option[] = [[9, Uint8Array.of(resolution)]];
  if (name !== undefined) options.push(textOption(2, name));
  const fill = (view: DataView, little: boolean): void => {
    view.setUint16(0, linkType, little);
    view.setUint32(4, snapLength, little);
  };
  return block(1, order, 8, fill, undefined, options);
}

export interface PacketStyle {
  readonly interface?: number;
  readonly order?: ByteOrder;
  readonly resolution?: Resolution;
  /** `obsolete` is the packet block that old files have; `simple` holds neither time nor comments. */
  readonly kind?: 'enhanced' | 'obsolete' | 'simple';
}

/** A frame as a block. Times are rounded down to the resolution. */
export function pcapngPacket(
  frame: Pick<CapturedFrame, 'time' | 'bytes' | 'originalLength'> & { readonly comments?: readonly string[] },
  style: PacketStyle = {},
): Uint8Array {
  const { interface: index = 0, kind = 'enhanced', order = 'little', resolution = NANOSECONDS } = style;
  const { bytes, comments = [], originalLength, time } = frame;
  if (kind === 'simple')
    return block(3, order, 4, (view, little) => view.setUint32(0, originalLength, little), bytes);
  const perSecond = resolution >= 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  const ticks = BigInt.asUintN(64, (time * perSecond) / SECOND);
  const fill = (view: DataView, little: boolean): void => {
    if (kind === 'enhanced') view.setUint32(0, index, little);
    else {
      view.setUint16(0, index, little);
      // Drops: not known.
      view.setUint16(2, 0xffff, little);
    }
    view.setUint32(4, Number(ticks >> 32n), little);
    view.setUint32(8, Number(ticks & 0xffffffffn), little);
    view.setUint32(12, bytes.length, little);
    view.setUint32(16, originalLength, little);
  };
  const options = comments.map((comment) => textOption(1, comment));
  return block(kind === 'enhanced' ? 6 : 2, order, 20, fill, bytes, options);
}

/** Any other block, such as name resolution (4) or a custom one (0xbad): readers skip it. */
export const pcapngOther = (type: number, data: Uint8Array, order: ByteOrder = 'little'): Uint8Array =>
  block(type, order, 0, () => undefined, data);
