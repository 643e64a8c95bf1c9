/**
 * Decompresses gzip piece by piece (RFC 1952): each piece yields its contents at once, and a truncated file
 * is reported after all its contents. Node's stream alone loses an incomplete last piece.
 */
import { constants, createGunzip } from 'node:zlib';

/** Throws Node's zlib errors: Z_BUF_ERROR for a truncated file. */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ flush: constants.Z_SYNC_FLUSH });
  let wake = (): void => undefined;
  let ended = false;
  let failure: Error | undefined;
  stream.on('readable', () => wake());
  stream.on('end', () => {
    ended = true;
    wake();
  });
  stream.on('error', (error) => {
    failure = error;
    wake();
  });
  const read = async function* (until: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece: Uint8Array | null = stream.read();
      if (piece !== null) yield piece;
      else if (failure !== undefined) throw failure;
      else if (ended || until()) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };
  try {
    for await (const chunk of chunks) {
      let through = false;
      stream.write(chunk, () => {
        through = true;
        wake();
      });
      yield* read(() => through);
      // What follows the last member is not gzip.
      if (ended) return;
    }
    stream.end();
    yield* read(() => false);
  } finally {
    stream.destroy();
  }
}
