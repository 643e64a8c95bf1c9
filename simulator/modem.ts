/**
 * A simulated modem: power, informs, the retry ladder and restarts around its sessions. Its services do the
 * rest.
 */
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
import type { Operation } from '../protocol/cwmp/operation.ts';
import { pickWait, retryRange } from '../protocol/cwmp/retry-ladder.ts';
import type { CpeState } from '../protocol/cwmp/session-cpe.ts';
import { following, initial, step } from '../protocol/cwmp/session-cpe.ts';
import { looksLikeOldAcs } from '../protocol/cwmp/version.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { Random } from '../protocol/random.ts';
import { createRandom } from '../protocol/random.ts';
import { checkProfile } from './check-profile.ts';
import type { ClientSwitches } from './device/device.ts';
import { Device } from './device/device.ts';
import { ladderOf, untilPeriodic } from './device/inform-times.ts';
import type { Aftermath, Performed } from './device/rpc/dispatch.ts';
import type { AutonomousTransfer } from './device/transfer-list.ts';
import { CookieJar } from './http/cookies.ts';
import type { HttpClient } from './http/http-client.ts';
import { faultsOf } from './line/of-modem.ts';
import type { ModemContext, RestartCause } from './modem-context.ts';
import { services } from './modem-services.ts';
import type {
  CutOrder,
  CutPoint,
  Kick,
  Modem,
  ModemEvents,
  ModemOptions,
  SessionReport,
  Wait,
} from './modem-types.ts';
import { nextEvent } from './modem-wait.ts';
import { loadProfile } from './profile/profile.ts';
import { habitsOf, quirkyProfile } from './quirks/habits.ts';
import { kick, requestDownload } from './services/acs-requests.ts';
import { changeUnits } from './services/deployment-units.ts';
import { changesToTell, forgetChanges, tellsChanges, valueChanged } from './services/notifications.ts';
import { transferAutonomously } from './services/transfer-queue.ts';
import type { SessionHooks, SessionResult } from './session.ts';
import { runSession } from './session.ts';
import { createClient, informOf, settingsOf } from './session-setup.ts';
import type { Scheduler } from './time/scheduler.ts';
import { createScheduler } from './time/scheduler.ts';
import type { Waiter } from './time/session-limiter.ts';
import { Timers } from './time/timers.ts';

/**
 * A modem that is switched off. Throws ModemlabError for a missing or invalid profile, or a wrong URL or
 * line.
 */
export function createModem(options: ModemOptions): Modem {
  return new SimulatedModem(options);
}

/** State that exists only while a session runs. */
interface Live {
  readonly http: HttpClient;
  readonly informEvents: InformEvents;
  readonly url: string;
  readonly requests: CpeMethod[];
  /** What the ACS requested and has to wait for the end of the session (TR-069a6 3.7.1.4). */
  readonly later: Aftermath[];
  /** Requests to the ACS for the next session: the machine of this one does not know them. */
  readonly forNext: Request<AcsMethod>[];
  /** Changes by others than the ACS during the session. */
  readonly changes: { readonly name: string; readonly value: string }[];
  /** The ACS has answered the Inform; or refused it because it does not know its version. */
  heard: boolean;
  tooNew: boolean;
  /**
   * Simulated time at its start: the ACS sees one set of values (TR-069a6 3.7.1.1), unless the modem
   * restarts.
   */
  at: number | undefined;
}

class SimulatedModem implements Modem, ModemContext, Waiter {
  readonly device: Device;
  readonly options: ModemOptions;
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  #events: EventEmitter<ModemEvents> | undefined;
  #random: Random | undefined;
  #power: 'off' | 'booting' | 'on' = 'off';
  #lineDown = false;
  #queue: EventQueue = noEvents;
  #state: CpeState = initial;
  #jar: CookieJar | undefined;
  #retries = 0;
  /** Failed sessions since the last success or restart: the step of the ladder. */
  #rung = 0;
  #sessions = 0;
  /** The ACS seems to support only CWMP 1.0. */
  #old = false;
  #live: Live | undefined;
  #running: Promise<void> | undefined;
  /** Something occurred while a session ran: another session follows. */
  #again = false;
  /** It waits until its session may be opened. */
  #waits = false;
  #contacted: string | undefined;
  #cuts: CutOrder[] | undefined;

