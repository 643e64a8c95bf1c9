/** What can be done with the devices of a data folder: list, look up, export, import, delete. */
import { ModemlabError } from '../../protocol/errors.ts';
import { findDevice } from '../device-key.ts';
import { modelOf, ReplyStyles } from '../session/reply-style.ts';
import type { DeviceRecord, DeviceStore, Learned, Parameter } from '../store/store.ts';
import type { DeviceFile } from './device-file.ts';
import { deviceFile } from './device-file.ts';

export { isDiscovered } from '../rules/first-contact.ts';

export async function listDevices(store: DeviceStore): Promise<readonly DeviceRecord[]> {
  const found: DeviceRecord[] = [];
  for await (const record of store.list()) found.push(record);
  return found;
}

export interface KnownDevice {
  readonly record: DeviceRecord;
  /** What the ACS has learned about its model. */
  readonly learned: Learned | undefined;
}

/** A device by its key or serial number. */
export async function readDevice(store: DeviceStore, device: string): Promise<KnownDevice> {
  const record = await findDevice(store, device);
  return { record, learned: await store.learned(modelOf(record.deviceId, record.softwareVersion)) };
}

export const replyStyleName = ({ replyStyle }: Learned): string => ReplyStyles.at(replyStyle).name;

/** The parameters of a device whose names start with `prefix`; of those, the writable ones. */
export async function readTree(
  store: DeviceStore,
  device: string,
  { prefix, writable = false }: { readonly prefix?: string | undefined; readonly writable?: boolean } = {},
): Promise<readonly Parameter[]> {
  const { key } = await findDevice(store, device);
  const found: Parameter[] = [];
  for await (const parameter of store.tree(key, prefix))
    if (!writable || parameter.writable === true) found.push(parameter);
  return found;
}

/** Deletes a device and its tree, and returns its key. Its tasks stay. */
export async function deleteDevice(store: DeviceStore, device: string): Promise<string> {
  const { key } = await findDevice(store, device);
  await store.delete(key);
  await store.durable();
  return key;
}

export async function exportDevice(store: DeviceStore, device: string): Promise<DeviceFile> {
  const record = await findDevice(store, device);
  return deviceFile(record, await readTree(store, record.key));
}

/**
 * Stores a device and its tree. `replace`: one of the same key is deleted first.
 * @throws ModemlabError E_DEVICE_EXISTS
 */
export async function importDevice(
  store: DeviceStore,
  { device, parameters }: DeviceFile,
  replace: boolean,
): Promise<void> {
  if (replace) await store.delete(device.key);
  await store.update(device.key, (known) => {
    if (known !== undefined) throw new ModemlabError('E_DEVICE_EXISTS', device.key);
    return device;
  });
  await store.merge(device.key, parameters);
  await store.durable();
}
