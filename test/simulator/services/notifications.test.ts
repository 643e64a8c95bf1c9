import t from 'tap';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import type { ModemOptions } from '../../../simulator/index.ts';
import { bench, set } from '../../support/modem/timed-modem.ts';

const IGD = 'InternetGatewayDevice.';
const CODE = `${IGD}DeviceInfo.ProvisioningCode`;
const SSID = `${IGD}LANDevice.1.WLANConfiguration.1.SSID`;
const UPTIME = `${IGD}DeviceInfo.UpTime`;
const BYTES = `${IGD}WANDevice.1.WANCommonInterfaceConfig.TotalBytesReceived`;
const CLOCK = `${IGD}Time.CurrentLocalTime`;
const ADDRESS = `${IGD}WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.ExternalIPAddress`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const notify = (...wanted: readonly (readonly [string, number])[]): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'SetParameterAttributes',
  args: {
    ParameterList: wanted.map(([Name, Notification]) => ({
      Name,
      Notification,
      NotificationChange: true,
      AccessListChange: false,
      AccessList: [],
    })),
  },
});

/** Without the address that changes every day, for tests in which nothing else should happen. */
const CALM: Partial<ModemOptions> = { externalAddress: '198.51.100.7' };

t.test('an idle modem with nothing to watch has one timer, for its period', async (t) => {
  const { time } = await bench(t, [], CALM);
  t.equal(time.scheduler.waiting, 1);
});

t.test(
  'active notification opens a session at once, passive waits for another, off tells nothing',
  async (t) => {
    const passive = `${IGD}Time.NTPServer1`;
    const off = `${IGD}Time.NTPServer2`;
    const { modem, passOne, passNone } = await bench(t, [notify([SSID, 2], [passive, 1])], CALM);
    modem.change(off, 'c.example');
    modem.change(passive, 'a.example');
    modem.change(passive, 'b.example');
    await passNone(HOUR);
    modem.change(SSID, 'mine');
    const reported = await passOne(MINUTE);
    t.strictSame(reported.events, ['4 VALUE CHANGE']);
    t.strictSame([...reported.names].sort(), [SSID, passive].sort(), 'all changes together, each once');
    t.equal(reported.value(SSID), 'mine');
    t.equal(reported.value(passive), 'b.example', 'the newest value');
    modem.change(passive, 'c.example');
    modem.change(passive, 'b.example');
    const periodic = await passOne(24 * HOUR);
    t.strictSame(periodic.events, ['2 PERIODIC', '4 VALUE CHANGE'], 'passive rides on the periodic Inform');
    t.strictSame(periodic.names, [passive], 'even if it changed back');
    t.strictSame((await passOne(24 * HOUR)).events, ['2 PERIODIC'], 'and is reported once');
  },
);

t.test('changes by the ACS itself are not reported to it', async (t) => {
  const { passNone, passOne } = await bench(
    t,
    [notify([SSID, 2], [UPTIME, 0]), set(SSID, 'by the ACS'), set(CODE, 'by the ACS')],
    CALM,
  );
  await passNone(HOUR);
  t.strictSame((await passOne(24 * HOUR)).events, ['2 PERIODIC']);
});

t.test('a change during a session is not seen in it and opens another one', async (t) => {
  const { acs, modem, time, session } = await bench(t, [notify([SSID, 2])], CALM);
  const before = modem.get(SSID);
  modem.inform('6 CONNECTION REQUEST');
  const first = await acs.next();
  t.strictSame(first.events, ['6 CONNECTION REQUEST']);
  first.informResponse();
  const empty = await acs.next();
  modem.change(SSID, 'meanwhile');
  modem.change(CODE, 'meanwhile');
  empty.ask({ kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [SSID, UPTIME] } });
  const answer = await acs.next();
  const message = answer.envelope?.message;
  t.match(message, {
    args: { ParameterList: [{ Value: before }, { Value: String(5 + 1) }] },
  });
  const running = time.pass(MINUTE);
  answer.ask({ kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [UPTIME] } });
  const again = await acs.next();
  t.match(again.envelope?.message, { args: { ParameterList: [{ Value: '6' }] } }, 'time stands still too');
  again.status(204);
  const reported = await session();
  t.strictSame(reported.events, ['4 VALUE CHANGE']);
  t.equal(reported.value(SSID), 'meanwhile');
  t.equal(reported.value(CODE), 'meanwhile');
  await running;
});

t.test('forced parameters are reported unasked, and cannot be switched off', async (t) => {
  const { modem, passOne, passNone } = await bench(t, [notify([CODE, 0])], CALM);
  modem.change(CODE, 'moved house');
  const reported = await passOne(MINUTE);
  t.strictSame(reported.events, ['4 VALUE CHANGE']);
  t.equal(reported.value(CODE), 'moved house');
  modem.change(`${IGD}ManagementServer.ParameterKey`, 'never reported as a change');
  await passNone(HOUR);
});

