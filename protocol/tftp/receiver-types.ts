/**
 * What goes into the receiver's machine, what comes out, and its states. The machine itself is receiver.ts.
 */
import type { Endpoint } from '../ipv4.ts';
import type { Rollover } from './blocks.ts';
import type { TransferTerms } from './options.ts';
import type { Opening, Patience, RetrySettings, TransferEffect, TransferFailure } from './transfer.ts';
import { RETRY_DEFAULTS } from './transfer.ts';

export interface ReceiverSettings extends RetrySettings {
  readonly opening: Opening;
  /** `either`: what the sender does after block 65535 is taken, 0 or 1. */
  readonly rollover: Rollover | 'either';
  /** Bytes at most; a longer file ends with ERROR 3. */
  readonly maxBytes: number;
  /** Milliseconds of lingering after the last ACK; 0: none. */
  readonly lingerMs: number;
}

/**
 * All but how it begins. 256 MiB is more than any modem's flash has. A sender that missed the last ACK sends
 * the last block again after one timer: lingering must outlast that, and the time that the block may take
 * longer on its way than before.
 */
export const RECEIVER_DEFAULTS = {
  ...RETRY_DEFAULTS,
  rollover: 'either',
  maxBytes: 256 * 1024 * 1024,
  lingerMs: 1500,
} as const satisfies Partial<ReceiverSettings>;

export type ReceiverState =
  | { readonly at: 'idle' }
  /** The request is out. */
  | ({ readonly at: 'asking' } & Patience)
  | ({
      readonly at: 'receiving';
      readonly peer: Endpoint;
      readonly terms: TransferTerms;
      /** Blocks that came, counted from 1 without end; all before this one are here. */
      readonly got: number;
      /** Bytes that came. */
      readonly bytes: number;
      /** Blocks since the last ACK. */
      readonly unacked: number;
      /** Whether a gap after `got` was reported. */
      readonly gapReported: boolean;
      /** What the sender does after 65535, once it is known. */
      readonly rollover: Rollover;
    } & Patience)
  /** The file is here; the last ACK may be lost. */
  | { readonly at: 'lingering'; readonly peer: Endpoint; readonly lastBlock: number }
  | { readonly at: 'done' }
  | { readonly at: 'failed'; readonly failure: TransferFailure };

export type ReceiverEffect =
  | TransferEffect
  /** Append these bytes to the file. They are a view of the datagram. */
  | { readonly do: 'store'; readonly data: Uint8Array; readonly offset: number }
  /** The file is whole. The transfer lingers still, if the settings say so. */
  | { readonly do: 'complete'; readonly bytes: number }
  /** Nothing more is to be done for this transfer. */
  | { readonly do: 'closed' };

export interface ReceiverStep {
  readonly state: ReceiverState;
  readonly effects: readonly ReceiverEffect[];
}
