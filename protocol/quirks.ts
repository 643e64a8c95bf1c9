/**
 * The table of quirks: every known misbehaviour of a real device, once. The decoder notes an id, conformance
 * makes a finding of it, the simulator acts by it, the fuzzer composes acts. docs/quirks.md is generated from
 * it (`npm run docs`).
 */
import { ACTS } from './quirks/acts/index.ts';
import { arrays } from './quirks/arrays.ts';
import { authentication } from './quirks/authentication.ts';
import { connectionRequest } from './quirks/connection-request.ts';
import { cookies } from './quirks/cookies.ts';
import { events } from './quirks/events.ts';
import { header } from './quirks/header.ts';
import { http } from './quirks/http.ts';
import { names } from './quirks/names.ts';
import { namespaces } from './quirks/namespaces.ts';
import type { Act, Entries, Quirk } from './quirks/quirk.ts';
import { size } from './quirks/size.ts';
import { transfers } from './quirks/transfers.ts';
import { transport } from './quirks/transport.ts';
import { values } from './quirks/values.ts';
import { watched } from './quirks/watched.ts';

/** The groups in the order of the document, each with the heading it has there. */
export const QUIRK_GROUPS = [
  { key: 'NS', title: 'Namespaces, prefixes and the envelope', entries: namespaces },
  { key: 'AT', title: 'Arrays, types and elements', entries: arrays },
  { key: 'ID', title: 'The SOAP header', entries: header },
  { key: 'HT', title: 'HTTP', entries: http },
  { key: 'CK', title: 'Cookies', entries: cookies },
  { key: 'AU', title: 'Authentication', entries: authentication },
  { key: 'CR', title: 'Connection requests', entries: connectionRequest },
  { key: 'PN', title: 'Parameter names and trees', entries: names },
  { key: 'VL', title: 'Values and identity', entries: values },
  { key: 'EV', title: 'Events and sessions', entries: events },
  { key: 'FT', title: 'Faults and transfers', entries: transfers },
  { key: 'LG', title: 'Size and speed', entries: size },
  { key: 'XM', title: 'Watched for, although no device is known to do it', entries: watched },
  { key: 'XT', title: 'Watched for on the wire, although no device is known to do it', entries: transport },
] as const satisfies readonly { key: string; title: string; entries: Entries }[];

type KeysOf<T> = T extends unknown ? keyof T : never;
export type QuirkKey = KeysOf<(typeof QUIRK_GROUPS)[number]['entries']>;

/** Every quirk by its id. */
export const QUIRKS: Readonly<Record<QuirkKey, Quirk>> = table();

/** The quirk of this id; `undefined` for what is none, whatever the text. */
export function quirk(id: string): Quirk | undefined {
  return isQuirkKey(id) ? QUIRKS[id] : undefined;
}

export function isQuirkKey(id: string): id is QuirkKey {
  return Object.hasOwn(QUIRKS, id);
}

function table(): Readonly<Record<QuirkKey, Quirk>> {
  const out: Record<string, Quirk> = {};
  const actOf: ReadonlyMap<string, Act> = new Map(Object.entries(ACTS));
  for (const { key, entries } of QUIRK_GROUPS) {
    for (const [id, entry] of Object.entries<Entries[keyof Entries]>(entries)) {
      if (!isIdOf(key, id)) throw new Error(`unreachable: ${id} is not of group ${key}`);
      const act = actOf.get(id);
      out[id] = Object.freeze(act === undefined ? { id, ...entry } : { id, ...entry, act });
    }
  }
  if (!isWhole(out)) throw new Error('unreachable: a group is missing');
  return Object.freeze(out);
}

function isIdOf<K extends string>(group: K, id: string): id is `Q-${K}-${number}` {
  return id.startsWith(`Q-${group}-`) && /^\d\d$/.test(id.slice(3 + group.length));
}

/** The groups are what the keys are made of, so a table of all groups has every key. */
function isWhole(record: Readonly<Record<string, Quirk>>): record is Readonly<Record<QuirkKey, Quirk>> {
  return QUIRK_GROUPS.every(({ entries }) => Object.keys(entries).every((id) => Object.hasOwn(record, id)));
}
