/**
 * Counts of quirks that a session shows after its Inform. The first time they are written at its end; from
 * then on they wait for the device's next Inform, which is written anyway: a second write for each session is
 * not worth its cost.
 */
import { ModemlabError } from '../../protocol/errors.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import type { Log } from '../log.ts';
import { errorFields } from '../log.ts';
import type { DeviceRecord, DeviceStore } from '../store/store.ts';

/** Devices remembered; when there are more, all are forgotten, and written once more. */
const MAX_DEVICES = 10_000;

interface Shown {
  readonly written: Set<QuirkId>;
  waiting: ReadonlySet<QuirkId>;
}

const NONE: ReadonlySet<QuirkId> = new Set();

export class DeferredQuirkCounts {
  readonly #store: DeviceStore;
  readonly #log: Log;
  readonly #devices = new Map<string, Shown>();

  constructor(store: DeviceStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** What the device's last session showed after its Inform and is not counted yet. */
  take(device: string): ReadonlySet<QuirkId> {
    const shown = this.#devices.get(device);
    if (shown === undefined) return NONE;
    const { waiting } = shown;
    shown.waiting = NONE;
    return waiting;
  }

  /** At the end of a session. Nobody waits for the write: if it is lost, the next session shows the same. */
  keep(device: string, quirks: readonly QuirkId[]): void {
    const fresh = this.#split(device, quirks);
    if (fresh.length === 0) return;
    const add = (record: DeviceRecord | undefined): DeviceRecord => {
      if (record === undefined) throw new ModemlabError('E_DEVICE_UNKNOWN', device);
      const counts: Partial<Record<QuirkId, number>> = { ...record.quirks };
      for (const id of fresh) counts[id] = (counts[id] ?? 0) + 1;
      return { ...record, quirks: counts };
    };
    this.#store.update(device, add).catch((error: unknown) => {
      this.#log.warn({ device, ...errorFields(error) }, 'could not count the quirks of a session');
    });
  }

  /** Defers those that were written before, and returns the others. */
  #split(device: string, quirks: readonly QuirkId[]): readonly QuirkId[] {
    if (quirks.length === 0) return [];
    if (this.#devices.size >= MAX_DEVICES) this.#devices.clear();
    const shown = this.#devices.get(device) ?? { written: new Set(), waiting: NONE };
    this.#devices.set(device, shown);
    const fresh = quirks.filter((id) => !shown.written.has(id));
    shown.waiting = new Set([...shown.waiting, ...quirks.filter((id) => shown.written.has(id))]);
    for (const id of fresh) shown.written.add(id);
    return fresh;
  }
}
