/** The quirks of one modem combined: its profile, and its hooks. In the order in which they are given. */
import type { QuirkKey } from '../../protocol/quirks.ts';
import type { Device } from '../device/device.ts';
import type { WireHooks } from '../http/wire-hooks.ts';
import type { ModemService } from '../modem-context.ts';
import type { Profile } from '../profile/profile.ts';
import type { Hooks } from './habit.ts';
import type { Plain, SessionHabits } from './session-habits.ts';
import { habitOf, isOfMessages } from './table.ts';

export interface AllHabits {
  readonly wire: WireHooks;
  readonly session: SessionHabits;
  readonly life: readonly ModemService[];
}

/** Profiles changed by quirks, so that a fleet shares them like others. */
const profiles = new WeakMap<Profile, Map<string, Profile>>();

/** The profile of a modem of this model with these quirks. */
export function quirkyProfile(profile: Profile, ids: readonly QuirkKey[]): Profile {
  const changes = ids.flatMap((id) => habitOf(id)?.profile ?? []);
  if (changes.length === 0) return profile;
  const known = profiles.get(profile) ?? new Map<string, Profile>();
  profiles.set(profile, known);
  const key = ids.join();
  const release = (firmware: string): Profile | undefined => {
    const next = profile.release(firmware);
    return next === undefined ? undefined : quirkyProfile(next, ids);
  };
  const made = known.get(key) ?? {
    ...changes.reduce((changed, change) => change(changed), profile),
    release,
  };
  known.set(key, made);
  return made;
}

const made = new WeakMap<Device, AllHabits>();

/** The habits of a device; created at its first session, because what they remember is its own. */
export function habitsOf(device: Device, ids: readonly QuirkKey[]): AllHabits {
  const known = made.get(device);
  if (known !== undefined) return known;
  const hooks = ids.flatMap((id) => habitOf(id)?.make?.(device) ?? []);
  const habits = {
    wire: together(hooks.flatMap(({ wire }) => wire ?? [])),
    session: sessionOf(
      hooks.flatMap(({ session }) => session ?? []),
      ids.filter(isOfMessages),
    ),
    life: hooks.flatMap(({ life }: Hooks) => life ?? []),
  };
  made.set(device, habits);
  return habits;
}

/** Hooks of one name, from all habits that have it. */
const those = <H, K extends keyof H>(habits: readonly H[], name: K): readonly NonNullable<H[K]>[] =>
  habits.flatMap((habit) => habit[name] ?? []);

/** One object with the members of all; of two with the same name the later one counts. */
function merged<H extends object>(habits: readonly H[]): Partial<H> {
  const all: Partial<H> = {};
  for (const habit of habits) Object.assign(all, habit);
  return all;
}

function together(habits: readonly WireHooks[]): WireHooks {
  const heads = those(habits, 'head');
  const repeats = those(habits, 'repeat');
  const setCookies = those(habits, 'setCookies');
  const afters = those(habits, 'after');
  const resets = those(habits, 'resets');
  return {
    // For members that are not functions, and for what can be done only once, the last one counts.
    ...merged(habits),
    answer: merged(those(habits, 'answer')),
    head: (lines, posting) => heads.reduce((changed, head) => head(changed, posting), lines),
    repeat: (body) => repeats.reduce((changed, repeat) => repeat(changed), body),
    setCookies: (lines) => setCookies.reduce((kept, hook) => hook(kept), lines),
    after: (status) => first(afters, (after) => after(status)),
    resets: (posting) => resets.some((hook) => hook(posting)),
  };
}

function sessionOf(habits: readonly SessionHabits[], messages: readonly QuirkKey[]): SessionHabits {
  const says = those(habits, 'say');
  const requests = those(habits, 'requests');
  const insteads = those(habits, 'instead');
  const hears = those(habits, 'hear');
  const performs = those(habits, 'perform');
  const leaves = those(habits, 'goesAway');
  return {
    ...merged(habits),
    messages,
    requests: () => requests.flatMap((hook) => hook()),
    say: (envelope) => says.reduce((said, say) => say(said), envelope),
    instead: (envelope) => first(insteads, (instead) => instead(envelope)),
    hear: (heard) => first(hears, (hear) => hear(heard)),
    perform: (request, plain) =>
      performs.reduceRight<Plain>((inner, perform) => (asked) => perform(asked, inner), plain)(request),
    goesAway: (request) => leaves.some((hook) => hook(request)),
  };
}

function first<H, T>(hooks: readonly H[], ask: (hook: H) => T | undefined): T | undefined {
  for (const hook of hooks) {
    const answer = ask(hook);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
