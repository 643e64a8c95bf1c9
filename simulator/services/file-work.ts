/** What a modem does with the files that it fetches, and which files it offers. */
import type { ImageRefusal } from '../../protocol/datamodel/firmware-image.ts';
import { checkImage } from '../../protocol/datamodel/firmware-image.ts';
import type { Setting } from '../device/configuration-file.ts';
import { loadConfiguration, writeConfiguration, writeLog } from '../device/configuration-file.ts';
import type { Device } from '../device/device.ts';
import type { TransferOrder } from '../device/transfer-list.ts';
import { isDownload } from '../device/transfer-list.ts';
import type { FileSource, TransferContext, Transferred } from './transfers.ts';
import { download, upload } from './transfers.ts';

/** Fetches or sends the file of a transfer. Never rejects: an error becomes a fault for TransferComplete. */
export function carryFile(
  device: Device,
  order: TransferOrder,
  context: TransferContext,
): Promise<Transferred> {
  const source = sourceOf(order);
  return isDownload(order)
    ? download(source, device.profile.rpc.transfers.flashBytes, context)
    : upload(source, fileToUpload(device, fileTypeOf(order)), context);
}

function sourceOf(order: TransferOrder): FileSource {
  if (order.do !== 'autonomous') return order.args;
  const { url: URL, username: Username = '', password: Password = '' } = order.args;
  return { URL, Username, Password };
}

export const fileTypeOf = (order: TransferOrder): string =>
  order.do === 'autonomous' ? order.args.fileType : order.args.FileType;

/**
 * The name under which a file is kept: its name in the URL, else TargetFileName, which counts only if nothing
 * else names the file (TR-069a6 A.3.2.8).
 */
export function fileNameOf(order: TransferOrder): string {
  const { pathname } = new URL(sourceOf(order).URL);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  if (last !== '' || order.do === 'upload') return last;
  return order.do === 'autonomous' ? (order.args.targetFileName ?? '') : order.args.TargetFileName;
}

export type Applied =
  | {
      readonly ok: true;
      /** Firmware that runs after a restart. */
      readonly firmware?: string;
      readonly settings?: readonly Setting[];
    }
  | { readonly ok: false; readonly code: number; readonly why: string };

/** Checks the file and reads its content. A wrong FileSize alone is not a failure (A.3.2.8). */
export function takeFile(device: Device, fileType: string, bytes: Uint8Array): Applied {
  if (/^1 Firmware/.test(fileType)) return flash(device, bytes);
  if (/^[68] Stored/.test(fileType)) {
    const flashed = flash(device, bytes);
    return flashed.ok ? { ok: true } : flashed;
  }
  if (/^3 Vendor Configuration/.test(fileType)) {
    const loaded = loadConfiguration(device, bytes);
    return loaded.ok ? loaded : { ok: false, code: 9018, why: loaded.why };
  }
  return bytes.length > 0 ? { ok: true } : { ok: false, code: 9018, why: 'the file is empty' };
}

const REFUSALS: Readonly<Record<ImageRefusal, string>> = {
  'not-an-image': 'the file is not an image',
  truncated: 'the image is truncated',
  'wrong-family': 'the image is for hardware of another family',
  'wrong-board': 'the image is for another board',
  'bad-checksum': 'the checksum of the image is wrong',
};

/** Accepts a firmware image for its own hardware. */
function flash({ profile }: Device, bytes: Uint8Array): Applied {
  const image = checkImage(bytes, profile.identity);
  if (!image.ok) return { ok: false, code: 9018, why: REFUSALS[image.error] };
  // The vendor's signature cannot be verified here: images made for simulated modems count as signed.
  if (profile.rpc.transfers.signed && !image.value.simulated)
    return { ok: false, code: 9019, why: 'the image is not signed' };
  return { ok: true, firmware: image.value.version };
}

function fileToUpload(device: Device, fileType: string): Uint8Array {
  return /Log File/.test(fileType) ? writeLog(device) : writeConfiguration(device);
}
