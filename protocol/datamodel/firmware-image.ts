/**
 * Headers of SpeedTouch firmware images: which hardware they are for and which version they hold. Numbers are big-endian;
 * the signature is nobody's to make or check, so images made here are for simulated modems alone, and say so.
 */
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

export interface FirmwareImage {
  /** Two letters of the hardware family, compared by the boot loader. */
  readonly family: string;
  /** Board name, such as `BANT-R`; empty when the header has none. */
  readonly board: string;
  /** As SoftwareVersion reads. */
  readonly version: string;
}

export type ImageError = 'not-an-image' | 'truncated';

const MAGIC = 'BLI2';
const FIXED_BYTES = 308;
const BOARD_ITEM = 0x08;
const SIMULATED_ITEM = 0x7f;

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

/** What the header says; the payload is looked at for its length only. */
export function readImage(bytes: Uint8Array): Result<FirmwareImage, ImageError> {
  if (ascii(bytes, 0, 4) !== MAGIC) return err('not-an-image');
  if (bytes.length < FIXED_BYTES) return err('truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(40);
  const payloadLength = view.getUint32(44);
  if (headerLength < FIXED_BYTES || headerLength + payloadLength > bytes.length) return err('truncated');
  let board = '';
  for (let at = FIXED_BYTES; at + 2 <= headerLength; at += 2 + (bytes[at + 1] ?? 0)) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    if (end > headerLength) return err('truncated');
    if (bytes[at] === BOARD_ITEM) board = ascii(bytes, at + 2, end);
  }
  return ok({ family: ascii(bytes, 6, 8), board, version: readVersion(bytes.subarray(32, 36)) });
}

/** Whether an image says that it was made for simulated modems. */
export function isSimulatedImage(bytes: Uint8Array): boolean {
  if (!readImage(bytes).ok) return false;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(40);
  for (let at = FIXED_BYTES; at + 2 <= headerLength; at += 2 + (bytes[at + 1] ?? 0))
    if (bytes[at] === SIMULATED_ITEM) return true;
  return false;
}

/** From 8.x on a part above nine is printed as a letter: 8.12.13.9 reads 8.C.D.9. */
function readVersion(parts: Uint8Array): string {
  const letters = (parts[0] ?? 0) >= 8;
  return Array.from(parts, (part, index) =>
    letters && index > 0 && part < 36 ? part.toString(36).toUpperCase() : String(part),
  ).join('.');
}

function versionBytes(version: string): number[] {
  return version
    .split('.')
    .slice(0, 4)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : Number.parseInt(part, 36)) & 0xff);
}

/** An image that a simulated modem of this family and board takes; the payload is of zeros. */
export function writeImage({ family, board, version }: FirmwareImage, payloadBytes = 1024): Uint8Array {
  const codes = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0) & 0x7f);
  const item = (tag: number, text: string): number[] => [tag, text.length, ...codes(text)];
  const items = [...item(BOARD_ITEM, board), ...item(SIMULATED_ITEM, 'SIMULATED')];
  const headerLength = FIXED_BYTES + items.length;
  const bytes = new Uint8Array(headerLength + payloadBytes);
  bytes.set(codes(`${MAGIC}23${family}0`), 0);
  bytes.set(codes('0'), 20);
  bytes.set(versionBytes(version), 32);
  const view = new DataView(bytes.buffer);
  view.setUint32(40, headerLength);
  view.setUint32(44, payloadBytes);
  bytes.set(items, FIXED_BYTES);
  return bytes;
}
