/**
 * The built-in first contact: a modem's methods, the names of its whole tree, then all values; once per firmware.
 * It goes on in the next session where a broken one left it.
 */
import type { Request } from '../../protocol/cwmp/messages.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ReplyStyles } from '../session/reply-style.ts';
import type { DeviceRecord, DeviceStore, Discovery } from '../store/store.ts';
import { isName } from '../tasks/apply-response.ts';
import type { Reply } from './rule-runner.ts';

/** Names asked for at first, and at most. They double while the modem bears it and halve when it does not (Q-FT-05). */
const FIRST_BATCH = 32;
const LARGEST_BATCH = 512;

/** No model is known that bears fewer names: a session that breaks over less broke over one of them. */
const SMALLEST_BATCH = 16;

/** Sessions that may break before the names are known; then the values of the names known so far are read. */
const MOST_TRIES = 10;

/** Sessions that may break before the whole tree is no longer asked for in one call, and the methods no longer at all. */
const WHOLE_TREE_TRIES = 2;
const METHODS_TRIES = 4;

/** Sessions in a row that may break over values, by which a batch has shrunk to one name: then it is that name. */
const MOST_LOSSES = 1 + Math.log2(FIRST_BATCH);

/** Objects visited at most when the tree is walked level by level. */
const WALK_BUDGET = 50_000;

export interface FirstContact {
  readonly store: DeviceStore;
  readonly styles: ReplyStyles;
  readonly key: string;
  readonly model: string;
  /** Root object as the Inform names it: some modems refuse the empty path (Q-PN-07). */
  readonly root: string;
  /** Names that the Inform of this session tells. Some are in no list (Q-PN-01), and are known all the same. */
  readonly told: ReadonlySet<string>;
  /** Asks the modem, and writes down what it says. Rejects with E_SESSION_LOST when the session breaks. */
  readonly ask: (
    request: Request<'GetRPCMethods' | 'GetParameterNames' | 'GetParameterValues'>,
  ) => Promise<Reply>;
  /** ISO 8601. */
  readonly now: () => string;
}

/** Whether there is anything left to discover. */
export function isDiscovered(record: DeviceRecord): boolean {
  return record.discovery.state === 'done' && record.discovery.firmware === record.softwareVersion;
}

/** Rejects with E_SESSION_LOST when the session breaks. */
export async function firstContact(context: FirstContact): Promise<void> {
  const record = await context.store.get(context.key);
  if (record === undefined || isDiscovered(record)) return;
  const { discovery, softwareVersion } = record;
  if (discovery.firmware !== softwareVersion || discovery.state === 'none') {
    // Counted before the first word: a modem that crashes over what it is asked (Q-EV-14) is not asked for ever.
    const tries = discovery.firmware === softwareVersion ? (discovery.tries ?? 0) : 0;
    await progress(context, {
      state: 'none',
      tries: tries + 1,
      ...(tries === 0 ? { startedAt: context.now() } : {}),
    });
    if (tries < METHODS_TRIES) await context.ask({ kind: 'request', rpc: 'GetRPCMethods', args: {} });
    const before = await knownNames(context);
    const names = await readNames(context, tries);
    if (names.length === 0) return;
    await keepOnly(context, before, names);
  }
  await readValues(context);
  await progress(context, { state: 'done', doneAt: context.now() });
}

async function progress(context: FirstContact, change: Partial<Discovery>): Promise<void> {
  await context.store.update(context.key, (record) => {
    if (record === undefined) throw new Error(`unreachable: no record of ${context.key}`);
    // An Inform may leave the firmware out: the record has what was told last.
    return { ...record, discovery: { ...record.discovery, ...change, firmware: record.softwareVersion } };
  });
}

/** One call for the whole tree where the modem bears it, else level by level (Q-PN-08). Empty when it tells nothing. */
async function readNames(context: FirstContact, tries: number): Promise<readonly string[]> {
  if (tries >= MOST_TRIES) return knownNames(context);
  const learned = await context.styles.learned(context.model);
  if (learned.wholeTree !== false && tries < WHOLE_TREE_TRIES) {
    const names = await namesBelow(context, context.root, false);
    const bears = names !== undefined && names.length > 0;
    await context.styles.learn({ ...(await context.styles.learned(context.model)), wholeTree: bears });
    if (bears) return names;
  }
  return walk(context, tries);
}