  constructor(options: ModemOptions) {
    const { profile, speed } = options;
    const plain = typeof profile === 'string' ? loadProfile(profile) : profile;
    const quirks = [...new Set([...plain.quirks, ...(options.quirks ?? [])])];
    this.options = quirks.length === 0 ? options : { ...options, quirks };
    this.scheduler = options.scheduler ?? createScheduler(speed === undefined ? {} : { speed });
    this.timers = new Timers(this.scheduler);
    this.device = new Device({
      ...options,
      profile: quirks.length === 0 ? plain : quirkyProfile(plain, quirks),
      acs: new URL(options.acs).href,
      now: () => this.#live?.at ?? this.scheduler.now(),
    });
    checkProfile(this.device);
    if (options.line !== undefined) faultsOf(options.line);
  }

  get id(): DeviceId {
    return this.device.id;
  }

  get index(): number {
    return this.options.index ?? 0;
  }

  get events(): EventEmitter<ModemEvents> {
    this.#events ??= new EventEmitter<ModemEvents>();
    return this.#events;
  }

  get random(): Random {
    this.#random ??= createRandom(`${this.options.seed ?? 0}/${this.index}/modem`);
    return this.#random;
  }

  get powered(): boolean {
    return this.#power !== 'off';
  }

  get on(): boolean {
    return this.#power === 'on';
  }

  get inSession(): boolean {
    return this.#running !== undefined;
  }

  emit<K extends keyof ModemEvents>(event: K, ...args: ModemEvents[K]): void {
    this.options.observe?.(this, event, ...args);
    // EventEmitter cannot relate a generic event to its arguments: the method is called on the base type.
    const events: EventEmitter | undefined = this.#events;
    events?.emit(event, ...args);
  }

  next<K extends keyof ModemEvents>(event: K, wait: Wait<K> = {}): Promise<ModemEvents[K]> {
    return nextEvent(this.events, event, wait);
  }

  get(name: string): string | undefined {
    return this.device.valueAt(name);
  }

