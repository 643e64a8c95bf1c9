import type { QuirkKey } from '../../protocol/quirks.ts';

/** One capture of the library. */
export interface Entry {
  /** Its folder below captures/library/. */
  readonly name: string;
  readonly title: string;
  /** What it shows: a paragraph of Markdown. */
  readonly shows: string;
  /** The quirk that it is there for. */
  readonly quirk?: QuirkKey;
  /** Plays and records it: the bytes of a pcapng file, the same each time. */
  readonly make: () => Promise<Buffer>;
}