/** What was told before the session broke, time and again; at least the names of the Inform. */
async function knownNames(context: FirstContact): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of context.store.tree(context.key, context.root)) names.push(name);
  return names;
}

async function namesBelow(
  context: FirstContact,
  path: string,
  nextLevel: boolean,
): Promise<readonly string[] | undefined> {
  const reply = await context.ask({
    kind: 'request',
    rpc: 'GetParameterNames',
    args: { ParameterPath: path, NextLevel: nextLevel },
  });
  if (reply.is !== 'response' || reply.response.rpc !== 'GetParameterNames') return undefined;
  return reply.response.args.ParameterList.map(({ Name }) => Name).filter(isName);
}

/**
 * The tree level by level. A walk that was broken goes on where it was: of an object that was listed since the walk began
 * the store has the children.
 */
async function walk(context: FirstContact, tries: number): Promise<readonly string[]> {
  const known = await knownLevels(context);
  const all = new Set<string>();
  const seen = new Set<string>([context.root]);
  const objects = [context.root];
  for (let path = objects.shift(); path !== undefined && seen.size < WALK_BUDGET; path = objects.shift()) {
    for (const name of known.get(path) ?? (await listed(context, path))) {
      if (all.size < LIMITS.members) all.add(name);
      if (!name.endsWith('.') || seen.has(name) || !name.startsWith(path)) continue;
      seen.add(name);
      objects.push(name);
    }
    // A step forward: only sessions that break without one count.
    if (!known.has(path))
      await progress(context, { state: 'none', names: all.size, tries: Math.min(tries + 1, METHODS_TRIES) });
  }
  return [...all];
}

/** Lists one object's children, and notes on the object that they are known. */
async function listed(context: FirstContact, path: string): Promise<readonly string[]> {
  const names = (await namesBelow(context, path, true)) ?? [];
  await context.store.merge(context.key, [{ name: path, readAt: context.now() }]);
  return names;
}

/** The children of each object that was listed since this discovery began. */
async function knownLevels({ store, key, root }: FirstContact): Promise<ReadonlyMap<string, string[]>> {
  const since = (await store.get(key))?.discovery.startedAt ?? '';
  const levels = new Map<string, string[]>();
  const names: string[] = [];
  for await (const { name, readAt } of store.tree(key, root)) {
    if (name !== root) names.push(name);
    if (name.endsWith('.') && readAt !== undefined && since !== '' && readAt >= since) levels.set(name, []);
  }
  for (const name of names) levels.get(parentOf(name))?.push(name);
  return levels;
}

/** The object that a parameter or object is directly in, with its dot. */
const parentOf = (name: string): string => name.slice(0, name.lastIndexOf('.', name.length - 2) + 1);

/**
 * Forgets what an older firmware had, and what the modem listed no more. `before`: what was known before it was asked; an
 * object that a task added since then may be missing in the list, and stays.
 */
async function keepOnly(
  context: FirstContact,
  before: readonly string[],
  names: readonly string[],
): Promise<void> {
  const listed = new Set(names);
  const gone: string[] = [];
  // An Inform may name what the tree does not list: `.ExternalIPAddress` (Q-PN-01). It is not below the root.
  const sorted = [...names].sort();
  for (const name of before)
    if (!listed.has(name) && !context.told.has(name) && !(name.endsWith('.') && hasBelow(sorted, name)))
      gone.push(name);
  for (const name of gone) await context.store.forget(context.key, name);
  await progress(context, {
    state: 'values',
    names: names.filter((name) => !name.endsWith('.')).length,
    values: 0,
    startedAt: context.now(),
    tries: 0,
  });
}

/** Whether a sorted list has a name that begins with `object`: some modems list leaves and not the objects above them. */
function hasBelow(sorted: readonly string[], object: string): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < object) from = middle + 1;
    else to = middle;
  }
  return sorted[from]?.startsWith(object) === true;
}

