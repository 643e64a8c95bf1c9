/** `modemlab capture replay`: what a person and a program get of it, and what it ends with. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { firstContact, scriptedAcs, sessionCapture } from '../../support/capture/replay-parts.ts';
import { startAnts } from '../../support/lan/mdap-ants.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

const replay = (...args: string[]) => run(['capture', 'replay', ...args, '--speed', 'max']);

t.test('nothing differs: 0; something does: 1, in a table or a document', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'a.pcapng');
  const [first, second] = [await runAcs(), await runAcs()];
  t.teardown(() => Promise.all([first.stop(), second.stop()]));
  await writeFile(file, await firstContact(t, first.url));
  const fine = await replay(file, '--acs', second.url);
  t.match(fine, { code: 0, out: '1 of 1 sessions played, 14 messages sent, no differences\n' }, fine.err);
  // Now it knows the modem, and asks nothing.
  const other = await replay(file, '--acs', second.url);
  t.equal(other.code, 1);
  t.match(other.out, /^NUMBER {2}WHAT {5}TIMES {2}FIELD .*\n +1 {2}missing +1 {2}GetRPCMethods /);
  const document = await replay(file, '--acs', second.url, '--json');
  t.equal(document.code, 1);
  t.match(json(document), {
    role: 'modem',
    same: false,
    recorded: 1,
    played: 1,
    sent: 2,
    differences: [{ kind: 'missing', session: 1, path: 'GetRPCMethods', live: null, times: 1 }],
  });
  t.match(await replay(file, '--acs', second.url, '--ignore', 'Get*'), { code: 0, out: /no differences/ });
});

t.test('what the capture was not asked its clone answers, from standard input too', async (t) => {
  const folder = await temporaryFolder(t);
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const capture = await firstContact(t, acs.url);
  const set: Message = {
    kind: 'request',
    rpc: 'SetParameterValues',
    args: {
      ParameterList: [
        {
          Name: 'InternetGatewayDevice.ManagementServer.PeriodicInformInterval',
          Value: '77',
          Type: 'unsignedInt',
        },
      ],
      ParameterKey: '',
    },
  };
  const other = await scriptedAcs(t, [set]);
  const input = ['capture', 'replay', '-', '--speed', 'max', '--acs', other.url];
  const { code, out } = await run(input, { input: capture });
  t.equal(code, 1);
  t.match(out, /added .* SetParameterValues .*\(answered by the clone\)/);
  t.match(out, /played, 3 messages sent, 1 by its clone, /);
  t.match(other.bodies[2], /SetParameterValuesResponse.*<Status/s);
  other.asks.push(set);
  const file = path.join(folder, 'a.pcapng');
  await writeFile(file, capture);
  const profile = await replay(file, '--acs', other.url, '--profile', 'st510v6', '--json');
  t.match(json(profile), { answers: { clone: 0, profile: 1 } });
});

t.test('a replay can be recorded, and that record be replayed', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, again] = [path.join(folder, 'a.pcapng'), path.join(folder, 'b.pcapng')];
  await writeFile(file, sessionCapture([]));
  const headers = { 'Content-Type': 'text/xml', 'Set-Cookie': 'session=abc' };
  const { url } = await scriptedAcs(t, [], headers);
  t.match(await replay(file, '--acs', url, '--record', again), { code: 0 });
  t.match(await replay(again, '--acs', url), { code: 0, out: /no differences/ });
});

t.test('the ACS of a capture listens, says where, and tells what its modem says otherwise', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'a.pcapng');
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  await writeFile(file, await firstContact(t, acs.url));
  const ignore = ['--ignore', '*Rate].Value', '--ignore', '*ParameterList*'];
  const replayed = start([
    'capture',
    'replay',
    file,
    '--listen',
    '127.0.0.1:0',
    '--speed',
    'max',
    '--json',
    ...ignore,
  ]);
  const { event, url } = JSON.parse(await replayed.firstLine);
  t.equal(event, 'listening');
  const modem = [
    'simulate',
    'cpe',
    '--acs',
    url,
    '--profile',
    'st510v6',
    '--speed',
    '1000',
    '--listen',
    'none',
  ];
  t.match(await run(modem), { code: 0 });
  const { code, out } = await replayed.end;
  t.equal(code, 1);
  t.match(JSON.parse(out.split('\n')[1] ?? ''), {
    role: 'ACS',
    played: 1,
    differences: [
      { path: 'Inform.DeviceId.ProductClass', recorded: 'SpeedTouch 706', live: 'SpeedTouch 510' },
    ],
  });
  const never = await replay(file, '--listen', '127.0.0.1:0', '--timeout', '0.1');
  t.match(never, { code: 1, out: /no Inform: nothing within 0.1 s/, err: /http:/ });
  t.match(await replay(file, '--listen', '192.0.2.77:1'), { code: 2, err: /E_ADDRESS_IN_USE/ });
});

t.test('MDAP from both ends: the ants of a capture answer its host', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, again] = [path.join(folder, 'a.pcapng'), path.join(folder, 'b.pcapng')];
  const bench = await startAnts(t, [{ antId: '0703KT3PP' }, { antId: '0703KT3PQ' }]);
  const login = ['0703KT3PP', 'ip iplist', ...bench.argv, '--record', file];
  t.match(await run(['mdap', 'exec', ...login]), { code: 0 });
  const host = await replay(file, '--as', 'host', ...bench.argv, '--timeout', '5', '--record', again);
  t.match(host, { code: 0, out: /2 of 2 conversations played, .*no differences/ }, host.out + host.err);
  const where = [...bench.argv.slice(0, -1), String(21_000 + (process.pid % 10_000))];
  const ants = start(['capture', 'replay', again, '--as', 'ant', ...where, '--speed', 'max', '--json']);
  t.match(JSON.parse(await ants.firstLine), { event: 'listening', group: bench.group });
  t.match(await replay(file, '--as', 'host', ...where, '--timeout', '5'), { code: 0, out: /no differences/ });
  const { code, out } = await ants.end;
  t.equal(code, 0, out);
  t.match(JSON.parse(out.split('\n')[1] ?? ''), { role: 'ant', same: true, recorded: 2, played: 2 });
});

t.test('what cannot be replayed is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'a.pcapng');
  await writeFile(file, sessionCapture([]));
  const acs = ['--acs', 'http://127.0.0.1:1/'];
  t.match(await replay(file), { code: 2, err: /E_USAGE: .*--acs/ });
  t.match(await replay(file, '--as', 'host'), { code: 2, err: /E_REPLAY_NOTHING/ });
  t.match(await replay(file, ...acs, '--as', 'ant'), { code: 2, err: /cannot be used/ });
  t.match(await replay(file, ...acs, '--session', '9'), { code: 2, err: /E_REPLAY_NOTHING/ });
  t.match(await replay(file, ...acs, '--username', 'a'), { code: 2, err: /--password/ });
  t.match(await replay(file, ...acs, '--profile', 'nothing'), { code: 2 });
  t.match(await replay('/no/such/file', ...acs), { code: 2, err: /E_FILE_INVALID/ });
  await writeFile(file, 'no capture');
  t.match(await replay(file, ...acs), { code: 2, err: /E_CAPTURE_FORMAT/ });
});
