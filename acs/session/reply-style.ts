/**
 * How the ACS spells its envelopes for a model. Some clients end the session when an answer begins with an XML
 * declaration, others insist on it (Q-NS-09); some know only one spelling (Q-NS-08). So there is a short ladder: a session
 * that ends right after our first message lets the next one try the next step, and what works is kept.
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

/** A style that sessions have gone on with is given up after so many sessions in a row that broke at our first message. */
const PATIENCE = 3;

/** How long what was read counts as what the store has, in milliseconds. */
const FRESH_MS = 1000;

/** Devices with a style of their own that are kept in mind at most. */
const MOST_OWN = 10_000;

/** The key under which a model's habits are kept. */
export function modelOf(deviceId: DeviceId, softwareVersion: string): string {
  return [deviceId.Manufacturer, deviceId.ProductClass, softwareVersion].join('|');
}

/** The reply style of each model: kept in the store, with the last answer at hand. */
export class ReplyStyles {
  readonly #store: DeviceStore;
  readonly #fixed: ReplyStyle | undefined;
  readonly #known = new Map<string, Learned>();
  /** When each was read: another server on the store may learn too. */
  readonly #readAt = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  /** Devices that are tried with another style than their model's. */
  readonly #own = new Map<string, number>();

  /** `fixed`: the style that the configuration wants for all. */
  constructor(store: DeviceStore, fixed?: ReplyStyle) {
    this.#store = store;
    this.#fixed = fixed;
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

  /** The step for the next session of a device: its own where it could not bear its model's, else the model's. */
  async step(model: string, device: string): Promise<number> {
    if (this.#fixed !== undefined) return REPLY_STYLES.indexOf(this.#fixed);
    const own = this.#own.get(device);
    return own ?? (await this.learned(model)).replyStyle % REPLY_STYLES.length;
  }

  static at(step: number): ReplyStyle {
    return REPLY_STYLES[step] ?? REPLY_STYLES[0];
  }

  /** Whether there is nothing new in it that the modem went on: what every session asks. */
  isProven(model: string, device: string, step: number): boolean {
    if (this.#fixed !== undefined) return true;
    const learned = this.#known.get(model);
    return (
      learned?.proven === true &&
      learned.replyStyle === step &&
      !this.#failures.has(model) &&
      !this.#own.has(device)
    );
  }

  /** The modem went on after our first message. */
  async worked(model: string, device: string, step: number): Promise<void> {
    if (this.#fixed !== undefined) return;
    const learned = await this.learned(model);
    if (learned.proven && this.#own.get(device) === step) return;
    this.#failures.delete(model);
    if (!learned.proven || learned.replyStyle !== step)
      await this.learn({ ...learned, replyStyle: step, proven: true });
  }

  /** The modem began anew instead. Another device of the model may have moved the ladder on meanwhile. */
  async broke(model: string, device: string, step: number): Promise<void> {
    if (this.#fixed !== undefined) return;
    const next = (step + 1) % REPLY_STYLES.length;
    const learned = await this.learned(model);
    if (this.#own.size >= MOST_OWN) this.#own.clear();
    // What its siblings bear, this one may not (or its line dropped): it alone tries on at once.
    if (learned.proven) this.#own.set(device, next);
    if (learned.replyStyle !== step) return;
    const failures = (this.#failures.get(model) ?? 0) + 1;
    this.#failures.set(model, failures);
    if (learned.proven && failures < PATIENCE) return;
    this.#failures.delete(model);
    await this.learn({ ...learned, replyStyle: next, proven: false });
  }
}
