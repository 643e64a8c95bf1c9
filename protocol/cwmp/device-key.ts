/**
 * The key of a device: the user name that TR-069a6 section 3.4.4 recommends. OUI, ProductClass and
 * SerialNumber joined by `-` (without ProductClass when it is empty), every character but `0-9 A-Z a-z _`
 * percent-encoded as its UTF-8 octets.
 */
import type { DeviceId } from './messages.ts';

/** What the key is made of. */
export type Identity = Pick<DeviceId, 'OUI' | 'ProductClass' | 'SerialNumber'>;

/**
 * Characters of one encoded part: 64 characters (the schema's limit) of four octets, three characters each.
 * No lawful identity is longer; of another one the end becomes a hash, so that a modem cannot fill logs and
 * indexes with its key.
 */
const MAX_PART = 768;

/** A short text that stands for a long one; the caller's function, of the text's UTF-16 code units. */
export type Hash = (text: string) => string;

const utf8 = new TextEncoder();

/** The key of a device. Total: any identity has one, and lawful ones have different keys. */
export function keyOf(id: Identity, hash: Hash): string {
  const parts =
    id.ProductClass.trim() === '' ? [id.OUI, id.SerialNumber] : [id.OUI, id.ProductClass, id.SerialNumber];
  return parts.map((part) => encodePart(part.trim(), hash)).join('-');
}

/** Whether this key is meant: by itself, or by the serial number, which it ends with. */
export const isDevice = (key: string | undefined, wanted: string): boolean =>
  key !== undefined && (key === wanted || key.endsWith(`-${wanted}`));

function encodePart(text: string, hash: Hash): string {
  if (/^\w*$/.test(text) && text.length <= MAX_PART) return text;
  const long = text.length > MAX_PART;
  const encoded = (long ? text.slice(0, MAX_PART) : text).replace(/[^0-9A-Za-z_]/gu, (character) =>
    [...utf8.encode(character)]
      .map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
  if (!long && encoded.length <= MAX_PART) return encoded;
  return `${encoded.slice(0, MAX_PART - 100).replace(/%.?$/, '')}~${hash(text)}`;
}
