/**
 * A device as one JSON document: what `device export` writes and `device import` reads; see
 * docs/device-file.md.
 */
import { ModemlabError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Mismatch } from '../../protocol/soap/check.ts';
import { check } from '../../protocol/soap/check.ts';
import type { Schema } from '../../protocol/soap/codec.ts';
import { deviceKey } from '../device-key.ts';
import { isDeviceRecord, isParameter } from '../store/shape.ts';
import type { DeviceRecord, Discovery, Parameter } from '../store/store.ts';
import { jsonErrorOffset } from './json-place.ts';

export const DEVICE_FILE_FORMAT = 'modemlab-device';
export const DEVICE_FILE_VERSION = 1;

export interface DeviceFile {
  readonly format: typeof DEVICE_FILE_FORMAT;
  readonly version: typeof DEVICE_FILE_VERSION;
  readonly device: DeviceRecord;
  readonly parameters: readonly Parameter[];
}

export const deviceFile = (device: DeviceRecord, parameters: readonly Parameter[]): DeviceFile => ({
  format: DEVICE_FILE_FORMAT,
  version: DEVICE_FILE_VERSION,
  device,
  parameters,
});

type Member = readonly [Schema, 'optional'?];

/** One schema member for each member of the type: a new one there does not compile until it is added here. */
type MembersOf<T> = { readonly [K in keyof Required<T>]: Member };

const struct = (members: Readonly<Record<string, Member>>): Schema => ({
  is: 'struct',
  fields: Object.entries(members).map(([name, [schema, optional]]) => ({
    name,
    schema,
    optional: optional !== undefined,
  })),
});
const list = (of: Schema, max: number): Schema => ({ is: 'array', member: 'item', of, min: 0, max });

const text: Schema = { is: 'string', max: LIMITS.bodyBytes };
const name: Schema = { is: 'string', max: LIMITS.nameLength };
const count: Schema = { is: 'unsignedInt' };
const flag: Schema = { is: 'boolean' };

const deviceIdMembers: MembersOf<DeviceRecord['deviceId']> = {
  Manufacturer: [text],
  OUI: [text],
  ProductClass: [text],
  SerialNumber: [text],
};
const lastInformMembers: MembersOf<DeviceRecord['lastInform']> = {
  events: [list(text, LIMITS.events)],
  currentTime: [text],
  retryCount: [count],
  digest: [text, 'optional'],
};
const discoveryMembers: MembersOf<Discovery> = {
  state: [text],
  firmware: [text],
  names: [count],
  values: [count],
  startedAt: [text, 'optional'],
  tries: [count, 'optional'],
  doneAt: [text, 'optional'],
};
const recordMembers: MembersOf<Omit<DeviceRecord, 'quirks'>> = {
  key: [text],
  deviceId: [struct(deviceIdMembers)],
  firstContact: [text],
  lastContact: [text],
  lastInform: [struct(lastInformMembers)],
  informs: [count],
  address: [text],
  namespace: [text],
  softwareVersion: [text],
  methods: [list(text, LIMITS.members), 'optional'],
  discovery: [struct(discoveryMembers)],
};
const parameterMembers: MembersOf<Parameter> = {
  name: [name],
  value: [text, 'optional'],
  type: [text, 'optional'],
  writable: [flag, 'optional'],
  notification: [{ is: 'int' }, 'optional'],
  accessList: [list(text, LIMITS.members), 'optional'],
  readAt: [text, 'optional'],
};

const STATES: readonly string[] = ['none', 'names', 'values', 'done'] satisfies Discovery['state'][];

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses a device file.
 * @param origin name of the file, for the error
 * @throws ModemlabError E_FILE_INVALID with the place of the first error: line and column, or the member's
 *   path
 */
export function parseDeviceFile(source: string, origin: string): DeviceFile {
  const refuse = (place: string, why: string): never => {
    throw new ModemlabError('E_FILE_INVALID', `${origin}: ${place}: ${why}`);
  };
  const document = parseJson(source, origin);
  if (!isFields(document)) return refuse('document', 'expected an object');
  const { format, version, device, parameters, ...others } = document;
  if (format !== DEVICE_FILE_FORMAT) return refuse('format', `expected "${DEVICE_FILE_FORMAT}"`);
  if (version !== DEVICE_FILE_VERSION) return refuse('version', `expected ${DEVICE_FILE_VERSION}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return refuse(unknown, 'there is no such member');
  const record = readRecord(device, refuse);
  return { format, version, device: record, parameters: readParameters(parameters, refuse) };
}

type Refuse = (place: string, why: string) => never;

const describeWants = ({ wants }: Mismatch): string =>
  wants.startsWith('no such member') ? wants : `expected ${wants}`;

function readRecord(value: unknown, refuse: Refuse): DeviceRecord {
  if (!isFields(value)) return refuse('device', 'expected an object');
  const { quirks, ...rest } = value;
  const mismatch = check(struct(recordMembers), rest, 'device');
  if (mismatch !== undefined) return refuse(mismatch.place, describeWants(mismatch));
  if (!isFields(quirks)) return refuse('device.quirks', 'expected an object');
  for (const [id, times] of Object.entries(quirks)) {
    if (!/^Q-[A-Z]{2,8}-\d{1,4}$/.test(id)) return refuse(`device.quirks.${id}`, 'not a quirk id');
    const wrong = check(count, times, `device.quirks.${id}`);
    if (wrong !== undefined) return refuse(wrong.place, describeWants(wrong));
  }
  if (!isDeviceRecord(value)) return refuse('device.discovery.state', `expected one of ${STATES.join(', ')}`);
  for (const member of ['firstContact', 'lastContact'] as const) {
    if (!isTime(value[member]))
      return refuse(`device.${member}`, 'expected a time such as 2026-01-31T12:00:00Z');
  }
  const key = deviceKey(value.deviceId);
  if (value.key !== key) return refuse('device.key', `expected "${key}", the key of its deviceId`);
  return value;
}

function readParameters(value: unknown, refuse: Refuse): readonly Parameter[] {
  const mismatch = check(list(struct(parameterMembers), LIMITS.members), value, 'parameters');
  if (mismatch !== undefined) return refuse(mismatch.place, describeWants(mismatch));
  if (!Array.isArray(value)) return refuse('parameters', 'expected a list');
  const names = new Set<string>();
  return value.map((parameter: unknown, index) => {
    const place = `parameters[${index}]`;
    if (!isParameter(parameter)) return refuse(place, 'expected a parameter');
    if (parameter.name === '') return refuse(`${place}.name`, 'expected a name');
    if (names.has(parameter.name)) return refuse(`${place}.name`, `${parameter.name} appears twice`);
    if (parameter.readAt !== undefined && !isTime(parameter.readAt))
      return refuse(`${place}.readAt`, 'expected a time such as 2026-01-31T12:00:00Z');
    names.add(parameter.name);
    return parameter;
  });
}

const isTime = (value: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value));

/**
 * Parses JSON from a file or the command line.
 * @throws ModemlabError E_FILE_INVALID with line and column of the first error
 */
export function parseJson(source: string, origin: string): unknown {
  try {
    return JSON.parse(source.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${origin}${placeIn(source)}: not valid JSON`, {
      cause: error,
    });
  }
}

function placeIn(source: string): string {
  const before = source.slice(0, jsonErrorOffset(source)).split('\n');
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
