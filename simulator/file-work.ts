/** What a modem does with a file it fetched, and which it gives away. */
import type { Args } from '../protocol/cwmp/messages.ts';
import { readImage } from '../protocol/datamodel/firmware-image.ts';
import type { Device } from './device.ts';
import type { ModemEvents } from './modem-types.ts';
import type { Aftermath } from './perform.ts';
import { faultText } from './perform.ts';
import type { TransferContext, Transferred } from './transfers.ts';
import { download, upload } from './transfers.ts';

export type TransferTask = Extract<Aftermath, { do: 'download' | 'upload' }>;

export interface TransferEnd {
  readonly report: ModemEvents['transferred'][0];
  /** What the ACS is told of it. */
  readonly complete: Args<'TransferComplete'>;
  /** New firmware runs after a restart. */
  readonly restarts: boolean;
}

/** Carries a transfer to its end. Never rejects: what goes wrong is a fault that TransferComplete tells. */
export async function carryTransfer(
  device: Device,
  task: TransferTask,
  context: TransferContext,
): Promise<TransferEnd> {
  const StartTime = device.clock;
  const fetched =
    task.do === 'download'
      ? await download(task.args, context)
      : await upload(task.args, fileToUpload(device), context);
  const firmware = task.do === 'download' && task.args.FileType.startsWith('1 ');
  const outcome = firmware && fetched.ok ? flash(device, fetched.bytes) : fetched;
  const { CommandKey, URL: url } = task.args;
  const fault = outcome.ok ? 0 : outcome.code;
  return {
    report: {
      ...{ kind: task.do, url, commandKey: CommandKey, fault },
      ...{ bytes: outcome.ok ? outcome.bytes.length : 0, why: outcome.ok ? '' : outcome.why },
    },
    complete: {
      CommandKey,
      FaultStruct: { FaultCode: fault, FaultString: fault === 0 ? '' : faultText(device, fault) },
      StartTime,
      CompleteTime: device.clock,
    },
    restarts: firmware && outcome.ok,
  };
}

/** Takes a firmware image of its own hardware; it runs after the restart. */
function flash(device: Device, bytes: Uint8Array): Transferred {
  const image = readImage(bytes);
  if (!image.ok) return { ok: false, code: 9018, why: `the file is ${image.error}` };
  const { board, family } = device.profile.identity;
  if (image.value.family !== family || image.value.board !== board)
    return { ok: false, code: 9018, why: `the image is for ${image.value.board || image.value.family}` };
  device.firmware = image.value.version;
  return { ok: true, bytes };
}

function fileToUpload(device: Device): Uint8Array {
  const lines = [`[ ${device.profile.identity.productClass} ${device.unit.serial} ${device.firmware} ]`];
  for (const leaf of device.tree.leaves(device.tree.root()))
    if (leaf.shape.writable) lines.push(`${leaf.path}=${device.parameter(leaf).value}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
}
