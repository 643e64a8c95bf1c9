/** A simulated modem: power, informs, the retry ladder, restarts and transfers around its sessions. */
import { EventEmitter } from 'node:events';
import type { EventQueue, InformEvents } from '../protocol/cwmp/events.ts';
import {
  callDelivered,
  informDelivered,
  informFailed,
  nextInform,
  noEvents,
  raise,
  rebooted,
} from '../protocol/cwmp/events.ts';
import type { AcsMethod, CpeMethod, DeviceId, Request } from '../protocol/cwmp/messages.ts';
import { pickWait, retryRange } from '../protocol/cwmp/retry-ladder.ts';
import type { CpeState } from '../protocol/cwmp/session-cpe.ts';
import { following, initial, step } from '../protocol/cwmp/session-cpe.ts';
import { ModemlabError } from '../protocol/errors.ts';
import { assertNever } from '../protocol/result.ts';
import { CookieJar } from './cookies.ts';
import { Device } from './device.ts';
import type { TransferTask } from './file-work.ts';
import { carryTransfer } from './file-work.ts';
import type { HttpClient } from './http-client.ts';
import type { CutOrder, Modem, ModemEvents, ModemOptions } from './modem-types.ts';
import type { Aftermath, Performed } from './perform.ts';
import type { Profile } from './profile.ts';
import { loadProfile } from './profile.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { createScheduler } from './scheduler.ts';
import type { CutPoint, SessionResult } from './session.ts';
import { runSession } from './session.ts';
import { createClient, deviceId, informOf, settingsOf, TIMEOUT_MS } from './session-parts.ts';
import { Timers } from './timers.ts';

/** Profiles of which every value was computed once: a rule that cannot be is told before a modem runs. */
const checked = new WeakSet<Profile>();

function check(device: Device): void {
  const { profile, tree } = device;
  if (checked.has(profile)) return;
  for (const leaf of tree.leaves(tree.root())) device.parameter(leaf);
  if (device.informParameters().length !== profile.inform.parameters.length)
    throw new ModemlabError(
      'E_FILE_INVALID',
      `${profile.name}: inform names a parameter that is not in the tree`,
    );
  checked.add(profile);
}

/** A modem that is switched off. Throws ModemlabError for a profile that is not there or not right, or a wrong URL. */
export function createModem(options: ModemOptions): Modem {
  return new SimulatedModem(options);
}

class SimulatedModem implements Modem {
  readonly events = new EventEmitter<ModemEvents>();
  readonly device: Device;
  readonly #options: ModemOptions;
  readonly #scheduler: Scheduler;
  readonly #ownScheduler: boolean;
  readonly #random: Random;
  #power: 'off' | 'booting' | 'on' = 'off';
  #queue: EventQueue = noEvents;
  #state: CpeState = initial;
  #jar = new CookieJar();
  #retries = 0;
  /** Failed sessions since the last success or restart: the step of the ladder. */
  #rung = 0;
  #sessions = 0;
  #http: HttpClient | undefined;
  #running: Promise<void> | undefined;
  /** Something occurred while a session ran: another follows it. */
  #again = false;
  #contacted: string | undefined;
  #later: Aftermath[] = [];
  readonly #cuts: CutOrder[] = [];
  /** Parameters that were changed by others than the ACS since the last Inform that it heard. */
  readonly #changed = new Set<string>();
  /** Transfers that are accepted, and when they are due: they outlive a restart (TR-069a6 A.3.2.8). */
  readonly #accepted = new Map<TransferTask, number>();
  readonly #timers: Timers;
  /** Transfers under way, and what ends them. */
  #abort = new AbortController();
  readonly #transfers = new Set<Promise<void>>();

  constructor(options: ModemOptions) {
    const { profile, seed = 0, index = 0 } = options;
    this.#options = options;
    this.#ownScheduler = options.scheduler === undefined;
    this.#scheduler =
      options.scheduler ?? createScheduler(options.speed === undefined ? {} : { speed: options.speed });
    this.#timers = new Timers(this.#scheduler);
    this.#random = createRandom(`${seed}/${index}/modem`);
    this.device = new Device({
      ...options,
      profile: typeof profile === 'string' ? loadProfile(profile) : profile,
      acs: new URL(options.acs).href,
      now: () => this.#scheduler.now(),
    });
    check(this.device);
    for (const [below, value] of Object.entries(options.settings ?? {}))
      this.device.tree.store(this.device.name(below), value);
  }

  get id(): DeviceId {
    return deviceId(this.device);
  }

