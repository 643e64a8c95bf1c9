/**
 * A habit: what a quirk makes a modem do beyond the text of its messages. The tables beside this file have
 * them all.
 */
import type { Device } from '../device/device.ts';
import type { WireHooks } from '../http/wire-hooks.ts';
import type { ModemService } from '../modem-context.ts';
import type { Profile } from '../profile/profile.ts';
import type { SessionHabits } from './session-habits.ts';

/**
 * Where it shows: in the HTTP exchange, in the order of messages, in an answer, over time, or when it is
 * called.
 */
export type Level = 'wire' | 'session' | 'rpc' | 'life' | 'called';

/** The hooks of one modem, with whatever they remember in their closures. */
export interface Hooks {
  readonly wire?: WireHooks;
  readonly session?: SessionHabits;
  readonly life?: ModemService;
}

export interface Habit {
  readonly level: Level;
  /** The profile of a modem with it: enough where a trait says it all. */
  readonly profile?: (profile: Profile) => Profile;
  /** Created for a modem at its first session. */
  readonly make?: (device: Device) => Hooks;
}

export type Habits = Readonly<Record<`Q-${string}-${number}`, Habit>>;

export const perform = (perform: NonNullable<SessionHabits['perform']>): Habit => ({
  level: 'rpc',
  make: () => ({ session: { perform } }),
});

export const session = (make: (device: Device) => SessionHabits): Habit => ({
  level: 'session',
  make: (device) => ({ session: make(device) }),
});

export const wire = (make: (device: Device) => WireHooks): Habit => ({
  level: 'wire',
  make: (device) => ({ wire: make(device) }),
});

/** HTTP traits that replace the profile's, and header lines that they need. */
export const traits = (change: Partial<Profile['http']>, ...headers: string[]): Habit => ({
  level: 'wire',
  profile: (profile) => ({
    ...profile,
    http: { ...profile.http, headers: withNames(profile.http.headers, headers), ...change },
  }),
});

function withNames(names: readonly string[], more: readonly string[]): readonly string[] {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return [...names, ...more.filter((name) => !known.has(name.toLowerCase()))];
}
