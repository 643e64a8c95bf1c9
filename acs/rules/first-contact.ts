/**
 * The built-in first contact: reads a modem's methods, the names of its whole tree, then all values; once per
 * firmware. After a broken session it continues in the next one.
 */
import type { Request } from '../../protocol/cwmp/messages.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ReplyStyles } from '../session/reply-style.ts';
import type { DeviceRecord, DeviceStore, Discovery } from '../store/store.ts';
import { isName } from '../tasks/apply-response.ts';
import type { Reply } from './rule-runner.ts';

/**
 * Names asked for at first, and at most. They double while the modem answers and halve when it does not
 * (Q-FT-05).
 */
const FIRST_BATCH = 32;
const MAX_BATCH = 512;

/**
 * Every known model can answer this many names: a session that breaks at fewer broke because of one of the
 * names.
 */
const MIN_BATCH = 16;

/** Sessions that may break before the names are known; then the values of the names known so far are read. */
const MAX_TRIES = 10;

/**
 * Sessions that may break until the tree is not asked for in one call any more, and the methods not at all.
 */
const WHOLE_TREE_TRIES = 2;
const METHODS_TRIES = 4;

/** Sessions in a row that may break at values. By then a batch has shrunk to one name, which is the cause. */
const MAX_LOSSES = 1 + Math.log2(FIRST_BATCH);

/** Objects visited when the tree is walked level by level. */
const MAX_WALKED = 50_000;

export interface FirstContact {
  readonly store: DeviceStore;
  readonly styles: ReplyStyles;
  readonly key: string;
  readonly model: string;
  /** Root object by the Inform: some modems refuse the empty path (Q-PN-07). */
  readonly root: string;
  /**
   * Names in the Inform of this session. Some modems list them nowhere else (Q-PN-01); they are kept all the
   * same.
   */
  readonly informNames: ReadonlySet<string>;
  /** Asks the modem, and stores what it answers. Rejects with E_SESSION_LOST when the session breaks. */
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
    // Counted before the first request: a modem that crashes at what it is asked (Q-EV-14) is not asked for
    // ever.
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
    // An Inform may leave the firmware out: the record has the last one that was reported.
    return { ...record, discovery: { ...record.discovery, ...change, firmware: record.softwareVersion } };
  });
}

/**
 * One call for the whole tree if the modem can answer it, else level by level (Q-PN-08). Empty if it lists
 * nothing.
 */
async function readNames(context: FirstContact, tries: number): Promise<readonly string[]> {
  if (tries >= MAX_TRIES) return knownNames(context);
  const learned = await context.styles.learned(context.model);
  if (learned.wholeTree !== false && tries < WHOLE_TREE_TRIES) {
    const names = await namesBelow(context, context.root, false);
    const isListed = names !== undefined && names.length > 0;
    await context.styles.learn({ ...(await context.styles.learned(context.model)), wholeTree: isListed });
    if (isListed) return names;
  }
  return walk(context, tries);
}

/** The names that the store has: those of the Inform, and what was listed before sessions broke. */
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
 * The tree level by level. A broken walk continues where it was: the store has the children of each object
 * that was listed since the walk began.
 */
async function walk(context: FirstContact, tries: number): Promise<readonly string[]> {
  const known = await knownLevels(context);
  const all = new Set<string>();
  const seen = new Set<string>([context.root]);
  const objects = [context.root];
  for (let path = objects.shift(); path !== undefined && seen.size < MAX_WALKED; path = objects.shift()) {
    for (const name of known.get(path) ?? (await listChildren(context, path))) {
      if (all.size < LIMITS.members) all.add(name);
      if (!name.endsWith('.') || seen.has(name) || !name.startsWith(path)) continue;
      seen.add(name);
      objects.push(name);
    }
    // Progress: only sessions that break without any are counted.
    if (!known.has(path))
      await progress(context, { state: 'none', names: all.size, tries: Math.min(tries + 1, METHODS_TRIES) });
  }
  return [...all];
}

