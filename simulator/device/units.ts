/**
 * The deployment units of a device as its tree has them: SoftwareModules.DeploymentUnit, ExecutionUnit and
 * ExecEnv.
 */
import type { Device } from './device.ts';
import { UNITS } from './rpc/change-du.ts';
import { deleteRow } from './rpc/objects.ts';
import type { UnitPackage } from './unit-package.ts';

const EXECUTION = 'SoftwareModules.ExecutionUnit.';
const ENVIRONMENTS = 'SoftwareModules.ExecEnv.';

export interface Unit {
  /** `InternetGatewayDevice.SoftwareModules.DeploymentUnit.1.` */
  readonly path: string;
  readonly uuid: string;
  readonly version: string;
  readonly url: string;
  readonly status: string;
  /** Path of its execution environment, without the last dot. */
  readonly environment: string;
  /** Path of its execution unit, without the last dot. */
  readonly executionUnit: string;
}

export function unitsOf(device: Device): readonly Unit[] {
  return rowsOf(device, UNITS).map((path) => {
    const value = (name: string): string => device.valueAt(path + name) ?? '';
    return {
      path,
      uuid: value('UUID'),
      version: value('Version'),
      url: value('URL'),
      status: value('Status'),
      environment: value('ExecutionEnvRef'),
      executionUnit: value('ExecutionUnitList'),
    };
  });
}

function rowsOf(device: Device, below: string): string[] {
  const table = device.name(below);
  return device.tree.instances(table).map((number) => `${table}${number}.`);
}

/**
 * Path without the last dot of the environment that a reference names, or of the first one; `undefined`:
 * there is none.
 */
export function environmentOf(device: Device, reference: string): string | undefined {
  const paths = rowsOf(device, ENVIRONMENTS).map((path) => path.slice(0, -1));
  return reference === '' ? paths[0] : paths.find((path) => path === reference.replace(/\.$/, ''));
}

export const isEnabled = (device: Device, environment: string): boolean =>
  /^(1|true|)$/.test(device.valueAt(`${environment}.Enable`) ?? '1');

/** Whether a package is for this kind of environment. */
export function isFor(device: Device, { environment: wanted }: UnitPackage, environment: string): boolean {
  return wanted === '' || wanted === (device.valueAt(`${environment}.Type`) ?? '');
}

/** Whether it fits: below the maximum number of units, and into the free disk space (-1: unlimited). */
export function hasRoom(device: Device, { size }: UnitPackage, environment: string): boolean {
  const left = Number(device.valueAt(`${environment}.AvailableDiskSpace`) ?? -1);
  return rowsOf(device, UNITS).length < device.profile.rpc.units && (left < 0 || size <= left);
}

export interface Place {
  readonly uuid: string;
  readonly url: string;
  readonly environment: string;
}

/** Rows for a new unit and its execution unit; `undefined`: the tables are full. */
export function install(
  device: Device,
  file: UnitPackage,
  { uuid, url, environment }: Place,
): Unit | undefined {
  const { tree } = device;
  const table = device.name(UNITS);
  const number = tree.add(table);
  if (number === undefined) return undefined;
  const path = `${table}${number}.`;
  const execution = addExecution(device, file, environment);
  put(device, path, {
    UUID: uuid,
    DUID: String(number),
    Name: file.name,
    Status: 'Installed',
    Resolved: '1',
    URL: url,
    Description: file.description,
    Vendor: file.vendor,
    Version: file.version,
    ExecutionUnitList: execution,
    ExecutionEnvRef: environment,
  });
  return unitsOf(device).find((unit) => unit.path === path);
}

function addExecution(device: Device, file: UnitPackage, environment: string): string {
  const table = device.name(EXECUTION);
  if (device.tree.find(table) === undefined) return '';
  const number = device.tree.add(table);
  if (number === undefined) return '';
  put(device, `${table}${number}.`, {
    EUID: String(number),
    Name: file.name,
    ExecEnvLabel: file.name,
    Status: 'Idle',
    RequestedState: 'Idle',
    Vendor: file.vendor,
    Version: file.version,
    ExecutionEnvRef: environment,
    ExecutionFaultCode: 'NoFault',
    Description: file.description,
  });
  return `${table}${number}`;
}

export function update(device: Device, unit: Unit, file: UnitPackage, url: string): Unit {
  put(device, unit.path, { Version: file.version, URL: url, Description: file.description });
  if (unit.executionUnit !== '') put(device, `${unit.executionUnit}.`, { Version: file.version });
  return { ...unit, version: file.version, url };
}

export function uninstall(device: Device, { path, executionUnit }: Unit): void {
  if (executionUnit !== '') deleteRow(device, `${executionUnit}.`);
  deleteRow(device, path);
}

/** Those of these parameters that the model has. */
function put(device: Device, row: string, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values))
    if (device.tree.find(row + name) !== undefined) device.tree.store(row + name, value);
}