t.test(
  'a change and its event are sent again until they are heard, and lost together at a restart',
  async (t) => {
    const passive = `${IGD}Time.NTPServer1`;
    const { acs, modem, passOne, time } = await bench(t, [notify([SSID, 2], [passive, 1])], CALM);
    modem.change(SSID, 'first');
    const refused = await acs.next();
    const ended = modem.next('session-ended');
    refused.status(500);
    await ended;
    modem.change(SSID, 'second');
    const retry = await passOne(MINUTE);
    t.match(retry.inform, { RetryCount: 1 });
    t.strictSame([retry.events, retry.names], [['4 VALUE CHANGE'], [SSID]]);
    t.equal(retry.value(SSID), 'second', 'the value at the time of the Inform');
    modem.change(passive, 'before the restart');
    modem.powerCycle();
    const booted = await passOne(MINUTE);
    t.strictSame([booted.events, booted.names], [['1 BOOT'], []]);
    t.equal(modem.get(passive), 'before the restart', 'the value itself stays');
    t.equal(time.scheduler.waiting, 1);
  },
);

t.test('HEARTBEAT neither reports changes nor clears them', async (t) => {
  const passive = `${IGD}Time.NTPServer1`;
  const { modem, session } = await bench(t, [notify([passive, 1])], CALM);
  modem.change(passive, 'changed');
  modem.inform('14 HEARTBEAT');
  const beat = await session();
  t.strictSame([beat.events, beat.names], [['14 HEARTBEAT'], []]);
  modem.inform('2 PERIODIC');
  const next = await session();
  t.strictSame([next.events, next.names], [['4 VALUE CHANGE', '2 PERIODIC'].sort(), [passive]]);
});

t.test(
  'a counter with passive notification is in the next Inform, and in none since which it did not change',
  async (t) => {
    const { modem, passOne, session } = await bench(t, [notify([BYTES, 1])], CALM);
    const reported = await passOne(24 * HOUR);
    t.strictSame([reported.events, reported.names], [['2 PERIODIC', '4 VALUE CHANGE'], [BYTES]]);
    t.ok(Number(reported.value(BYTES)) > 0);
    modem.inform('6 CONNECTION REQUEST');
    const later = await session();
    t.strictSame(later.names, reported.at === later.at ? [] : [BYTES], 'reported as often as it changed');
  },
);

t.test(
  'a clock with active notification is looked at now and then; switched off it costs nothing',
  async (t) => {
    const { time, acs, passOne, passNone } = await bench(t, [notify([CLOCK, 2])], CALM);
    t.equal(time.scheduler.waiting, 2);
    const first = await passOne(31_000);
    t.strictSame([first.events, first.names], [['4 VALUE CHANGE'], [CLOCK]]);
    const second = await passOne(30_000, notify([CLOCK, 0]));
    t.ok((second.value(CLOCK) ?? '') > (first.value(CLOCK) ?? ''));
    t.ok(second.at - first.at >= 30_000 && second.at - first.at < 32_000);
    await passNone(2 * HOUR);
    t.equal(time.scheduler.waiting, 1);
    t.equal(acs.waiting, 0);
  },
);

t.test(
  'the address after a reconnect is reported unasked when it changes, and after a restart with BOOT',
  async (t) => {
    const quiet = { settings: { 'ManagementServer.PeriodicInformEnable': '0' } };
    const { modem, time, passOne } = await bench(t, [], quiet);
    t.equal(time.scheduler.waiting, 1, 'one timer, for the reconnect');
    const before = modem.get(ADDRESS);
    const due = modem.device.movesAt(ADDRESS) ?? 0;
    const reported = await passOne(due - time.scheduler.now() + 1000);
    t.ok(Math.abs(reported.at - due) < 2, 'at the moment at which it changes');
    t.strictSame([reported.events, reported.names], [['4 VALUE CHANGE'], []], 'it is in every Inform anyway');
    t.match(reported.value(ADDRESS), /^100\./);
    t.not(reported.value(ADDRESS), before);
    t.equal(modem.get(ADDRESS.replace(/\w+$/, 'Uptime')), '1');
    await time.pass(10_000);
    modem.powerCycle();
    const booted = await passOne(MINUTE);
    t.strictSame(booted.events, ['1 BOOT', '4 VALUE CHANGE']);
    t.not(booted.value(ADDRESS), reported.value(ADDRESS));
    modem.device.firmware = '2.0.0';
    modem.device.tree.store(ADDRESS, '198.51.100.9');
    modem.powerCycle();
    const upgraded = await passOne(MINUTE);
    t.strictSame(upgraded.events, ['1 BOOT', '4 VALUE CHANGE'], 'as is new firmware');
    t.equal(upgraded.value(`${IGD}DeviceInfo.SoftwareVersion`), '2.0.0');
    modem.powerCycle();
    t.strictSame((await passOne(MINUTE)).events, ['1 BOOT'], 'once');
  },
);

