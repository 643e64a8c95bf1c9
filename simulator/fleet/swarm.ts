/**
 * Many modems in one process, with one clock. A modem that waits for its next session has no connection, no
 * listener and no closure of the swarm: what the swarm knows about it is a few numbers in arrays.
 */
import { ModemlabError } from '../../protocol/errors.ts';
import { createModem } from '../modem.ts';
import type { Modem, ModemOptions, Observer, SessionReport } from '../modem-types.ts';
import type { Profile } from '../profile/profile.ts';
import { loadProfile } from '../profile/profile.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { createScheduler, HeapTimer } from '../time/scheduler.ts';
import { SessionLimiter } from '../time/session-limiter.ts';
import type { SwarmStats } from './swarm-stats.ts';
import { SwarmCounter } from './swarm-stats.ts';

export interface SwarmOptions
  extends Omit<ModemOptions, 'index' | 'profile' | 'scheduler' | 'sessionLimiter'> {
  /** One profile for all, or several that are assigned in rotation: names, files, or parsed profiles. */
  readonly profile: string | Profile | readonly (string | Profile)[];
  readonly count: number;
  /** Index of the first modem, default 0: several processes can share the range of one fleet. */
  readonly first?: number;
  /** Modems started per real second (at speed `max`, per simulated second); all at once when absent. */
  readonly rate?: number;
  /**
   * Replaces `rate`: real seconds (at speed `max`, simulated ones) over which the starts are spread evenly.
   */
  readonly rampUpSeconds?: number;
  /** Maximum of open sessions; the others wait in order. */
  readonly maxOpen?: number;
  /** Good sessions that each must have; default 1. */
  readonly sessions?: number;
  /** Failed sessions in a row after which a modem is given up and switched off. Default: never. */
  readonly retries?: number;
  /** Switches each modem off when it has had its good sessions. */
  readonly thenOff?: boolean;
  /** Called after each session. */
  readonly onSession?: (modem: Modem, report: SessionReport) => void;
}

export interface SwarmResult extends SwarmStats {
  /** Every modem has had its good sessions. */
  readonly ok: boolean;
}

export interface Swarm {
  readonly modems: readonly Modem[];
  /** Every modem has had its good sessions or was given up, or the swarm was stopped. */
  readonly done: Promise<SwarmResult>;
  /** The current figures. */
  stats(): SwarmStats;
  stop(): Promise<void>;
}

/** At speed `max`, what falls into one simulated second runs concurrently. */
const OVERLAP_MS = 1000;

/**
 * Makes and starts the modems. Each index of a seed is the same modem every time, so a fleet can be
 * recreated. After `done` they stay on until `stop`, except those that were given up or are to be switched
 * off.
 */
export function createSwarm(options: SwarmOptions): Swarm {
  return new ModemSwarm(options);
}

class ModemSwarm implements Swarm {
  readonly modems: readonly Modem[];
  readonly done: Promise<SwarmResult>;
  readonly #options: SwarmOptions;
  readonly #scheduler: Scheduler;
  readonly #counter = new SwarmCounter((modem, report) => this.#ended(modem, report));
  readonly #sessionLimiter: SessionLimiter;
  readonly #starter: Starter;
  /** By the modem's index in the swarm: its good sessions, and those that failed since the last of them. */
  readonly #goodSessions: Uint32Array;
  readonly #failedInARow: Uint32Array;
  /** Modems that have had their good sessions, that were given up, and that have reached neither end yet. */
  #good = 0;
  #givenUp = 0;
  #left: number;
  #endedAt: number | undefined;
  #stopping = false;
  #resolve: (result: SwarmResult) => void = () => undefined;

  constructor(options: SwarmOptions) {
    const { count, speed = 1, maxOpen } = options;
    this.#options = options;
    this.#scheduler = createScheduler({ speed, overlap: OVERLAP_MS });
    this.#sessionLimiter = new SessionLimiter(maxOpen);
    this.#goodSessions = new Uint32Array(count);
    this.#failedInARow = new Uint32Array(count);
    this.#left = count;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.modems = this.#make();
    this.#starter = new Starter(this.modems, this.#scheduler, interval(options));
    if (count === 0) this.#finish();
    this.#starter.run();
  }

