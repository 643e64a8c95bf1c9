/**
 * Replaces the secrets in a capture: frames in, frames of the same lengths out. It is read three times, so
 * that a secret is also replaced where it stands before the place that shows it to be one.
 */
import type { CapturedFrame } from '../file/frame.ts';
import { createLearner } from './learn.ts';
import { createLocator } from './locate.ts';
import { createRewriter } from './rewrite.ts';
import { Secrets } from './secrets.ts';
import type { Blanked, Replaced } from './tally.ts';
import { Tally } from './tally.ts';

export interface Anonymised {
  /** To be iterated once. Comments and bytes change; times, lengths and order do not. */
  readonly frames: AsyncIterable<CapturedFrame>;
  /** Complete when the frames have ended. */
  readonly report: { readonly replaced: readonly Replaced[]; readonly blanked: readonly Blanked[] };
  /** Every time is a whole number of microseconds. */
  readonly microseconds: boolean;
}

/**
 * Reads the capture twice, and yields what the third reading makes of it. `open` begins a reading; each must
 * yield the same frames. Whoever knows the key can check a guess at what a replacement stands for: use a key
 * once.
 */
export async function anonymise(
  open: () => AsyncIterable<CapturedFrame>,
  key: Uint8Array,
): Promise<Anonymised> {
  const secrets = new Secrets(key);
  const tally = new Tally();
  const learner = createLearner(secrets);
  let microseconds = true;
  for await (const frame of open()) {
    learner.push(frame);
    if (frame.time % 1000n !== 0n) microseconds = false;
  }
  learner.end();
  secrets.seal();
  const locator = createLocator(secrets, tally);
  for await (const frame of open()) locator.push(frame);
  locator.end();
  const rewriter = createRewriter(secrets, locator, tally);
  async function* frames(): AsyncGenerator<CapturedFrame> {
    for await (const frame of open()) yield* rewriter.push(frame);
    yield* rewriter.end();
  }
  return { frames: frames(), report: tally, microseconds };
}