  start(): void {
    if (this.#power === 'off') this.#boot('power', []);
  }

  async stop(): Promise<void> {
    this.#power = 'off';
    this.timers.clearAll();
    this.#again = false;
    this.#live?.http.cut();
    services.down(this, 'off');
    const ends = services.stop(this);
    await this.#running;
    await Promise.all(ends);
    if (this.options.scheduler === undefined) this.scheduler.stop();
  }

  powerCycle(): void {
    this.#live?.http.cut();
    this.restart('power');
  }

  reboot(): void {
    this.#live?.http.cut();
    this.restart('reboot');
  }

  setClient(change: Partial<ClientSwitches>): void {
    const { device } = this;
    const was = device.client.on;
    device.client = { ...device.client, ...change };
    if (was === device.client.on) return;
    if (was) {
      for (const name of ['retry', 'periodic']) this.timers.clear(name);
      this.#live?.http.cut();
    } else if (this.on) {
      this.#schedulePeriodic();
      // A client that is switched on again has booted; one that never contacted the ACS still has its boot
      // event.
      if (this.#queue.events.length === 0)
        for (const code of device.profile.inform.bootEvents) this.raise(code);
      this.go();
    }
  }

  kick(what: Kick = {}): void {
    kick(this, what);
  }

  requestDownload(fileType: string, args?: Readonly<Record<string, string>>): void {
    requestDownload(this, fileType, args);
  }

  transfer(transfer: AutonomousTransfer): void {
    transferAutonomously(this, transfer);
  }

  changeUnits(operations: readonly Operation[]): void {
    changeUnits(this, operations);
  }

  factoryReset(): void {
    this.#live?.http.cut();
    this.#factoryReset();
  }

  dropLine(): void {
    this.#lineDown = true;
    this.#live?.http.cut();
  }

  restoreLine(): void {
    this.#lineDown = false;
  }

  inform(code: string): void {
    this.raise(code);
    this.go();
  }

  raise(code: string, commandKey?: string): void {
    this.#queue = raise(this.#queue, code, commandKey);
  }

  pending(code: string): boolean {
    const left = this.#live?.http.spoke === true ? this.#live.informEvents.serials : [];
    return this.#queue.events.some(({ EventCode, serial }) => EventCode === code && !left.includes(serial));
  }

  change(name: string, value: string): void {
    if (this.device.read(name) === undefined) throw new ModemlabError('E_PARAMETER_UNKNOWN', name);
    // Changes by others during a session become visible after it (TR-069a6 3.2.1).
    if (this.#live === undefined) this.#change(name, value);
    else this.#live.changes.push({ name, value });
  }

  #change(name: string, value: string): void {
    this.device.tree.store(name, value);
    this.#takesEffect(name);
    valueChanged(this, name);
    if (name !== this.device.name('ManagementServer.URL')) return;
    // Before the first contact there is nothing to start over, but no reason to wait for the next try either.
    if (this.#contacted === undefined) this.go();
    else this.#followUrl();
  }

  #takesEffect(name: string): void {
    if (name.startsWith(this.device.name('ManagementServer.PeriodicInform')) && this.on)
      this.#schedulePeriodic();
  }

  cutNextSession(where: CutPoint['where'], rpc?: CpeMethod): void {
    this.#cuts ??= [];
    this.#cuts.push(rpc === undefined ? { where } : { where, rpc });
  }

  busy<T>(work: Promise<T>): Promise<T> {
    return this.scheduler.busy(work);
  }

  restart(cause: RestartCause, commandKeys: readonly string[] = []): void {
    this.#power = 'booting';
    this.emit('rebooted', { cause, commandKeys });
    this.#boot(cause, commandKeys);
  }

  /** Power up or restart: the clock starts over, and what a restart discards is gone. */
  #boot(cause: RestartCause, commandKeys: readonly string[]): void {
    this.#power = 'booting';
    if (this.#live !== undefined) this.#live.at = undefined;
    this.timers.clearAll();
    services.down(this, cause);
    this.#queue = rebooted(this.#queue);
    this.#rung = 0;
    this.#old = false;
    this.device.restart();
    if (this.#contacted !== this.device.setting('ManagementServer.URL')) this.#bootstrap();
    for (const code of this.device.profile.inform.bootEvents) this.raise(code);
    for (const key of commandKeys) this.raise('M Reboot', key);
    const seconds = this.options.bootSeconds ?? this.device.profile.bootSeconds;
    this.timers.set('boot', seconds * 1000, () => {
      this.#power = 'on';
      this.#state = idle(this.#state, { ids: 0 });
      this.#sessions = 0;
      this.#schedulePeriodic();
      services.booted(this);
      this.go();
    });
  }

  /** First contact with this ACS: all other undelivered events are discarded, transfers with them. */
  #bootstrap(): void {
    this.raise('0 BOOTSTRAP');
    forgetChanges(this);
    this.#state = idle(this.#state, { pending: [] });
  }

  /** `late`: simulated milliseconds by which the last one was overdue. */
  #schedulePeriodic(late = 0): void {
    this.timers.clear('periodic');
    const ms = untilPeriodic(this.device, late);
    if (ms === undefined || !this.device.client.on) return;
    const due = this.scheduler.now() + ms;
    this.timers.set('periodic', ms, () => {
      this.#schedulePeriodic(this.scheduler.now() - due);
      this.inform('2 PERIODIC');
    });
  }

  go(): void {
    if (!this.on || !this.device.client.on) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.timers.clear('retry');
    if (this.#waits) return;
    this.#waits = this.options.sessionLimiter?.enter(this) === false;
    if (!this.#waits) this.#open();
  }

  admit(): boolean {
    this.#waits = false;
    const wants = this.on && this.device.client.on;
    if (wants) this.#open();
    return wants;
  }

  #open(): void {
    this.#running = this.busy(this.#session()).finally(() => {
      this.#running = undefined;
      this.options.sessionLimiter?.leave();
      if (this.#again && this.on) {
        this.#again = false;
        this.go();
      }
    });
  }

