/** The report to the ACS about a finished transfer, and whether there is one (TR-069a6 A.3.3.2, A.3.3.3). */
import type { AcsMethod, Args, Request } from '../../protocol/cwmp/messages.ts';
import type { Device } from '../device/device.ts';
import type { TransferOrder } from '../device/transfer-list.ts';
import { isDownload } from '../device/transfer-list.ts';

interface Times {
  readonly StartTime: string;
  readonly CompleteTime: string;
}

export function completion(
  order: TransferOrder,
  FaultStruct: Args<'TransferComplete'>['FaultStruct'],
  times: Times,
  FileSize: number,
): Request<AcsMethod> {
  if (order.do !== 'autonomous') {
    const { CommandKey } = order.args;
    return { kind: 'request', rpc: 'TransferComplete', args: { CommandKey, FaultStruct, ...times } };
  }
  const { announceUrl = '', url, fileType, targetFileName = '' } = order.args;
  const args = {
    AnnounceURL: announceUrl,
    TransferURL: url,
    IsDownload: isDownload(order),
    FileType: fileType,
    FileSize,
    TargetFileName: targetFileName,
    FaultStruct,
    ...times,
  };
  return { kind: 'request', rpc: 'AutonomousTransferComplete', args };
}

/**
 * Requested transfers are always reported; others according to
 * ManagementServer.AutonomousTransferCompletePolicy, where it exists.
 */
export function announces(device: Device, order: TransferOrder, faultCode: number): boolean {
  if (order.do !== 'autonomous') return true;
  const policy = 'ManagementServer.AutonomousTransferCompletePolicy.';
  if (device.tree.find(device.name(policy)) === undefined) return true;
  const setting = (name: string): string => device.setting(policy + name);
  if (!/^(1|true)$/.test(setting('Enable'))) return false;
  const fits = (name: string, value: string): boolean => ['', 'Both', value].includes(setting(name));
  const types = setting('FileTypeFilter');
  return (
    fits('TransferTypeFilter', isDownload(order) ? 'Download' : 'Upload') &&
    fits('ResultTypeFilter', faultCode === 0 ? 'Success' : 'Failure') &&
    (types === '' || types.split(',').some((type) => type.trim() === order.args.fileType))
  );
}
