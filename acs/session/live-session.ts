/** One open session: what lasts from its Inform to its end. */
import type { DeviceId, Envelope } from '../../protocol/cwmp/messages.ts';
import type {
  AcsEffect,
  AcsSettings,
  AcsState,
  AcsEvent as MachineEvent,
} from '../../protocol/cwmp/session-acs.ts';
import { initial, step } from '../../protocol/cwmp/session-acs.ts';
import type { SeenSession } from '../../protocol/cwmp/session-notes.ts';
import { seeTurn } from '../../protocol/cwmp/session-notes.ts';
import type { Noted, QuirkId } from '../../protocol/quirks/note.ts';
import type { RequestSource } from '../tasks/request-source.ts';
import type { DecodedPost } from './decode-post.ts';
import type { SessionStyle } from './reply-style.ts';
import type { SessionRoute } from './session-route.ts';

/** What the Inform says of the session that it begins. */
export interface SessionInfo {
  readonly key: string;
  readonly deviceId: DeviceId;
  readonly address: string;
  /** Milliseconds without a POST after which it is over. */
  readonly timeoutMs: number;
}

export interface SessionParts {
  readonly info: SessionInfo;
  /** Where its requests for the modem come from. */
  readonly source: RequestSource;
  /** How its answers are spelt. */
  readonly style: SessionStyle;
  /** What its POSTs have shown together so far. */
  readonly seen: SeenSession;
}

/** A class, so that ten thousand of them have one shape. */
export class LiveSession {
  readonly info: SessionInfo;
  readonly source: RequestSource;
  readonly style: SessionStyle;
  readonly route: SessionRoute;
  readonly startedAt: number;
  #machine: AcsState = initial;
  #isEnded = false;
  #lastSeen: number;
  #posts = 0;
  #requests = 0;
  #seen: SeenSession;
  /** The quirks it showed, and whether each is counted in the device's record already. */
  readonly #quirks = new Map<QuirkId, boolean>();
  #isBusy = false;
  #waiting: (() => void)[] | undefined = undefined;
  /** The POST that is being answered. */
  #post: DecodedPost | undefined = undefined;

  constructor({ info, source, style, seen }: SessionParts, route: SessionRoute, now: number) {
    this.info = info;
    this.source = source;
    this.style = style;
    this.route = route;
    this.startedAt = now;
    this.#lastSeen = now;
    this.#seen = seen;
  }

  get key(): string {
    return this.info.key;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** POSTs received. */
  get posts(): number {
    return this.#posts;
  }

  /** Requests sent. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether the POST that is being answered has values without a type (Q-AT-08). */
  get isUntyped(): boolean {
    return this.#post?.untyped === true;
  }

  isOverdue(now: number): boolean {
    return !this.#isBusy && now - this.#lastSeen > this.info.timeoutMs;
  }

  /**
   * Runs `work` when all that was given before is done: POSTs of a session are answered one after the other.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    while (this.#isBusy) {
      await new Promise<void>((resolve) => {
        this.#waiting ??= [];
        this.#waiting.push(resolve);
      });
    }
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
      this.#waiting?.shift()?.();
    }
  }

  beginPost(post: DecodedPost, now: number): void {
    this.#post = post;
    this.#posts += 1;
    this.#lastSeen = now;
  }

  endPost(now: number): void {
    this.#post = undefined;
    this.#lastSeen = now;
  }

  /** Gives the session's machine one event, and returns what it wants done, in order. */
  step(settings: AcsSettings, event: MachineEvent): readonly AcsEffect[] {
    const { state, effects } = step(settings, this.#machine, event);
    this.#machine = state;
    return effects;
  }

  nextRequestId(): string {
    this.#requests += 1;
    return `${this.route.token.slice(0, 8)}-${this.#requests}`;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** The quirks that a POST after the Inform shows by its place in the session. */
  seePost(
    envelope: Envelope | undefined,
    how: { cookie: boolean; sameConnection: boolean },
  ): readonly Noted[] {
    const { session, notes } = seeTurn(this.#seen, {
      envelope,
      cookie: how.cookie,
      awaited: this.#machine.at === 'awaiting' ? this.#machine.sent : undefined,
      sameConnection: how.sameConnection,
      over: this.#isEnded,
    });
    this.#seen = session;
    return notes;
  }

  /** Each quirk counts once a session. */
  addQuirks(notes: readonly Noted[]): void {
    for (const { id } of notes) if (!this.#quirks.has(id)) this.#quirks.set(id, false);
  }

  get quirks(): Iterable<QuirkId> {
    return this.#quirks.keys();
  }

  /** The device's record has them all. */
  markQuirksCounted(): void {
    for (const id of this.#quirks.keys()) this.#quirks.set(id, true);
  }

  uncountedQuirks(): readonly QuirkId[] {
    return [...this.#quirks].flatMap(([id, counted]) => (counted ? [] : [id]));
  }
}
