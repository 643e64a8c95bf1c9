import type { AcsOptions } from '../../acs/acs.ts';
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';

/** How the ACS of this project is set up, and what it has to ask besides what it asks of any modem. */
export interface EntryAcs {
  readonly options: Partial<AcsOptions>;
  readonly tasks: readonly Request<CpeMethod>[];
}

export const PLAIN_ACS: EntryAcs = { options: {}, tasks: [] };

/** One capture of the library. */
export interface Entry {
  /** Its folder below captures/library/. */
  readonly name: string;
  readonly title: string;
  /** What it shows: a paragraph of Markdown. */
  readonly shows: string;
  /** The quirk that it is there for. */
  readonly quirk?: QuirkKey;
  /** The ACS that it is recorded with; none: one that is made by hand, or there is no CWMP in it. */
  readonly acs?: EntryAcs;
  /** Plays and records it: the bytes of a pcapng file, the same each time. */
  readonly make: () => Promise<Buffer>;
}
