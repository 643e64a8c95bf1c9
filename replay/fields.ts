/**
 * Compares two messages field by field. Fields have paths like `GetParameterValues.ParameterNames[3]`;
 * members of a list that have names are identified by those
 * (`ParameterList[InternetGatewayDevice.DeviceInfo.UpTime].Value`), so that a missing one does not shift the
 * others.
 */
import type { Ignores } from './ignored.ts';

export interface FieldDifference {
  readonly path: string;
  /** `undefined`: the field is absent. */
  readonly recorded: string | undefined;
  readonly live: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields in which two values differ, except those that are ignored. */
export function differingFields(
  path: string,
  recorded: unknown,
  live: unknown,
  ignores: Ignores,
): readonly FieldDifference[] {
  const found: FieldDifference[] = [];
  compare(path, recorded, live, (difference) => {
    if (!ignores(difference.path)) found.push(difference);
  });
  return found;
}

/** The same text for all values that differ only in what is ignored, and in the order of named members. */
export function likenessOf(path: string, value: unknown, ignores: Ignores): string {
  const fields: string[] = [];
  const walk = (at: string, one: unknown): void => {
    if (one === undefined) return;
    const members = membersOf(at, one);
    if (members === undefined) {
      if (!ignores(at)) fields.push(`${at}=${JSON.stringify(one)}`);
    } else for (const [name, member] of members) walk(name, member);
  };
  walk(path, value);
  return fields.sort().join('\n');
}

type OnDifference = (difference: FieldDifference) => void;

function compare(path: string, recorded: unknown, live: unknown, onDifference: OnDifference): void {
  if (Array.isArray(recorded) && Array.isArray(live)) {
    compareLists(path, recorded, live, onDifference);
    return;
  }
  if (isFields(recorded) && isFields(live)) {
    for (const name of new Set([...Object.keys(recorded), ...Object.keys(live)]))
      compare(`${path}.${name}`, ownOf(recorded, name), ownOf(live, name), onDifference);
    return;
  }
  const [before, now] = [textOf(recorded), textOf(live)];
  if (before !== now) onDifference({ path, recorded: before, live: now });
}

const ownOf = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const textOf = (value: unknown): string | undefined => {
  if (value === undefined || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

function compareLists(
  path: string,
  recorded: readonly unknown[],
  live: readonly unknown[],
  onDifference: OnDifference,
): void {
  const [before, now] = [namesOf(recorded), namesOf(live)];
  if (before !== undefined && now !== undefined) {
    for (const name of new Set([...before.keys(), ...now.keys()]))
      compare(`${path}[${name}]`, before.get(name), now.get(name), onDifference);
    const [first, second] = [[...before.keys()], [...now.keys()].filter((name) => before.has(name))];
    compareOrder(
      path,
      first.filter((name) => now.has(name)),
      second,
      onDifference,
    );
    return;
  }
  const [texts, others] = [recorded.map(sortable), live.map(sortable)];
  if (texts.length === others.length && isSame([...texts].sort(), [...others].sort())) {
    compareOrder(path, texts, others, onDifference);
    return;
  }
  // After the common start and before the common end, members are compared pairwise.
  const shared = Math.min(texts.length, others.length);
  let start = 0;
  while (start < shared && texts[start] === others[start]) start += 1;
  let end = 0;
  while (end < shared - start && texts[texts.length - 1 - end] === others[others.length - 1 - end]) end += 1;
  const middle = Math.max(texts.length, others.length) - end;
  for (let index = start; index < middle; index += 1)
    compare(
      `${path}[${index}]`,
      index < recorded.length - end ? recorded[index] : undefined,
      index < live.length - end ? live[index] : undefined,
      onDifference,
    );
}

const sortable = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((text, index) => text === other[index]);

/** Reports the same members in another order as one difference. */
function compareOrder(
  path: string,
  recorded: readonly string[],
  live: readonly string[],
  onDifference: OnDifference,
): void {
  const at = recorded.findIndex((name, index) => name !== live[index]);
  if (at >= 0)
    onDifference({ path: `${path}.order`, recorded: `[${at}] ${recorded[at]}`, live: `[${at}] ${live[at]}` });
}

/** Members by their own names; `undefined`: one has none, or two have the same. */
function namesOf(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const one of list) {
    if (!isFields(one)) return undefined;
    const name = one.Name ?? one.ParameterName ?? one.OptionName;
    if (typeof name !== 'string' || named.has(name)) return undefined;
    named.set(name, one);
  }
  return named;
}

function membersOf(path: string, value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) {
    const named = namesOf(value);
    return named === undefined
      ? value.map((one, index) => [`${path}[${index}]`, one])
      : [...named].map(([name, one]) => [`${path}[${name}]`, one]);
  }
  return isFields(value) ? Object.entries(value).map(([name, one]) => [`${path}.${name}`, one]) : undefined;
}
