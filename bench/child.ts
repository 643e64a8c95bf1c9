/** What the servers under measurement answer over IPC, and how the bench asks. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Usage {
  /** Seconds of user and system time since the start. */
  readonly cpu: number;
  /** Bytes. */
  readonly rss: number;
}

/** In the child: answers `usage` with what it has used. */
export function answerCpu(): void {
  process.on('message', (message) => {
    if (message !== 'usage') return;
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() });
  });
  process.on('disconnect', () => process.exit(0));
}

/** In the child: carries out each order for a number of sessions and replies with the usage since it came. */
export function answerOrders(run: (sessions: number) => Promise<void>): void {
  answerCpu();
  process.on('message', (message) => {
    if (typeof message !== 'object' || message === null || !('sessions' in message)) return;
    const before = process.cpuUsage();
    void run(Number(message.sessions)).then(() => {
      const { user, system } = process.cpuUsage(before);
      process.send?.({ cpu: (user + system) / 1e6, rss: process.memoryUsage.rss() });
    });
  });
}

export interface Child {
  readonly port: number;
  usage(): Promise<Usage>;
  /** Sends an order and resolves with what the process used until it answered. */
  order(message: { readonly sessions: number }): Promise<Usage>;
  stop(): Promise<void>;
}

export async function startChild(
  file: string,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
): Promise<Child> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [...args], {
    execArgv: ['--import', 'tsx', ...nodeArgs],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const port = (await next(child, isPort)).port;
  const ask = (message: string | object): Promise<Usage> => {
    const answer = next(child, isUsage);
    child.send(message);
    return answer;
  };
  return {
    port,
    usage: () => ask('usage'),
    order: ask,
    stop: async () => {
      const gone = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.disconnect();
      await gone;
    },
  };
}

const isPort = (value: unknown): value is { port: number } =>
  typeof value === 'object' && value !== null && 'port' in value && typeof value.port === 'number';
const isUsage = (value: unknown): value is Usage =>
  typeof value === 'object' && value !== null && 'cpu' in value && typeof value.cpu === 'number';

function next<T>(child: ChildProcess, fits: (value: unknown) => value is T): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`the server under measurement ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (value) => {
      child.off('exit', onExit);
      if (fits(value)) resolve(value);
      else reject(new Error(`unexpected answer: ${JSON.stringify(value)}`));
    });
  });
}
