/** Writes classic pcap files (draft-ietf-opsawg-pcap). They hold no comments, and one link type per file. */
import type { ByteOrder, CapturedFrame } from './frame.ts';
import { SECOND } from './frame.ts';
import { viewOf } from './reader.ts';

export interface PcapStyle {
  readonly order?: ByteOrder;
  /** Default: nanoseconds. */
  readonly microseconds?: boolean;
}

/** The header of a file whose frames are of one link type. */
export function pcapHeader(linkType: number, { order = 'little', microseconds = false }: PcapStyle = {}) {
  const bytes = new Uint8Array(24);
  const view = viewOf(bytes);
  const little = order === 'little';
  view.setUint32(0, microseconds ? 0xa1b2c3d4 : 0xa1b23c4d, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, 0x40000, little);
  view.setUint32(20, linkType, little);
  return bytes;
}

/** One record of the file. Times before 1970 or past 2106 cannot be written: RangeError. */
export function pcapRecord(
  frame: Pick<CapturedFrame, 'time' | 'bytes' | 'originalLength'>,
  { order = 'little', microseconds = false }: PcapStyle = {},
): Uint8Array {
  const seconds = frame.time / SECOND;
  if (frame.time < 0n || seconds > 0xffffffffn)
    throw new RangeError(`not a time that pcap can hold: ${frame.time}`);
  const fraction = Number(frame.time % SECOND);
  const bytes = new Uint8Array(16 + frame.bytes.length);
  const view = viewOf(bytes);
  const little = order === 'little';
  view.setUint32(0, Number(seconds), little);
  view.setUint32(4, microseconds ? Math.floor(fraction / 1000) : fraction, little);
  view.setUint32(8, frame.bytes.length, little);
  view.setUint32(12, frame.originalLength, little);
  bytes.set(frame.bytes, 16);
  return bytes;
}
