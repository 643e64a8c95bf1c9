/** Habits of group AU: how a modem authenticates. */
import type { Habits } from './habit.ts';
import { traits, wire } from './habit.ts';
import { headerOf, withValues } from './head-lines.ts';

export const authentication = {
  'Q-AU-02': wire(() => ({ answer: { quoteAll: true } })),
  'Q-AU-03': wire(() => ({ answer: { cnonce: 'NzM5MzMyAA==' } })),
  'Q-AU-04': wire(() => ({ answer: { opaque: '(null)' } })),
  'Q-AU-05': wire(() => ({ answer: { strayQuote: true } })),
  'Q-AU-06': wire(() => ({ after: (status) => (status === 401 ? 'close' : undefined) })),
  // Correct behaviour: digest with each request, and the count goes on.
  'Q-AU-07': traits({}, 'Authorization'),
  'Q-AU-09': wire(() => ({
    head: (lines) =>
      headerOf(lines, 'Authorization') === undefined ? withValues(lines, 'Authorization', ['(null)']) : lines,
  })),
} as const satisfies Habits;