t.test('a throttle delays sessions that are opened for notifications, and no others', async (t) => {
  const throttle = `${IGD}ManagementServer.DefaultActiveNotificationThrottle`;
  const { modem, passOne, passNone, session, time } = await bench(
    t,
    [notify([SSID, 2]), set(throttle, '120', 'unsignedInt')],
    CALM,
  );
  const ended = time.scheduler.now();
  await passNone(10_000);
  modem.change(SSID, 'a');
  await passNone(100_000);
  const reported = await passOne(MINUTE);
  t.strictSame(reported.events, ['4 VALUE CHANGE']);
  t.ok(reported.at - ended >= 119_000 && reported.at - ended < 125_000, `after ${reported.at - ended} ms`);
  await passNone(10_000);
  modem.change(SSID, 'b');
  modem.inform('6 CONNECTION REQUEST');
  const called = await session();
  t.strictSame(called.events.toSorted(), ['4 VALUE CHANGE', '6 CONNECTION REQUEST'], 'taken along');
  await passNone(10 * MINUTE);
  modem.change(SSID, 'c');
  t.strictSame((await session()).events, ['4 VALUE CHANGE'], 'long after a session it waits for nothing');
});

t.test('a new URL set by its user is a first contact there, and pending changes are dropped', async (t) => {
  const passive = `${IGD}Time.NTPServer1`;
  const { acs, modem, session, passNone } = await bench(t, [notify([passive, 1], [BYTES, 1])], CALM);
  modem.change(passive, 'changed');
  modem.change(`${IGD}ManagementServer.URL`, `${acs.url}/other`);
  const reported = await session();
  t.strictSame([reported.events, reported.names], [['0 BOOTSTRAP'], []]);
  await passNone(MINUTE);
});

t.test(
  'the period follows a change at once, whoever makes it, and its phase follows PeriodicInformTime',
  async (t) => {
    const server = `${IGD}ManagementServer.PeriodicInform`;
    const { modem, passOne, passNone } = await bench(
      t,
      [
        set(`${server}Interval`, '300', 'unsignedInt'),
        set(`${server}Time`, '2020-01-01T00:02:00Z', 'dateTime'),
      ],
      CALM,
    );
    const first = await passOne(300_000);
    t.equal(first.at % 300_000, 120_000, 'at minute 2, 7, 12 and so on of its clock');
    t.equal((await passOne(300_000)).at - first.at, 300_000);
    modem.change(`${server}Enable`, '0');
    await passNone(HOUR);
    modem.change(`${server}Enable`, '1');
    t.equal((await passOne(300_000)).at % 300_000, 120_000);
    modem.change(`${server}Time`, '0001-01-01T00:00:00Z');
    modem.change(`${server}Interval`, '100');
    const own = await passOne(101_000);
    t.equal((await passOne(100_000)).at - own.at, 100_000, 'its own phase');
  },
);

t.test('the waits of the ladder are those that the ACS sets, and start over at a restart', async (t) => {
  const server = `${IGD}ManagementServer.CWMPRetry`;
  const { acs, modem, time } = await bench(
    t,
    [
      set(`${server}MinimumWaitInterval`, '10', 'unsignedInt'),
      set(`${server}IntervalMultiplier`, '1500', 'unsignedInt'),
    ],
    CALM,
  );
  const waits: number[] = [];
  const counts: number[] = [];
  let before: number | undefined;
  const fail = async (): Promise<void> => {
    const turn = await acs.next();
    counts.push(turn.inform().RetryCount);
    const now = time.scheduler.now();
    if (before !== undefined) waits.push((now - before) / 1000);
    before = now;
    turn.status(500);
  };
  modem.inform('2 PERIODIC');
  await fail();
  const running = time.pass(130_000);
  for (let round = 0; round < 4; round++) await fail();
  for (const [index, wait] of waits.entries()) {
    const [from, to] = [10 * 1.5 ** index, 10 * 1.5 ** (index + 1)];
    t.ok(wait >= from && wait <= to, `retry ${index + 1} after ${wait} s, of ${from} to ${to}`);
  }
  t.strictSame(counts, [0, 1, 2, 3, 4]);
  modem.powerCycle();
  before = undefined;
  await fail();
  await fail();
  const last = waits.at(-1) ?? 0;
  t.ok(last >= 10 && last <= 15, `${last} s: the ladder starts over`);
  t.strictSame(counts.slice(5), [5, 6], 'the count does not');
  await modem.stop();
  await running;
});
