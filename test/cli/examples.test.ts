/**
 * Every example of every --help, run as printed while the lab runs, except for its ports, addresses and ids.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import t, { type Test } from 'tap';
import { helpOf, listCommands } from '../../cli/reference.ts';
import { EXAMPLE_ANT, EXAMPLE_DEVICE } from '../../cli/support/help.ts';
import { writeImage } from '../../protocol/datamodel/firmware-image.ts';
import { encodeMessage } from '../../protocol/mdap/messages.ts';
import { sessionOf } from '../../scripts/captures/cwmp-texts.ts';
import { framesOf, packetsOf } from '../../scripts/captures/packets.ts';
import { captureFile } from '../support/capture/capture-files.ts';
import { recordToMemory } from '../support/capture/record-memory.ts';
import { startAnts } from '../support/lan/mdap-ants.ts';
import type { Ran } from '../support/process/cli.ts';
import { run, start, temporaryFolder } from '../support/process/cli.ts';
import { until } from '../support/until.ts';

interface Example {
  readonly command: string;
  readonly line: string;
  readonly argv: readonly string[];
}

/** The words of a line as a shell splits it; the examples use plain words, '...' and "...". */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

const examples: readonly Example[] = (await listCommands()).flatMap(({ name, command }) =>
  [...helpOf(command).matchAll(/^ {2}\$ modemlab (.*)$/gm)].map(([, line = '']) => ({
    command: name,
    line,
    argv: words(line),
  })),
);

const of = (...commands: readonly string[]): readonly Example[] =>
  examples.filter(({ command }) => commands.includes(command));

/** Runs until the first modem of the lab is discovered. */
async function discovered(): Promise<void> {
  await until(async () => {
    const { out, code } = await run(['device', 'show', EXAMPLE_DEVICE, '--json']);
    return code === 0 && JSON.parse(out).discovery.state === 'done';
  }, `${EXAMPLE_DEVICE} is discovered`);
}

const SEARCH = encodeMessage({ kind: 'ANT-SEARCH', version: '1.1', extra: [], body: undefined });

const seen = new Set<Example>();
const works = async (example: Example, argv: readonly string[], check: (ran: Ran) => void): Promise<void> => {
  seen.add(example);
  check(await run(argv));
};
const fine =
  (t: Pick<Test, 'equal' | 'not'>, { line }: Example) =>
  ({ code, err, out }: Ran): void => {
    t.equal(code, 0, `${line} (${err.split('\n')[0]})`);
    t.not(out + err, '', `${line} says something`);
  };

/** Starts what runs until it is signalled, and ends it when it is ready. */
async function serves(t: Test, example: Example, argv: readonly string[]): Promise<void> {
  seen.add(example);
  const server = start(argv.includes('--json') ? argv : [...argv, '--json']);
  t.match(await server.firstLine, /"(listening|telnet)"/, example.line);
  server.signal();
  t.equal((await server.end).code, 0, example.line);
}

/** A group of its own, and ports that anybody may have. */
const OWN_GROUP = [
  '--group',
  '239.255.7.31',
  '--port',
  String(21_000 + (process.pid % 20_000)),
  '--client-port',
  '0',
];

/** The files that the examples name. */
async function writeInputs(): Promise<void> {
  await writeFile('modems.txt', 'lab:secret\n');
  await writeFile('firmware.bli', 'no firmware');
  await writeFile('bant-r.bli', writeImage({ family: 'QH', board: 'BANT-R', version: '6.2.17.5' }));
  const form = { format: 'pcapng', order: 'little', microseconds: false, gzip: false } as const;
  const session = captureFile(framesOf(packetsOf(sessionOf([]))), form);
  for (const name of ['session', 'monday', 'tuesday']) await writeFile(`${name}.pcapng`, session);
  const { bytes, recorder } = recordToMemory();
  recorder.datagram({ address: '127.0.0.1', port: 3000 }, { address: '224.0.0.103', port: 3235 }, SEARCH);
  await writeFile('bench.pcapng', bytes());
  await writeFile('user.ini', '[ env.ini ]\n');
}

async function look(t: Test): Promise<void> {
  for (const example of of('device list', 'device show', 'device tree', 'device export', 'task list'))
    await works(example, example.argv, fine(t, example));
}

async function queueTasks(t: Test): Promise<void> {
  const together = (examples: readonly Example[]): Promise<unknown> =>
    Promise.all(
      examples.map((example) =>
        works(example, [...example.argv, '--timeout', '90'], (ran) => {
          fine(t, example)(ran);
          if (example.argv.includes('--wait'))
            t.notMatch(ran.out, /^[0-9A-Z]{26}\n$/, `${example.line}: an answer`);
          else t.match(ran.out, /^[0-9A-Z]{26}\n$/, `${example.line}: an id`);
        }),
      ),
    );
  await together(of('get', 'set', 'add', 'delete', 'call', 'upload', 'download'));
  // A restart discards transfers, and takes a minute: both are asked for in one session.
  await together(of('reboot', 'factory-reset'));
}

async function handleOneTask(t: Test): Promise<void> {
  const other = await run(['device', 'list', '--json']);
  const { key } = JSON.parse(other.out)[0];
  const data = ['--data', 'tasks'];
  const file = await run(['device', 'export', key]);
  await run(['device', 'import', '-', ...data], { input: file.out });
  const id = (await run(['reboot', key, ...data])).out.trim();
  for (const example of [...of('task show'), ...of('task cancel'), ...of('task retry')]) {
    t.match(example.argv[2], /^[0-9A-HJKMNP-TV-Z]{26}$/, `${example.line} names a task`);
    await works(example, [...example.argv.slice(0, 2), id, ...data], fine(t, example));
  }
}

