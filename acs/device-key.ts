/** The key of a device (protocol/cwmp/device-key.ts), its parts, and how a person may name a device. */
import { createHash } from 'node:crypto';
import type { Identity } from '../protocol/cwmp/device-key.ts';
import { keyOf } from '../protocol/cwmp/device-key.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { DeviceRecord, DeviceStore } from './store/store.ts';

/**
 * Characters of a name that is used unchanged for files and index entries (file systems allow 255 octets).
 */
const MAX_PLAIN_NAME = 200;

/** The key of a device. Total: any identity has one, and valid identities have different keys. */
export const deviceKey = (id: Identity): string => keyOf(id, sha256);

/** The identity that a key was made from; `undefined` for a text that is not a key, or a key that was cut. */
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
 * A key as the name of a file, a folder or an index entry: a short key made by `deviceKey` stays as it is,
 * any other text becomes its beginning and a hash. Different keys have different names; none is empty or has
 * a dot, a slash or a NUL.
 */
export function storageName(key: string): string {
  if (key.length <= MAX_PLAIN_NAME && /^[\w%-]+$/.test(key)) return key;
  const beginning = key.slice(0, MAX_PLAIN_NAME / 2).replace(/[^\w%-]/g, '_');
  return `${beginning}~${sha256(key)}`;
}

/** Hash of the text's UTF-16 code units: in UTF-8 all lone surrogates would be the same. */
function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex');
}
