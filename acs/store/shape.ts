/**
 * Whether a value that was read from a disk is of the type that the store wrote. Unknown members are kept.
 */
import type { DeviceRecord, Learned, Parameter } from './store.ts';

type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

type Check = (value: unknown) => boolean;

function fits(
  value: Members,
  needed: Readonly<Record<string, Check>>,
  allowed: Readonly<Record<string, Check>>,
) {
  for (const [name, check] of Object.entries(needed)) {
    if (!Object.hasOwn(value, name) || !check(value[name])) return false;
  }
  for (const [name, check] of Object.entries(allowed)) {
    if (Object.hasOwn(value, name) && !check(value[name])) return false;
  }
  return true;
}

const deviceIdMembers = { Manufacturer: isText, OUI: isText, ProductClass: isText, SerialNumber: isText };
const lastInformMembers = { events: isTexts, currentTime: isText, retryCount: isCount };
const discoveryMembers = {
  state: (value: unknown) => value === 'none' || value === 'names' || value === 'values' || value === 'done',
  firmware: isText,
  names: isCount,
  values: isCount,
};
const recordMembers = {
  key: isText,
  deviceId: (value: unknown) => isMembers(value) && fits(value, deviceIdMembers, {}),
  firstContact: isText,
  lastContact: isText,
  lastInform: (value: unknown) => isMembers(value) && fits(value, lastInformMembers, { digest: isText }),
  informs: isCount,
  address: isText,
  namespace: isText,
  softwareVersion: isText,
  discovery: (value: unknown) =>
    isMembers(value) && fits(value, discoveryMembers, { startedAt: isText, tries: isCount, doneAt: isText }),
  quirks: (value: unknown) => isMembers(value) && Object.values(value).every(isCount),
};

export function isDeviceRecord(value: unknown): value is DeviceRecord {
  return isMembers(value) && fits(value, recordMembers, { methods: isTexts });
}

const parameterMembers = {
  value: isText,
  type: isText,
  writable: isFlag,
  notification: isCount,
  accessList: isTexts,
  readAt: isText,
};

export function isParameter(value: unknown): value is Parameter {
  return isMembers(value) && fits(value, { name: isText }, parameterMembers);
}

export function isLearned(value: unknown): value is Learned {
  return (
    isMembers(value) &&
    fits(value, { model: isText, replyStyle: isCount, proven: isFlag }, { batch: isCount, wholeTree: isFlag })
  );
}
