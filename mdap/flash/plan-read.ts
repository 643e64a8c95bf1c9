/** Reads a plan from its file, and checks all of it before anything is touched. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { addressNumber, addressText } from '../../protocol/ipv4.ts';
import type { Result } from '../../protocol/result.ts';
import { err, ok } from '../../protocol/result.ts';
import type { Counter, Plan, PlanNetwork, PlanProblem } from './plan.ts';
import { checkPlan } from './plan-check.ts';
import { ImageShelf, readImages } from './plan-images.ts';
import { PlanNode } from './plan-node.ts';
import { readCommands, readRules, readTemplate } from './plan-rules.ts';
import { FLASH_SETTINGS, type FlashSettings } from './settings.ts';
import { parseTemplate, type Template } from './template.ts';

const MEMBERS = [
  'version',
  'network',
  'credentials',
  'images',
  'counters',
  'commands',
  'rules',
  'verify',
  'boot',
  'missing',
  'times',
  'limits',
] as const;

/** Bytes of a plan: with lines for ten thousand modems it has three million. */
const MAX_PLAN = 8 * 1024 * 1024;

/**
 * The plan in `file`, or everything that is wrong with it. `host`: our own IPv4 address, which no modem may
 * get. Rejects with nothing but bugs.
 */
export async function readPlan(file: string, host: string): Promise<Result<Plan, readonly PlanProblem[]>> {
  const problems: PlanProblem[] = [];
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return err([{ file, line: 1, says: 'the plan cannot be read', remedy: 'give the path of a YAML file' }]);
  }
  if (text.length > MAX_PLAN)
    return err([{ file, line: 1, says: 'the plan is too long', remedy: 'put its modems into a CSV file' }]);
  const node = PlanNode.read(text, file, problems);
  if (problems.length > 0) return err(problems);
  const folder = path.dirname(path.resolve(file));
  const top = node.members(MEMBERS);
  if (top.version.whole(0, 0, 1_000_000) !== 1) top.version.refuse('wants 1', 'write "version: 1"');
  const shelf = new ImageShelf(folder);
  const plan: Plan = {
    file,
    host,
    network: readNetwork(top.network),
    credentials: readCredentials(top.credentials),
    images: await readImages(top.images, shelf),
    counters: readCounters(top.counters),
    rules: await readRules(top.rules, folder, shelf, readCommands(top.commands)),
    ...readVerify(top.verify),
    boot: readBoot(top.boot, host),
    onMissing: top.missing.choice(['go-on', 'stop'], 'go-on'),
    settings: readSettings(top.times, top.limits),
  };
  if (plan.rules.length === 0)
    top.rules.refuse('there is no rule', 'write one; "rules: [{}]" is for every modem');
  const addresses = checkPlan(plan, problems);
  // A finished modem may already have its address while the next one is in boot mode.
  const pool = plan.boot.pool.filter((address) => !addresses.has(address));
  if (pool.length === 0)
    top.boot.refuse('no address is left for boot mode', 'give a pool beside the addresses of the modems');
  return problems.length === 0
    ? ok({ ...plan, boot: { ...plan.boot, pool } })
    : err(problems.sort((a, b) => a.line - b.line));
}

function readNetwork(node: PlanNode): PlanNetwork | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  const [, address = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const first = addressNumber(address);
  const size = 2 ** (32 - Number(bits));
  if (first === undefined || bits === '' || Number(bits) < 8 || Number(bits) > 30 || first % size !== 0) {
    node.refuse(`${text} is no network`, 'write its first address and its bits, as in 192.168.1.0/24');
    return undefined;
  }
  return { text, first, last: first + size - 1 };
}

/** From the factory, every modem has one of a few users, depending on its brand. */
function readCredentials(node: PlanNode): Plan['credentials'] {
  const factory = ['Administrator', ''].flatMap((text): Template[] => {
    const template = parseTemplate(text);
    return template.ok ? [template.value] : [];
  });
  const [user, password] = factory;
  const read = node.list().flatMap((item) => {
    const members = item.members(['user', 'password']);
    const given = readTemplate(members.user);
    if (given === undefined) item.refuse('wants a user', 'write "user: NAME" and "password: TEXT"');
    const secret = readTemplate(members.password) ?? password;
    return given === undefined || secret === undefined ? [] : [{ user: given, password: secret }];
  });
  return read.length === 0 && user !== undefined && password !== undefined ? [{ user, password }] : read;
}

