/** What the lab's ACS has stored about a simulated modem, compared with what that modem has. */
import { isDiscovered } from '../../acs/app/devices.ts';
import type { DeviceStore, Parameter } from '../../acs/index.ts';
import type { Modem } from '../../simulator/index.ts';

export interface LabDevice {
  readonly key: string;
  /** Name of its profile, and its title for people. */
  readonly profile: string;
  readonly title: string;
}

export interface LabModem {
  readonly modem: Modem;
  readonly device: LabDevice;
}

export interface Stored {
  readonly device: string;
  readonly profile: string;
  readonly parameters: number;
  /** Every parameter that the modem has is stored with value, type and writable flag. */
  readonly complete: boolean;
  readonly tree: Readonly<Record<string, { value: string; type: string; writable: boolean }>>;
}

type Whole = Parameter & { readonly value: string; readonly type: string; readonly writable: boolean };
const isWhole = (parameter: Parameter): parameter is Whole =>
  parameter.value !== undefined && parameter.type !== undefined && parameter.writable !== undefined;

export async function storedOf(store: DeviceStore, { modem, device }: LabModem): Promise<Stored> {
  const tree: Record<string, { value: string; type: string; writable: boolean }> = {};
  for await (const parameter of store.tree(device.key)) {
    if (!isWhole(parameter)) continue;
    const { name, value, type, writable } = parameter;
    tree[name] = { value, type, writable };
  }
  const { tree: own } = modem.device;
  const names = Array.from(own.leaves(own.root()), ({ path }) => path);
  const complete = names.length > 0 && names.every((name) => Object.hasOwn(tree, name));
  return { device: device.key, profile: device.profile, parameters: names.length, complete, tree };
}

export async function isStored(store: DeviceStore, { device }: LabModem): Promise<boolean> {
  const record = await store.get(device.key);
  return record !== undefined && isDiscovered(record);
}
