/** What a swarm does, counted as it happens: for a live view, and for the summary at the end. */
import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import type { Modem, ModemEvents, Observer, SessionReport } from '../modem-types.ts';

/** Milliseconds from the opening of a session to its end. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface SwarmStats {
  readonly modems: number;
  /** Modems that were switched on. */
  readonly started: number;
  /** Modems that have had their good sessions. */
  readonly good: number;
  /** Modems that failed too often in a row. */
  readonly givenUp: number;
  /** Sessions open now, each with a connection; and those that wait to be opened. */
  readonly open: number;
  readonly waiting: number;
  readonly sessionsOk: number;
  readonly sessionsFailed: number;
  /** Requests of the ACS that were executed. */
  readonly requests: number;
  /** Real milliseconds since the first start; at the end, until every modem had finished. */
  readonly ms: number;
  /** Sessions that succeeded: in total, and in the last whole second. */
  readonly sessionsPerSecond: number;
  readonly recentPerSecond: number;
  /** Of sessions that succeeded. */
  readonly latencyMs: Latency;
  /** Requests by RPC name: of the ACS, executed or refused; of the modems, answered. */
  readonly rpcs: Readonly<Record<string, number>>;
  /** Faults that modems answered with, by code. */
  readonly faults: Readonly<Record<string, number>>;
  /** Failed sessions, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  readonly restarts: number;
}

type Hears = {
  readonly [K in keyof ModemEvents]?: (modem: Modem, ...args: ModemEvents[K]) => void;
};

/** The histogram counts integers from 1: this many of them are a millisecond. */
const PER_MS = 1000;
/** Two digits are enough for a latency, and keep the histogram small. */
const FIGURES = 2;

export class SwarmCounter {
  #sessionsOk = 0;
  #sessionsFailed = 0;
  #requests = 0;
  #restarts = 0;
  readonly #latency: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: 3_600_000 * PER_MS,
    figures: FIGURES,
  });
  readonly #rpcs = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #begun = performance.now();
  /** The current second, and the good sessions in it and in the one before. */
  #second = 0;
  #inSecond = 0;
  #inLast = 0;
  readonly #hears: Hears = {
    'session-ended': (modem, report) => {
      this.#ended(report);
      this.#onEnded(modem, report);
    },
    performed: (_modem, { rpc }, performed) => {
      add(this.#rpcs, rpc);
      if (performed.ok) this.#requests += 1;
      else add(this.#faults, String(performed.fault.FaultCode));
    },
    delivered: (_modem, { rpc }) => add(this.#rpcs, rpc),
    rebooted: () => {
      this.#restarts += 1;
    },
  };

  readonly #onEnded: (modem: Modem, report: SessionReport) => void;

  /** `onEnded` is called when the end of a session has been counted. */
  constructor(onEnded: (modem: Modem, report: SessionReport) => void) {
    this.#onEnded = onEnded;
  }

  /** One for the whole fleet. */
  readonly observe: Observer = (modem, event, ...args) => this.#hears[event]?.(modem, ...args);

  /** Real milliseconds since it was created. */
  get ms(): number {
    return performance.now() - this.#begun;
  }

  #ended({ ok, why, ms }: SessionReport): void {
    if (!ok) {
      this.#sessionsFailed += 1;
      add(this.#failures, why);
      return;
    }
    this.#sessionsOk += 1;
    this.#latency.record(Math.max(1, Math.round(ms * PER_MS)));
    this.#turnSecond();
    this.#inSecond += 1;
  }

  #turnSecond(): void {
    const second = Math.floor(this.ms / 1000);
    if (second === this.#second) return;
    this.#inLast = second === this.#second + 1 ? this.#inSecond : 0;
    this.#inSecond = 0;
    this.#second = second;
  }

  /** The current figures, over `ms` real milliseconds. */
  read(ms: number): Omit<SwarmStats, 'modems' | 'started' | 'good' | 'givenUp' | 'open' | 'waiting'> {
    this.#turnSecond();
    const at = (percentile: number): number =>
      this.#sessionsOk === 0 ? 0 : this.#latency.percentile(percentile) / PER_MS;
    return {
      sessionsOk: this.#sessionsOk,
      sessionsFailed: this.#sessionsFailed,
      requests: this.#requests,
      ms,
      sessionsPerSecond: ms > 0 ? (this.#sessionsOk / ms) * 1000 : 0,
      recentPerSecond: this.#inLast,
      latencyMs: { p50: at(50), p95: at(95), p99: at(99), max: at(100) },
      rpcs: Object.fromEntries(this.#rpcs),
      faults: Object.fromEntries(this.#faults),
      failures: Object.fromEntries(this.#failures),
      restarts: this.#restarts,
    };
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
