/** Rules for values, and what they may look at. */

export interface ValueSource {
  /**
   * Facts by name: `serial`, `mac`, `firmware`, those of the profile, and what changes with time (`uptime`,
   * `clock`).
   */
  fact(name: string): string | undefined;
  /**
   * Number of instances of a table beside the parameter, by its name or the beginning of it; `undefined` when
   * there is none.
   */
  count(table: string): number | undefined;
  readonly path: string;
  readonly indices: readonly number[];
  /** Makes random values differ between modems and stay the same for one. */
  readonly seed: string;
  /** Simulated time, and that of the last restart, in milliseconds since 1970. */
  readonly now: number;
  readonly bootedAt: number;
}

/** The value, computed when it is read. */
export interface ValueRule {
  (source: ValueSource): string;
  /**
   * The simulated time, in milliseconds since 1970, from which it may change by itself; now for what varies
   * all the time. Absent: it stays until something is set or the modem restarts.
   */
  readonly next?: (source: ValueSource) => number;
}

/** A rule whose value varies by itself. */
export function moving(
  rule: (source: ValueSource) => string,
  next: (source: ValueSource) => number,
): ValueRule {
  return Object.assign((source: ValueSource) => rule(source), { next });
}
