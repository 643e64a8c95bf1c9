/** What one entry of the table of quirks is. The table itself is in ../quirks.ts. */
import type { Envelope } from '../cwmp/messages.ts';
import type { Dialect } from '../soap/dialect.ts';
import type { QuirkId } from './note.ts';

export type { Note, Noted, QuirkId } from './note.ts';

/**
 * How a simulated peer misbehaves so. For every act: decoding what it wrote gives the message back and notes
 * exactly that id. `fits` tells to which messages it can be applied; `keeps` what of the message can be read
 * back, where the quirk destroys something (a type that was never written).
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

/** A group of the table as it is written: the id is the key, and acts are kept apart (./acts/). */
export type Entries = Readonly<Record<QuirkId, Omit<Quirk, 'id' | 'act'>>>;

/** Acts of a group, by the id of their quirk. */
export type Acts = Readonly<Record<QuirkId, Act>>;
