/**
 * Whether a process is gone, judged by processes of one host in several PID namespaces, as containers have.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import t from 'tap';
import { Processes, readProcess, systemProcesses, writeProcess } from '../../acs/processes.ts';
import { registeredServers, registerServer } from '../../acs/running-servers.ts';
import { Turns } from '../../acs/store/lmdb-turns.ts';
import { program } from '../support/tree.ts';

const UNSHARE = ['-p', '--fork', '--mount-proc'];

/** Why there cannot be a second PID namespace here; `false` if there can. */
const noNamespaces: string | false =
  spawnSync('unshare', [...UNSHARE, 'true']).status === 0
    ? false
    : 'unshare of PID namespaces is not allowed';

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-processes-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Contained {
  /** The next line that it writes. */
  said(): Promise<unknown>;
  /** Ends its input, and resolves with its exit code. */
  end(): Promise<number | null>;
}

/** A process that is alone in a PID namespace, so that its pid is 1. */
function contained(t: Test, what: string, folder: string): Contained {
  const words = [...UNSHARE, process.execPath, ...program('test/support/acs/namespace-child.ts')];
  const child: ChildProcess & { stdin: NonNullable<ChildProcess['stdin']> } = spawn(
    'unshare',
    [...words, what, folder],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const lines = child.stdout === null ? undefined : createInterface(child.stdout)[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  return {
    said: async () => (await lines?.next())?.value,
    end: async () => {
      child.stdin.end();
      await exited;
      return child.exitCode;
    },
  };
}

t.test('a process is judged by its pid only in its own namespace', async (t) => {
  const { self } = systemProcesses();
  const asked: number[] = [];
  const processes = new Processes(self, ({ pid }) => {
    asked.push(pid);
    return pid === 7;
  });
  const isOld = (): boolean => true;
  const isNew = (): boolean => false;
  t.equal(processes.isGone(self, isOld), false, 'this process is alive, however old its mark is');
  t.equal(processes.isGone({ ...self, pid: 7 }, isOld), false);
  t.equal(processes.isGone({ ...self, pid: 8 }, isNew), true, 'no such process: its age is not asked for');
  t.strictSame(asked, [7, 8]);
  const elsewhere = { ...self, host: `${self.host}0` };
  for (const maker of [elsewhere, { ...elsewhere, pid: 8 }, undefined]) {
    t.equal(processes.isGone(maker, isNew), false);
    t.equal(processes.isGone(maker, isOld), true);
  }
  t.strictSame(asked, [7, 8], 'a pid of another namespace is not looked up');
});

t.test('a pid that another process has now is gone', async (t) => {
  const processes = systemProcesses();
  const isNew = (): boolean => false;
  const parent = { ...processes.self, pid: process.ppid };
  t.equal(processes.isGone({ ...parent, start: '' }, isNew), false, 'without a start the pid alone decides');
  t.equal(processes.isGone({ ...parent, start: 'boot-1' }, isNew), process.platform === 'linux');
  t.equal(processes.isGone({ ...processes.self, start: 'boot-1' }, isNew), true);
  // No system gives so high a number.
  t.equal(processes.isGone({ ...processes.self, pid: 2147483647 }, isNew), true);
});

t.test('a process as a part of a file name, and back', async (t) => {
  const { self } = systemProcesses();
  t.strictSame(readProcess(writeProcess(self)), self);
  t.match(writeProcess(self), /^[\w~-]+$/);
  for (const bad of ['', 'host', 'host~1', 'host~x~', '~1~', 'host~1~2~3'])
    t.equal(readProcess(bad), undefined, bad);
});

t.test(
  'who writes in another container keeps a store from being opened',
  { skip: noNamespaces },
  async (t) => {
    const folder = await folderOf(t);
    const writer = contained(t, 'turns-write', folder);
    t.equal(await writer.said(), 'writes');
    const opener = contained(t, 'turns-open', folder);
    t.equal(await opener.said(), 'waits', 'both have pid 1, and each sees the mark of the other');
    t.equal(await writer.end(), 0);
    t.equal(await opener.said(), 'opened');
    t.equal(await opener.end(), 0);
  },
);

t.test(
  'a container does not remove the marks of the host that it is on',
  { skip: noNamespaces },
  async (t) => {
    const folder = await folderOf(t);
    let opener: Contained | undefined;
    await new Turns(folder, 0).write(async () => {
      opener = contained(t, 'turns-open', folder);
      t.equal(await opener.said(), 'waits');
      t.equal((await readdir(folder)).filter((name) => name.startsWith('write-')).length, 1);
    });
    t.equal(await opener?.said(), 'opened');
    t.equal(await opener?.end(), 0);
  },
);

t.test('servers of several containers are registered side by side', { skip: noNamespaces }, async (t) => {
  const data = await folderOf(t);
  const unregister = await registerServer(data, 'http://here:7547/');
  const [one, two] = [contained(t, 'one', data), contained(t, 'two', data)];
  t.strictSame([await one.said(), await two.said()], ['registered', 'registered']);
  const urls = async (): Promise<readonly string[]> =>
    (await registeredServers(data)).map(({ url }) => url).sort();
  t.strictSame(await urls(), ['http://here:7547/', 'http://one:7547/', 'http://two:7547/']);
  t.equal(await one.end(), 0);
  t.strictSame(
    await urls(),
    ['http://here:7547/', 'http://two:7547/'],
    'one that stops removes its own entry',
  );
  await two.end();
  await unregister();
  t.strictSame(await readdir(join(data, 'acs')), []);
});

t.test('a server that was killed is not counted, and its entry goes when the next one starts', async (t) => {
  const data = await folderOf(t);
  const unregister = await registerServer(data, 'http://here:7547/');
  const { self } = systemProcesses();
  const write = async (name: string, server: object): Promise<string> => {
    const file = join(data, 'acs', `${name}.json`);
    await writeFile(file, JSON.stringify(server));
    return file;
  };
  await write('dead', { url: 'http://dead/', ...self, pid: 2147483647 });
  await write('elsewhere', { url: 'http://elsewhere/', ...self, host: 'other-1' });
  const old = await write('old', { url: 'http://old/', ...self, host: 'other-1', pid: 2 });
  await utimes(old, new Date(0), new Date(0));
  const half = await write('half', {});
  const urls = (await registeredServers(data)).map(({ url }) => url);
  t.strictSame(urls.sort(), ['http://elsewhere/', 'http://here:7547/']);
  await utimes(half, new Date(0), new Date(0));
  await unregister();
  await (await registerServer(data, 'http://here:7548/'))();
  t.strictSame(await readdir(join(data, 'acs')), ['elsewhere.json']);
});
