/** Habits of groups XT and LG: bytes, closes and pauses below the messages. */

import type { Piece, Posting } from '../http/wire-hooks.ts';
import type { Habit, Habits } from './habit.ts';
import { wire } from './habit.ts';
import { headerOf, withValues } from './head-lines.ts';

/** Bytes cut into pieces of one size, with a pause after each. */
function cut(bytes: string, size: number, pause: number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size)
    pieces.push({ bytes: bytes.slice(at, at + size) }, { pause });
  return pieces;
}

/** Maximum of pieces of a request: a large answer is cut into larger ones. */
const MAX_CRUMBS = 120;

/**
 * A Content-Length that is off by this many bytes, in the first Inform: the next session shows how the ACS
 * reacted.
 */
const wrongLength = (by: number): Habit => ({
  level: 'wire',
  profile: (profile) => ({ ...profile, http: { ...profile.http, chunked: false } }),
  make: () => {
    let isDone = false;
    return {
      wire: {
        head(lines: readonly string[], { message }: Posting) {
          const length = Number(headerOf(lines, 'Content-Length'));
          if (isDone || message === undefined || !(length > 0)) return lines;
          isDone = true;
          return withValues(lines, 'Content-Length', [String(length + by)]);
        },
      },
    };
  },
});

export const transport = {
  'Q-XT-01': wire(() => ({ pieces: (head, body) => [{ bytes: head + body.join('') }, 'half-close'] })),
  'Q-XT-02': wire(() => ({
    pieces(head, body) {
      const bytes = head + body.join('');
      return cut(bytes, Math.max(23, Math.ceil(bytes.length / MAX_CRUMBS)), 1);
    },
  })),
  'Q-XT-03': wrongLength(50),
  'Q-XT-04': wrongLength(-50),
  'Q-XT-05': wire(() => ({ head: (lines) => ['', '', ...lines] })),
  'Q-XT-06': wire(() => ({ after: () => 'reset' })),
  // Six kilobytes per second: as a small modem that generates its text while sending it.
  'Q-LG-02': wire(() => ({
    pieces: (head, body) => [{ bytes: head }, ...body.flatMap((bytes) => cut(bytes, 128, 20))],
  })),
} as const satisfies Habits;
