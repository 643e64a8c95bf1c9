/** `modemlab capture clone`: a recorded modem becomes a profile that `simulate cpe` takes. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { INFORM, sessionOf } from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf } from '../../../scripts/captures/packets.ts';
import { loadProfile } from '../../../simulator/index.ts';
import { captureFile } from '../../support/capture/capture-files.ts';
import { run, start, temporaryFolder } from '../../support/process/cli.ts';

const FORM = { format: 'pcapng', order: 'little', microseconds: false, gzip: false } as const;

const fileOf = (...packets: ReturnType<typeof packetsOf>): Uint8Array => captureFile(framesOf(packets), FORM);

const ask = (name: string) =>
  ({ kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [name] } }) as const;
const tell = (Name: string, Value: string, Type: string) =>
  ({
    kind: 'response',
    rpc: 'GetParameterValues',
    args: { ParameterList: [{ Name, Value, Type }] },
  }) as const;

const A = 'InternetGatewayDevice.DeviceInfo.X_A';
const B = 'InternetGatewayDevice.DeviceInfo.X_B';

t.test('several captures make one profile, and what they do not show is listed', async (t) => {
  const folder = await temporaryFolder(t);
  const [one, two, out] = ['one.pcapng', 'two.pcapng', 'modem.json'].map((name) => path.join(folder, name));
  if (one === undefined || two === undefined || out === undefined) throw new Error('unreachable');
  await writeFile(one, fileOf(...packetsOf(sessionOf([[ask(A), tell(A, '7', 'unsignedInt')]]), PLAIN)));
  await writeFile(two, fileOf(...packetsOf(sessionOf([[ask(B), tell(B, '1', 'boolean')]]), PLAIN)));
  const { code, err, out: said } = await run(['capture', 'clone', one, two, '-o', out]);
  t.equal(code, 0, err);
  t.match(said, /^00147F-SpeedTouch%20780-CP0644JTSGR at 6\.2\.15\.5: 2 sessions, 12 messages\n/);
  t.match(said, /\nspelling +4 of 4 messages letter by letter +4 messages\n/);
  t.match(said, /GetParameterNames was not answered/);
  t.match(said, /whether they can be written, taken as read-only: 4 parameters/);
  t.match(said, /GetRPCMethods was not asked/);
  t.match(said, /\nQuirks seen: .*Q-VL-07/);
  const profile = loadProfile(out);
  t.equal(profile.name, 'modem');
  t.match(profile.identity, { productClass: 'SpeedTouch 780', serial: { text: 'CP0644JTSGR' } });
  const json = JSON.parse(await readFile(out, 'utf8'));
  t.match(json.given, { 'DeviceInfo.X_A': '7', 'DeviceInfo.X_B': '1' });
  t.match(json.tree.parts[0].objects, [
    ['', ''],
    ['DeviceInfo.', 'X_A:u X_B:b SoftwareVersion:s'],
  ]);
});

t.test('of several devices one is to be chosen', async (t) => {
  if (INFORM.kind !== 'request' || INFORM.rpc !== 'Inform') throw new Error('unreachable');
  const { args } = INFORM;
  const other = { ...INFORM, args: { ...args, DeviceId: { ...args.DeviceId, SerialNumber: 'CP0644JTSGS' } } };
  const file = fileOf(
    ...packetsOf(sessionOf([]), PLAIN),
    ...packetsOf(sessionOf([], { cookie: 'other=1' }, other), { ...PLAIN, clientPort: 50_001 }),
  );
  const clone = (...options: string[]) => run(['capture', 'clone', '-', ...options], { input: file });
  const { code, err, out } = await clone();
  t.equal(code, 2);
  t.equal(out, '');
  t.match(err, /E_CAPTURE_DEVICE.*CP0644JTSGR, 00147F-SpeedTouch%20780-CP0644JTSGS/);
  const chosen = await clone('--device', 'CP0644JTSGS', '--json');
  t.equal(chosen.code, 0, chosen.err);
  t.match(JSON.parse(chosen.out), {
    device: '00147F-SpeedTouch%20780-CP0644JTSGS',
    messages: 4,
    profile: { identity: { serial: { text: 'CP0644JTSGS' } } },
  });
  t.equal((await clone('--device', 'nobody')).code, 2);
  const empty = await run(['capture', 'clone', '-'], { input: fileOf() });
  t.match(empty.err, /E_CAPTURE_DEVICE.*there is no CWMP session with an Inform/);
});

t.test('a capture that was cut is taken up to there', async (t) => {
  const file = fileOf(...packetsOf(sessionOf([]), PLAIN));
  const { code, err, out } = await run(['capture', 'clone', '-'], { input: file.subarray(0, -5) });
  t.equal(code, 1);
  t.match(err, /E_CAPTURE_CUT/);
  t.match(JSON.parse(out), { identity: { serial: { text: 'CP0644JTSGR' } } });
});

t.test('what simulate cpe records, capture clone makes a modem of', async (t) => {
  const folder = await temporaryFolder(t);
  const [capture = '', profile = ''] = ['a.pcapng', 'a.json'].map((name) => path.join(folder, name));
  const acs = start([
    'acs',
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--store',
    'memory',
    '--queue',
    'memory',
    '--json',
  ]);
  const { url } = JSON.parse(await acs.firstLine);
  const modem = (...options: string[]) =>
    run(['simulate', 'cpe', '--acs', url, '--speed', 'max', '--json', ...options]);
  t.equal((await modem('--profile', 'st510v6', '--record', capture)).code, 0);
  const { code, err } = await run(['capture', 'clone', capture, '-o', profile]);
  t.equal(code, 0, err);
  t.equal((await modem('--profile', profile)).code, 0);
  acs.signal();
  t.equal((await acs.end).code, 0);
});
