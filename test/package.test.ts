/**
 * The package as others get it: packed, installed into an empty folder, used as a command and as a library.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { runAcs } from './support/acs/run-acs.ts';
import { ROOT } from './support/tree.ts';

const run = promisify(execFile);

/** Without what npm hands to its scripts: this is to be as it is in somebody else's shell. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|TAP|NODE_OPTIONS)/.test(name)),
);

const consumer = `
import type { Envelope, RpcName } from 'modemlab';
import { acsSession, cpeSession, decode, encodeBytes, ERRORS, RPCS } from 'modemlab';
import type { Acs, Task } from 'modemlab/acs';
import { openQueue, openStore, startAcs } from 'modemlab/acs';
import type { Modem } from 'modemlab/simulator';
import { createSwarm } from 'modemlab/simulator';
import { connectCpe, reply, startScriptedAcs } from 'modemlab/peers';
import { readRecording } from 'modemlab/replay';

const rpc: RpcName = 'Reboot';
const request = RPCS[rpc].requestFrom({ CommandKey: 'key' });
if (!request.ok) throw new Error(request.error.place);
const envelope: Envelope = { id: '1', namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message: request.value };
const decoded = decode(encodeBytes(envelope));
if (!decoded.ok) throw new Error(ERRORS[decoded.error.code].says);
const { message } = decoded.value.envelope;
const kind: 'request' | 'response' | 'fault' | 'unknown' = message.kind;
const data = { store: await openStore('memory', ''), queue: await openQueue('memory', '', { owner: 'consumer' }) };
const acs: Acs = await startAcs({ data, port: 0, host: '127.0.0.1' });
const swarm = createSwarm({ acs: acs.url, profile: 'st780wl', count: 1, speed: 1000 });
const modems: readonly Modem[] = swarm.modems;
const { sessionsOk } = await swarm.done;
const tasks: Task[] = [];
for await (const task of data.queue.list()) tasks.push(task);
await swarm.stop();
await acs.stop();
const scripted = await startScriptedAcs({ script: () => reply(503) });
const cpe = await connectCpe(scripted.port);
const { status } = await cpe.inform().catch(() => cpe.responses[0] ?? { status: 0 });
cpe.close();
await scripted.stop();
const steps = [typeof acsSession.step, typeof cpeSession.step, typeof readRecording];
process.stdout.write(JSON.stringify({ kind, status, steps, modems: modems.length, sessionsOk, tasks: tasks.length }));
`;

function holdsTheProgram(t: Test, names: readonly string[]): void {
  for (const name of [
    'dist/cli/bin.js',
    'dist/index.d.ts',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'captures/library/README.md',
  ])
    t.ok(names.includes(name), name);
  t.strictSame(
    names.filter(
      (name) =>
        !/^(dist\/|captures\/library\/|LICENSE$|README\.md$|CHANGELOG\.md$|package\.json$)/.test(name),
    ),
    [],
  );
  t.strictSame(
    names.filter((name) => /^dist\/(test|bench|fuzz)\//.test(name) || /(?<!\.d)\.ts$/.test(name)),
    [],
  );
}

t.test('the packed package works where nothing else is', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-package-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT, env });
  const listing = /\[\s*\{[\s\S]*\]\s*$/.exec(packed.stdout)?.[0] ?? '[]';
  const [{ filename, files }] = JSON.parse(listing);
  const names: string[] = files.map((file: { path: string }) => file.path);

  t.test('it holds the program, its declarations, its data, and the licence, and no sources', async (t) => {
    holdsTheProgram(t, names);
  });

  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder, filename)];
  await run('npm', install, { cwd: folder, env });

  t.test('its command runs', async (t) => {
    const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
    const { stdout, stderr } = await run('npx', ['--no-install', 'modemlab', '--version'], {
      cwd: folder,
      env,
    });
    t.equal(stdout, `${manifest.version}\n`);
    t.notMatch(stderr, /error/i);
  });

  t.test('its API can be imported with its types', async (t) => {
    await writeFile(path.join(folder, 'consumer.ts'), consumer);
    const compilerOptions = {
      ...{ target: 'es2022', lib: ['es2023'], module: 'nodenext', strict: true, skipLibCheck: false },
      ...{ types: ['node'], typeRoots: [path.join(ROOT, 'node_modules', '@types')] },
    };
    await writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const compiled = await run(process.execPath, [tsc, '-p', folder], { cwd: folder, env }).catch(
      (error: { stdout: string }) => error,
    );
    t.equal(compiled.stdout, '', 'the compiler has nothing to say');
    const { stdout } = await run(process.execPath, ['consumer.js'], { cwd: folder, env });
    t.strictSame(JSON.parse(stdout), {
      kind: 'request',
      status: 503,
      steps: ['function', 'function', 'function'],
      modems: 1,
      sessionsOk: 1,
      tasks: 0,
    });
  });

  t.test('the test that the README shows passes, as it stands there', async (t) => {
    const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
    const [, shown = ''] = /^```js\n(.*?)^```$/ms.exec(readme) ?? [];
    t.match(shown, /from 'modemlab\/simulator'/);
    await writeFile(path.join(folder, 'modem.test.mjs'), shown);
    const acs = await runAcs();
    t.teardown(() => acs.stop());
    const tested = await run(process.execPath, ['--test', '--test-reporter=tap', 'modem.test.mjs'], {
      cwd: folder,
      env: { ...env, ACS_URL: acs.url },
    }).catch((error: { stdout: string }) => error);
    t.match(tested.stdout, /^# pass 1$/m, tested.stdout);
  });
});
