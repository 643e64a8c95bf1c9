/**
 * How the ACS spells its envelopes for a model. Some clients end the session when an answer begins with an
 * XML declaration, others insist on it (Q-NS-09); some know only one spelling (Q-NS-08). So there is a short
 * ladder: when a session ends right after our first message the next one tries the next step, and what works
 * is kept.
 */
import type { DeviceId } from '../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import type { DeviceStore, Learned } from '../store/store.ts';

export interface ReplyStyle {
  readonly name: string;
  readonly dialect: Dialect;
}

export const REPLY_STYLES: readonly [ReplyStyle, ...ReplyStyle[]] = [
  { name: 'plain', dialect: CANONICAL },
  { name: 'declared', dialect: { ...CANONICAL, xmlDeclaration: 'encoding' } },
  {
    name: 'soapenv',
    dialect: {
      ...CANONICAL,
      prefixes: { ...CANONICAL.prefixes, env: 'soapenv', enc: 'soapenc' },
      encodingStyle: 'envelope',
      selfClosing: 'never',
    },
  },
  {
    name: 'soapenv-declared',
    dialect: {
      ...CANONICAL,
      prefixes: { ...CANONICAL.prefixes, env: 'soapenv', enc: 'soapenc' },
      encodingStyle: 'envelope',
      selfClosing: 'never',
      xmlDeclaration: 'encoding',
    },
  },
];

/** A style that has worked is given up after this many sessions in a row that broke at our first message. */
const MAX_FAILURES = 3;

/** How long what was read of a model is taken for what the store has, in milliseconds. */
const FRESH_MS = 1000;

/** Devices with a style of their own that are remembered. */
const MAX_OWN_STYLES = 10_000;

/** The key under which a model's habits are kept. */
export function modelOf(deviceId: DeviceId, softwareVersion: string): string {
  return [deviceId.Manufacturer, deviceId.ProductClass, softwareVersion].join('|');
}

/** The reply style of each model, kept in the store and cached here. */
export class ReplyStyles {
  readonly #store: DeviceStore;
  readonly #fixed: ReplyStyle | undefined;
  readonly #known = new Map<string, Learned>();
  /** When each was read: another server on the store may learn too. */
  readonly #readAt = new Map<string, number>();
  /** Sessions in a row that broke at our first message, by model. */
  readonly #failures = new Map<string, number>();
  /** Steps of devices that try another style than their model's. */
  readonly #own = new Map<string, number>();

  /** `fixed`: the one style that is configured for all modems. */
  constructor(store: DeviceStore, fixed?: ReplyStyle) {
    this.#store = store;
    this.#fixed = fixed;
  }

  static at(step: number): ReplyStyle {
    return REPLY_STYLES[step] ?? REPLY_STYLES[0];
  }

  async learned(model: string): Promise<Learned> {
    const now = performance.now();
    const known = this.#known.get(model);
    if (known !== undefined && now - (this.#readAt.get(model) ?? 0) < FRESH_MS) return known;
    const learned = (await this.#store.learned(model)) ?? known ?? { model, replyStyle: 0, proven: false };
    this.#known.set(model, learned);
    this.#readAt.set(model, now);
    return learned;
  }

  async learn(learned: Learned): Promise<void> {
    this.#known.set(learned.model, learned);
    await this.#store.learn(learned);
  }

  /**
   * The style of a new session: the device's own step if its model's does not work for it, else the model's.
   */
  async forSession(model: string, device: string): Promise<SessionStyle> {
    if (this.#fixed !== undefined)
      return new SessionStyle(this, model, device, REPLY_STYLES.indexOf(this.#fixed));
    const step = this.#own.get(device) ?? (await this.learned(model)).replyStyle % REPLY_STYLES.length;
    return new SessionStyle(this, model, device, step);
  }

  /** The modem went on after our first message. `undefined`: nothing new, and nothing to await. */
  worked(model: string, device: string, step: number): Promise<void> | undefined {
    if (this.#fixed !== undefined || this.#isProven(model, device, step)) return undefined;
    return this.#learnThatItWorks(model, device, step);
  }

  async #learnThatItWorks(model: string, device: string, step: number): Promise<void> {
    const learned = await this.learned(model);
    if (learned.proven && this.#own.get(device) === step) return;
    this.#failures.delete(model);
    if (!learned.proven || learned.replyStyle !== step)
      await this.learn({ ...learned, replyStyle: step, proven: true });
  }

  /**
   * The session broke at our first message. Another device of the model may have moved up the ladder
   * meanwhile.
   */
  async broke(model: string, device: string, step: number): Promise<void> {
    if (this.#fixed !== undefined) return;
    const next = (step + 1) % REPLY_STYLES.length;
    const learned = await this.learned(model);
    if (this.#own.size >= MAX_OWN_STYLES) this.#own.clear();
    // What works for its model may not work for this device (or its line dropped): it alone tries the next
    // step at once.
    if (learned.proven) this.#own.set(device, next);
    if (learned.replyStyle !== step) return;
    const failures = (this.#failures.get(model) ?? 0) + 1;
    this.#failures.set(model, failures);
    if (learned.proven && failures < MAX_FAILURES) return;
    this.#failures.delete(model);
    await this.learn({ ...learned, replyStyle: next, proven: false });
  }

  /**
   * Whether one more session that goes on says nothing new, as in a steady fleet: then the store is not
   * asked.
   */
  #isProven(model: string, device: string, step: number): boolean {
    const learned = this.#known.get(model);
    return (
      learned?.proven === true &&
      learned.replyStyle === step &&
      !this.#failures.has(model) &&
      !this.#own.has(device)
    );
  }
}

/** The reply style that one session tries, and whether it works. */
export class SessionStyle {
  readonly #styles: ReplyStyles;
  readonly #model: string;
  readonly #device: string;
  readonly #step: number;
  /**
   * `sent`: the modem has our first message, and the next thing that it does tells whether it could read it.
   */
  #state: 'unsent' | 'sent' | 'known' = 'unsent';

  constructor(styles: ReplyStyles, model: string, device: string, step: number) {
    this.#styles = styles;
    this.#model = model;
    this.#device = device;
    this.#step = step;
  }

  get dialect(): Dialect {
    return ReplyStyles.at(this.#step).dialect;
  }

  messageSent(): void {
    if (this.#state === 'unsent') this.#state = 'sent';
  }

  /** A POST came. `undefined`: there is nothing to await, as with nearly every POST. */
  sessionWentOn(): Promise<void> | undefined {
    if (this.#state !== 'sent') return undefined;
    this.#state = 'known';
    return this.#styles.worked(this.#model, this.#device, this.#step);
  }

  /** No further POST came. */
  async sessionBroke(): Promise<void> {
    if (this.#state !== 'sent') return;
    this.#state = 'known';
    await this.#styles.broke(this.#model, this.#device, this.#step);
  }
}