  start(): void {
    if (this.#power === 'off') this.#boot([]);
  }

  async stop(): Promise<void> {
    this.#power = 'off';
    this.#timers.clearAll();
    this.#again = false;
    this.#http?.cut();
    this.#abort.abort();
    this.#abort = new AbortController();
    await this.#running;
    await Promise.allSettled(this.#transfers);
    if (this.#ownScheduler) this.#scheduler.stop();
  }

  powerCycle(): void {
    this.#http?.cut();
    this.#restart('power', []);
  }

  inform(code: string): void {
    this.#queue = raise(this.#queue, code);
    this.#go();
  }

  change(name: string, value: string): void {
    this.device.tree.store(name, value);
    const notification = this.device.attributes.get(name)?.Notification ?? 0;
    const forced = this.device.profile.inform.parameters.some((text) => this.device.expand(text) === name);
    if (notification === 0 && !forced) return;
    this.#changed.add(name);
    this.#queue = raise(this.#queue, '4 VALUE CHANGE');
    if (notification === 2 || forced) this.#go();
  }

  cutNextSession(where: CutPoint['where'], rpc?: CpeMethod): void {
    this.#cuts.push(rpc === undefined ? { where } : { where, rpc });
  }

  /** Power up or restart: the clock begins anew, and what a restart discards is gone. */
  #boot(commandKeys: readonly string[]): void {
    this.#power = 'booting';
    this.#timers.clearAll();
    this.#queue = rebooted(this.#queue);
    this.#changed.clear();
    this.#rung = 0;
    this.device.restart();
    if (this.#contacted !== this.device.setting('ManagementServer.URL')) this.#bootstrap();
    for (const code of this.device.profile.inform.bootEvents) this.#queue = raise(this.#queue, code);
    for (const key of commandKeys) this.#queue = raise(this.#queue, 'M Reboot', key);
    const seconds = this.#options.bootSeconds ?? this.device.profile.bootSeconds;
    this.#timers.set('boot', seconds * 1000, () => {
      this.#power = 'on';
      this.#state = idle(this.#state, { ids: 0 });
      this.#sessions = 0;
      this.#schedulePeriodic();
      this.#armTransfers();
      this.#go();
    });
  }

  /** First contact with this ACS: all other undelivered events are discarded, transfers with them. */
  #bootstrap(): void {
    this.#queue = raise(this.#queue, '0 BOOTSTRAP');
    this.#state = idle(this.#state, { pending: [] });
  }

