/**
 * Ids of tasks: ULIDs, that is 26 characters of Crockford's base 32 that sort by time and fit a CommandKey
 * (TR-069a6 A.3.2.8: 32 characters). Ten characters are milliseconds, three count within the millisecond,
 * five mark the device, so that a task is found without searching the folders of all devices, and eight are
 * random.
 */
import { randomInt } from 'node:crypto';
import { storageName } from '../device-key.ts';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const COUNT = 32 ** 3;

const digits = (value: number, width: number): string => {
  let text = '';
  for (let rest = value; text.length < width; rest = Math.floor(rest / 32))
    text = (DIGITS[rest % 32] ?? '0') + text;
  return text;
};

export function isTaskId(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

/**
 * Makes ids, each greater than the one before even if the clock stops or goes back. `now` in ms since 1970.
 */
export function taskIds(
  now: () => number,
  random: (below: number) => number = randomInt,
): (device: string) => string {
  let time = 0;
  let count = 0;
  return (device) => {
    const clock = Math.floor(now());
    count = clock > time ? 0 : count + 1;
    if (clock > time) time = clock;
    if (count === COUNT) {
      time += 1;
      count = 0;
    }
    const noise = digits(random(32 ** 4), 4) + digits(random(32 ** 4), 4);
    return digits(time, 10) + digits(count, 3) + deviceMark(storageName(device)) + noise;
  };
}

/** Whether a task with this id can belong to the device whose storage name this is. */
export function mayBelong(id: string, name: string): boolean {
  return id.slice(13, 18) === deviceMark(name);
}

/** 25 bits of FNV-1a. It need not be secret. */
function deviceMark(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return digits(hash >>> 7, 5);
}
