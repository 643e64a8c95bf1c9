/** Counts what was replaced and what was blanked, without revealing any of it. */
import { canonicalMac } from '../../protocol/ipv4.ts';
import type { Kind } from './kinds.ts';
import { KINDS } from './kinds.ts';

export interface Replaced {
  readonly kind: Kind;
  /** How many different ones. */
  readonly different: number;
  /** In how many places they were. */
  readonly places: number;
}

export interface Blanked {
  readonly what: string;
  readonly places: number;
  readonly bytes: number;
}

export class Tally {
  readonly #kinds = new Map<Kind, { readonly different: Set<string>; places: number }>();
  readonly #blanks = new Map<string, { places: number; bytes: number }>();

  readonly replace = (kind: Kind, original: string): void => {
    const row = this.#kinds.get(kind) ?? { different: new Set<string>(), places: 0 };
    this.#kinds.set(kind, row);
    row.different.add(kind === 'MAC address' ? (canonicalMac(original) ?? original) : original);
    row.places += 1;
  };

  blank(what: string, bytes: number): void {
    if (bytes <= 0) return;
    const row = this.#blanks.get(what) ?? { places: 0, bytes: 0 };
    this.#blanks.set(what, row);
    row.places += 1;
    row.bytes += bytes;
  }

  get replaced(): readonly Replaced[] {
    return KINDS.flatMap((kind) => {
      const row = this.#kinds.get(kind);
      return row === undefined ? [] : [{ kind, different: row.different.size, places: row.places }];
    });
  }

  get blanked(): readonly Blanked[] {
    return [...this.#blanks].map(([what, row]) => ({ what, ...row }));
  }
}
