/** Plays a scenario with simulated modems against an ACS, and reports whether it went as it should. */

import { createRandom } from '../../../protocol/random.ts';
import type { Modem, SessionReport } from '../../modem-types.ts';
import type { Scheduler, Speed } from '../../time/scheduler.ts';
import { createScheduler } from '../../time/scheduler.ts';
import { act } from './actions.ts';
import { allMet, Course } from './checks.ts';
import type { FleetOptions } from './fleet.ts';
import { makeFleet } from './fleet.ts';
import { serveImages } from './image-server.ts';
import { loadScenario } from './library.ts';
import type { EventName, Scenario, Step } from './types.ts';
import type { Facts } from './watch.ts';
import { watch } from './watch.ts';

export interface ScenarioOptions extends FleetOptions {
  /** A name, a file, or a parsed one. */
  readonly scenario: string | Scenario;
  /** Its parameters, when it is given by name or file. */
  readonly set?: Readonly<Record<string, string | number>>;
  /** Overrides the scenario's. */
  readonly speed?: Speed;
  /** Modems started per real second (at speed `max`, per simulated second); all at once when absent. */
  readonly rate?: number;
  /** Called after each session. */
  readonly onSession?: (modem: Modem, report: SessionReport) => void;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly ok: boolean;
  /**
   * ended: all did what they should. late: not in time. broken: one did what none may. stopped: by `stop`.
   */
  readonly why: 'ended' | 'late' | 'broken' | 'stopped';
  readonly modems: number;
  /** Modems that did everything they should. */
  readonly reached: number;
  /** What modems lack, or did and should not have; of the first ten. */
  readonly wrong: readonly { readonly serial: string; readonly what: readonly string[] }[];
  readonly sessionsOk: number;
  readonly sessionsFailed: number;
  /** Requests of the ACS that were executed. */
  readonly requests: number;
  readonly simulatedSeconds: number;
  /** Real milliseconds. */
  readonly ms: number;
  readonly seed: string | number;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly modems: readonly Modem[];
  /** The modems start now. URLs of the offered firmware images, by profile. */
  readonly ready: Promise<ReadonlyMap<string, string>>;
  /** Rejects with ModemlabError when a step cannot be executed. The modems stay on until `stop`. */
  readonly done: Promise<ScenarioResult>;
  /** How many modems have done what they should so far. */
  readonly reached: number;
  stop(): Promise<void>;
}

/** Starts it. Throws ModemlabError for an invalid scenario, profile or URL. */
export function runScenario(options: ScenarioOptions): ScenarioRun {
  const { scenario } = options;
  return new Run(typeof scenario === 'string' ? loadScenario(scenario, options.set) : scenario, options);
}

/** At speed `max`, what falls into one simulated second runs concurrently. */
const OVERLAP_MS = 1000;
const MAX_REPORTED = 10;

interface Player {
  readonly modem: Modem;
  readonly course: Course;
  reached: boolean;
  /** How often each step was executed for it. */
  readonly taken: Map<Step, number>;
}

class Run implements ScenarioRun {
  readonly scenario: Scenario;
  readonly modems: readonly Modem[];
  readonly ready: Promise<ReadonlyMap<string, string>>;
  readonly done: Promise<ScenarioResult>;
  reached = 0;
  readonly #options: ScenarioOptions;
  readonly #scheduler: Scheduler;
  readonly #players: readonly Player[];
  /** Steps that wait for all modems, and the modems that have reached them. */
  readonly #gathering = new Map<Step, Set<Player>>();
  readonly #tally = { sessionsOk: 0, sessionsFailed: 0, requests: 0 };
  readonly #begunMs = performance.now();
  readonly #begun: number;
  #over = false;
  #end: (result: ScenarioResult) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  #close: () => void = () => undefined;

