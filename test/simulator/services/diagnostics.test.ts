import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { deviceKey } from '../../../acs/device-key.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import type { Modem, ModemOptions } from '../../../simulator/index.ts';
import { createModem, createScheduler, parseProfile } from '../../../simulator/index.ts';
import { resolveHost } from '../../../simulator/services/diagnostics/internet.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { scriptedAcs } from '../../support/acs/scripted-acs.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import type { Bench } from '../../support/modem/timed-modem.ts';
import { bench } from '../../support/modem/timed-modem.ts';
import { ROOT } from '../../support/tree.ts';

const IGD = 'InternetGatewayDevice.';
const MINUTE = 60_000;

/** Where each model has its tests. */
const MODELS = {
  'generic-tr098': {
    ping: `${IGD}IPPingDiagnostics.`,
    trace: `${IGD}TraceRouteDiagnostics.`,
    download: `${IGD}DownloadDiagnostics.`,
    upload: `${IGD}UploadDiagnostics.`,
    loopback: `${IGD}WANDevice.1.WANConnectionDevice.1.WANATMF5LoopbackDiagnostics.`,
    line: `${IGD}WANDevice.1.WANDSLDiagnostics.`,
    hop: 'HopHostAddress',
  },
  'generic-tr181': {
    ping: 'Device.IP.Diagnostics.IPPing.',
    trace: 'Device.IP.Diagnostics.TraceRoute.',
    download: 'Device.IP.Diagnostics.DownloadDiagnostics.',
    upload: 'Device.IP.Diagnostics.UploadDiagnostics.',
    loopback: 'Device.ATM.Diagnostics.F5Loopback.',
    line: 'Device.DSL.Diagnostics.ADSLLineTest.',
    hop: 'HostAddress',
  },
} as const;

/** No periodic Inform and no new address in between. */
const CALM: Partial<ModemOptions> = {
  externalAddress: '198.51.100.7',
  settings: { 'ManagementServer.PeriodicInformEnable': '0' },
};

const write = (
  modem: Modem,
  path: string,
  settings: Readonly<Record<string, string>>,
): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'SetParameterValues',
  args: {
    ParameterList: Object.entries(settings).map(([name, Value]) => ({
      Name: path + name,
      Value,
      Type: modem.device.read(path + name)?.type ?? 'string',
    })),
    ParameterKey: '',
  },
});

const stateOf = (modem: Modem, path: string): string | undefined =>
  modem.get(`${path}DiagnosticsState`) ?? modem.get(`${path}LoopDiagnosticsState`);

const number = (modem: Modem, name: string): number => Number(modem.get(name));

/** Has the test run: requested in one session, reported in the next. */
async function carryOut(
  t: Test,
  { modem, session, passOne }: Bench,
  path: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const state =
    modem.get(`${path}DiagnosticsState`) === undefined ? 'LoopDiagnosticsState' : 'DiagnosticsState';
  modem.inform('6 CONNECTION REQUEST');
  await session(write(modem, path, { ...settings, [state]: 'Requested' }));
  t.equal(stateOf(modem, path), 'Requested', 'it has only begun');
  const reported = await passOne(30 * MINUTE);
  t.strictSame(reported.events, ['8 DIAGNOSTICS COMPLETE']);
}

