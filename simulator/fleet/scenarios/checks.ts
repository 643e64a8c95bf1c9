/** What is recorded about a modem during a scenario, and what can be checked of it. */
import type { Modem, SessionReport } from '../../modem-types.ts';

/** How often each thing happened. */
type Tally = Map<string, number>;

const add = (tally: Tally, key: string): void => {
  tally.set(key, (tally.get(key) ?? 0) + 1);
};

export class Course {
  sessions = 0;
  failed = 0;
  /** Good sessions that came after failed ones. */
  recovered = 0;
  restarts = 0;
  /** Transfers without a fault. */
  transfers = 0;
  /** Events of Informs and executed requests, in sessions that succeeded. */
  readonly informed: Tally = new Map();
  readonly done: Tally = new Map();
  /** Sessions that ended with an HTTP status. */
  readonly refused: Tally = new Map();
  /** ACS of the last good session. */
  contacted = '';
  #failing = false;

  session({ ok, why, url, events, requests, status }: SessionReport): void {
    if (!ok) {
      this.failed += 1;
      this.#failing = true;
      if (why === 'http-status' && status !== undefined) add(this.refused, String(status));
      return;
    }
    this.sessions += 1;
    if (this.#failing) this.recovered += 1;
    this.#failing = false;
    this.contacted = url;
    for (const event of events) add(this.informed, event);
    for (const rpc of requests) add(this.done, rpc);
  }
}

export interface Check {
  readonly met: (modem: Modem, course: Course) => boolean;
  /** Its progress: `2 of 3 good sessions`. */
  readonly tell: (modem: Modem, course: Course) => string;
}

/** At least this many of something that is counted. */
export const atLeast = (wanted: number, what: string, count: (course: Course) => number): Check => ({
  met: (_modem, course) => count(course) >= wanted,
  tell: (_modem, course) => `${count(course)} of ${wanted} ${what}`,
});

/** A property that the modem must have, as text. */
export const equal = (
  wanted: string,
  what: string,
  read: (modem: Modem, course: Course) => string,
): Check => ({
  met: (modem, course) => read(modem, course) === wanted,
  tell: (modem, course) =>
    `${what} ${JSON.stringify(read(modem, course))} instead of ${JSON.stringify(wanted)}`,
});

export const allMet = (checks: readonly Check[], modem: Modem, course: Course): boolean =>
  checks.every(({ met }) => met(modem, course));
