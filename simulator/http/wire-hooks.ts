/** What quirks make of a modem's HTTP exchange, byte by byte. Each hook is asked only where it is there. */

import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../../protocol/http/digest.ts';

/** One POST, to a hook. */
export interface Posting {
  /** `undefined`: a POST without content. */
  readonly message: string | undefined;
  /** Number of the request in its session, from 1; repeats after a challenge or redirect count. */
  readonly number: number;
}

/** What goes to the socket, in order: byte text, or what happens between. */
export type Piece =
  | { readonly bytes: string }
  /** Real milliseconds in which nothing is written. */
  | { readonly pause: number }
  /** FIN: nothing more will come from us. */
  | 'half-close';

export interface WireHooks {
  /** Connections that are opened and closed without a byte before the first request of a session. */
  readonly probes?: number;
  /** Header lines as they would go out, the request line first. */
  readonly head?: (lines: readonly string[], posting: Posting) => readonly string[];
  /** The pieces in which a request is written. */
  readonly pieces?: (head: string, body: readonly string[], posting: Posting) => readonly Piece[];
  /** The body of the repeat that answers a challenge. */
  readonly repeat?: (body: string) => string;
  /** Set-Cookie lines as it understands them. */
  readonly setCookies?: (lines: readonly string[]) => readonly string[];
  /** How it spells its answer to a Digest challenge. */
  readonly answer?: Partial<Pick<Answer, 'quoteAll' | 'opaque' | 'strayQuote' | 'cnonce'>>;
  /** Never answers a challenge. */
  readonly noCredentials?: true;
  /** Cannot go on over another connection when the ACS has closed one. */
  readonly noReconnect?: true;
  /** Waits for the body that the headers of a 204 announce. */
  readonly bodyOf204?: true;
  /** What becomes of the connection after a response. */
  readonly after?: (status: number) => 'close' | 'reset' | undefined;
  /** Asked as bytes of a response come: `true` resets the connection there. */
  readonly resets?: (posting: Posting) => boolean;
}

/** Writes the pieces one after the other, as long as the socket lives. */
export async function writePieces(
  socket: Writable,
  pieces: readonly Piece[],
  write: (bytes: string) => void,
): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece === 'half-close') socket.end();
    else if ('pause' in piece) await setTimeout(piece.pause);
    else write(piece.bytes);
  }
}
