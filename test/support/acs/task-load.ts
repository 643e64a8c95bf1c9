/**
 * Random tasks (from a seed) for witnesses, and a check of the queue's promises against what the modems saw.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Task, TaskQueue } from '../../../acs/queue/queue.ts';
import { NOT_REPEATABLE } from '../../../acs/queue/queue.ts';
import { keyed } from '../../../acs/tasks/task-verdict.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import type { Random } from '../../../protocol/random.ts';
import type { Seen, Witness } from '../modem/witness.ts';

const ROOT = 'InternetGatewayDevice.';
/** Tables in which rows are added and deleted. */
export const TABLES = [
  `${ROOT}Layer3Forwarding.Forwarding.`,
  `${ROOT}LANDevice.1.LANHostConfigManagement.DHCPConditionalServingPool.`,
] as const;

/** Names that every profile has. Each GetParameterValues asks for another combination of them. */
const NAMES: readonly string[] = [
  'DeviceInfo.Manufacturer',
  'DeviceInfo.SerialNumber',
  'DeviceInfo.SoftwareVersion',
  'DeviceInfo.HardwareVersion',
  'DeviceInfo.SpecVersion',
  'DeviceInfo.UpTime',
  'DeviceInfo.ProvisioningCode',
  'ManagementServer.URL',
  'ManagementServer.Username',
  'ManagementServer.PeriodicInformEnable',
  'ManagementServer.ConnectionRequestURL',
].map((below) => ROOT + below);

/** How often which RPC is asked for. */
const WEIGHTS: readonly (readonly [CpeMethod, number])[] = [
  ['GetParameterValues', 22],
  ['SetParameterValues', 22],
  ['AddObject', 24],
  ['DeleteObject', 14],
  ['Reboot', 9],
  ['Download', 6],
  ['FactoryReset', 1.5],
];

export interface Accepted {
  readonly id: string;
  readonly on: Witness;
  readonly request: Request<CpeMethod>;
  /** FactoryReset has no key: it is recognised by its position, after this many requests of the modem. */
  readonly after: number;
}

export class TaskLoad {
  readonly accepted: Accepted[] = [];
  readonly #queue: TaskQueue;
  readonly #random: Random;
  readonly #file: string;
  readonly #methods: readonly CpeMethod[];
  /** Devices whose last FactoryReset may not have ended. */
  readonly #resets = new Map<string, string>();
  #count = 0;

  /** `file`: what Downloads fetch. `methods`: which RPCs are asked for. */
  constructor(
    queue: TaskQueue,
    random: Random,
    file: string,
    methods: readonly CpeMethod[] = WEIGHTS.map(([rpc]) => rpc),
  ) {
    this.#queue = queue;
    this.#random = random;
    this.#file = file;
    this.#methods = methods;
  }

  /** Accepts one task for this modem. */
  async add(on: Witness): Promise<void> {
    let rpc = this.#pick();
    if (rpc === 'FactoryReset' && !(await this.#maybeReset(on))) rpc = 'Reboot';
    this.#count += 1;
    const request = this.#request(rpc, on, this.#count);
    const { id } = await this.#queue.add(on.key, request);
    if (rpc === 'FactoryReset') this.#resets.set(on.key, id);
    this.accepted.push({ id, on, request, after: on.seen.length });
  }

  #pick(): CpeMethod {
    const choices = WEIGHTS.filter(([rpc]) => this.#methods.includes(rpc));
    let left = this.#random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [rpc, weight] of choices) {
      left -= weight;
      if (left < 0) return rpc;
    }
    return 'GetParameterValues';
  }

  async #maybeReset(on: Witness): Promise<boolean> {
    const last = this.#resets.get(on.key);
    if (last === undefined) return true;
    const task = await this.#queue.get(last);
    return task?.state === 'done' || task?.state === 'failed';
  }

