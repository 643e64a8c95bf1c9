/**
 * A device's tree as genieacs-sim reads it and GenieACS exports it: a CSV with a header line that names the
 * columns, one row per name; a column marks objects, not a dot.
 */

import type { CsvRow } from '../../../protocol/csv.ts';
import { readCsv } from '../../../protocol/csv.ts';
import type { Refuse, TreeEntry } from './entry.ts';
import { nameFlaw, readType } from './entry.ts';

export interface CsvTree {
  readonly entries: readonly TreeEntry[];
  /** What the ACS stores beside the tree of the device: `DeviceID.Manufacturer`. */
  readonly deviceId: ReadonlyMap<string, string>;
}

/** Whether a text begins with the header line of such a file. */
export const isTreeCsv = (text: string): boolean =>
  /^\ufeff?\s*"?Parameter"?,/i.test(text.slice(0, 200)) && /[",]Object[",]/i.test(text.slice(0, 1000));

const NEEDED = ['parameter', 'object', 'writable'];

export function readTreeCsv(text: string, refuse: Refuse): CsvTree {
  const [header, ...rows] = readCsv(text.replace(/^\ufeff/, '').trimStart(), refuse);
  const columns = new Map(header?.fields.map((name, index) => [name.trim().toLowerCase(), index] as const));
  const missing = NEEDED.find((name) => !columns.has(name));
  if (missing !== undefined)
    return refuse('line 1', `the header line lacks the column ${missing}; it begins Parameter,Object,`);
  const entries: TreeEntry[] = [];
  const deviceId = new Map<string, string>();
  for (const row of rows) {
    const cell = (column: string): string => row.fields[columns.get(column) ?? -1] ?? '';
    const name = cell('parameter').trim();
    const own = /^DeviceID\.(\w{1,32})$/.exec(name)?.[1];
    if (own !== undefined) deviceId.set(own, cell('value'));
    else if (!OF_THE_ACS.test(name)) entries.push(readRow(name, row, cell, refuse));
  }
  return { entries, deviceId };
}

/** Rows of an export that are not the device's: data that its ACS stores. */
const OF_THE_ACS = /^(DeviceID|Downloads|Events|FactoryReset|Reboot|Tags|VirtualParameters)(\.|$)/;

function readRow(written: string, row: CsvRow, cell: (column: string) => string, refuse: Refuse): TreeEntry {
  const place = `line ${row.line}`;
  const isObject = readFlag(cell('object'), place, 'Object', refuse) ?? written.endsWith('.');
  const name = isObject && !written.endsWith('.') ? `${written}.` : written;
  const flaw = nameFlaw(name);
  if (flaw !== undefined) return refuse(place, `${JSON.stringify(written.slice(0, 64))} is not ${flaw}`);
  if (!isObject && name.endsWith('.'))
    return refuse(place, `${name} is an object by its name but not by its column`);
  const type = readType(cell('value type'));
  const access = cell('access list');
  return {
    name,
    type,
    value: isObject ? undefined : readValue(cell('value'), type),
    writable: readFlag(cell('writable'), place, 'Writable', refuse),
    notification: readNotification(cell('notification'), place, refuse),
    accessList: access === '' ? undefined : access.split(',').map((entity) => entity.trim()),
  };
}

function readFlag(text: string, place: string, column: string, refuse: Refuse): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    case '':
      return undefined;
    default:
      return refuse(place, `${column} is true or false, not ${JSON.stringify(text.slice(0, 32))}`);
  }
}

function readNotification(text: string, place: string, refuse: Refuse): number | undefined {
  if (text.trim() === '') return undefined;
  return /^[0-6]$/.test(text.trim()) ? Number(text) : refuse(place, 'Notification is a number of 0 to 6');
}

/** GenieACS stores times as milliseconds since 1970. */
function readValue(text: string, type: string | undefined): string {
  if (type !== 'dateTime' || !/^-?\d{1,15}$/.test(text)) return text;
  const time = new Date(Number(text));
  return Number.isNaN(time.getTime()) ? text : `${time.toISOString().slice(0, 19)}Z`;
}
