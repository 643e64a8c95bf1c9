/**
 * Keeps processes from writing to an LMDB environment while another one opens it. The library would lose a
 * commit: opening sets the number of the last transaction, which all processes share, to the one just read
 * from the file. If there was a commit in between, the next writer begins from the state before it, and that
 * commit is lost.
 *
 * Marks in a folder show who opens and who writes. Each process makes its mark before it looks at the
 * others', so that at least one of two sees the other and waits. A mark whose process is gone is removed.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Processes, readProcess, systemProcesses, writeProcess } from '../processes.ts';

type Kind = 'open' | 'write';

/** Milliseconds between two looks. */
const LOOK_EVERY_MS = 2;
/**
 * How long a mark to write stays, so that a busy store does not make one for each commit. Opening waits that
 * long.
 */
const KEEP_MS = 20;
/** No commit and no opening takes this long: an older mark was left behind. */
const OLD_MS = 60_000;

let made = 0;

export class Turns {
  readonly #folder: string;
  readonly #name: string;
  readonly #keepMs: number;
  readonly #processes: Processes = systemProcesses();
  #writing = 0;
  /** When the mark to write was last made; `undefined`: there is none. */
  #markedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param folder for the marks alone, made if missing
   * @param keepMs milliseconds for which a mark to write stays
   */
  constructor(folder: string, keepMs: number = KEEP_MS) {
    this.#folder = folder;
    this.#keepMs = keepMs;
    made += 1;
    this.#name = `${writeProcess(this.#processes.self)}~${made}`;
    mkdirSync(folder, { recursive: true });
  }

  /** Opens while nobody writes or opens. */
  async open<T>(work: () => T): Promise<T> {
    const own = this.#mark('open');
    try {
      for (let others = this.#others('open'); others.length > 0; others = this.#others('open')) {
        // Of those who wait, the first by name goes first; the others remove their marks meanwhile.
        const isFirst = others.every((other) => own < other);
        if (!isFirst) this.#unmark('open');
        await sleep(LOOK_EVERY_MS);
        if (!isFirst) this.#mark('open');
      }
      while (this.#others('write').length > 0) await sleep(LOOK_EVERY_MS);
      return work();
    } finally {
      this.#unmark('open');
    }
  }

  /** Writes while nobody opens; several may write at once. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    while (!this.#mayWrite()) await sleep(LOOK_EVERY_MS);
    this.#writing += 1;
    try {
      return await work();
    } finally {
      this.#writing -= 1;
      if (this.#writing === 0) this.#leave();
    }
  }

  /** Removes the mark that is left: nothing is written any more. */
  close(): void {
    if (this.#markedAt !== undefined) this.#takeBack();
  }

  #mayWrite(): boolean {
    // While there is a mark nobody opens, but if it stayed for ever nobody could.
    if (this.#keptMs < this.#keepMs) return true;
    this.#mark('write');
    if (this.#others('open').length > 0) {
      if (this.#writing === 0) this.#takeBack();
      return false;
    }
    this.#markedAt = performance.now();
    return true;
  }

  /** How long the mark has been there. */
  get #keptMs(): number {
    return this.#markedAt === undefined ? Infinity : performance.now() - this.#markedAt;
  }

  #leave(): void {
    const left = this.#keepMs - this.#keptMs;
    if (left <= 0) {
      this.#takeBack();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#writing === 0) this.close();
    }, left).unref();
  }

  #takeBack(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#markedAt = undefined;
    this.#unmark('write');
  }

  #mark(kind: Kind): string {
    const name = `${kind}-${this.#name}`;
    closeSync(openSync(join(this.#folder, name), 'w'));
    return name;
  }

  #unmark(kind: Kind): void {
    rmSync(join(this.#folder, `${kind}-${this.#name}`), { force: true });
  }

  /** Names of the others' marks; those that were left behind are removed. */
  #others(kind: Kind): readonly string[] {
    const names = readdirSync(this.#folder).filter(
      (name) => name.startsWith(`${kind}-`) && name !== `${kind}-${this.#name}`,
    );
    return names.filter((name) => {
      if (!this.#isAbandoned(name)) return true;
      rmSync(join(this.#folder, name), { force: true });
      return false;
    });
  }

  #isAbandoned(name: string): boolean {
    const stat = statSync(join(this.#folder, name), { throwIfNoEntry: false });
    const isOld = stat !== undefined && Date.now() - stat.mtimeMs > OLD_MS;
    const [, maker = ''] = /^[a-z]+-(.+)~\d+$/.exec(name) ?? [];
    return isOld || this.#processes.isGone(readProcess(maker), () => isOld);
  }
}
