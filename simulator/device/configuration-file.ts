/**
 * The text files of a modem: its configuration, which can be loaded back, and its log. A configuration has a
 * line in brackets that names its device, a line for the instances of each table that grows, and one for each
 * setting.
 */
import type { Device } from './device.ts';
import { checkValue } from './set-check.ts';

export interface Setting {
  readonly name: string;
  readonly value: string;
}

export type Loaded =
  /** Instances are as in the file; these settings differ from the current ones and are not stored yet. */
  { readonly ok: true; readonly settings: readonly Setting[] } | { readonly ok: false; readonly why: string };

const escaped = (text: string): string =>
  text.replace(/[\\\r\n]/g, (one) => (one === '\\' ? '\\\\' : one === '\r' ? '\\r' : '\\n'));
const unescaped = (text: string): string =>
  text.replace(/\\([\\rn])/g, (_, one: string) => (one === '\\' ? '\\' : one === 'r' ? '\r' : '\n'));

export function writeConfiguration(device: Device): Uint8Array {
  const { tree, profile, unit, firmware } = device;
  const lines = [`[ ${profile.identity.productClass} ${unit.serial} ${firmware} ]`];
  for (const found of tree.walk(tree.root())) {
    if (found.is === 'table' && found.shape.addable)
      lines.push(`${found.path}=${tree.instances(found.path).join(' ')}`);
    // Secrets are included, as in any configuration: it could not be loaded back without them.
    else if (found.is === 'leaf' && found.shape.writable)
      lines.push(`${found.path}=${escaped(device.valueAt(found.path) ?? '')}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
}

/**
 * Loads a configuration. Lines that mean nothing to this device are ignored, as its command line would: files
 * are edited by hand, and come from other firmware. Anything that is not text, or is of another product, is
 * refused as a whole.
 */
export function loadConfiguration(device: Device, bytes: Uint8Array): Loaded {
  const text = Buffer.from(bytes).toString('utf8');
  if (bytes.length === 0 || text.includes('\0')) return { ok: false, why: 'the file is not text' };
  const lines = text.split(/\r?\n/);
  const owner = /^\[ (.{1,64}) \S{1,64} \S{1,64} \]$/.exec(lines[0] ?? '')?.[1];
  if (owner !== undefined && owner !== device.profile.identity.productClass)
    return { ok: false, why: `the file is of a ${owner}` };
  const pairs = lines.flatMap((line) => {
    const at = line.indexOf('=');
    return at > 0 && at <= 256 ? [{ name: line.slice(0, at), value: unescaped(line.slice(at + 1)) }] : [];
  });
  // In the order of the file, which has a table before those inside it.
  for (const { name, value } of pairs) if (name.endsWith('.')) arrange(device, name, value);
  return { ok: true, settings: pairs.filter(({ name, value }) => isChange(device, name, value)) };
}

function arrange(device: Device, path: string, value: string): void {
  const table = device.tree.find(path);
  if (table?.is !== 'table' || !table.shape.addable) return;
  const numbers = value.split(' ').filter((part) => /^[1-9]\d{0,8}$/.test(part));
  device.tree.arrange(
    table.path,
    numbers.slice(0, device.profile.rpc.rows.get(table.shape.template) ?? 512).map(Number),
  );
}

function isChange(device: Device, name: string, value: string): boolean {
  const found = device.tree.find(name);
  if (found?.is !== 'leaf' || !found.shape.writable || value === device.valueAt(name)) return false;
  const limits = device.profile.rpc.limits.of(found.shape);
  return checkValue(found.shape, limits, { type: found.shape.type, value }).ok;
}

/** The log: its log parameter where the model has one, and what has happened to the device. */
export function writeLog(device: Device): Uint8Array {
  const { profile, unit, firmware } = device;
  const ms = device.uptime;
  const time = (at: number): string =>
    profile.inform.clock === 'absolute'
      ? new Date(device.now - ms + at).toISOString().slice(0, 19)
      : `SNTP not set ${seconds(at)}`;
  const stamp = (at: number): string => `<${time(at)}>`;
  const lines = [
    device.setting('DeviceInfo.DeviceLog'),
    `${stamp(0)} KERNEL ${profile.identity.productClass} ${unit.serial} started, software ${firmware}`,
    `${stamp(ms)} CWMP log sent after ${seconds(ms)}`,
  ];
  return Buffer.from(`${lines.filter((line) => line !== '').join('\r\n')}\r\n`, 'utf8');
}

const seconds = (ms: number): string => `${Math.floor(ms / 1000)} s`;