  async #session(): Promise<void> {
    const { device } = this;
    const begun = performance.now();
    const url = device.setting('ManagementServer.URL');
    const changed = changesToTell(this);
    const informEvents = nextInform(this.#queue, this.#retries > 0);
    const retryCount = this.#retries;
    this.#jar ??= new CookieJar();
    const habits = this.options.quirks === undefined ? undefined : habitsOf(device, this.options.quirks);
    const http = createClient(device, url, this.#jar, this.random, this.options, habits?.wire);
    if (this.#lineDown) http.cut();
    const live: Live = {
      http,
      informEvents,
      url,
      requests: [],
      later: [],
      forNext: [],
      changes: [],
      heard: false,
      tooNew: false,
      at: this.scheduler.now(),
    };
    this.#live = live;
    const inform = informOf(
      device,
      informEvents,
      retryCount,
      tellsChanges(informEvents.Event) ? changed : [],
    );
    const result = await runSession({
      device,
      http,
      settings: settingsOf(device.profile, this.#sessions, this.#old),
      state: following(this.#state),
      inform,
      hooks: this.#hooks(live),
      habits: habits?.session,
      another: () => createClient(device, url, new CookieJar(), this.random, this.options, habits?.wire),
    });
    this.#live = undefined;
    this.#state = result.state;
    this.#conclude(result, live);
    for (const { name, value } of live.changes) this.#change(name, value);
    const report: SessionReport = {
      ok: result.ok,
      why: result.why,
      status: result.status,
      detail: result.detail,
      url,
      events: inform.Event.map(({ EventCode }) => EventCode),
      requests: live.requests,
      retryCount,
      ms: performance.now() - begun,
    };
    this.emit('session-ended', report);
    services.sessionEnded(this, report);
    this.#afterwards(live.later);
  }

  /** Methods, not closures: they are created for each session. */
  #hooks(live: Live): SessionHooks {
    const modem = this;
    return {
      cut(point) {
        return modem.#cutsAt(point);
      },
      received(request) {
        live.requests.push(request.rpc);
        modem.emit('rpc', request);
      },
      atOnce(performed) {
        return services.answer(modem, performed);
      },
      performed(request, performed) {
        modem.#performed(request, performed, live);
      },
      delivered(request) {
        modem.#delivered(request, live);
      },
      // The ACS refused the report: it is sent again in the next session (TR-069a6 A.3.3.2).
      undelivered(request, fault) {
        if (request.rpc === 'Inform') live.tooNew = looksLikeOldAcs(fault);
        if (MAY_FORGET.has(request.rpc)) modem.#queue = callDelivered(modem.#queue, request.rpc);
        else if (request.rpc !== 'Inform') live.forNext.push(request);
      },
    };
  }

  #cutsAt(point: CutPoint): boolean {
    if (this.options.cut?.(point) === true) return true;
    if (this.#cuts === undefined) return false;
    const index = this.#cuts.findIndex(
      ({ where, rpc }) => where === point.where && (rpc === undefined || rpc === point.rpc),
    );
    if (index < 0) return false;
    this.#cuts.splice(index, 1);
    return true;
  }

  #performed(request: Request<CpeMethod>, performed: Performed, live: Live): void {
    this.emit('performed', request, performed);
    if (!performed.ok) return;
    if (performed.later !== undefined) live.later.push(performed.later);
    const { written = [] } = performed;
    for (const { name, value } of written) {
      this.emit('parameter-set', { name, value });
      this.#takesEffect(name);
    }
    if (written.length > 0) services.written(this, written);
  }

  #delivered(request: Request<AcsMethod>, live: Live): void {
    const { informEvents, url } = live;
    if (request.rpc === 'Inform') {
      this.#queue = informDelivered(this.#queue, informEvents);
      this.#contacted = url;
      live.heard = true;
    } else {
      const key = 'CommandKey' in request.args ? request.args.CommandKey : '';
      this.#queue = callDelivered(this.#queue, request.rpc, key);
    }
    services.delivered(this, request);
    this.emit('delivered', request);
  }