/** Lists one object's children, and notes on the object that they are known. */
async function listChildren(context: FirstContact, path: string): Promise<readonly string[]> {
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
 * Forgets what an older firmware had, and what the modem does not list any more. `before`: what was known
 * before it was asked; an object that a task added since then may be missing in the list, and stays.
 */
async function keepOnly(
  context: FirstContact,
  before: readonly string[],
  names: readonly string[],
): Promise<void> {
  const listed = new Set(names);
  const gone: string[] = [];
  // An Inform may name what the tree does not list, such as `.ExternalIPAddress` (Q-PN-01), which is not
  // below the root.
  const sorted = [...names].sort();
  for (const name of before)
    if (
      !listed.has(name) &&
      !context.informNames.has(name) &&
      !(name.endsWith('.') && hasBelow(sorted, name))
    )
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

/**
 * Whether a sorted list has a name below `object`: some modems list leaves without the objects above them.
 */
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
  const { wanted, read } = await valuesToRead(context);
  const pace = await paceOf(context, wanted.length);
  const progressed = { read };
  while (wanted.length > 0) {
    const batch = await stillKnown(context, wanted.splice(0, pace.size));
    if (batch.length > 0) wanted.unshift(...(await readBatch(context, batch, pace, progressed)));
  }
  await progress(context, { state: 'values', values: progressed.read });
}

/** The names whose values are to be read, and how many were read since the discovery began. */
async function valuesToRead(context: FirstContact): Promise<{ wanted: string[]; read: number }> {
  const startedAt = (await context.store.get(context.key))?.discovery.startedAt ?? '';
  const wanted: string[] = [];
  let read = 0;
  for await (const { name, readAt, writable } of context.store.tree(context.key, context.root)) {
    // A name that only an Inform has (Q-PN-01) has its value from there, and a request for it may be refused.
    if (name.endsWith('.') || writable === undefined) continue;
    if (readAt !== undefined && readAt >= startedAt) read += 1;
    else wanted.push(name);
  }
  return { wanted, read };
}

/** Reads the values of a batch, and returns the names that are to be asked for again in smaller batches. */
async function readBatch(
  context: FirstContact,
  batch: readonly string[],
  pace: Pace,
  progressed: { read: number },
): Promise<readonly string[]> {
  const reply = await askValues(context, batch, pace);
  if (reply.is === 'response') {
    progressed.read += batch.length;
    await progress(context, { state: 'values', values: progressed.read, tries: 0 });
    await grow(context, pace, batch.length);
    return [];
  }
  if (batch.length === 1) {
    // The modem listed the name and refuses it (Q-PN-09): it counts as read, without a value. If a task
    // deleted the object while the request was on its way, there is nothing to mark.
    const [name] = await stillKnown(context, batch);
    if (name === undefined) return [];
    progressed.read += 1;
    await markRead(context, name, progressed.read);
    return [];
  }
  pace.size = Math.ceil(batch.length / 2);
  // Halving also finds a name that is refused, but then the size of the batch is not to blame.
  if (reply.is === 'unanswered' || reply.fault.FaultCode !== 9005) await limitBatch(context, pace);
  return batch;
}

async function markRead(context: FirstContact, name: string, read?: number): Promise<void> {
  await context.store.merge(context.key, [{ name, readAt: context.now() }]);
  await progress(context, { state: 'values', tries: 0, ...(read === undefined ? {} : { values: read }) });
}

/** The names that the store still has: a task may delete objects between two steps of a first contact. */
async function stillKnown({ store, key }: FirstContact, names: readonly string[]): Promise<string[]> {
  const known: string[] = [];
  for (const name of names) if ((await store.parameter(key, name)) !== undefined) known.push(name);
  return known;
}

interface Pace {
  size: number;
  largest: number;
  /** Sessions in a row that broke at the values that are wanted next. */
  losses: number;
}

/**
 * After a broken session the same number of names is tried once more; after each further one half of them.
 */
async function paceOf(context: FirstContact, wanted: number): Promise<Pace> {
  const { batch } = await context.styles.learned(context.model);
  const losses = (await context.store.get(context.key))?.discovery.tries ?? 0;
  const first = Math.min(FIRST_BATCH, batch ?? FIRST_BATCH, Math.max(wanted, 1));
  const size = Math.max(1, Math.ceil(first / 2 ** Math.max(0, losses - 1)));
  return { size, largest: batch ?? MAX_BATCH, losses };
}

async function grow(context: FirstContact, pace: Pace, answered: number): Promise<void> {
  // It twice broke the session when asked for more names than these.
  if (pace.losses > 1 && answered === pace.size) await limitBatch(context, pace);
  pace.losses = 0;
  if (answered === pace.size) pace.size = Math.min(pace.size * 2, pace.largest);
}

async function limitBatch(context: FirstContact, pace: Pace): Promise<void> {
  if (pace.size < MIN_BATCH) return;
  pace.largest = pace.size;
  await context.styles.learn({ ...(await context.styles.learned(context.model)), batch: pace.largest });
}

/**
 * A modem that breaks the session at a request is asked for fewer names the next time (Q-EV-13), at last not
 * for that one.
 */
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
      await limitBatch(context, pace);
    } else if (names.length === 1 && pace.losses >= MAX_LOSSES) await markRead(context, names[0] ?? '');
    else await progress(context, { tries: pace.losses + 1 });
    throw error;
  }
}
