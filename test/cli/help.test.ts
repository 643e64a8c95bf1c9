import { readFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { parseDeviceFile } from '../../acs/app/device-file.ts';
import { helpOf, listCommands } from '../../cli/reference.ts';
import { run } from '../support/process/cli.ts';
import { ROOT } from '../support/tree.ts';

const commands = await listCommands();

t.test('every command of the plan is there', async (t) => {
  const names = commands.map(({ name }) => name);
  for (const name of [
    ...['lab', 'acs', 'simulate cpe', 'get', 'set', 'add', 'delete', 'reboot', 'factory-reset'],
    ...['download', 'upload', 'call', 'task list', 'task show', 'task retry', 'task cancel'],
    ...['discover', 'info', 'exec', 'run', 'shell', 'listen', 'serve'].map((verb) => `mdap ${verb}`),
    ...['list', 'show', 'tree', 'export', 'import', 'delete'].map((verb) => `device ${verb}`),
  ])
    t.ok(names.includes(name), name);
});

t.test('--help of every command tells what it does, each option, and an example', async (t) => {
  for (const { name, command } of commands) {
    const { code, out, err } = await run([...name.split(' '), '--help']);
    t.equal(code, 0, name);
    t.equal(err, '', `${name}: nothing on standard error`);
    t.match(out, new RegExp(`^Usage: modemlab ${name}\\b`), `${name}: its usage`);
    t.match(out, /\nExamples:\n {2}\$ modemlab \S/, `${name}: an example`);
    for (const { flags, description, hidden } of command.options) {
      t.notOk(hidden, `${name} ${flags} is not hidden`);
      t.ok(description.length > 5, `${name} ${flags} is described`);
    }
    for (const line of out.slice(0, out.indexOf('\nExamples:')).split('\n'))
      t.ok(line.length <= 110, `${name}: ${line} is not too wide`);
    t.equal(out, helpOf(command), `${name}: docs/cli.md shows the same`);
  }
});

t.test('every command of the data folder and every server takes --data and --json', async (t) => {
  for (const { name, command } of commands) {
    const flags = command.options.map(({ long }) => long);
    t.ok(flags.includes('--json'), `${name} has --json`);
    if (!/^(simulate|mdap|file|capture) /.test(name)) t.ok(flags.includes('--data'), `${name} has --data`);
  }
});

t.test('the version is that of the package', async (t) => {
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  t.match(await run(['--version']), { code: 0, out: `${version}\n`, err: '' });
});

t.test('misuse ends with 2, an error with its code, and the way out', async (t) => {
  const bad: readonly (readonly string[])[] = [
    ['nope'],
    ['--nope'],
    ['device', 'nope'],
    ['device', 'show'],
    ['device', 'show', 'A', 'B'],
    ['device', 'list', '--nope'],
    ['get', 'A'],
    ['set', 'A'],
    ['call', 'A'],
    ['task', 'show'],
    ['task', 'list', '--state', 'nope'],
    ['reboot'],
    ['reboot', 'A', '--timeout', 'soon'],
  ];
  for (const argv of bad) {
    const { code, out, err } = await run(argv);
    t.equal(code, 2, argv.join(' '));
    t.equal(out, '', `${argv.join(' ')}: nothing on standard output`);
    t.match(err, /^E_USAGE: \S.*\n {2}see --help of the command\n$/, argv.join(' '));
  }
  for (const argv of [[], ['device'], ['task'], ['simulate']]) {
    const { code, out, err } = await run(argv);
    t.equal(code, 2, `modemlab ${argv.join(' ')}`);
    t.equal(out, '');
    t.match(err, /^Usage: modemlab/, 'what there is instead');
  }
});

t.test('the device file that the documentation shows can be imported', async (t) => {
  const page = await readFile(path.join(ROOT, 'docs', 'device-file.md'), 'utf8');
  const shown = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { device, parameters } = parseDeviceFile(shown, 'docs');
  t.equal(device.deviceId.ProductClass, 'SpeedTouch 780');
  t.equal(parameters.length, 2);
  const documented = new Set(
    [...page.matchAll(/`([\w.]+)`/g)].map(([, name]) => name?.replace('lastInform.', '')),
  );
  const members = [
    ...Object.keys(device),
    ...Object.keys(device.lastInform),
    ...parameters.flatMap(Object.keys),
  ];
  t.strictSame(
    members.filter((name) => !documented.has(name) && name !== 'lastInform'),
    [],
    'every member of it is documented',
  );
});
