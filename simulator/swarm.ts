/** Many modems in one process, with one clock: the plain case. */

import { createModem } from './modem.ts';
import type { Modem, ModemOptions, SessionReport } from './modem-types.ts';
import { loadProfile } from './profile.ts';
import { createScheduler } from './scheduler.ts';

export interface SwarmOptions extends Omit<ModemOptions, 'index' | 'profile' | 'scheduler'> {
  /** One profile for all, or several that take turns. */
  readonly profile: string | readonly string[];
  readonly count: number;
  /** Modems started a real second (at speed `max` a simulated one); all at once when absent. */
  readonly rate?: number;
  /** Good sessions that each must have; default 1. */
  readonly sessions?: number;
  /** Called after each session. */
  readonly onSession?: (modem: Modem, report: SessionReport) => void;
}

export interface SwarmResult {
  readonly modems: number;
  readonly sessionsOk: number;
  readonly sessionsFailed: number;
  /** Requests of the ACS that were carried out. */
  readonly requests: number;
  /** Real milliseconds from the first start to the last good session. */
  readonly ms: number;
}

export interface Swarm {
  readonly modems: readonly Modem[];
  /** Every modem has had its good sessions. */
  readonly done: Promise<SwarmResult>;
  stop(): Promise<void>;
}

/** At speed `max`, what falls into one simulated second is done side by side. */
const OVERLAP_MS = 1000;

/**
 * Makes and starts the modems. Each index of a seed is the same modem every time, so a fleet can be met again. After
 * `done` they stay on until `stop`.
 */
export function createSwarm(options: SwarmOptions): Swarm {
  const { count, rate, sessions = 1, speed = 1, onSession, profile, ...rest } = options;
  const scheduler = createScheduler({ speed, overlap: OVERLAP_MS });
  const names = typeof profile === 'string' ? [profile] : profile;
  const profiles = names.map((name) => loadProfile(name));
  const modems: Modem[] = [];
  for (let index = 0; index < count; index++) {
    const chosen = profiles[index % profiles.length];
    if (chosen !== undefined) modems.push(createModem({ ...rest, profile: chosen, index, scheduler }));
  }
  const tally = { sessionsOk: 0, sessionsFailed: 0, requests: 0 };
  const begun = performance.now();
  let waiting = modems.length;
  const done = new Promise<SwarmResult>((resolve) => {
    const finish = (): void => resolve({ modems: modems.length, ...tally, ms: performance.now() - begun });
    if (waiting === 0) finish();
    for (const modem of modems) {
      let good = 0;
      modem.events.on('session-ended', (report) => {
        tally[report.ok ? 'sessionsOk' : 'sessionsFailed'] += 1;
        tally.requests += report.requests.length;
        onSession?.(modem, report);
        if (!report.ok) return;
        good += 1;
        if (good === sessions && --waiting === 0) finish();
      });
    }
  });
  for (const [index, modem] of modems.entries()) {
    if (rate === undefined) modem.start();
    else scheduler.after((index / rate) * 1000 * (speed === 'max' ? 1 : speed), () => modem.start());
  }
  return {
    modems,
    done,
    stop: async () => {
      scheduler.stop();
      await Promise.all(modems.map((modem) => modem.stop()));
    },
  };
}