  #make(): Modem[] {
    const { profile, count, first = 0, rate, rampUpSeconds, maxOpen, ...rest } = this.#options;
    const { sessions, retries, thenOff, onSession, ...common } = rest;
    const given = Array.isArray(profile) ? profile : [profile];
    const profiles = given.map((one) => (typeof one === 'string' ? loadProfile(one) : one));
    const shared = {
      ...common,
      scheduler: this.#scheduler,
      sessionLimiter: this.#sessionLimiter,
      observe: this.#observe,
    };
    return Array.from({ length: count }, (_, place) => {
      const chosen = profiles[(first + place) % profiles.length];
      if (chosen === undefined) throw new ModemlabError('E_CONFIG', 'a swarm needs a profile');
      return createModem({ ...shared, profile: chosen, index: first + place });
    });
  }

  readonly #observe: Observer = (modem, event, ...args) => {
    this.#options.observe?.(modem, event, ...args);
    // Sessions cut from now on are cut by us, and do not count as failures.
    if (!this.#stopping) this.#counter.observe(modem, event, ...args);
  };

  #ended(modem: Modem, report: SessionReport): void {
    const { sessions = 1, retries = Number.POSITIVE_INFINITY, thenOff = false, first = 0 } = this.#options;
    this.#options.onSession?.(modem, report);
    const place = modem.index - first;
    const good = this.#goodSessions[place] ?? 0;
    const failed = this.#failedInARow[place] ?? 0;
    // It has finished: further sessions are only counted.
    if (good >= sessions || failed > retries) return;
    if (report.ok) {
      this.#goodSessions[place] = good + 1;
      this.#failedInARow[place] = 0;
      if (good + 1 < sessions) return;
      this.#good += 1;
      this.#end(modem, thenOff);
    } else {
      this.#failedInARow[place] = failed + 1;
      if (failed + 1 <= retries) return;
      this.#givenUp += 1;
      this.#end(modem, true);
    }
  }

  #end(modem: Modem, off: boolean): void {
    // Never rejects: it waits for the end of this very session.
    if (off) void modem.stop();
    this.#left -= 1;
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.#endedAt ??= this.#counter.ms;
    this.#resolve({ ...this.stats(), ok: this.#good === this.modems.length });
  }

  stats(): SwarmStats {
    return {
      modems: this.#options.count,
      started: this.#starter.started,
      good: this.#good,
      givenUp: this.#givenUp,
      open: this.#sessionLimiter.open,
      waiting: this.#sessionLimiter.waiting,
      ...this.#counter.read(this.#endedAt ?? this.#counter.ms),
    };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#scheduler.stop();
    await Promise.all(this.modems.map((modem) => modem.stop()));
    this.#finish();
  }
}

/** Simulated milliseconds between two starts. */
function interval({ count, rate, rampUpSeconds, speed = 1 }: SwarmOptions): number {
  const real =
    rampUpSeconds !== undefined ? (rampUpSeconds * 1000) / Math.max(1, count) : 1000 / (rate ?? Infinity);
  return real * (speed === 'max' ? 1 : Math.max(speed, 0.001));
}

/** Switches the modems on, one after the other: one timer for all. */
class Starter extends HeapTimer {
  started = 0;
  readonly #modems: readonly Modem[];
  readonly #scheduler: Scheduler;
  readonly #interval: number;
  readonly #begun: number;

  constructor(modems: readonly Modem[], scheduler: Scheduler, intervalMs: number) {
    super();
    this.#modems = modems;
    this.#scheduler = scheduler;
    this.#interval = intervalMs;
    this.#begun = scheduler.now();
  }

  run(): void {
    const now = this.#scheduler.now();
    for (;;) {
      const modem = this.#modems[this.started];
      if (modem === undefined) return;
      const due = this.#begun + this.started * this.#interval;
      if (due > now) {
        this.#scheduler.put(this, due - now);
        return;
      }
      this.started += 1;
      modem.start();
    }
  }
}
