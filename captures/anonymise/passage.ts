/**
 * A part of a conversation: a text that is understood, with the place of its bytes, or bytes that are not.
 */
import type { Span } from '../http/http-body.ts';
import type { Side } from '../packet/streams.ts';

/** One side of a TCP stream: spans count from its first byte. */
export interface StreamSide {
  readonly stream: number;
  readonly from: Side;
}

/**
 * How bytes that are not understood are blanked: a text keeps its form, everything else but line ends becomes
 * zeros.
 */
export type Blanking = 'zero' | 'mask';

export interface TextPassage {
  /** `host`: the name of a host, and nothing else. */
  readonly is: 'head' | 'markup' | 'lines' | 'host';
  readonly spans: readonly Span[];
  readonly text: string;
}
/** A body with a Content-Encoding; the spans are those of the compressed bytes. */
export interface PackedPassage {
  readonly is: 'packed';
  /** `undefined`: it is an envelope of SOAP. */
  readonly blank: Blanking | undefined;
  readonly spans: readonly Span[];
  readonly text: string;
  readonly encoding: string;
}
export interface BlankPassage {
  readonly is: 'blank';
  readonly spans: readonly Span[];
  readonly how: Blanking;
  readonly what: string;
}

export type StreamPassage = { readonly side: StreamSide } & (TextPassage | PackedPassage | BlankPassage);
export type DatagramPassage = TextPassage | BlankPassage | { readonly is: 'mdap' | 'bootp' };
