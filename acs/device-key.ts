/**
 * The key of a device, the way back, and how a person may name one.
 *
 * The key is the user name that TR-069a6 section 3.4.4 recommends: OUI, ProductClass and SerialNumber joined by `-`
 * (without ProductClass when it is empty), every character but `0-9 A-Z a-z _` percent-encoded as its UTF-8 octets.
 */
import { createHash } from 'node:crypto';
import type { DeviceId } from '../protocol/cwmp/messages.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { DeviceRecord, DeviceStore } from './store/store.ts';

/** What the key is made of. */
export type Identity = Pick<DeviceId, 'OUI' | 'ProductClass' | 'SerialNumber'>;

/**
 * Characters of one encoded part: 64 characters (the schema's limit) of four octets, three characters each. No lawful
 * identity is longer; of another one the end becomes a hash, so that a modem cannot fill logs and indexes with its key.
 */
const MAX_PART = 768;

/** Characters of a name that is used as it is for files and index entries (file systems bear 255 octets). */
const MAX_PLAIN_NAME = 200;

/** The key of a device. Total: any identity has one, and lawful ones have different keys. */
export function deviceKey(id: Identity): string {
  const parts =
    id.ProductClass.trim() === '' ? [id.OUI, id.SerialNumber] : [id.OUI, id.ProductClass, id.SerialNumber];
  return parts.map((part) => encodePart(part.trim())).join('-');
}

function encodePart(text: string): string {
  if (/^\w*$/.test(text) && text.length <= MAX_PART) return text;
  const long = text.length > MAX_PART;
  const encoded = (long ? text.slice(0, MAX_PART) : text).replace(/[^0-9A-Za-z_]/gu, (character) =>
    Buffer.from(character)
      .toString('hex')
      .toUpperCase()
      .replace(/../g, (octet) => `%${octet}`),
  );
  if (!long && encoded.length <= MAX_PART) return encoded;
  return `${encoded.slice(0, MAX_PART - 100).replace(/%.?$/, '')}~${sha256(text)}`;
}

/** The identity that a key was made of; `undefined` when it is no key, or one that was cut. */
export function parseDeviceKey(key: string): Identity | undefined {
  const match = /^([\w%]*)-(?:([\w%]*)-)?([\w%]*)$/.exec(key);
  if (match === null) return undefined;
  const OUI = decodePart(match[1] ?? '');
  const ProductClass = decodePart(match[2] ?? '');
  const SerialNumber = decodePart(match[3] ?? '');
  if (OUI === undefined || ProductClass === undefined || SerialNumber === undefined) return undefined;
  return { OUI, ProductClass, SerialNumber };
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * The device with this key, or the only one with this serial number.
 * @throws ModemlabError E_DEVICE_UNKNOWN, or E_DEVICE_AMBIGUOUS naming the keys
 */
export async function findDevice(store: DeviceStore, keyOrSerial: string): Promise<DeviceRecord> {
  const name = keyOrSerial.trim();
  const exact = await store.get(name);
  if (exact !== undefined) return exact;
  const found: DeviceRecord[] = [];
  for await (const record of store.list()) {
    if (record.deviceId.SerialNumber.trim() === name) found.push(record);
  }
  const [first] = found;
  if (first === undefined) throw new ModemlabError('E_DEVICE_UNKNOWN', name.slice(0, MAX_PLAIN_NAME));
  if (found.length > 1) {
    const keys = found.slice(0, 8).map((record) => record.key);
    throw new ModemlabError('E_DEVICE_AMBIGUOUS', keys.join(', ') + (found.length > 8 ? ', ...' : ''));
  }
  return first;
}

/**
 * A key as the name of a file, a folder or an index entry: itself when it is a short one made by `deviceKey`, otherwise
 * its beginning and a hash. Different keys have different names; none has a dot, a slash or a NUL, or is empty.
 */
export function storageName(key: string): string {
  if (key.length <= MAX_PLAIN_NAME && /^[\w%-]+$/.test(key)) return key;
  const beginning = key.slice(0, MAX_PLAIN_NAME / 2).replace(/[^\w%-]/g, '_');
  return `${beginning}~${sha256(key)}`;
}

/** Hash of the text's UTF-16 code units: UTF-8 would make one of all lone surrogates. */
function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex');
}