async function runModemsAndServers(t: Test, url: string): Promise<void> {
  for (const example of of('simulate cpe')) {
    if (example.argv.includes('--list')) {
      await works(example, example.argv, fine(t, example));
      continue;
    }
    const here = example.argv.map((word) => (word === 'http://localhost:7547/' ? url : word));
    t.not(here.join(' '), example.argv.join(' '), `${example.line} contacts the lab`);
    await works(example, [...here, '--count', '2', '--speed', '1000'], fine(t, example));
  }
  for (const example of of('acs'))
    await serves(t, example, [...example.argv, '--port', '0', '--data', `acs-${seen.size}`]);
  for (const example of of('capture record'))
    await serves(
      t,
      example,
      example.argv.map((word) => (word === '127.0.0.1:7548' ? '127.0.0.1:0' : word)),
    );
  for (const example of of('simulate ant')) {
    if (example.argv.includes('--list')) {
      await works(example, example.argv, fine(t, example));
      continue;
    }
    const free = example.argv.map((word) => (word === '2323' ? '0' : word));
    await serves(t, example, [...free, ...OWN_GROUP]);
  }
  for (const example of of('mdap serve')) await serves(t, example, example.argv);
}

async function handleFiles(t: Test): Promise<void> {
  for (const example of of('file make-image', 'file show-image'))
    await works(example, example.argv, fine(t, example));
}

async function speakMdap(t: Test): Promise<void> {
  const { argv } = await startAnts(t, [
    { antId: EXAMPLE_ANT, name: 'SpeedTouch 780' },
    { antId: '0636JTSGS', name: 'SpeedTouch 706', mac: '00-14-7F-00-00-02' },
  ]);
  await writeFile('renumber.txt', 'ip ipadd addr=ask(network|192.168.1).24\x24{n}\n');
  await writeFile('rules.mjs', 'export default (on) => on.ant({}, (ant) => ant.exec("ip iplist"));');
  const where = argv.slice(argv.indexOf('--group'));
  for (const example of of('mdap discover', 'mdap info', 'mdap exec', 'mdap run', 'mdap shell')) {
    t.match(example.line, /--iface 127\.0\.0\.1/, `${example.line} stays on this machine`);
    await works(example, [...example.argv, ...where], fine(t, example));
  }
  for (const example of of('mdap listen'))
    await works(example, [...example.argv, ...where, '--timeout', '0.1'], fine(t, example));
}

async function readCaptures(t: Test, url: string): Promise<void> {
  for (const example of of('capture show', 'capture anonymise', 'capture clone'))
    await works(example, example.argv, fine(t, example));
  for (const example of of('capture replay')) {
    const here = example.argv.map((word) =>
      word.replace(/^http:.*$/, url).replace(/^127\.0\.0\.1:.*$/, '127.0.0.1:0'),
    );
    // The capture is of another ACS, whose header lines are others; and no modem comes.
    await works(example, [...here, '--timeout', '2'], ({ code, err, out }) => {
      t.ok(code <= 1, `${example.line} (${err.split('\n')[0]})`);
      t.match(out, /[01] of 1 (sessions|conversations) played|"recorded": 1/, example.line);
    });
  }
}

async function flashModems(t: Test): Promise<void> {
  const { argv } = await startAnts(t, [
    { antId: '0644JTSGR', mac: '00-14-7F-00-00-01' },
    { antId: '0636JTSGS', mac: '00-14-7F-00-00-02' },
  ]);
  await writeFile('plan.yaml', 'version: 1\nrules: [{ image: keep, commands: [ip iplist] }]\n');
  const where = argv.slice(argv.indexOf('--group'));
  for (const example of of('mdap flash')) await works(example, [...example.argv, ...where], fine(t, example));
  t.match(JSON.parse(await readFile('report.json', 'utf8')), { done: 2, failed: 0 });
}

async function importAndDelete(t: Test): Promise<void> {
  const [fresh, again] = of('device import');
  if (fresh === undefined || again === undefined) throw new Error('two examples of import are wanted');
  await works(fresh, [...fresh.argv, '--data', 'other'], fine(t, fresh));
  await works(again, again.argv, fine(t, again));
  for (const example of of('device delete')) await works(example, example.argv, fine(t, example));
}

t.test('the examples work as printed', async (t) => {
  const folder = await temporaryFolder(t);
  const before = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(before));
  await writeInputs();
  const lab = start(['lab', '--port', '0', '--mdap-port', '0', '--json']);
  const { url } = JSON.parse((await lab.firstLine).split('\n')[0] ?? '');
  t.teardown(async () => {
    lab.signal();
    await lab.end;
  });
  await discovered();
  await t.test('those that look, and those that export', (t) => look(t));
  await t.test('those that queue a task; the modem carries it out', (t) => queueTasks(t));
  await t.test('those of one task', (t) => handleOneTask(t));
  await t.test('those that run other modems and servers', (t) => runModemsAndServers(t, url));
  await t.test('those of files', (t) => handleFiles(t));
  await t.test('those that speak MDAP, to modems at a group of their own', (t) => speakMdap(t));
  await t.test('those of captures', (t) => readCaptures(t, url));
  await t.test('those that flash modems, at a group of their own', (t) => flashModems(t));
  await t.test('those that import and forget', (t) => importAndDelete(t));
  // What runs here is the lab itself; its own test runs it to its end.
  t.strictSame(
    examples.filter((example) => !seen.has(example) && example.command !== 'lab').map(({ line }) => line),
    [],
    'none is left out',
  );
});