  constructor(scenario: Scenario, options: ScenarioOptions) {
    this.scenario = scenario;
    this.#options = options;
    const { speed = scenario.speed } = options;
    this.#scheduler = createScheduler({ speed, overlap: OVERLAP_MS });
    this.#begun = this.#scheduler.now();
    this.modems = makeFleet(scenario, options, this.#scheduler);
    this.#players = this.modems.map((modem) => ({
      modem,
      course: new Course(),
      reached: false,
      taken: new Map<Step, number>(),
    }));
    this.done = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    for (const player of this.#players) this.#watch(player);
    this.ready = this.#start();
    this.ready.catch((error: unknown) => this.#fail(error));
  }

  async stop(): Promise<void> {
    this.#finish('stopped');
    this.#scheduler.stop();
    this.#close();
    await Promise.all(this.modems.map((modem) => modem.stop()));
  }

  async #start(): Promise<ReadonlyMap<string, string>> {
    const { image, steps, ends } = this.scenario;
    let urls: ReadonlyMap<string, string> = new Map();
    if (image !== undefined) {
      const profiles = new Map(this.modems.map(({ device: { profile } }) => [profile.name, profile]));
      const server = await serveImages(profiles.values(), image);
      this.#close = server.close;
      urls = server.urls;
      if (this.#over) server.close();
    }
    if (this.#over) return urls;
    this.#scheduler.after(ends.withinSeconds * 1000, () => this.#finish('late'));
    for (const step of steps) this.#arm(step);
    const { rate, speed = this.scenario.speed } = this.#options;
    const pace = speed === 'max' ? 1 : speed;
    for (const [at, modem] of this.modems.entries()) {
      if (rate === undefined) modem.start();
      else this.#scheduler.after((at / rate) * 1000 * pace, () => modem.start());
    }
    return urls;
  }

  #watch(player: Player): void {
    const { modem, course } = player;
    modem.events.on('session-ended', (report) => {
      if (this.#over) return;
      course.session(report);
      this.#tally[report.ok ? 'sessionsOk' : 'sessionsFailed'] += 1;
      this.#tally.requests += report.requests.length;
      this.#options.onSession?.(modem, report);
    });
    watch(modem, course, (event, facts) => this.#happened(player, event, facts));
  }

  #arm(step: Step): void {
    const { trigger } = step;
    if (trigger.is === 'at') this.#scheduler.after(trigger.seconds * 1000, () => this.#takeByAll(step));
    else if (trigger.is === 'every') this.#repeat(step, trigger.seconds, trigger.times);
    else if (trigger.is === 'when') this.#gathering.set(step, new Set());
  }

  #repeat(step: Step, seconds: number, left: number): void {
    if (left === 0) return;
    this.#scheduler.after(seconds * 1000, () => {
      this.#takeByAll(step);
      this.#repeat(step, seconds, left - 1);
    });
  }

  #takeByAll(step: Step): void {
    for (const player of this.#players) this.#take(step, player);
  }

  #take(step: Step, player: Player): void {
    if (this.#over) return;
    const { modem, taken } = player;
    const times = (taken.get(step) ?? 0) + 1;
    taken.set(step, times);
    const { seed = 0 } = this.#options;
    const place = this.scenario.steps.indexOf(step);
    const chance = createRandom(`${seed}/${modem.index}/scenario/${place}/${times}`)();
    const ms = (step.afterSeconds + step.withinSeconds * chance) * 1000;
    const go = (): void => {
      if (this.#over) return;
      this.#scheduler
        .busy(act(modem, step.action, this.#scheduler))
        .catch((error: unknown) => this.#break(error));
    };
    // Not from within the modem's own event: its handling has to finish first.
    if (ms === 0) queueMicrotask(go);
    else this.#scheduler.after(ms, go);
  }

  #happened(player: Player, event: EventName, facts: Facts): void {
    if (this.#over) return;
    for (const step of this.scenario.steps) {
      const { trigger } = step;
      if (trigger.is !== 'on' || trigger.event !== event) continue;
      if ((player.taken.get(step) ?? 0) >= trigger.times) continue;
      if ([...trigger.where].every(([key, value]) => facts.get(key)?.includes(value) === true))
        this.#take(step, player);
    }
    this.#look(player);
  }

  /** Whether this modem is where it should be, or where it may not be. */
  #look(player: Player): void {
    const { modem, course } = player;
    const { each, never } = this.scenario.ends;
    for (const [step, there] of this.#gathering) {
      if (step.trigger.is !== 'when' || !allMet(step.trigger.each, modem, course)) continue;
      there.add(player);
      if (there.size < this.#players.length) continue;
      this.#gathering.delete(step);
      this.#takeByAll(step);
    }
    if (never.some(({ met }) => met(modem, course))) this.#finish('broken', player);
    if (player.reached || !allMet(each, modem, course)) return;
    player.reached = true;
    this.reached += 1;
    if (this.reached === this.#players.length) this.#finish('ended');
  }

  #break(error: unknown): void {
    this.#over = true;
    this.#fail(error);
  }

  #finish(why: ScenarioResult['why'], breaker?: Player): void {
    if (this.#over) return;
    this.#over = true;
    this.#end({
      scenario: this.scenario.name,
      ok: why === 'ended',
      why,
      modems: this.modems.length,
      reached: this.reached,
      wrong: breaker === undefined ? this.#lacking() : [this.#tell(breaker, true)],
      ...this.#tally,
      simulatedSeconds: Math.round((this.#scheduler.now() - this.#begun) / 1000),
      ms: Math.round(performance.now() - this.#begunMs),
      seed: this.#options.seed ?? 0,
    });
  }

  #lacking(): ScenarioResult['wrong'] {
    return this.#players
      .filter(({ reached }) => !reached)
      .slice(0, MAX_REPORTED)
      .map((player) => this.#tell(player, false));
  }

  #tell({ modem, course }: Player, broke: boolean): ScenarioResult['wrong'][number] {
    const { each, never } = this.scenario.ends;
    const checks = broke
      ? never.filter(({ met }) => met(modem, course))
      : each.filter(({ met }) => !met(modem, course));
    return { serial: modem.id.SerialNumber, what: checks.map(({ tell }) => tell(modem, course)) };
  }
}
