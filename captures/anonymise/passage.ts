/** A part of what was said: a text that is understood, with the place of its bytes, or bytes that are not. */
import type { Span } from '../http/http-body.ts';
import type { Side } from '../packet/streams.ts';

/** One side of a TCP stream: spans count from its first byte. */
export interface StreamSide {
  readonly stream: number;
  readonly from: Side;
}

/**
 * How bytes that are not understood are blanked: a text keeps its form, all else becomes zeros but for line
 * ends.
 */
export type Blanking = 'zero' | 'mask';

export interface TextPassage {
  /** `host`: the name of a host, and nothing else. */
  readonly is: 'head' | 'markup' | 'lines' | 'host';
  readonly spans: readonly Span[];
  readonly text: string;
}
/** A body that a Content-Encoding packs; the spans are of what it was packed to. */
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