async function readValues(context: FirstContact): Promise<void> {
  const startedAt = (await context.store.get(context.key))?.discovery.startedAt ?? '';
  const wanted: string[] = [];
  let read = 0;
  for await (const { name, readAt, writable } of context.store.tree(context.key, context.root)) {
    // What only an Inform told (Q-PN-01) has its value from there, and may be refused.
    if (name.endsWith('.') || writable === undefined) continue;
    if (readAt !== undefined && readAt >= startedAt) read += 1;
    else wanted.push(name);
  }
  const pace = await paceOf(context, wanted.length);
  while (wanted.length > 0) {
    const batch = await stillKnown(context, wanted.splice(0, pace.size));
    if (batch.length === 0) continue;
    const reply = await askValues(context, batch, pace);
    if (reply.is === 'response') {
      read += batch.length;
      await progress(context, { state: 'values', values: read, tries: 0 });
      await grow(context, pace, batch.length);
    } else if (batch.length === 1) {
      // Read, and without a value: the modem listed it and refuses it (Q-PN-09).
      // Unless it was deleted while the question was on its way: then there is nothing to mark.
      const [name] = await stillKnown(context, batch);
      if (name === undefined) continue;
      read += 1;
      await markRead(context, name, read);
    } else {
      wanted.unshift(...batch);
      pace.size = Math.ceil(batch.length / 2);
      // A name that is refused is found by halving too, but then the size of the batch is not at fault.
      if (reply.is === 'unanswered' || reply.fault.FaultCode !== 9005) await bearsAtMost(context, pace);
    }
  }
  await progress(context, { state: 'values', values: read });
}

async function markRead(context: FirstContact, name: string, read?: number): Promise<void> {
  await context.store.merge(context.key, [{ name, readAt: context.now() }]);
  await progress(context, { state: 'values', tries: 0, ...(read === undefined ? {} : { values: read }) });
}

/** Those of the names that the store still has: a task may delete objects between two steps of a first contact. */
async function stillKnown({ store, key }: FirstContact, names: readonly string[]): Promise<string[]> {
  const known: string[] = [];
  for (const name of names) if ((await store.parameter(key, name)) !== undefined) known.push(name);
  return known;
}

interface Pace {
  size: number;
  largest: number;
  /** Sessions in a row that broke over the values that are wanted next. */
  losses: number;
}

/** After a session that broke it is tried once more with as many names; after each further one with half of them. */
async function paceOf(context: FirstContact, wanted: number): Promise<Pace> {
  const { batch } = await context.styles.learned(context.model);
  const losses = (await context.store.get(context.key))?.discovery.tries ?? 0;
  const first = Math.min(FIRST_BATCH, batch ?? FIRST_BATCH, Math.max(wanted, 1));
  const size = Math.max(1, Math.ceil(first / 2 ** Math.max(0, losses - 1)));
  return { size, largest: batch ?? LARGEST_BATCH, losses };
}

async function grow(context: FirstContact, pace: Pace, answered: number): Promise<void> {
  // Twice it went away over more names than these.
  if (pace.losses > 1 && answered === pace.size) await bearsAtMost(context, pace);
  pace.losses = 0;
  if (answered === pace.size) pace.size = Math.min(pace.size * 2, pace.largest);
}

async function bearsAtMost(context: FirstContact, pace: Pace): Promise<void> {
  if (pace.size < SMALLEST_BATCH) return;
  pace.largest = pace.size;
  await context.styles.learn({ ...(await context.styles.learned(context.model)), batch: pace.largest });
}

/** A modem that went away over a request is asked for less the next time (Q-EV-13), and in the end not for that name. */
async function askValues(context: FirstContact, names: readonly string[], pace: Pace): Promise<Reply> {
  try {
    return await context.ask({
      kind: 'request',
      rpc: 'GetParameterValues',
      args: { ParameterNames: names },
    });
  } catch (error) {
    if (names.length > FIRST_BATCH) {
      pace.size = Math.ceil(names.length / 2);
      await bearsAtMost(context, pace);
    } else if (names.length === 1 && pace.losses >= MOST_LOSSES) await markRead(context, names[0] ?? '');
    else await progress(context, { tries: pace.losses + 1 });
    throw error;
  }
}