for (const [profile, paths] of Object.entries(MODELS)) {
  t.test(`${profile}: echoes are counted and timed, and differ by host`, async (t) => {
    const of = await bench(t, [], { ...CALM, profile });
    const { modem } = of;
    const { ping, loopback } = paths;
    await carryOut(t, of, ping, { Host: 'www.example.net', NumberOfRepetitions: '200', Timeout: '1000' });
    t.equal(stateOf(modem, ping), 'Complete');
    const [good, bad] = [number(modem, `${ping}SuccessCount`), number(modem, `${ping}FailureCount`)];
    t.equal(good + bad, 200);
    t.ok(good > 180, `${good} came back`);
    const [least, mean, most] = ['Minimum', 'Average', 'Maximum'].map((which) =>
      number(modem, `${ping}${which}ResponseTime`),
    );
    t.ok(least !== undefined && mean !== undefined && most !== undefined);
    t.ok((least ?? 0) > 1 && (least ?? 0) <= (mean ?? 0) && (mean ?? 0) <= (most ?? 0) && (most ?? 0) < 500);
    await carryOut(t, of, ping, { Host: '192.168.1.20', NumberOfRepetitions: '3' });
    t.ok(number(modem, `${ping}MaximumResponseTime`) < 40, 'a host of the LAN is near');
    t.equal(number(modem, `${ping}FailureCount`), 0);
    await carryOut(t, of, ping, { Host: '192.0.2.1' });
    t.equal(stateOf(modem, ping), 'Complete', 'nobody answers: that is a result');
    t.strictSame(
      ['SuccessCount', 'FailureCount', 'AverageResponseTime'].map((name) => number(modem, ping + name)),
      [0, 3, 0],
    );
    await carryOut(t, of, ping, { Host: 'www.nowhere.invalid' });
    t.equal(stateOf(modem, ping), 'Error_CannotResolveHostName');
    await carryOut(t, of, ping, { Host: 'www.example.net', Interface: `${IGD}Nothing.1` });
    t.equal(stateOf(modem, ping), 'Error_Other');
    await carryOut(t, of, loopback, { NumberOfRepetitions: '5' });
    t.strictSame([stateOf(modem, loopback), modem.get(`${loopback}SuccessCount`)], ['Complete', '5']);
  });

  t.test(`${profile}: a route has its hops as rows, and new ones take the place of the old`, async (t) => {
    const of = await bench(t, [], { ...CALM, profile });
    const { modem } = of;
    const { trace, hop } = paths;
    const host = resolveHost('www.example.net');
    const hops = (): number => number(modem, `${trace}RouteHopsNumberOfEntries`);
    await carryOut(t, of, trace, { Host: 'www.example.net', NumberOfTries: '2' });
    t.equal(stateOf(modem, trace), 'Complete');
    t.equal(hops(), host?.hops);
    t.equal(modem.get(`${trace}RouteHops.${hops()}.${hop}`), host?.address, 'the last is the host');
    t.match(modem.get(`${trace}RouteHops.2.${hop.replace('HostAddress', 'RTTimes')}`), /^\d+,\d+$/);
    t.ok(number(modem, `${trace}ResponseTime`) > 0);
    await carryOut(t, of, trace, { Host: '192.168.1.20' });
    t.equal(hops(), 1);
    t.equal(modem.get(`${trace}RouteHops.2.${hop}`), undefined);
    await carryOut(t, of, trace, { Host: 'www.example.net', MaxHopCount: '3' });
    t.strictSame([stateOf(modem, trace), hops()], ['Error_MaxHopCountExceeded', 3]);
    await carryOut(t, of, trace, { Host: 'nowhere' });
    t.equal(stateOf(modem, trace), 'Error_CannotResolveHostName');
  });

  t.test(`${profile}: the line is tested tone by tone`, async (t) => {
    const of = await bench(t, [], { ...CALM, profile });
    const { modem } = of;
    await carryOut(t, of, paths.line, {});
    t.equal(stateOf(modem, paths.line), 'Complete');
    const bits = (modem.get(`${paths.line}BITSpsds`) ?? '').split(',').map(Number);
    t.ok(bits.length > 30 && bits.every((count) => count >= 0 && count <= 15));
    t.ok((bits[3] ?? 0) > (bits.at(-1) ?? 0), 'low tones carry more');
    t.ok(number(modem, `${paths.line}ACTPSDds`) < 0);
  });

  t.test(
    `${profile}: a file is really fetched and really sent, and what goes wrong has a name`,
    async (t) => {
      const seen: string[] = [];
      const files = await serve(t, async (request, response) => {
        let bytes = 0;
        for await (const part of request) bytes += part.length;
        seen.push(`${request.method} ${request.url} ${bytes}`);
        if (request.url === '/gone') response.writeHead(404).end();
        else if (request.url === '/secret') response.writeHead(401).end();
        else if (request.url === '/cut')
          response.writeHead(200, { 'content-length': 9000 }).write('half', () => request.socket.destroy());
        else if (request.url !== '/silent')
          response.end(Buffer.alloc(request.method === 'GET' ? 100_000 : 0));
      });
      const of = await bench(t, [], { ...CALM, profile, timeoutMs: 1500 });
      const { modem } = of;
      const { download, upload } = paths;
      await carryOut(t, of, download, { DownloadURL: `${files}/file?x=1` });
      t.equal(stateOf(modem, download), 'Complete');
      t.ok(number(modem, `${download}TestBytesReceived`) >= 100_000);
      const times = ['TCPOpenRequestTime', 'TCPOpenResponseTime', 'ROMTime', 'BOMTime', 'EOMTime'];
      const reported = times.map((name) => modem.get(download + name) ?? '');
      t.ok(
        reported.every((time) => /^2026-01-05T12:\d\d:\d\d\.\d{6}Z$/.test(time)),
        reported.join(' '),
      );
      t.strictSame(reported, [...reported].sort(), 'one after the other');
      await carryOut(t, of, upload, { UploadURL: `${files}/up`, TestFileLength: '70000' });
      t.equal(stateOf(modem, upload), 'Complete');
      t.ok(number(modem, `${upload}TotalBytesSent`) >= 70_000);
      t.strictSame(seen, ['GET /file?x=1 0', 'PUT /up 70000']);
      const port = new URL(files).port;
      for (const [url, state] of [
        [`${files}/gone`, 'Error_TransferFailed'],
        [`${files}/cut`, 'Error_TransferFailed'],
        [`${files}/secret`, 'Error_LoginFailed'],
        [`${files}/silent`, 'Error_NoResponse'],
        [`ftp://127.0.0.1:${port}/x`, 'Error_InitConnectionFailed'],
        ['http://127.0.0.1:1/x', 'Error_InitConnectionFailed'],
        ['no address', 'Error_InitConnectionFailed'],
      ] as const) {
        await carryOut(t, of, download, { DownloadURL: url });
        t.equal(stateOf(modem, download), state, url);
      }
    },
  );
}

