/** Networks of a test's own: Linux network namespaces on one bridge, where it may make them. */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn, spawnSync } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Test } from 'tap';

const run = promisify(execFile);

import { program, ROOT } from '../tree.ts';

/** Networks that this process has made. */
let networks = 0;

/** Why such tests are skipped; `false`: namespaces can be made. */
export function noNamespaces(): string | false {
  const name = `modemlab-${process.pid}-try`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.error !== undefined) return 'the program ip is not installed';
  if (made.status !== 0) return 'network namespaces may not be made here';
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

export interface Namespace {
  /** The interface that leads to the bridge. */
  readonly iface: string;
  /** MAC address of it, with colons. */
  readonly mac: string;
  readonly ip: (...args: readonly string[]) => Promise<string>;
  /** Starts a TypeScript file of this package in the namespace; it ends with the test at the latest. */
  readonly start: (file: string, args: readonly string[]) => NamespaceProcess;
  /** Any other program. */
  readonly startProgram: (program: string, args: readonly string[]) => NamespaceProcess;
}

export interface NamespaceProcess {
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when standard output holds the text; rejects when the process ends before. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
  readonly stop: () => Promise<void>;
}

/** Namespaces on one bridge, which is in one of its own. They go with the test. */
export async function bridgedNamespaces(
  t: Test,
  addresses: Readonly<Record<string, string>>,
): Promise<Map<string, Namespace>> {
  networks += 1;
  const prefix = `modemlab-${process.pid}-${networks}`;
  const bridge = `${prefix}-bridge`;
  await addNamespace(t, bridge);
  await run('ip', ['-n', bridge, 'link', 'add', 'br0', 'type', 'bridge']);
  await run('ip', ['-n', bridge, 'link', 'set', 'br0', 'up']);
  const namespaces = new Map<string, Namespace>();
  for (const [name, address] of Object.entries(addresses)) {
    const full = `${prefix}-${name}`;
    await addNamespace(t, full);
    const port = `p${namespaces.size}`;
    const ip = async (...args: readonly string[]): Promise<string> =>
      (await run('ip', ['-n', full, ...args])).stdout;
    await run('ip', [
      '-n',
      bridge,
      'link',
      'add',
      port,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      full,
    ]);
    await run('ip', ['-n', bridge, 'link', 'set', port, 'master', 'br0', 'up']);
    await ip('addr', 'add', address, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) await ip('link', 'set', device, 'up');
    const [, mac = ''] = /link\/ether ([\da-f:]{17})/.exec(await ip('link', 'show', 'eth0')) ?? [];
    const node = (words: readonly string[]): NamespaceProcess =>
      startIn(t, full, [process.execPath, ...words]);
    namespaces.set(name, {
      iface: 'eth0',
      mac,
      ip,
      start: (file, args) => node([...program(file), ...args]),
      startProgram: (program, args) => startIn(t, full, [program, ...args]),
    });
  }
  return namespaces;
}

async function addNamespace(t: Test, name: string): Promise<void> {
  await run('ip', ['netns', 'add', name]);
  t.teardown(() => run('ip', ['netns', 'del', name]));
}

function startIn(t: Test, namespace: string, words: readonly string[]): NamespaceProcess {
  const line = ['netns', 'exec', namespace, ...words];
  const child: ChildProcess = spawn('ip', line, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
    for (const look of [...waiting]) look();
  });
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  t.teardown(stop);
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!out.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without saying ${text}: ${err}`)));
    });
  return { out: () => out, err: () => err, says, ended, stop };
}
