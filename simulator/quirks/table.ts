/** All habits by the id of their quirk, and the quirks that no modem can show. */
import { ACTING } from '../../protocol/quirks/act.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import { isQuirkKey, QUIRKS } from '../../protocol/quirks.ts';
import { authentication } from './authentication.ts';
import { called } from './called.ts';
import { cookies } from './cookies.ts';
import { events } from './events.ts';
import type { Habit, Level } from './habit.ts';
import { http } from './http.ts';
import { names } from './names.ts';
import { transfers } from './transfers.ts';
import { transport } from './transport.ts';
import { values } from './values.ts';

const ALL = {
  ...values,
  ...http,
  ...cookies,
  ...authentication,
  ...called,
  ...names,
  ...events,
  ...transfers,
  ...transport,
} as const satisfies Partial<Record<QuirkKey, Habit>>;

const HABITS: ReadonlyMap<string, Habit> = new Map(Object.entries(ALL));
const MESSAGES: ReadonlySet<string> = new Set(ACTING);

/** Quirks that a simulated modem cannot show, and why. */
export const CANNOT_ACT: ReadonlyMap<QuirkKey, string> = new Map<QuirkKey, string>([
  ['Q-FT-12', 'it is an ACS that answers a fault with an HTTP error'],
]);

export const habitOf = (id: QuirkKey): Habit | undefined => HABITS.get(id);

/** Whether the text of messages is what the quirk changes (protocol/quirks/act.ts). */
export const isOfMessages = (id: QuirkKey): boolean => MESSAGES.has(id);

export interface ListedQuirk {
  readonly id: QuirkKey;
  readonly title: string;
  /** Where it shows; `none`: no modem can show it. */
  readonly level: 'message' | Level | 'none';
  readonly acted: boolean;
}

/** Every quirk in the order of the table, and whether a simulated modem can have it. */
export function listQuirks(): readonly ListedQuirk[] {
  return Object.keys(QUIRKS)
    .filter(isQuirkKey)
    .map((id) => {
      const level = isOfMessages(id) ? 'message' : (habitOf(id)?.level ?? 'none');
      return { id, title: QUIRKS[id].title, level, acted: level !== 'none' };
    });
}