async function serve(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const PING = MODELS['generic-tr098'].ping;
const LONG = { Host: 'www.example.net', NumberOfRepetitions: '600', DiagnosticsState: 'Requested' };

t.test('a test starts when the session is over, and periodic Informs go on beside it', async (t) => {
  const settings = { 'ManagementServer.PeriodicInformInterval': '120' };
  const { acs, time, modem, session, passOne } = await bench(t, [], { ...CALM, settings });
  modem.inform('6 CONNECTION REQUEST');
  (await acs.next()).informResponse();
  (await acs.next()).ask(write(modem, PING, LONG));
  const answer = await acs.next();
  t.equal(stateOf(modem, PING), 'Requested');
  t.equal(time.scheduler.waiting, 1, 'nothing of it runs while the session is open');
  const ended = modem.next('session-ended');
  answer.status(204);
  await ended;
  t.equal(time.scheduler.waiting, 2);
  for (let round = 1; round <= 4; round++)
    t.strictSame((await passOne(2 * MINUTE)).events, ['2 PERIODIC'], `period ${round}`);
  const [first, second] = await Promise.all([session(), time.pass(2 * MINUTE).then(() => session())]);
  t.strictSame([first.events, second.events].flat().sort(), ['2 PERIODIC', '8 DIAGNOSTICS COMPLETE']);
});

t.test('another setting, Canceled or a restart ends a test without a report', async (t) => {
  const { time, modem, session, passNone, passOne } = await bench(t, [], CALM);
  for (const [name, settings] of [
    ['another setting', { Timeout: '2000' }],
    ['Canceled', { DiagnosticsState: 'Canceled' }],
  ] as const) {
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, LONG));
    await passNone(MINUTE);
    t.equal(stateOf(modem, PING), 'Requested', `${name}: it runs`);
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, settings));
    t.equal(stateOf(modem, PING), 'None', name);
    t.equal(time.scheduler.waiting, 0);
    await passNone(30 * MINUTE);
  }
  modem.inform('6 CONNECTION REQUEST');
  await session(write(modem, PING, LONG));
  await passNone(MINUTE);
  modem.powerCycle();
  t.strictSame((await passOne(30 * MINUTE)).events, ['1 BOOT']);
  t.equal(stateOf(modem, PING), 'None', 'restart');
});

t.test(
  'a test that is requested again begins again; a setting written after its end takes its state back',
  async (t) => {
    const { modem, session, passNone, passOne, time } = await bench(t, [], CALM);
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, LONG));
    await passNone(5 * MINUTE);
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, { ...LONG, NumberOfRepetitions: '300' }));
    const again = time.scheduler.now();
    const reported = await passOne(10 * MINUTE);
    t.ok(reported.at - again >= 299_000 && reported.at - again < 302_000, `after ${reported.at - again} ms`);
    t.equal(stateOf(modem, PING), 'Complete');
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, { DSCP: '8' }));
    t.equal(stateOf(modem, PING), 'None');
    modem.inform('6 CONNECTION REQUEST');
    await session(write(modem, PING, { DiagnosticsState: 'Complete' }));
    t.equal(stateOf(modem, PING), 'None', 'the ACS may request or cancel, nothing else');
  },
);

t.test('the end of a test is reported until it is acknowledged', async (t) => {
  const { acs, modem, time, session, passOne } = await bench(t, [], CALM);
  modem.inform('6 CONNECTION REQUEST');
  await session(write(modem, PING, { ...LONG, NumberOfRepetitions: '10' }));
  const refuse = acs.next().then((turn) => {
    t.strictSame(turn.events, ['8 DIAGNOSTICS COMPLETE']);
    turn.status(500);
  });
  await Promise.all([refuse, time.pass(12_000)]);
  const retried = await passOne(MINUTE);
  t.match(retried, { events: ['8 DIAGNOSTICS COMPLETE'], inform: { RetryCount: 1 } });
});

