/** The scripts that run tests, in a small package of its own with tests that are wrong in one way each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { temporaryFolder } from '../../support/process/cli.ts';
import { ROOT } from '../../support/tree.ts';

const GOOD = `import t from 'tap';\nt.test('good', async (t) => {\n  t.pass();\n});\n`;

/** A package with the scripts of this one and these test files. */
async function packageOf(t: Test, tests: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'test'));
  for (const file of ['scripts', 'protocol/counted.ts', 'package.json', 'package-lock.json'])
    await cp(path.join(ROOT, file), path.join(folder, file), { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  const include = ['scripts', 'protocol', 'test'];
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ include }));
  for (const [name, text] of Object.entries(tests)) await write(folder, name, text);
  return folder;
}

const write = (folder: string, name: string, text: string): Promise<void> =>
  writeFile(path.join(folder, 'test', `${name}.test.ts`), text);

interface Started {
  readonly child: ChildProcess;
  /** Both outputs so far. */
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

function start(folder: string, script: 'main' | 'one', words: readonly string[], more = {}): Started {
  const { MODEMLAB_SEED: _, MODEMLAB_SIZE: __, TAP_TIMEOUT: ___, INIT_CWD: ____, ...inherited } = process.env;
  const child = spawn(process.execPath, [path.join(folder, `scripts/test/${script}.js`), ...words], {
    cwd: folder,
    env: { ...inherited, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const hear = (part: string): void => {
    text += part;
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  return { child, text: () => text, ended: once(child, 'close').then(() => child.exitCode) };
}

async function run(
  folder: string,
  script: 'main' | 'one',
  words: readonly string[],
  more = {},
): Promise<{ code: number | null; text: string }> {
  const { ended, text } = start(folder, script, words, more);
  return { code: await ended, text: text() };
}

/** Test files that must not pass, and what says so. */
const WRONG = {
  exits: [
    `import t from 'tap';
await t.test('first', async (t) => {
  t.pass();
});
process.exit(0);
`,
    'test/exits.test.ts: the process ended before this file did',
  ],
  idle: [
    `import t from 'tap';\nt.test('idle', async () => {});\n`,
    'test/idle.test.ts > idle: this test asserts nothing',
  ],
  inner: [
    `import t from 'tap';\nt.test('outer', (t) => t.test('inner', async () => {}));\n`,
    'test/inner.test.ts > outer > inner: this test asserts nothing',
  ],
  none: ['export const a = 1;\n', 'test/none.test.ts holds no test'],
  waits: [
    `import t from 'tap';\nt.test('good', async (t) => {\n  t.pass();\n});\nawait new Promise(() => undefined);\n`,
    'test/waits.test.ts: the process ended before this file did',
  ],
} as const;

const texts = Object.fromEntries(Object.entries(WRONG).map(([name, [text]]) => [name, text]));

t.test('a file that tests nothing, or not to its end, fails alone', async (t) => {
  const folder = await packageOf(t, { ...texts, good: GOOD });
  for (const [name, [, why]] of Object.entries(WRONG)) {
    const { code, text } = await run(folder, 'one', [`test/${name}.test.ts`]);
    t.equal(code, 1, name);
    t.ok(text.includes(why), text);
  }
  t.equal((await run(folder, 'one', ['test/good.test.ts'])).code, 0);
});

t.test('it fails beside others too', async (t) => {
  const folder = await packageOf(t, { good: GOOD });
  for (const [name, [source, why]] of Object.entries(WRONG)) {
    await write(folder, 'wrong', source);
    const { code, text } = await run(folder, 'main', []);
    t.equal(code, 1, name);
    t.ok(text.includes(why.replace(name, 'wrong')), text);
  }
  await write(folder, 'wrong', GOOD);
  const { code, text } = await run(folder, 'main', []);
  t.equal(code, 0);
  t.match(text, /wrong.test.ts and 1 other|good.test.ts and 1 other/, 'they share a process');
});

t.test('a skipped test is no failure', async (t) => {
  const folder = await packageOf(t, {
    skips: `import t from 'tap';
t.test('all of it', { skip: 'no field captures' }, async () => {});
t.test('a part', async (t) => {
  t.skip('no program');
});
t.test('its plan', async (t) => {
  t.plan(0, 'nothing here');
});
`,
  });
  const { code, text } = await run(folder, 'main', []);
  t.equal(code, 0, text);
  t.match(text, '0 passed, 0 failed, 3 skipped');
});

t.test('what runs is what the files hold, whichever is older', async (t) => {
  const folder = await packageOf(t, { a: GOOD });
  const source = path.join(folder, 'test/a.test.ts');
  const built = path.join(folder, '.build/test/a.test.js');
  const passes = async (): Promise<boolean> => (await run(folder, 'one', ['test/a.test.ts'])).code === 0;
  t.ok(await passes());
  const kept = `${source}.kept`;
  await writeFile(kept, GOOD.replace('pass()', 'fail()'));
  await utimes(kept, new Date(2001, 1), new Date(2001, 1));
  await rename(kept, source);
  t.notOk(await passes(), 'an older file was put in its place');
  await writeFile(source, GOOD);
  t.ok(await passes());
  const whole = await readFile(built, 'utf8');
  await truncate(built, 10);
  t.ok(await passes(), 'what was emitted had been cut off');
  t.equal(await readFile(built, 'utf8'), whole);
});

const BUSY = `import t from 'tap';
t.test('busy', async () => {
  process.stderr.write(\`busy \${process.pid}\\n\`);
  for (;;);
});
`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

t.test('a test in a busy loop ends with the script that runs it', async (t) => {
  const folder = await packageOf(t, { busy: BUSY });
  const { child, text, ended } = start(folder, 'one', ['test/busy.test.ts']);
  while (!/busy \d+/.test(text())) await once(child.stderr ?? child, 'data');
  const pid = Number(/busy (\d+)/.exec(text())?.[1]);
  child.kill('SIGTERM');
  t.equal(await ended, 143);
  t.notOk(isAlive(pid));
});

t.test('and when its time is over', async (t) => {
  const folder = await packageOf(t, { busy: BUSY });
  const { code, text } = await run(folder, 'one', ['test/busy.test.ts'], { TAP_TIMEOUT: '0.1' });
  t.equal(code, 1);
  t.notOk(isAlive(Number(/busy (\d+)/.exec(text)?.[1])));
});

t.test('words and settings that nobody understands are refused before a test runs', async (t) => {
  const folder = await packageOf(t, { good: GOOD });
  for (const [script, words, more, why] of [
    ['main', ['--foo'], {}, "Unknown option '--foo'"],
    ['main', ['--jobs', 'many'], {}, '--jobs many: give a number from 1 to 99'],
    ['main', [], { MODEMLAB_SEED: 'x' }, 'MODEMLAB_SEED=x: give a whole number, or "random"'],
    ['main', [], { MODEMLAB_SIZE: '0' }, 'MODEMLAB_SIZE=0: give a whole number from 1 to 9999'],
    ['one', ['test/good.test.ts'], { MODEMLAB_SIZE: 'x' }, 'MODEMLAB_SIZE=x: give a whole number'],
    ['one', [], {}, 'name a test file, for example'],
    ['one', ['test/nothing.test.ts'], {}, 'there is no test/nothing.test.ts'],
    ['one', ['scripts/emit.js'], {}, 'scripts/emit.js is not a test file'],
    ['one', ['../good.test.ts'], {}, '../good.test.ts is outside of the package'],
  ] as const) {
    const { code, text } = await run(folder, script, words, more);
    t.equal(code, 2, `${script} ${words.join(' ')}`);
    t.ok(text.startsWith(why), text);
    t.notMatch(text, /\n {4}at /, 'no stack');
  }
  t.match(await run(folder, 'main', ['nothing']), { code: 1, text: 'there is no test file with nothing in' });
});