  #request(rpc: CpeMethod, on: Witness, n: number): Request<CpeMethod> {
    const kind = 'request';
    const table = TABLES[Math.floor(this.#random() * TABLES.length)] ?? TABLES[0];
    switch (rpc) {
      case 'SetParameterValues': {
        const value = { Name: `${ROOT}DeviceInfo.ProvisioningCode`, Value: `n${n}`, Type: 'string' } as const;
        return { kind, rpc, args: { ParameterList: [value], ParameterKey: '' } };
      }
      case 'AddObject':
        return { kind, rpc, args: { ObjectName: table, ParameterKey: '' } };
      case 'DeleteObject': {
        const rows = on.modem.device.tree.instances(table);
        // One that is not there now and then: refused, and that is an end too.
        const row = rows[Math.floor(this.#random() * (rows.length + 1))] ?? 999;
        return { kind, rpc, args: { ObjectName: `${table}${row}.`, ParameterKey: '' } };
      }
      case 'Reboot':
        return { kind, rpc, args: { CommandKey: '' } };
      case 'FactoryReset':
        return { kind, rpc, args: {} };
      case 'Download':
        return {
          kind,
          rpc,
          args: {
            CommandKey: '',
            FileType: '3 Vendor Configuration File',
            URL: this.#file,
            Username: '',
            Password: '',
            FileSize: 0,
            TargetFileName: '',
            DelaySeconds: 0,
            SuccessURL: '',
            FailureURL: '',
          },
        };
      default: {
        const ParameterNames = NAMES.filter((_, bit) => (n >> bit) % 2 === 1);
        return { kind, rpc: 'GetParameterValues', args: { ParameterNames } };
      }
    }
  }
}

/** What is wrong with the end of a task, by what its modem saw; empty when nothing is. */
function faultsOf(one: Accepted, task: Task | undefined, accepted: readonly Accepted[]): readonly string[] {
  const { id, on, request } = one;
  if (task === undefined) return ['it is lost'];
  if (task.state !== 'done' && task.state !== 'failed') return [`it is still ${task.state}`];
  const wrong: string[] = [];
  const sent = sendingsOf(one, accepted);
  const carriedOut = sent.filter(({ ok }) => ok);
  // Refused is seen not to have been done: then it may come again, and only then.
  if (NOT_REPEATABLE.has(request.rpc) && sent.slice(0, -1).some(({ ok }) => ok))
    wrong.push(`the modem got it ${sent.length} times, and did it before the last`);
  if (task.state === 'done') {
    if (carriedOut.length === 0) wrong.push('it is done, and the modem never did it');
    if (!carriedOut.some((seen) => explains(task, seen))) wrong.push('its answer is not what the modem said');
    if (request.rpc === 'Download' && !on.transfers.includes(id)) wrong.push('there was no transfer');
  } else if (task.fault !== undefined) {
    const { FaultCode } = task.fault;
    if (!sent.some(({ answer }) => 'FaultCode' in answer && answer.FaultCode === FaultCode))
      wrong.push(`the modem never said ${FaultCode}`);
  }
  return wrong;
}

function sendingsOf(one: Accepted, accepted: readonly Accepted[]): readonly Seen[] {
  const { id, on, request } = one;
  if (request.rpc === 'FactoryReset') {
    const resets = accepted.filter((other) => other.on === on && other.request.rpc === 'FactoryReset');
    const next = resets[resets.indexOf(one) + 1];
    return on.seen.slice(one.after, next?.after).filter((seen) => seen.request.rpc === 'FactoryReset');
  }
  const { args } = keyed({ id, device: on.key, request, state: 'new', attempts: 0, acceptedAt: '' });
  return on.seen.filter(
    (seen) => seen.request.rpc === request.rpc && isDeepStrictEqual(seen.request.args, args),
  );
}

/**
 * Whether this can be the task's answer. Events report Reboot, FactoryReset and Download; a deleted object is
 * missing in the tree.
 */
function explains({ answer, request }: Task, seen: Seen): boolean {
  if (!('args' in seen.answer)) return false;
  switch (request.rpc) {
    case 'GetParameterValues':
      return isDeepStrictEqual(valuesOf(answer), valuesOf(seen.answer.args));
    case 'SetParameterValues':
    case 'AddObject':
    case 'DeleteObject':
      return isDeepStrictEqual(answer, seen.answer.args);
    default:
      return true;
  }
}

/** Names and values: types are a matter of the modem's dialect. */
function valuesOf(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('ParameterList' in answer)) return undefined;
  const { ParameterList } = answer;
  if (!Array.isArray(ParameterList)) return undefined;
  return ParameterList.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'Name' in entry && 'Value' in entry
      ? [entry.Name, entry.Value]
      : undefined,
  );
}

export interface Ends {
  /** Ended tasks by state or error code. */
  readonly counts: ReadonlyMap<string, number>;
  /** What is wrong, one line a task. */
  readonly wrong: readonly string[];
}

/** Waits until all have ended, at most `ms` in all, and judges each. */
export async function judge(queue: TaskQueue, accepted: readonly Accepted[], ms: number): Promise<Ends> {
  const until = performance.now() + ms;
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  for (const one of accepted) {
    const task = await queue.wait(one.id, Math.max(0, until - performance.now()));
    const how = task?.error?.code ?? (task?.fault === undefined ? (task?.state ?? 'lost') : 'fault');
    const name = how === 'done' || how === 'fault' ? how : `${one.request.rpc} ${how}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const state = `${task?.state}, sent ${task?.attempts} times`;
    for (const fault of faultsOf(one, task, accepted))
      wrong.push(`${one.id} ${one.request.rpc} of ${one.on.key}: ${fault} (${state})`);
  }
  return { counts, wrong };
}

/** Files in a data folder of tasks that have more than one. */
export async function filesTwice(folder: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const file of await readdir(join(folder, 'queue'), { recursive: true })) {
    const id = /(?:new|claimed|done|failed)\/(\w{26})\.[^/]*json$/.exec(file)?.[1];
    if (id === undefined) continue;
    if (seen.has(id)) twice.push(file);
    seen.add(id);
  }
  return twice;
}