t.test(
  'a test that ends while a session is open is hidden from it, and reported right after it',
  async (t) => {
    const acs = await scriptedAcs(t);
    let clock = 0;
    const scheduler = createScheduler({ speed: 1000, clock: () => clock });
    const modem = createModem({ ...CALM, acs: acs.url, profile: 'generic-tr098', bootSeconds: 0, scheduler });
    t.teardown(() => modem.stop());
    modem.start();
    await acs.session();
    await modem.next('session-ended');
    modem.inform('6 CONNECTION REQUEST');
    (await acs.next()).informResponse();
    (await acs.next()).ask(write(modem, PING, { ...LONG, NumberOfRepetitions: '60' }));
    const ended = modem.next('session-ended');
    (await acs.next()).status(204);
    await ended;
    modem.inform('6 CONNECTION REQUEST');
    (await acs.next()).informResponse();
    const open = await acs.next();
    clock += MINUTE / 1000;
    await new Promise<void>((resolve) => {
      scheduler.after(0, resolve);
    });
    t.equal(stateOf(modem, PING), 'Requested', 'as it was when the session began');
    open.status(204);
    const next = await acs.next();
    t.strictSame(next.events, ['8 DIAGNOSTICS COMPLETE']);
    t.equal(stateOf(modem, PING), 'Complete');
  },
);

t.test('the same seed measures the same, another modem otherwise', async (t) => {
  const measured: string[] = [];
  for (const index of [0, 0, 1]) {
    const of = await bench(t, [], { ...CALM, index });
    await carryOut(t, of, PING, { Host: 'www.example.net', NumberOfRepetitions: '50' });
    measured.push(
      ['SuccessCount', 'AverageResponseTime', 'MaximumResponseTime']
        .map((name) => of.modem.get(PING + name))
        .join(),
    );
  }
  t.equal(measured[0], measured[1]);
  t.not(measured[0], measured[2]);
});

t.test('a test that exists only in the model ends with an internal error', async (t) => {
  const file: unknown = JSON.parse(readFileSync(`${ROOT}/simulator/profiles/generic-tr181.json`, 'utf8'));
  const objects = [['Vendor.NewDiagnostics.', 'DiagnosticsState:s* Depth:u*']];
  const json = { ...Object(file), tree: { base: 'generic-tr181', objects } };
  const profile = parseProfile(json, 'with one more');
  const { modem, session, passOne } = await bench(t, [], { ...CALM, profile });
  const path = 'Device.Vendor.NewDiagnostics.';
  t.equal(stateOf(modem, path), 'None');
  modem.inform('6 CONNECTION REQUEST');
  await session(write(modem, path, { DiagnosticsState: 'Requested' }));
  t.strictSame((await passOne(MINUTE)).events, ['8 DIAGNOSTICS COMPLETE']);
  t.equal(stateOf(modem, path), 'Error_Internal');
});

t.test('names resolve or not, by rule', (t) => {
  for (const name of ['a.example', 'www.example.net.', 'LOCALHOST', '10.1.2.3', '2001:db8::1', 'x-1.y.org'])
    t.ok(resolveHost(name), name);
  for (const name of [
    '',
    'a',
    'x.invalid',
    '300.1.1.1',
    '1.2.3',
    'a..b',
    '-a.b',
    'a b.c',
    `${'x'.repeat(64)}.com`,
  ])
    t.equal(resolveHost(name), undefined, name);
  t.strictSame(resolveHost('A.example'), resolveHost('a.example'));
  t.end();
});

t.test('asked by the ACS of this project, a test is carried out and its results are read', async (t) => {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const time = simulatedTime();
  const modem = createModem({
    ...CALM,
    acs: acs.url,
    profile: 'generic-tr098',
    bootSeconds: 1,
    scheduler: time.scheduler,
  });
  t.teardown(() => modem.stop());
  modem.start();
  await Promise.all([modem.next('session-ended', { where: ({ ok }) => ok }), time.pass(2000)]);
  const device = deviceKey(modem.id);
  const task = await acs.queue.add(device, write(modem, PING, { ...LONG, NumberOfRepetitions: '5' }));
  modem.inform('6 CONNECTION REQUEST');
  await modem.next('session-ended');
  t.equal((await acs.queue.get(task.id))?.state, 'done');
  const read = await acs.queue.add(device, {
    kind: 'request',
    rpc: 'GetParameterValues',
    args: { ParameterNames: [`${PING}DiagnosticsState`, `${PING}SuccessCount`] },
  });
  const [[report]] = await Promise.all([modem.next('session-ended'), time.pass(MINUTE)]);
  t.match(report, { ok: true, events: ['8 DIAGNOSTICS COMPLETE'], requests: ['GetParameterValues'] });
  t.match(await acs.queue.get(read.id), {
    state: 'done',
    answer: { ParameterList: [{ Value: 'Complete' }, { Value: '5' }] },
  });
});