function readCounters(node: PlanNode): Map<string, Counter> {
  const counters = new Map<string, Counter>();
  for (const [name, item] of node.entries()) {
    const members = item.members(['from', 'to', 'width']);
    const from = members.from.whole(1, 0, 1_000_000_000);
    const to = members.to.whole(from + 9999, 0, 1_000_000_000);
    if (to < from) members.to.refuse(`${to} is less than ${from}`, 'write a number that is not');
    counters.set(name, { from, to, width: members.width.whole(1, 1, 20) });
  }
  return counters;
}

function readVerify(node: PlanNode): Pick<Plan, 'verify' | 'checks'> {
  const { version, address, commands } = node.members(['version', 'address', 'commands']);
  const checks = commands.list().flatMap((item) => {
    const members = item.members(['cli', 'shows']);
    const [line, shows] = [readTemplate(members.cli), readTemplate(members.shows)];
    if (line === undefined || shows === undefined || shows.text === '')
      item.refuse('wants a command and what it shows', 'write "cli: COMMAND" and "shows: TEXT"');
    return line === undefined || shows === undefined ? [] : [{ line, shows }];
  });
  return { checks, verify: { version: version.boolean(true), address: address.boolean(true) } };
}

/** Leases for this many boot loaders at once. */
const POOL = 100;

/** Boot loaders accept any address; by default they get addresses of the host's network from .100 on. */
function readBoot(node: PlanNode, host: string): Plan['boot'] {
  const { pool, mask } = node.members(['pool', 'mask']);
  const text = pool.text();
  const range = text === undefined ? undefined : readRange(text);
  if (text !== undefined && range === undefined)
    pool.refuse(`${text} is no range`, 'write its first and last address, as in 10.0.0.100-10.0.0.199');
  const given = mask.text() ?? '255.255.255.0';
  const bits = addressNumber(given);
  if (bits === undefined) mask.refuse(`${given} is no mask`, 'write one such as 255.255.255.0');
  const own = addressNumber(host) ?? 0;
  const network = own - (own % 256);
  const [first, last] = range ?? [network + 100, network + 100 + POOL - 1];
  const addresses = Array.from({ length: last - first + 1 }, (_, index) => addressText(first + index));
  return { pool: addresses.filter((address) => address !== host), mask: given };
}

function readRange(text: string): readonly [number, number] | undefined {
  const [from, to] = text.split('-').map((address) => addressNumber(address.trim()));
  if (from === undefined || to === undefined || to < from || to - from >= 65_536) return undefined;
  return [from, to];
}

const TIMES = {
  discover: 'discoverMs',
  ask: 'askMs',
  trigger: 'triggerMs',
  offer: 'offerMs',
  again: 'againMs',
  stall: 'stallMs',
  transfer: 'transferMs',
  late: 'lateMs',
  write: 'writeMs',
  restart: 'restartMs',
  command: 'commandMs',
  check: 'checkMs',
  'search-every': 'searchEveryMs',
} as const satisfies Record<string, keyof FlashSettings>;

const LIMITS = {
  asks: 'asks',
  'trigger-retries': 'triggerRetries',
  'bootp-repeats': 'bootpRepeats',
  transfers: 'transfers',
  rewrites: 'rewrites',
  conversations: 'conversations',
} as const satisfies Record<string, keyof FlashSettings>;

/** Times are seconds in the plan. */
function readSettings(times: PlanNode, limits: PlanNode): FlashSettings {
  const settings: { -readonly [K in keyof FlashSettings]: number } = { ...FLASH_SETTINGS };
  for (const [name, item] of times.entries()) {
    const key = Object.entries(TIMES).find(([known]) => known === name)?.[1];
    if (key === undefined) item.refuse('no such time', `known are ${Object.keys(TIMES).join(', ')}`);
    else settings[key] = readSeconds(item, settings[key]);
  }
  for (const [name, item] of limits.entries()) {
    const key = Object.entries(LIMITS).find(([known]) => known === name)?.[1];
    if (key === undefined) item.refuse('no such limit', `known are ${Object.keys(LIMITS).join(', ')}`);
    else
      settings[key] = item.whole(settings[key], key === 'rewrites' || key === 'triggerRetries' ? 0 : 1, 1000);
  }
  return settings;
}

function readSeconds(node: PlanNode, fallback: number): number {
  const text = node.text() ?? '';
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1000;
  node.refuse(`${text} is no number of seconds`, 'write a number above 0, at most 99999');
  return fallback;
}
