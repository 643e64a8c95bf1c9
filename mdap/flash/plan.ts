/**
 * The plan of a flashing run: which image for which modem, and what each is to be in the end.
 * docs/flash-plan.md has the form.
 */
import type { JobImage, OnFailure } from './modem.ts';
import type { FlashSettings } from './settings.ts';
import type { Template } from './template.ts';

/** Something that is wrong with a plan, and how to fix it. */
export interface PlanProblem {
  readonly file: string;
  readonly line: number;
  readonly says: string;
  readonly remedy: string;
}

export const problemText = ({ file, line, says, remedy }: PlanProblem): string =>
  `${file}:${line}: ${says}; ${remedy}`;

export interface PlanCommand {
  readonly line: Template;
  readonly silent: boolean;
  readonly onFailure: OnFailure;
}

/** An image that was read; `board` is the one inside of it. */
export interface PlanImage extends JobImage {
  readonly content: Uint8Array;
  /** Line of the plan that names it. */
  readonly line: number;
}

/** A row of a CSV file, or a serial number of a list. */
export interface PlanModem {
  readonly serial: string;
  readonly file: string;
  readonly line: number;
  /** By the title of their column. */
  readonly values: ReadonlyMap<string, string>;
}

export interface PlanRule {
  readonly line: number;
  /** Modems that are named individually, if any. */
  readonly modems: readonly PlanModem[] | undefined;
  /** Prefixes of serial numbers; without these and `modems`, every serial number matches. */
  readonly prefixes: readonly string[];
  readonly product: string | undefined;
  readonly board: string | undefined;
  /** `by-board`: the one of `images` that is for its board. */
  readonly image: PlanImage | 'by-board' | 'keep';
  readonly always: boolean;
  readonly name: Template | undefined;
  readonly address: Template | undefined;
  readonly values: ReadonlyMap<string, Template>;
  readonly commands: readonly PlanCommand[];
}

export interface Counter {
  readonly from: number;
  readonly to: number;
  /** Minimum number of digits; padded with 0. */
  readonly width: number;
}

export interface PlanNetwork {
  readonly text: string;
  readonly first: number;
  readonly last: number;
}

export interface Plan {
  readonly file: string;
  /** Our own IPv4 address. */
  readonly host: string;
  /** The network that the final addresses must be in. */
  readonly network: PlanNetwork | undefined;
  readonly credentials: readonly { readonly user: Template; readonly password: Template }[];
  readonly images: readonly PlanImage[];
  readonly counters: ReadonlyMap<string, Counter>;
  readonly rules: readonly PlanRule[];
  readonly checks: readonly { readonly line: Template; readonly shows: Template }[];
  readonly verify: { readonly version: boolean; readonly address: boolean };
  /** Addresses for boot loaders, and the mask of their network. */
  readonly boot: { readonly pool: readonly string[]; readonly mask: string };
  /**
   * With fewer modems than are named or expected: go on with those that are there, or stop before anything is
   * touched.
   */
  readonly onMissing: 'go-on' | 'stop';
  readonly settings: FlashSettings;
}
