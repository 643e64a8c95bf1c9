/** Habits of group CK: how cookies come back, and which. */
import type { Habit, Habits } from './habit.ts';
import { traits, wire } from './habit.ts';
import { headerOf, withValues } from './head-lines.ts';

/** A cookie that a proxy before the ACS would have set: some spellings show only with two cookies. */
const OTHER = 'AWSELB=8B0F';

/** A spelling of the Cookie lines, made from the plain one. */
const spelt = (spell: (cookies: readonly string[], host: string) => readonly string[]): Habit => ({
  level: 'wire',
  profile: (profile) => ({ ...profile, http: { ...profile.http, cookies: 'plain' } }),
  make: () => ({
    wire: {
      head(lines) {
        const plain = headerOf(lines, 'Cookie');
        if (plain === undefined) return lines;
        const host = (headerOf(lines, 'Host') ?? 'acs').replace(/:\d+$/, '');
        return withValues(lines, 'Cookie', spell(plain.split('; '), host));
      },
    },
  }),
});

export const cookies = {
  'Q-CK-01': traits({ cookies: 'rfc2109' }, 'Cookie'),
  'Q-CK-02': spelt((cookies) => [`$Version=0;${cookies.join(';')}`]),
  'Q-CK-03': spelt((cookies, host) => [
    [...cookies, OTHER].map((cookie) => `${cookie};$Path="/";$Domain="${host}"`).join(' '),
  ]),
  'Q-CK-04': spelt((cookies) => [...cookies, OTHER]),
  'Q-CK-05': spelt((cookies) => [[...cookies, OTHER].join(', ')]),
  'Q-CK-06': wire(() => ({
    setCookies: (lines) =>
      lines.filter((line) => {
        const attributes = line
          .split(';')
          .slice(1)
          .map((text) => text.trim().split('=')[0]?.toLowerCase());
        return attributes.includes('path') && attributes.every((name) => name === 'path');
      }),
  })),
  'Q-CK-07': wire(() => {
    let last: string | undefined;
    return {
      head(lines, { number }) {
        const own = headerOf(lines, 'Cookie');
        if (own !== undefined) last = own;
        else if (last !== undefined && number === 1) return withValues(lines, 'Cookie', [last]);
        return lines;
      },
    };
  }),
  'Q-CK-08': traits({ cookies: 'ignore' }),
} as const satisfies Habits;
