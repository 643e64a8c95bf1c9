/**
 * A number and what it counts, in the form that belongs to it: `1 session`, `2 sessions`, `0 sessions`. For
 * words whose plural ends in -s.
 */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
