/** Limits datagrams per second, for one ant and in total: the MDAP group floods every port of the switch. */

/** Milliseconds' worth of datagrams that may be sent at once after a pause. */
const BURST_MS = 1000;

export class Rate {
  readonly #perAnt: number;
  readonly #total: number;
  /** When the next datagram would be due if every one had waited for its turn. */
  readonly #ants = new Map<string, number>();
  #all = 0;

  constructor({ perAnt, total }: { readonly perAnt: number; readonly total: number }) {
    this.#perAnt = 1000 / perAnt;
    this.#total = 1000 / total;
  }

  /** Reserves a slot for one datagram, and returns the milliseconds until it may be sent. */
  take(now: number, antId?: string): number {
    const all = Math.max(this.#all, now - BURST_MS);
    const own = antId === undefined ? now - BURST_MS : Math.max(this.#ants.get(antId) ?? 0, now - BURST_MS);
    const wait = Math.max(0, all + this.#total - now, antId === undefined ? 0 : own + this.#perAnt - now);
    this.#all = all + this.#total;
    if (antId !== undefined) this.#ants.set(antId, own + this.#perAnt);
    return wait;
  }
}
