/**
 * gzip undone piece by piece (RFC 1952): each piece gives at once what it holds, and a file that is cut is
 * told when all that it holds is given. Node's stream gives but one of the two: its last piece is lost when
 * it is not whole.
 */
import { constants, createGunzip } from 'node:zlib';

/** Throws node's errors of zlib: Z_BUF_ERROR for what ends before its end. */
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
      // What stands behind the last member is none.
      if (ended) return;
    }
    stream.end();
    yield* read(() => false);
  } finally {
    stream.destroy();
  }
}
