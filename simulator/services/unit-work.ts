/** One operation on deployment units, from the request to its results (TR-069a6 A.4.1.10, A.4.2.3). */
import type { Operation } from '../../protocol/cwmp/operation.ts';
import type { Device } from '../device/device.ts';
import type { OpResult } from '../device/rpc/change-du.ts';
import type { UnitPackage } from '../device/unit-package.ts';
import { compareVersions, readPackage, UUID_FORM } from '../device/unit-package.ts';
import type { Unit } from '../device/units.ts';
import {
  environmentOf,
  hasRoom,
  install,
  isEnabled,
  isFor,
  uninstall,
  unitsOf,
  update,
} from '../device/units.ts';
import type { TransferContext } from './transfers.ts';
import { download } from './transfers.ts';

type Of<O extends Operation['Operation']> = Extract<Operation, { Operation: O }>;

/** The content of a result beside its times and fault. */
interface About {
  readonly uuid: string;
  readonly version: string;
  readonly path: string;
  readonly executionUnit: string;
}

const NOTHING: About = { uuid: '', version: '', path: '', executionUnit: '' };

type Ended =
  | { readonly ok: true; readonly about: About }
  | { readonly ok: false; readonly code: number; readonly about: About };

const failed = (code: number, about: Partial<About> = {}): Ended => ({
  ok: false,
  code,
  about: { ...NOTHING, ...about },
});

/** One result, or one for each affected unit. Never rejects. */
export async function runOperation(
  device: Device,
  operation: Operation,
  context: TransferContext,
): Promise<readonly OpResult[]> {
  const StartTime = device.clock;
  const ended = await outcomesOf(device, operation, context);
  return ended.map((one) => ({
    UUID: one.about.uuid,
    DeploymentUnitRef: one.about.path,
    Version: one.about.version,
    CurrentState: one.ok ? (operation.Operation === 'Uninstall' ? 'Uninstalled' : 'Installed') : 'Failed',
    Resolved: one.ok && operation.Operation !== 'Uninstall',
    ExecutionUnitRefList: one.about.executionUnit === '' ? '' : `${one.about.executionUnit}.`,
    StartTime,
    CompleteTime: device.clock,
    Fault: { FaultCode: one.ok ? 0 : one.code, FaultString: '' },
  }));
}

async function outcomesOf(device: Device, operation: Operation, context: TransferContext): Promise<Ended[]> {
  const { UUID: uuid = '' } = operation;
  if (uuid !== '' && !UUID_FORM.test(uuid)) return [failed(9022, { uuid: uuid.slice(0, 36) })];
  switch (operation.Operation) {
    case 'Install':
      return [await installed(device, operation, context)];
    case 'Update':
      return updated(device, operation, context);
    case 'Uninstall':
      return uninstalled(device, operation);
  }
}

async function installed(device: Device, operation: Of<'Install'>, context: TransferContext): Promise<Ended> {
  const { UUID: asked = '', URL: url, ExecutionEnvRef: reference = '' } = operation;
  const environment = environmentOf(device, reference);
  if (environment === undefined) return failed(9023, { uuid: asked });
  if (!isEnabled(device, environment)) return failed(9024, { uuid: asked });
  const fetched = await fetchPackage(device, operation, url, context);
  if (typeof fetched === 'number') return failed(fetched, { uuid: asked });
  const uuid = asked === '' ? fetched.uuid : asked;
  const { version } = fetched;
  if (!isFor(device, fetched, environment)) return failed(9025, { uuid, version });
  const isThere = unitsOf(device).some(
    (unit) => unit.uuid === uuid && unit.version === version && unit.environment === environment,
  );
  if (isThere) return failed(9026, { uuid, version });
  if (!hasRoom(device, fetched, environment)) return failed(9027, { uuid, version });
  const unit = install(device, fetched, { uuid, url, environment });
  return unit === undefined ? failed(9027, { uuid, version }) : { ok: true, about: unit };
}

/** By UUID, by the URL that it came from, or all. */
async function updated(device: Device, operation: Of<'Update'>, context: TransferContext): Promise<Ended[]> {
  const { UUID: uuid = '', URL: url = '', Version: version = '' } = operation;
  const units = unitsOf(device).filter(
    (unit) => (uuid === '' || unit.uuid === uuid) && (uuid !== '' || url === '' || unit.url === url),
  );
  const isAll = uuid === '' && url === '';
  const meant = version === '' ? units : units.filter((unit) => unit.version === version);
  if (meant.length === 0) return isAll ? [] : [failed(9028, { uuid, version })];
  if (!isAll && meant.length > 1) return [failed(9031, { uuid })];
  const ended: Ended[] = [];
  for (const unit of meant) ended.push(await updateOne(device, operation, unit, context));
  return ended;
}

async function updateOne(
  device: Device,
  operation: Of<'Update'>,
  unit: Unit,
  context: TransferContext,
): Promise<Ended> {
  const stuck = obstacle(device, unit);
  if (stuck !== undefined) return failed(stuck, unit);
  const url = operation.URL === undefined || operation.URL === '' ? unit.url : operation.URL;
  const fetched = await fetchPackage(device, operation, url, context);
  if (typeof fetched === 'number') return failed(fetched, unit);
  if (!isFor(device, fetched, unit.environment)) return failed(9025, unit);
  const isTaken = unitsOf(device).some(
    (other) => other.uuid === unit.uuid && other.version === fetched.version,
  );
  if (isTaken) return failed(9032, unit);
  if (compareVersions(fetched.version, unit.version) < 0) return failed(9030, unit);
  if (!hasRoom(device, { ...fetched, size: fetched.size }, unit.environment)) return failed(9027, unit);
  return { ok: true, about: update(device, unit, fetched, url) };
}

/** What prevents a change of an installed unit. */
function obstacle(device: Device, { environment, status }: Unit): number | undefined {
  if (environment !== '' && !isEnabled(device, environment)) return 9024;
  return status === 'Installed' ? undefined : 9029;
}

function uninstalled(device: Device, operation: Of<'Uninstall'>): Ended[] {
  const { UUID: uuid, Version: version = '', ExecutionEnvRef: reference = '' } = operation;
  const environment = reference.replace(/\.$/, '');
  const meant = unitsOf(device).filter(
    (unit) =>
      unit.uuid === uuid &&
      (version === '' || unit.version === version) &&
      (environment === '' || unit.environment === environment),
  );
  if (meant.length === 0) return [failed(9028, { uuid, version })];
  return meant.map((unit) => {
    const stuck = obstacle(device, unit);
    if (stuck !== undefined) return failed(stuck, unit);
    uninstall(device, unit);
    return { ok: true, about: unit };
  });
}

/** The package, or the fault code with which fetching it failed. */
async function fetchPackage(
  device: Device,
  {
    Username = '',
    Password = '',
  }: { readonly Username?: string | undefined; readonly Password?: string | undefined },
  url: string,
  context: TransferContext,
): Promise<UnitPackage | number> {
  if (!URL.canParse(url)) return 9003;
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return 9013;
  if (username !== '' || password !== '') return 9003;
  const source = { URL: url, Username, Password };
  const fetched = await download(source, device.profile.rpc.transfers.flashBytes, context);
  // 9010 is not a fault of a result.
  if (!fetched.ok) return fetched.code === 9010 ? 9017 : fetched.code;
  return readPackage(fetched.bytes) ?? 9018;
}
