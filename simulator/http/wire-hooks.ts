/** How quirks change a modem's HTTP exchange, byte by byte. A hook is called only if it exists. */

import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../../protocol/http/digest.ts';

/** One POST, as passed to a hook. */
export interface Posting {
  /** `undefined`: a POST without content. */
  readonly message: string | undefined;
  /** Number of the request in its session, from 1; repeats after a challenge or redirect count. */
  readonly number: number;
}

/** What goes to the socket, in order: byte text, or what happens in between. */
export type Piece =
  | { readonly bytes: string }
  /** Real milliseconds in which nothing is written. */
  | { readonly pause: number }
  /** FIN: we send nothing more. */
  | 'half-close';

export interface WireHooks {
  /** Connections that are opened and closed without a byte before the first request of a session. */
  readonly probes?: number;
  /** Header lines as they would be sent, the request line first. */
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
  /** Cannot continue on another connection when the ACS has closed one. */
  readonly noReconnect?: true;
  /** Waits for the body that the headers of a 204 announce. */
  readonly bodyOf204?: true;
  /** What happens to the connection after a response. */
  readonly after?: (status: number) => 'close' | 'reset' | undefined;
  /** Called as bytes of a response arrive: `true` resets the connection there. */
  readonly resets?: (posting: Posting) => boolean;
}

/** Writes the pieces one after the other, while the socket is alive. */
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
