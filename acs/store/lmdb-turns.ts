/**
 * Nobody writes to an LMDB environment while a process opens it. The library would bear it badly: whoever opens sets the
 * number of the last transaction, which all share, to the one it has just read in the file. A commit in between is not in
 * it; the next writer then begins from the state before, and that commit is lost.
 *
 * Marks in a folder say who opens and who writes. Each makes its mark first and looks at the others' then, so that of two
 * at least one sees the other and waits. A mark whose process is gone is nobody's.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Kind = 'open' | 'write';

/** Milliseconds between two looks. */
const LOOK_EACH_MS = 2;
/** How long a mark to write stays, so that a busy store need not make one for each commit. Who opens waits that long. */
const KEEP_MS = 20;
/** No commit and no opening takes so long: a mark that old was left behind by a process that cannot be asked for. */
const STALE_MS = 60_000;

const HOST = hostname().replace(/[^\w.]/g, '_');
let made = 0;

export class Turns {
  readonly #folder: string;
  readonly #name: string;
  readonly #keepMs: number;
  #writing = 0;
  /** When the mark to write was made last, or made anew; `undefined`: there is none. */
  #markedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param folder of its own, made when it is not there
   * @param keepMs milliseconds for which a mark to write stays
   */
  constructor(folder: string, keepMs: number = KEEP_MS) {
    this.#folder = folder;
    this.#keepMs = keepMs;
    made += 1;
    this.#name = `${HOST}-${process.pid}-${made}`;
    mkdirSync(folder, { recursive: true });
  }

  /** Opens while nobody writes or opens. */
  async open<T>(work: () => T): Promise<T> {
    const own = this.#mark('open');
    try {
      for (let others = this.#others('open'); others.length > 0; others = this.#others('open')) {
        // Of those who wait the first by name goes first: the others take back their marks meanwhile.
        const isFirst = others.every((other) => own < other);
        if (!isFirst) this.#unmark('open');
        await sleep(LOOK_EACH_MS);
        if (!isFirst) this.#mark('open');
      }
      while (this.#others('write').length > 0) await sleep(LOOK_EACH_MS);
      return work();
    } finally {
      this.#unmark('open');
    }
  }

  /** Writes while nobody opens; those of one process write side by side. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    while (!this.#mayWrite()) await sleep(LOOK_EACH_MS);
    this.#writing += 1;
    try {
      return await work();
    } finally {
      this.#writing -= 1;
      if (this.#writing === 0) this.#leave();
    }
  }

  /** Takes back what is left of it: nothing is written any more. */
  close(): void {
    if (this.#markedAt !== undefined) this.#takeBack();
  }

  #mayWrite(): boolean {
    // Under a mark nobody opens; but one that is always there would let nobody open.
    if (this.#keptMs < this.#keepMs) return true;
    this.#mark('write');
    if (this.#others('open').length > 0) {
      if (this.#writing === 0) this.#takeBack();
      return false;
    }
    this.#markedAt = performance.now();
    return true;
  }

  /** For how long the mark has been there. */
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

  /** Names of the marks that others have; those that nobody has any more are removed. */
  #others(kind: Kind): readonly string[] {
    const names = readdirSync(this.#folder).filter(
      (name) => name.startsWith(`${kind}-`) && name !== `${kind}-${this.#name}`,
    );
    return names.filter((name) => {
      if (!this.#isStale(name)) return true;
      rmSync(join(this.#folder, name), { force: true });
      return false;
    });
  }

  #isStale(name: string): boolean {
    const [, host, pid] = /^[a-z]+-(.*)-(\d+)-\d+$/.exec(name) ?? [];
    if (host === HOST && !isAlive(Number(pid))) return true;
    const stat = statSync(join(this.#folder, name), { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
