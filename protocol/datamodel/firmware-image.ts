/**
 * SpeedTouch firmware images (`.bli`, `.bin`, `.rbi`): a header that begins with BLI2, and a payload. Numbers
 * are big-endian; the signature is nobody's to make or check, so images made here are for simulated modems
 * alone, and say so.
 */
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';
import { crc32 } from './crc32.ts';

export interface FirmwareImage {
  /** Two letters of the hardware family, compared by the boot loader. */
  readonly family: string;
  /** Board name, such as `BANT-R`; empty when the header has none. */
  readonly board: string;
  /** As SoftwareVersion reads. */
  readonly version: string;
}

export interface ImageDetails extends FirmwareImage {
  /** Two characters behind the magic. */
  readonly format: string;
  readonly product: string;
  readonly variant: string;
  readonly productName: string;
  readonly packer: string;
  /** Bytes. */
  readonly headerLength: number;
  readonly payloadLength: number;
  readonly checksum: number;
  /** The check sum is that of the payload. */
  readonly intact: boolean;
  /** It says that it was made for simulated modems. */
  readonly simulated: boolean;
}

export type ImageError = 'not-an-image' | 'truncated';

/** Why a boot loader drops an image, in the order in which it looks. */
export type ImageRefusal = ImageError | 'wrong-family' | 'wrong-board' | 'bad-checksum';

const MAGIC = 'BLI2';
const FORMAT = '23';
const FIXED_BYTES = 308;
const SIGNATURE = { from: 52, to: FIXED_BYTES } as const;
const ITEM = { board: 0x08, productName: 0x09, packer: 0x20, simulated: 0x7f } as const;
/** A plain payload begins with this, and four bytes of its length. */
const PLAIN = [0xb0, 0x4d, 0x55, 0x54, 0x45, 0x0a] as const;
const PAYLOAD_HEAD = PLAIN.length + 4;

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to)).replace(/\0+$/, '');

/** What the header says; the payload is looked at for its length only. */
export function readImage(bytes: Uint8Array): Result<FirmwareImage, ImageError> {
  const header = readHeader(bytes);
  if (!header.ok) return header;
  const { items } = header.value;
  return ok({
    family: ascii(bytes, 6, 8),
    board: items.get(ITEM.board) ?? '',
    version: readVersion(bytes.subarray(32, 36)),
  });
}

/** Everything that is known of the header, and whether the payload is the one it was made for. */
export function describeImage(bytes: Uint8Array): Result<ImageDetails, ImageError> {
  const image = readImage(bytes);
  const header = readHeader(bytes);
  if (!image.ok) return image;
  if (!header.ok) return header;
  const { headerLength, payloadLength, checksum, items } = header.value;
  return ok({
    ...image.value,
    format: ascii(bytes, 4, 6),
    product: ascii(bytes, 8, 20),
    variant: ascii(bytes, 20, 32),
    productName: items.get(ITEM.productName) ?? '',
    packer: items.get(ITEM.packer) ?? '',
    headerLength,
    payloadLength,
    checksum,
    intact: checksum === crc32(bytes.subarray(headerLength, headerLength + payloadLength)),
    simulated: items.has(ITEM.simulated),
  });
}

/** What a boot loader of this family and board makes of an image. */
export function checkImage(
  bytes: Uint8Array,
  { family, board }: Pick<FirmwareImage, 'family' | 'board'>,
): Result<ImageDetails, ImageRefusal> {
  const image = describeImage(bytes);
  if (!image.ok) return image;
  if (image.value.family !== family) return err('wrong-family');
  if (image.value.board !== board) return err('wrong-board');
  return image.value.intact ? image : err('bad-checksum');
}

interface ImageHeader {
  readonly headerLength: number;
  readonly payloadLength: number;
  readonly checksum: number;
  readonly items: ReadonlyMap<number, string>;
}