  #conclude({ ok, status }: SessionResult, { informEvents, forNext, at, heard, tooNew }: Live): void {
    for (const request of forNext) this.enqueueRequest(request);
    if (ok) {
      this.#retries = 0;
      this.#rung = 0;
      this.#sessions += 1;
      this.#jar = undefined;
      return;
    }
    this.#queue = informFailed(this.#queue, informEvents);
    this.#retries += 1;
    // An ACS that does not understand the Inform may support only CWMP 1.0: the retry uses that (TR-069a6
    // 3.2.1.1).
    if (tooNew || (status === 400 && !heard)) this.#old = !this.#old;
    // The ladder starts over at a restart, even at one that broke this session.
    if (at !== undefined) this.#rung += 1;
    if (!this.device.profile.http.cookiesOutlive) this.#jar = undefined;
    if (this.on)
      this.timers.set(
        'retry',
        pickWait(retryRange(this.#rung, ladderOf(this.device)), this.random()) * 1000,
        () => this.go(),
      );
  }

  enqueueRequest(request: Request<AcsMethod>): void {
    if (this.#live !== undefined) {
      this.#live.forNext.push(request);
      return;
    }
    this.#state = step(settingsOf(this.device.profile, this.#sessions), following(this.#state), {
      is: 'enqueue',
      request,
    }).state;
  }

  #afterwards(later: readonly Aftermath[]): void {
    const reboots: string[] = [];
    let reset = false;
    let restarts = false;
    for (const task of later) {
      if (task.do === 'reboot') reboots.push(task.commandKey);
      else if (task.do === 'factory-reset') reset = true;
      else if (task.do === 'apply') restarts = true;
      else services.afterwards(this, task);
    }
    if (!this.on) return;
    if (reset) this.#factoryReset();
    else if (restarts || reboots.length > 0) this.restart('reboot', reboots);
    else this.#followUrl();
  }

  #factoryReset(): void {
    this.device.factoryReset();
    this.#queue = noEvents;
    this.#state = idle(this.#state, { pending: [] });
    this.#contacted = undefined;
    this.#retries = 0;
    this.restart('factory-reset');
  }

  /** A changed ACS URL is a first contact (TR-069a6 3.7.1.5 Table 8). */
  #followUrl(): void {
    if (this.#contacted === undefined || this.#contacted === this.device.setting('ManagementServer.URL'))
      return;
    this.#contacted = undefined;
    this.#old = false;
    this.#bootstrap();
    this.go();
  }
}

/** If refused once, they are not repeated: their events may be discarded (TR-069a6 3.7.1.5 Table 8). */
const MAY_FORGET: ReadonlySet<AcsMethod> = new Set(['Kicked', 'RequestDownload', 'GetRPCMethods']);

/** The state before the next session, with a change. */
function idle(
  state: CpeState,
  change: { readonly ids?: number; readonly pending?: readonly Request<AcsMethod>[] },
): CpeState {
  const next = following(state);
  return next.at === 'idle' ? { ...next, ...change } : next;
}
