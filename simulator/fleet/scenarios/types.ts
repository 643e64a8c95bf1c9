/**
 * What a scenario is: modems, what happens to them, and how it should end. docs/scenarios.md describes the
 * file format.
 */
import type { CpeMethod } from '../../../protocol/cwmp/messages.ts';
import type { CutPoint, ModemOptions } from '../../modem-types.ts';
import type { Speed } from '../../time/scheduler.ts';
import type { Check } from './checks.ts';

/** Something in a scenario that a user may set. */
export interface ScenarioParameter {
  readonly name: string;
  readonly says: string;
  /** Its value when nobody sets it; `undefined`: it must be set. */
  readonly value: string | number | undefined;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What it demonstrates, and about whom. */
  readonly shows: string;
  /** What someone has to do at the ACS meanwhile; empty: nothing. */
  readonly asks: string;
  readonly parameters: readonly ScenarioParameter[];
  readonly modem: ScenarioModem;
  readonly count: number;
  readonly speed: Speed;
  /** A firmware image that is offered for download. */
  readonly image: { readonly version: string; readonly bytes: number } | undefined;
  readonly steps: readonly Step[];
  readonly ends: Ends;
}

/** Overrides for the options of a modem. */
export interface ScenarioModem
  extends Pick<
    ModemOptions,
    'settings' | 'credentials' | 'line' | 'quirks' | 'bootSeconds' | 'externalAddress' | 'timeoutMs'
  > {
  readonly profile?: string;
}

export interface Step {
  readonly trigger: Trigger;
  /** Simulated seconds until the action, and the random spread over which the modems follow one another. */
  readonly afterSeconds: number;
  readonly withinSeconds: number;
  readonly action: Action;
}

export type Trigger =
  /** Once for all modems; simulated seconds since the start. */
  | { readonly is: 'at'; readonly seconds: number }
  | { readonly is: 'every'; readonly seconds: number; readonly times: number }
  /** For the modem that emits it. */
  | {
      readonly is: 'on';
      readonly event: EventName;
      readonly where: ReadonlyMap<string, string>;
      readonly times: number;
    }
  /** Once for all modems, when each has reached it. */
  | { readonly is: 'when'; readonly each: readonly Check[] };

/** Events that a step may wait for, and the conditions it may set. */
export const EVENTS = {
  'good-session': ['event', 'rpc'],
  'failed-session': ['event', 'rpc', 'why'],
  rpc: ['rpc'],
  performed: ['rpc'],
  delivered: ['rpc'],
  'parameter-set': ['name'],
  restarted: ['cause'],
  transferred: ['kind'],
} as const satisfies Record<string, readonly string[]>;

export type EventName = keyof typeof EVENTS;

export type Action =
  | { readonly do: 'power-cycle' }
  /** The reset button: it restarts with the factory's settings. */
  | { readonly do: 'factory-reset' }
  | { readonly do: 'power-off'; readonly seconds: number }
  | { readonly do: 'drop-line'; readonly seconds: number }
  /** Someone other than the ACS changes a parameter, by its name below the root. */
  | { readonly do: 'change'; readonly name: string; readonly value: string }
  | { readonly do: 'credentials'; readonly username: string; readonly password: string }
  | { readonly do: 'inform'; readonly event: string }
  /** The next session that comes to this point is cut there. */
  | { readonly do: 'cut'; readonly point: CutPoint['where']; readonly rpc: CpeMethod | undefined };

export interface Ends {
  /** What each modem must have done. */
  readonly each: readonly Check[];
  /** What no modem may do. */
  readonly never: readonly Check[];
  /** Simulated seconds. */
  readonly withinSeconds: number;
}
