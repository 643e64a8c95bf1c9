/** How the tolerant line tells what it met. Imports nothing, so that the lowest reader can use it. */

/**
 * `Q-` group `-` number; never reused. Groups XM and XT hold what modemlab watches for though no device is
 * named for it.
 */
export type QuirkId = `Q-${string}-${number}`;

/** How the tolerant line tells what it met: the id, the offset in the text, and a word of detail. */
export type Note = (id: QuirkId, at: number, detail?: string) => void;

/** A quirk that was met. */
export interface Noted {
  readonly id: QuirkId;
  /** Offset in bytes from the start of the body; -1 for what the HTTP exchange showed. */
  readonly at: number;
  readonly detail?: string;
}
