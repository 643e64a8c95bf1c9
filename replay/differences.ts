/** The differences that a replay has found: the same one in many messages counts as one, with how often. */
import { LIMITS } from '../protocol/limits.ts';
import type { FieldDifference } from './fields.ts';
import { differingFields } from './fields.ts';
import type { Ignores } from './ignored.ts';

export interface Difference extends FieldDifference {
  /**
   * `field`: another value. `missing`: in the capture, but not now. `added`: the other way round. `order`:
   * the same in another order. `broken`: the peer stopped, or never came.
   */
  readonly kind: 'field' | 'missing' | 'added' | 'order' | 'broken';
  /** Session of the capture in which it was found first; 0: none. */
  readonly session: number;
  readonly note: string | undefined;
  /** How often it was found. */
  readonly times: number;
}

export interface FoundDifference {
  readonly kind: Difference['kind'];
  readonly session: number;
  readonly path: string;
  readonly recorded?: string | undefined;
  readonly live?: string | undefined;
  readonly note?: string | undefined;
}

/** How an ACS names itself in its messages. */
export interface OwnHosts {
  /** `address:port` */
  readonly recorded: ReadonlySet<string>;
  readonly live: string;
}

const urlOf = (text: string | undefined): URL | undefined =>
  text !== undefined && /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;

export class Differences {
  readonly ignores: Ignores;
  readonly #found = new Map<string, FoundDifference & { times: number }>();
  readonly #hosts: OwnHosts | undefined;
  /** Differences beyond the limit are only counted. */
  #more = 0;

  constructor(ignores: Ignores, hosts?: OwnHosts) {
    this.ignores = ignores;
    this.#hosts = hosts;
  }

  get all(): readonly Difference[] {
    return [...this.#found.values()].map(({ kind, live, note, path, recorded, session, times }) => ({
      kind,
      session,
      path,
      recorded,
      live,
      note,
      times,
    }));
  }

  get more(): number {
    return this.#more;
  }

  add(found: FoundDifference): void {
    const { kind, live, path, recorded } = found;
    if (this.ignores(path) || this.#isOwnUrl(recorded, live)) return;
    const key = JSON.stringify([kind, path, recorded, live]);
    const before = this.#found.get(key);
    if (before !== undefined) before.times += 1;
    else if (this.#found.size < LIMITS.replayDifferences) this.#found.set(key, { ...found, times: 1 });
    else this.#more += 1;
  }

  /** Whether two URLs are the same place at either ACS: a file, or a redirection. */
  #isOwnUrl(recorded: string | undefined, live: string | undefined): boolean {
    const [before, now] = [urlOf(recorded), urlOf(live)];
    if (this.#hosts === undefined || before === undefined || now === undefined) return false;
    if (!this.#hosts.recorded.has(before.host) || this.#hosts.live !== now.host) return false;
    return before.pathname + before.search === now.pathname + now.search;
  }

  /** Adds the fields in which two values differ. */
  compare(session: number, path: string, recorded: unknown, live: unknown): void {
    for (const field of differingFields(path, recorded, live, this.ignores))
      this.add({ kind: 'field', session, ...field });
  }
}