function readHeader(bytes: Uint8Array): Result<ImageHeader, ImageError> {
  if (ascii(bytes, 0, 4) !== MAGIC) return err('not-an-image');
  if (bytes.length < FIXED_BYTES) return err('truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [headerLength, payloadLength, checksum] = [
    view.getUint32(40),
    view.getUint32(44),
    view.getUint32(48),
  ];
  if (headerLength < FIXED_BYTES || headerLength + payloadLength > bytes.length) return err('truncated');
  const items = new Map<number, string>();
  for (let at = FIXED_BYTES; at + 2 <= headerLength; at += 2 + (bytes[at + 1] ?? 0)) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    if (end > headerLength) return err('truncated');
    items.set(bytes[at] ?? 0, ascii(bytes, at + 2, end));
  }
  return ok({ headerLength, payloadLength, checksum, items });
}

/** From 8.x on a part above nine is printed as a letter: 8.12.13.9 reads 8.C.D.9. */
function readVersion(parts: Uint8Array): string {
  const letters = (parts[0] ?? 0) >= 8;
  return Array.from(parts, (part, index) =>
    letters && index > 0 && part < 36 ? part.toString(36).toUpperCase() : String(part),
  ).join('.');
}

/** The first four parts of a version as numbers: figures are decimal, a letter is 10 to 35. */
function versionParts(version: string): number[] {
  return version
    .split('.')
    .slice(0, 4)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : Number.parseInt(part, 36)));
}

/** Whether a version can stand in an image: four parts, each a byte. */
export const isImageVersion = (version: string): boolean =>
  /^(?:[0-9]{1,3}|[A-Za-z])(?:\.(?:[0-9]{1,3}|[A-Za-z])){3}$/.test(version) &&
  versionParts(version).every((part) => part < 256);

/**
 * The name of a build: product and variant, and the version with one character a part: `ZZQIAA6.2H5` is
 * 6.2.17.5.
 */
export function buildName(product: string, version: string, variant = 'AA'): string {
  const [major = 0, ...parts] = versionParts(version);
  return `ZZ${product}${variant}${major}.${parts.map((part) => part.toString(36).toUpperCase()).join('')}`;
}

/**
 * An image that a simulated modem of this family and board takes. The same arguments give the same bytes; the
 * payload is noise of at least ten bytes, of which every change shows in the check sum.
 */
export function writeImage(
  { family, board, version }: FirmwareImage,
  payloadBytes = 1024,
  { productName = '' }: { readonly productName?: string } = {},
): Uint8Array {
  const codes = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0) & 0x7f);
  const item = (tag: number, text: string): number[] => [tag, text.length, ...codes(text)];
  const items = [
    ...item(ITEM.board, board),
    ...(productName === '' ? [] : item(ITEM.productName, productName)),
    ...item(ITEM.packer, '200'),
    ...item(ITEM.simulated, 'SIMULATED'),
  ];
  const headerLength = FIXED_BYTES + items.length;
  const payloadLength = Math.max(PAYLOAD_HEAD, payloadBytes);
  const bytes = new Uint8Array(headerLength + payloadLength);
  fillWithNoise(bytes, `${family} ${board} ${version}`);
  bytes.fill(0, 0, SIGNATURE.from);
  bytes.set(codes(`${MAGIC}${FORMAT}${family}0`), 0);
  bytes.set(codes('0'), 20);
  bytes.set(versionParts(version), 32);
  bytes.set(items, FIXED_BYTES);
  bytes.set(PLAIN, headerLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(40, headerLength);
  view.setUint32(44, payloadLength);
  view.setUint32(headerLength + PLAIN.length, payloadLength - PAYLOAD_HEAD);
  view.setUint32(48, crc32(bytes.subarray(headerLength)));
  return bytes;
}

/** Numerical Recipes' linear congruential generator, begun with the check sum of a text. */
function fillWithNoise(bytes: Uint8Array, text: string): void {
  let state = crc32(Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff));
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
}
