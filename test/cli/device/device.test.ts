import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { Ran } from '../../support/process/cli.ts';
import { json, run, sampleDevice, temporaryFolder } from '../../support/process/cli.ts';

const first = sampleDevice('CP0644JTAAA');
const second = sampleDevice('CP0644JTBBB');

/** A data folder with both devices. */
async function lab(t: Parameters<typeof temporaryFolder>[0]) {
  const folder = await temporaryFolder(t);
  const data = path.join(folder, 'data');
  for (const device of [first, second])
    await run(['device', 'import', '-', '--data', data], { input: JSON.stringify(device) });
  const command = (...argv: string[]): Promise<Ran> => run([...argv, '--data', data]);
  return { folder, data, command };
}

t.test('device list shows every device, as a table and as JSON', async (t) => {
  const { command, data } = await lab(t);
  const table = await command('device', 'list');
  t.equal(table.code, 0);
  t.match(table.out, /^DEVICE +SERIAL +MODEL/);
  t.match(
    table.out,
    /CP0644JTAAA +SpeedTouch 780 +6\.2\.15\.5 +127\.0\.0\.1 +2026-01-31 12:00:00Z +5 +5 +done\n/,
  );
  t.equal(table.out.split('\n').length, 4, 'a head and two devices');
  t.strictSame(json(await command('device', 'list', '--json')), [first.device, second.device]);
  const narrow = await run(['device', 'list', '--data', data], { columns: 60, colours: true });
  const lines = narrow.out.replace(/\u001b\[\d+m/g, '').split('\n');
  t.ok(narrow.out.includes('\u001b['), 'a terminal gets colours');
  for (const line of lines) t.ok([...line].length <= 60, `${line} is cut`);
  t.ok(
    lines.some((line) => line.includes('…')),
    'what is cut says so',
  );
});

t.test('device show takes a key or a serial number, and names the quirks that were met', async (t) => {
  const { command } = await lab(t);
  const bySerial = await command('device', 'show', 'CP0644JTAAA');
  const byKey = await command('device', 'show', first.device.key);
  t.equal(bySerial.code, 0);
  t.equal(bySerial.out, byKey.out);
  t.match(bySerial.out, /product class +SpeedTouch 780\n/);
  t.match(bySerial.out, /Q-AT-08 +2 +\S/);
  t.strictSame(json(await command('device', 'show', 'CP0644JTAAA', '--json')), {
    ...first.device,
    learned: null,
  });
  const unknown = await command('device', 'show', 'CP0000XX000');
  t.equal(unknown.code, 2);
  t.match(unknown.err, /^E_DEVICE_UNKNOWN: .*\(CP0000XX000\)\n +\S/);
  t.equal(unknown.out, '');
});

t.test('device tree prints the tree or a part of it', async (t) => {
  const { command } = await lab(t);
  const all = await command('device', 'tree', 'CP0644JTAAA');
  t.equal(all.code, 0);
  t.match(all.out, /InternetGatewayDevice\.DeviceInfo\.UpTime +r +unsignedInt +3600\n/);
  t.equal(all.out.trimEnd().split('\n').length, 1 + first.parameters.length);
  const writable = json(await command('device', 'tree', 'CP0644JTAAA', '--writable', '--json'));
  t.match(writable, first.parameters.filter(({ writable }) => writable === true).sort(byName));
  const below = await command('device', 'tree', 'CP0644JTAAA', 'InternetGatewayDevice.DeviceInfo.', '--json');
  t.match(json(below), [{ name: /DeviceInfo\.$/ }, { name: /SoftwareVersion$/ }, { name: /UpTime$/ }]);
  const attributes = await command('device', 'tree', 'CP0644JTAAA', '--attributes');
  t.match(attributes.out, /PeriodicInformEnable +rw +boolean +1 +active +Subscriber/);
  const nothing = await command('device', 'tree', 'CP0644JTAAA', 'Nothing.');
  t.equal(nothing.code, 1);
  t.match(nothing.err, /Nothing\./);
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

t.test('what a modem wrote does nothing to the terminal', async (t) => {
  const { command } = await lab(t);
  const evil = sampleDevice('CP0644JTCCC', { softwareVersion: '\u001b[2J\u202e6.2\n' });
  const { data } = await lab(t);
  await run(['device', 'import', '-', '--data', data], { input: JSON.stringify(evil) });
  const shown = await run(['device', 'show', 'CP0644JTCCC', '--data', data]);
  t.match(shown.out, /firmware +\\u\{1b\}\[2J\\u\{202e\}6\.2\\n\n/);
  t.equal((await command('device', 'list')).code, 0);
});

t.test('device export and import keep everything', async (t) => {
  const { folder, command } = await lab(t);
  const file = path.join(folder, 'modem.json');
  const exported = await command('device', 'export', 'CP0644JTAAA', '--out', file);
  t.equal(exported.code, 0);
  t.equal(exported.out, '');
  const again = await command('device', 'export', 'CP0644JTAAA', '--out', file);
  t.equal(again.code, 2, 'a file that is there is not overwritten');
  t.match(again.err, /^E_FILE_INVALID/);
  const printed = await command('device', 'export', 'CP0644JTAAA');
  t.strictSame(json(printed), JSON.parse(await readFile(file, 'utf8')));
  t.strictSame(json(printed), { ...first, parameters: [...first.parameters].sort(byName) });

  const other = path.join(folder, 'other');
  const imported = await run(['device', 'import', file, '--data', other, '--json']);
  t.strictSame(json(imported), { device: first.device.key, parameters: first.parameters.length });
  const twice = await run(['device', 'import', file, '--data', other]);
  t.equal(twice.code, 2);
  t.match(twice.err, /^E_DEVICE_EXISTS/);

  const smaller = { ...first, parameters: first.parameters.slice(0, 1) };
  const replaced = await run(['device', 'import', '-', '--replace', '--data', other], {
    input: JSON.stringify(smaller),
  });
  t.equal(replaced.code, 0);
  t.match(json(await run(['device', 'tree', first.device.key, '--json', '--data', other])), { length: 1 });
});

t.test('device delete forgets one device and its tree', async (t) => {
  const { command } = await lab(t);
  const deleted = await command('device', 'delete', 'CP0644JTAAA', '--json');
  t.strictSame(json(deleted), { deleted: first.device.key });
  t.match(json(await command('device', 'list', '--json')), [{ key: second.device.key }]);
  t.equal((await command('device', 'tree', 'CP0644JTAAA')).code, 2);
});

t.test('two devices with one serial number are distinguished by their keys', async (t) => {
  const { command, data } = await lab(t);
  const twin = sampleDevice('CP0644JTAAA');
  const deviceId = { ...twin.device.deviceId, ProductClass: '' };
  const document = { ...twin, device: { ...twin.device, deviceId, key: '00147F-CP0644JTAAA' } };
  await run(['device', 'import', '-', '--data', data], { input: JSON.stringify(document) });
  const shown = await command('device', 'show', 'CP0644JTAAA');
  t.equal(shown.code, 2);
  t.match(shown.err, /^E_DEVICE_AMBIGUOUS.*00147F-CP0644JTAAA/);
  t.equal((await command('device', 'show', '00147F-CP0644JTAAA')).code, 0);
});

t.test('a file that is no device is refused with the place of its first error', async (t) => {
  const folder = await temporaryFolder(t);
  const { device } = first;
  const bad: readonly (readonly [document: unknown, place: RegExp])[] = [
    ['', /-:1:1: not valid JSON/],
    ['{\n  "format": }', /-:2:13: not valid JSON/],
    [[], /document: expected an object/],
    [{}, /format: expected "modemlab-device"/],
    [{ ...first, version: 2 }, /version: expected 1/],
    [{ ...first, more: 1 }, /more: there is no such member/],
    [{ ...first, device: { ...device, informs: '3' } }, /device\.informs: expected a whole number/],
    [{ ...first, device: { ...device, extra: 1 } }, /device\.extra: no such member/],
    [
      { ...first, device: { ...device, quirks: { 'Q-AT-08': -1 } } },
      /device\.quirks\.Q-AT-08: expected a whole number/,
    ],
    [{ ...first, device: { ...device, quirks: { constructor: 1 } } }, /device\.quirks\.constructor/],
    [{ ...first, device: { ...device, key: 'x' } }, /device\.key: expected "00147F-/],
    [{ ...first, device: { ...device, lastContact: 'today' } }, /device\.lastContact: expected a time/],
    [
      { ...first, device: { ...device, discovery: { ...device.discovery, state: 'almost' } } },
      /device\.discovery\.state: expected one of none, names, values, done/,
    ],
    [{ ...first, parameters: {} }, /parameters: expected a list/],
    [
      { ...first, parameters: [{ name: 'A' }, { name: 'B', writable: 'yes' }] },
      /parameters\[1\]\.writable: expected true or/,
    ],
    [{ ...first, parameters: [{ name: 'A' }, { name: 'A' }] }, /parameters\[1\]\.name: A appears twice/],
    [{ ...first, parameters: [{ name: '' }] }, /parameters\[0\]\.name: expected a name/],
    [{ ...first, parameters: [{ name: 'A', readAt: 'x' }] }, /parameters\[0\]\.readAt: expected a time/],
  ];
  for (const [document, place] of bad) {
    const input = typeof document === 'string' ? document : JSON.stringify(document);
    const refused = await run(['device', 'import', '-', '--data', path.join(folder, 'data')], { input });
    t.equal(refused.code, 2, String(place));
    t.match(refused.err, /^E_FILE_INVALID/);
    t.match(refused.err, place);
  }
  const missing = await run(['device', 'import', path.join(folder, 'nothing.json'), '--data', folder]);
  t.match(missing, { code: 2, err: /^E_FILE_INVALID.*nothing\.json/ });
});

t.test('a folder without data is refused, and not created by looking at it', async (t) => {
  const folder = await temporaryFolder(t);
  const data = path.join(folder, 'typo');
  const listed = await run(['device', 'list', '--data', data]);
  t.match(listed, { code: 2, out: '', err: /^E_DATA_MISSING.*typo/ });
  await mkdir(data);
  t.equal((await run(['device', 'list', '--data', data])).code, 2, 'an empty folder neither');
  await writeFile(path.join(data, 'modemlab.json'), '{"version":9}');
  t.match(await run(['device', 'list', '--data', data]), { code: 2, err: /^E_DATA_IN_USE.*version 9/ });
});
