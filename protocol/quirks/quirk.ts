/** What one entry of the table of quirks is. The table itself is in ../quirks.ts. */
import type { Envelope } from '../cwmp/messages.ts';
import type { Dialect } from '../soap/dialect.ts';

/** `Q-` group `-` number; never reused. Group XM holds what modemlab watches for though no device is named for it. */
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

/**
 * How a simulated peer misbehaves so. For every act: decoding what it wrote gives the message back and notes exactly
 * that id. `fits` tells to which messages it can be applied; `keeps` what of the message can be read back, where the
 * quirk destroys something (a type that was never written).
 */
export type Act = {
  readonly fits: (envelope: Envelope) => boolean;
  readonly keeps?: (envelope: Envelope) => Envelope;
} & (
  | { readonly on: 'dialect'; readonly change: (dialect: Dialect) => Dialect }
  | { readonly on: 'message'; readonly change: (envelope: Envelope) => Envelope }
  | { readonly on: 'text'; readonly change: (text: string) => string }
);

export interface Quirk {
  readonly id: QuirkId;
  readonly title: string;
  /** The devices it was seen on. */
  readonly who: string;
  readonly does: string;
  /** The clause it breaks, or why it breaks none. */
  readonly clause: string;
  /** How modemlab copes. */
  readonly we: string;
  readonly source: string;
  /** A: bytes in hand. B: a maintainer's report. C: second-hand. none: watched for, never seen. */
  readonly grade: 'A' | 'B' | 'C' | 'none';
  /** Who can note it: the decoder, the HTTP exchange, the session (several messages), or nobody yet. */
  readonly noted: 'decode' | 'exchange' | 'session' | 'no';
  readonly act?: Act;
}
