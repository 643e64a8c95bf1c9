/**
 * Which autonomous changes of units are reported: ManagementServer.DUStateChangeComplPolicy, where it exists.
 */
import type { Device } from './device.ts';
import type { UnitChange } from './rpc/change-du.ts';

type Result = UnitChange['results'][number];

export function announcedUnits(device: Device, results: readonly Result[]): readonly Result[] {
  const policy = 'ManagementServer.DUStateChangeComplPolicy.';
  if (device.tree.find(device.name(policy)) === undefined) return results;
  const setting = (name: string): string => device.setting(policy + name);
  if (!/^(1|true)$/.test(setting('Enable'))) return [];
  const filter = (name: string): readonly string[] =>
    setting(name)
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  const [operations, kinds, codes] = [
    filter('OperationTypeFilter'),
    filter('ResultTypeFilter'),
    filter('FaultCodeFilter'),
  ];
  return results.filter(({ operation, result }) => {
    const { FaultCode } = result.Fault;
    const kind = FaultCode === 0 ? 'Success' : 'Failure';
    if (operations.length > 0 && !operations.includes(operation)) return false;
    if (kinds.length > 0 && !kinds.includes(kind) && !kinds.includes('Both')) return false;
    return FaultCode === 0 || codes.length === 0 || codes.includes(String(FaultCode));
  });
}
