/** Reads the checks of each modem: `{ "sessions": 3, "informed": { "1 BOOT": 2 } }`. */
import type { Fields } from '../../profile/fields.ts';
import type { Check, Course } from './checks.ts';
import { atLeast, equal } from './checks.ts';
import { textsOf } from './parameters.ts';

/** Members that count something, with their descriptions. */
const COUNTS: readonly (readonly [key: string, what: string, count: (course: Course) => number])[] = [
  ['sessions', 'good sessions', ({ sessions }) => sessions],
  ['failed', 'failed sessions', ({ failed }) => failed],
  ['recovered', 'recoveries', ({ recovered }) => recovered],
  ['restarts', 'restarts', ({ restarts }) => restarts],
  ['transfers', 'transfers', ({ transfers }) => transfers],
];

/** Members that count by name. */
const TALLIES: readonly (readonly [
  key: string,
  what: (name: string) => string,
  count: (course: Course) => ReadonlyMap<string, number>,
])[] = [
  ['informed', (name) => `good sessions with ${name}`, ({ informed }) => informed],
  ['done', (name) => `${name} carried out in good sessions`, ({ done }) => done],
  ['refused', (name) => `sessions refused with ${name}`, ({ refused }) => refused],
];

export function readChecks(file: Fields): Check[] {
  const checks: Check[] = [];
  for (const [key, what, count] of COUNTS)
    if (file.get(key) !== undefined) checks.push(atLeast(least(file, key), what, count));
  for (const [key, what, tally] of TALLIES) {
    const fields = file.fields(key);
    for (const name of fields.keys())
      checks.push(atLeast(least(fields, name), what(name), (course) => tally(course).get(name) ?? 0));
  }
  if (file.get('firmware') !== undefined)
    checks.push(equal(file.string('firmware'), 'firmware', ({ device }) => device.firmware));
  if (file.get('contacted') !== undefined) {
    const text = file.string('contacted');
    const url = URL.canParse(text) ? new URL(text).href : file.refuse('contacted', 'a URL');
    checks.push(equal(url, 'last good session with', (_modem, { contacted }) => hrefOf(contacted)));
  }
  for (const [name, value] of textsOf(file, 'values'))
    checks.push(equal(value, name, (modem) => modem.get(modem.device.name(name)) ?? ''));
  file.done();
  return checks;
}

const hrefOf = (url: string): string => (URL.canParse(url) ? new URL(url).href : url);

function least(file: Fields, key: string): number {
  const value = file.number(key);
  return Number.isInteger(value) && value >= 1 ? value : file.refuse(key, 'a whole number of at least 1');
}
