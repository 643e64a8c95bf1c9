/**
 * The built-in first contact: a modem's methods, the names of its whole tree, then all values; once per firmware.
 * It goes on in the next session where a broken one left it.
 */
import type { CwmpFault, Request } from '../../protocol/cwmp/messages.ts';
import type { Reply } from '../conversation.ts';
import type { ReplyStyles } from '../reply-style.ts';
import type { DeviceRecord, DeviceStore, Discovery } from '../store/store.ts';

/** Names asked for at first, and at most. They double while the modem bears it and halve when it does not (Q-FT-05). */
const FIRST_BATCH = 32;
const LARGEST_BATCH = 512;

/** Objects visited at most when the tree is walked level by level. */
const WALK_BUDGET = 50_000;

export interface FirstContact {
  readonly store: DeviceStore;
  readonly styles: ReplyStyles;
  readonly key: string;
  readonly model: string;
  /** Root object as the Inform names it: some modems refuse the empty path (Q-PN-07). */
  readonly root: string;
  readonly firmware: string;
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
  let state = record.discovery.firmware === context.firmware ? record.discovery.state : 'none';
  if (state === 'none') {
    await context.ask({ kind: 'request', rpc: 'GetRPCMethods', args: {} });
    if (!(await readNames(context))) return;
    state = 'values';
  }
  await readValues(context);
  await progress(context, { state: 'done', doneAt: context.now() });
}

async function progress(context: FirstContact, change: Partial<Discovery>): Promise<void> {
  await context.store.update(context.key, (record) => {
    if (record === undefined) throw new Error(`unreachable: no record of ${context.key}`);
    return { ...record, discovery: { ...record.discovery, ...change, firmware: context.firmware } };
  });
}

/** One call for the whole tree where the modem bears it, else level by level (Q-PN-08). False when it tells nothing. */
async function readNames(context: FirstContact): Promise<boolean> {
  const learned = await context.styles.learned(context.model);
  const tries = (await context.store.get(context.key))?.discovery.tries ?? 0;
  if (learned.wholeTree !== false && tries < 2) {
    // Counted before the call: a modem that crashes over it (Q-EV-14) is not asked for ever.
    await progress(context, { state: 'none', tries: tries + 1 });
    const names = await namesBelow(context, context.root, false);
    const bears = names !== undefined && names.length > 0;
    await context.styles.learn({ ...(await context.styles.learned(context.model)), wholeTree: bears });
    if (bears) {
      await keepOnly(context, names);
      return true;
    }
  }
  const names = await walk(context);
  if (names.length === 0) return false;
  await keepOnly(context, names);
  return true;
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
  return reply.response.args.ParameterList.map(({ Name }) => Name);
}

async function walk(context: FirstContact): Promise<readonly string[]> {
  const all: string[] = [];
  const seen = new Set<string>([context.root]);
  const objects = [context.root];
  for (let path = objects.shift(); path !== undefined && seen.size < WALK_BUDGET; path = objects.shift()) {
    for (const name of (await namesBelow(context, path, true)) ?? []) {
      all.push(name);
      if (!name.endsWith('.') || seen.has(name) || !name.startsWith(path)) continue;
      seen.add(name);
      objects.push(name);
    }
    await progress(context, { state: 'none', names: all.length });
  }
  return all;
}

/** Forgets what an older firmware had, and what the modem listed no more. */
async function keepOnly(context: FirstContact, names: readonly string[]): Promise<void> {
  const listed = new Set(names);
  const gone: string[] = [];
  for await (const { name } of context.store.tree(context.key)) if (!listed.has(name)) gone.push(name);
  // An Inform may name what the tree does not list: `.ExternalIPAddress` (Q-PN-01).
  const below = gone.filter((name) => name.startsWith(context.root));
  for (const name of below) if (!name.endsWith('.')) await context.store.forget(context.key, name);
  const leaves = names.filter((name) => !name.endsWith('.'));
  await progress(context, {
    state: 'values',
    names: leaves.length,
    values: 0,
    startedAt: context.now(),
    tries: 0,
  });
}

async function readValues(context: FirstContact): Promise<void> {
  const startedAt = (await context.store.get(context.key))?.discovery.startedAt ?? '';
  const wanted: string[] = [];
  let read = 0;
  for await (const { name, readAt } of context.store.tree(context.key, context.root)) {
    if (name.endsWith('.')) continue;
    if (readAt !== undefined && readAt >= startedAt) read += 1;
    else wanted.push(name);
  }
  const pace = await paceOf(context);
  while (wanted.length > 0) {
    const batch = wanted.splice(0, pace.size);
    const reply = await askValues(context, batch, pace);
    if (reply.is === 'response') {
      read += batch.length;
      await progress(context, { state: 'values', values: read });
      if (batch.length === pace.size) pace.size = Math.min(pace.size * 2, pace.largest);
    } else if (batch.length === 1) {
      // Read, and without a value: the modem listed it and refuses it (Q-PN-09).
      await context.store.merge(context.key, [{ name: batch[0] ?? '', readAt: context.now() }]);
      read += 1;
    } else {
      wanted.unshift(...batch);
      await shrink(context, pace, batch.length, reply.is === 'unanswered' || isTooMuch(reply.fault));
    }
  }
}

interface Pace {
  size: number;
  largest: number;
}

async function paceOf(context: FirstContact): Promise<Pace> {
  const { batch } = await context.styles.learned(context.model);
  return { size: Math.min(FIRST_BATCH, batch ?? FIRST_BATCH), largest: batch ?? LARGEST_BATCH };
}

/** A modem that went away over a large request is asked for less the next time (Q-EV-13). */
async function askValues(context: FirstContact, names: readonly string[], pace: Pace): Promise<Reply> {
  try {
    return await context.ask({
      kind: 'request',
      rpc: 'GetParameterValues',
      args: { ParameterNames: names },
    });
  } catch (error) {
    if (names.length > FIRST_BATCH) await shrink(context, pace, names.length, true);
    throw error;
  }
}

/** A name that is refused is found by halving too, but then the size of the batch is not at fault. */
async function shrink(context: FirstContact, pace: Pace, asked: number, tooMuch: boolean): Promise<void> {
  pace.size = Math.ceil(asked / 2);
  if (!tooMuch) return;
  pace.largest = pace.size;
  await context.styles.learn({ ...(await context.styles.learned(context.model)), batch: pace.largest });
}

const isTooMuch = (fault: CwmpFault): boolean => fault.FaultCode !== 9005;
