/** ACSs as processes of their own that a test starts, stops and kills. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { isMembers } from '../../../acs/store/shape.ts';
import { program } from '../tree.ts';

interface Start {
  readonly port: number;
  /** Milliseconds that a transfer may take. */
  readonly transferMs: number;
}

export interface AcsProcess {
  readonly pid: number;
  /** Ends it at once with SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets it end as it should. */
  stop(): Promise<void>;
  /** A digest of each device's tree, as this process sees it. */
  trees(): Promise<Readonly<Record<string, unknown>>>;
}

const isSaying =
  (what: string) =>
  (value: unknown): boolean =>
    typeof value === 'object' && value !== null && 'is' in value && value.is === what;

export function isStart(value: unknown): value is Start {
  return (
    typeof value === 'object' &&
    value !== null &&
    'port' in value &&
    typeof value.port === 'number' &&
    'transferMs' in value &&
    typeof value.transferMs === 'number'
  );
}

/** Loading a program takes longer than it lives here, so some wait loaded, to replace one that is killed. */
export class AcsProcesses {
  readonly #folder: string;
  readonly #reserve: Promise<ChildProcess>[] = [];
  readonly #all = new Set<ChildProcess>();
  readonly #depth: number;

  constructor(folder: string, depth: number) {
    this.#folder = folder;
    this.#depth = depth;
    this.#fill();
  }

  #fill(): void {
    while (this.#reserve.length < this.#depth) {
      const words = [...program('test/support/acs/acs-child.ts'), this.#folder];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      this.#all.add(child);
      child.once('exit', () => this.#all.delete(child));
      const ready = said(child, 'ready').then(() => child);
      // A failure reaches whoever takes this one.
      ready.catch(() => undefined);
      this.#reserve.push(ready);
    }
  }

  /** Resolves when it listens. */
  async start(settings: Start): Promise<AcsProcess> {
    const next = this.#reserve.shift();
    this.#fill();
    if (next === undefined) throw new Error('unreachable: the reserve is never empty');
    const child = await next;
    const listening = said(child, 'listening');
    child.send(settings);
    await listening;
    return {
      pid: child.pid ?? 0,
      kill: () => {
        const gone = exited(child);
        child.kill('SIGKILL');
        return gone;
      },
      stop: () => {
        const gone = exited(child);
        child.send('stop');
        return gone;
      },
      trees: async () => {
        const answer = said(child, 'trees');
        child.send('trees');
        const { digests } = await answer;
        return digests;
      },
    };
  }

  /** Kills what is left. */
  async end(): Promise<void> {
    const gone = [...this.#all].map((child) => exited(child));
    for (const child of this.#all) child.kill('SIGKILL');
    await Promise.all(gone);
  }
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

interface Said {
  readonly digests: Readonly<Record<string, unknown>>;
}

const digestsOf = (message: unknown): Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null && 'digests' in message && isMembers(message.digests)
    ? message.digests
    : {};

function said(child: ChildProcess, what: string): Promise<Said> {
  const fits = isSaying(what);
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void =>
      reject(new Error(`the ACS ended (${code ?? signal}) before it was ${what}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      if (fits(message)) resolve({ digests: digestsOf(message) });
      else reject(new Error(`the ACS said ${JSON.stringify(message)} instead of ${what}`));
    });
  });
}

/**
 * A port that stays free: below the range from which systems give ports to connections (32768 on Linux), so
 * that none of them takes it while its server is being replaced. `start` is where to look first.
 */
export async function steadyPort(start: number): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = 20_000 + ((start + tries * 7) % 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    return port;
  }
  throw new Error('no free port');
}