  #restart(cause: ModemEvents['rebooted'][0]['cause'], commandKeys: readonly string[]): void {
    this.events.emit('rebooted', { cause, commandKeys });
    this.#boot(commandKeys);
  }

  #schedulePeriodic(): void {
    const enabled = this.device.setting('ManagementServer.PeriodicInformEnable') === '1';
    const seconds = Number(this.device.setting('ManagementServer.PeriodicInformInterval'));
    this.#timers.clear('periodic');
    if (!enabled || !(seconds >= 1)) return;
    this.#timers.set('periodic', seconds * 1000, () => {
      this.#schedulePeriodic();
      this.inform('2 PERIODIC');
    });
  }

  /** Opens a session now, or after the one that runs. */
  #go(): void {
    if (this.#power !== 'on') return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#timers.clear('retry');
    this.#running = this.#session().finally(() => {
      this.#running = undefined;
      if (this.#again && this.#power === 'on') {
        this.#again = false;
        this.#go();
      }
    });
  }

  async #session(): Promise<void> {
    const { device } = this;
    const begun = performance.now();
    const url = device.setting('ManagementServer.URL');
    const told = nextInform(this.#queue, this.#retries > 0);
    const retryCount = this.#retries;
    const http = createClient(device, url, this.#jar, this.#random, this.#options);
    const requests: CpeMethod[] = [];
    const inform = informOf(device, told, retryCount, this.#changed);
    this.#http = http;
    const result = await runSession({
      device,
      http,
      settings: settingsOf(device.profile, this.#sessions),
      state: following(this.#state),
      inform,
      hooks: {
        cut: (point) => this.#cutsAt(point),
        received: (request) => {
          requests.push(request.rpc);
          this.events.emit('rpc', request);
        },
        performed: (request, performed) => this.#performed(request, performed),
        delivered: (request) => this.#delivered(request, told, url),
        undelivered: (request) => this.#undelivered(request),
      },
    });
    this.#http = undefined;
    this.#state = result.state;
    this.#conclude(result, told);
    const events = inform.Event.map(({ EventCode }) => EventCode);
    const { ok, why } = result;
    this.events.emit('session-ended', {
      ...{ ok, why, url, events, requests, retryCount },
      ms: performance.now() - begun,
    });
    this.#afterwards();
  }

  #cutsAt(point: CutPoint): boolean {
    if (this.#options.cut?.(point) === true) return true;
    const index = this.#cuts.findIndex(
      ({ where, rpc }) => where === point.where && (rpc === undefined || rpc === point.rpc),
    );
    if (index < 0) return false;
    this.#cuts.splice(index, 1);
    return true;
  }

  #performed(request: Request<CpeMethod>, performed: Performed): void {
    this.events.emit('performed', request, performed);
    if (!performed.ok) return;
    if (performed.later !== undefined) this.#later.push(performed.later);
    for (const { name, value } of performed.written ?? []) {
      this.events.emit('parameter-set', { name, value });
      if (name.startsWith(this.device.name('ManagementServer.PeriodicInform'))) this.#schedulePeriodic();
    }
  }

  #delivered(request: Request<AcsMethod>, told: InformEvents, url: string): void {
    if (request.rpc === 'Inform') {
      this.#queue = informDelivered(this.#queue, told);
      for (const { Name } of request.args.ParameterList) this.#changed.delete(Name);
      this.#contacted = url;
    } else if (request.rpc === 'TransferComplete') {
      this.#queue = callDelivered(this.#queue, request.rpc, request.args.CommandKey);
    }
    this.events.emit('delivered', request);
  }

  /** The ACS refused to hear of a transfer: it is told again in the next session (TR-069a6 A.3.3.2). */
  #undelivered(request: Request<AcsMethod>): void {
    if (request.rpc === 'TransferComplete') this.#forNext.push(request);
  }
  /** Requests that wait for the end of the session that runs: its machine does not know of them. */
  readonly #forNext: Request<AcsMethod>[] = [];

  #conclude({ ok }: SessionResult, told: InformEvents): void {
    for (const request of this.#forNext.splice(0)) this.#wish(request);
    if (ok) {
      this.#retries = 0;
      this.#rung = 0;
      this.#sessions += 1;
      this.#jar = new CookieJar();
      return;
    }
    this.#queue = informFailed(this.#queue, told);
    this.#retries += 1;
    this.#rung += 1;
    if (!this.device.profile.http.cookiesOutlive) this.#jar = new CookieJar();
    if (this.#power !== 'on') return;
    this.#timers.set('retry', pickWait(retryRange(this.#rung), this.#random()) * 1000, () => this.#go());
  }

  #wish(request: Request<AcsMethod>): void {
    if (this.#http !== undefined) {
      this.#forNext.push(request);
      return;
    }
    this.#state = step(settingsOf(this.device.profile, this.#sessions), following(this.#state), {
      is: 'wish',
      request,
    }).state;
  }

  /** What the ACS asked for and had to wait for the end of the session (TR-069a6 3.7.1.4). */
  #afterwards(): void {
    const later = this.#later;
    this.#later = [];
    const reboots: string[] = [];
    let reset = false;
    for (const task of later) {
      switch (task.do) {
        case 'reboot':
          reboots.push(task.commandKey);
          break;
        case 'factory-reset':
          reset = true;
          break;
        case 'schedule-inform':
          this.#scheduleInform(task);
          break;
        case 'download':
        case 'upload':
          this.#accepted.set(task, this.#scheduler.now() + task.args.DelaySeconds * 1000);
          break;
        default:
          assertNever(task);
      }
    }
    if (this.#power !== 'on') return;
    this.#armTransfers();
    if (reset) this.#factoryReset();
    else if (reboots.length > 0) this.#restart('reboot', reboots);
    else this.#followUrl();
  }

  /** A later request with the same key takes the place of the earlier one (TR-069a6 A.4.1.2). */
  #scheduleInform({ commandKey, seconds }: Extract<Aftermath, { do: 'schedule-inform' }>): void {
    if (this.#power !== 'on') return;
    this.#timers.set(`scheduled ${commandKey}`, seconds * 1000, () => {
      this.#queue = raise(this.#queue, 'M ScheduleInform', commandKey);
      this.#go();
    });
  }

  #factoryReset(): void {
    this.device.factoryReset();
    this.#accepted.clear();
    this.#queue = noEvents;
    this.#state = idle(this.#state, { pending: [] });
    this.#contacted = undefined;
    this.#retries = 0;
    this.#restart('factory-reset', []);
  }

  /** A changed ACS URL is a first contact (TR-069a6 3.7.1.5 Table 8). */
  #followUrl(): void {
    if (this.#contacted === undefined || this.#contacted === this.device.setting('ManagementServer.URL'))
      return;
    this.#contacted = undefined;
    this.#bootstrap();
    this.#again = true;
  }

  #armTransfers(): void {
    let number = 0;
    for (const [task, due] of this.#accepted) {
      number += 1;
      this.#timers.set(`transfer ${number}`, due - this.#scheduler.now(), () => {
        if (this.#accepted.delete(task)) this.#transfer(task);
      });
    }
  }

  #transfer(task: TransferTask): void {
    const run = this.#carryTransfer(task).finally(() => this.#transfers.delete(run));
    this.#transfers.add(run);
  }

  async #carryTransfer(task: TransferTask): Promise<void> {
    const { device } = this;
    const { report, complete, restarts } = await carryTransfer(device, task, {
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      random: this.#random,
      signal: this.#abort.signal,
    });
    if (this.#power === 'off') return;
    this.events.emit('transferred', report);
    this.#queue = raise(
      this.#queue,
      task.do === 'download' ? 'M Download' : 'M Upload',
      task.args.CommandKey,
    );
    this.#wish({ kind: 'request', rpc: 'TransferComplete', args: complete });
    if (restarts) this.#restart('upgrade', []);
    else this.#go();
  }
}

/** The state before the next session, with something changed. */
function idle(
  state: CpeState,
  change: { readonly ids?: number; readonly pending?: readonly Request<AcsMethod>[] },
): CpeState {
  const next = following(state);
  return next.at === 'idle' ? { ...next, ...change } : next;
}
