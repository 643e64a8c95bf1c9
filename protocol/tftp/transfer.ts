/** What both machines of TFTP share: peers, timers, how a transfer begins and why it ends. */
import type { Endpoint } from '../ipv4.ts';
import type { TransferTerms } from './options.ts';
import type { TftpOption, TftpPacket, TftpRequest } from './packet.ts';
import { TFTP_ERROR } from './packet.ts';

/** Times in milliseconds. */
export interface RetrySettings {
  /** Until the first repetition; an agreed `timeout` option replaces it. */
  readonly firstTimeoutMs: number;
  /** The time doubles up to this. */
  readonly lastTimeoutMs: number;
  /** Times that one packet is sent at most. */
  readonly maxSends: number;
  /** How often a server sends its first packet: the client's address is not proven yet. */
  readonly maxFirstSends: number;
}

export const RETRY_DEFAULTS: RetrySettings = {
  firstTimeoutMs: 1000,
  lastTimeoutMs: 8000,
  maxSends: 6,
  maxFirstSends: 3,
};

/** How a transfer begins. */
export type Opening =
  /**
   * As the client: with this request, sent to `server`; the answers come from another port of the same
   * address.
   */
  | { readonly by: 'request'; readonly request: TftpRequest; readonly server: Endpoint }
  /** As the server, which has agreed on terms; `answer` is what the OACK says, empty: none is sent. */
  | {
      readonly by: 'answer';
      readonly peer: Endpoint;
      readonly terms: TransferTerms;
      readonly answer: readonly TftpOption[];
    };

export type TransferEvent =
  | { readonly is: 'start' }
  | { readonly is: 'packet'; readonly packet: TftpPacket; readonly from: Endpoint }
  /** The time of the last `wait` is over. */
  | { readonly is: 'due' }
  /** The client sent its request once more, because our first packet was lost. */
  | { readonly is: 'asked-again' }
  /** We end it: the file cannot be written, the time is over. The peer gets an ERROR. */
  | { readonly is: 'abort'; readonly code: number; readonly text: string };

export type TransferFailure =
  | { readonly why: 'timeout' }
  /** The peer sent ERROR. */
  | { readonly why: 'peer'; readonly code: number; readonly text: string }
  /** We sent ERROR. */
  | { readonly why: 'ours'; readonly code: number; readonly text: string };

/** What both machines want done. */
export type TransferEffect =
  | { readonly do: 'send'; readonly packet: TftpPacket; readonly to: Endpoint }
  /** Pass in `due` after this many milliseconds. Replaces the previous wait. */
  | { readonly do: 'wait'; readonly ms: number }
  /** The terms are agreed, the peer's port is known. */
  | { readonly do: 'begun'; readonly terms: TransferTerms; readonly peer: Endpoint }
  | { readonly do: 'failed'; readonly failure: TransferFailure };

/**
 * ERROR 5 for a packet from a port that is not the peer's; the transfer goes on. The shell limits their rate.
 */
export function toStranger(to: Endpoint): TransferEffect {
  const text = 'unknown transfer id';
  return { do: 'send', packet: { kind: 'error', code: TFTP_ERROR.unknownTransferId, text }, to };
}

/**
 * Whether a packet is of this transfer. A client whose request is not answered yet takes the server's port
 * from the first packet of the server's address (RFC 1350 section 4).
 */
export function isOfPeer(peer: Endpoint | undefined, server: Endpoint | undefined, from: Endpoint): boolean {
  if (peer !== undefined) return from.port === peer.port && from.address === peer.address;
  return server !== undefined && from.address === server.address;
}

/** How often and how long the packet that is outstanding was sent and is waited for. */
export interface Patience {
  readonly sends: number;
  readonly timeoutMs: number;
}

/** After one more transmission; `undefined` if it was the last. */
export function moreSends(
  { sends, timeoutMs }: Patience,
  { lastTimeoutMs }: RetrySettings,
  most: number,
): Patience | undefined {
  if (sends >= most) return undefined;
  return { sends: sends + 1, timeoutMs: Math.max(timeoutMs, Math.min(timeoutMs * 2, lastTimeoutMs)) };
}
