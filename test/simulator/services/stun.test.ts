import t, { type Test } from 'tap';
import type { ListeningAcs } from '../../../peers/acs.ts';
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Endpoint } from '../../../protocol/stun/message.ts';
import type { UdpConnectionRequest } from '../../../protocol/stun/udp-connection-request.ts';
import { signature, writeUdpConnectionRequest } from '../../../protocol/stun/udp-connection-request.ts';
import type { ConnectionRequestOptions, Modem, ModemOptions } from '../../../simulator/index.ts';
import { createConnectionRequestListener, createModem } from '../../../simulator/index.ts';
import { scriptedAcs } from '../../support/acs/scripted-acs.ts';
import { type SimulatedTime, simulatedTime } from '../../support/modem/simulated-time.ts';
import type { StunServer } from '../../support/modem/stun-server.ts';
import { hmacSha1, openNat, stunServer } from '../../support/modem/stun-server.ts';

const MS = 'InternetGatewayDevice.ManagementServer.';
const USER = { username: 'CPE-1', password: 'crpass' };

interface Lab {
  readonly acs: ListeningAcs;
  readonly modem: Modem;
  readonly time: SimulatedTime;
}

/** A modem that uses this STUN server, if there is one. */
async function lab(
  t: Test,
  stun: Endpoint | undefined,
  settings: Readonly<Record<string, string>> = {},
  udp: Omit<ConnectionRequestOptions, 'listener'> = {},
  options: Partial<ModemOptions> = {},
): Promise<Lab> {
  const acs = await scriptedAcs(t);
  const listener = await createConnectionRequestListener();
  t.teardown(() => listener.close());
  const time = simulatedTime();
  const all: Record<string, string> = {
    ConnectionRequestUsername: USER.username,
    ConnectionRequestPassword: USER.password,
    PeriodicInformEnable: '0',
    ...(stun === undefined
      ? {}
      : { STUNEnable: '1', STUNServerAddress: stun.address, STUNServerPort: String(stun.port) }),
    STUNMinimumKeepAlivePeriod: '20',
    STUNMaximumKeepAlivePeriod: '20',
    ...settings,
  };
  const modem = createModem({
    acs: acs.url,
    profile: 'generic-tr098',
    scheduler: time.scheduler,
    bootSeconds: 1,
    connectionRequests: { listener, stunStepMs: 20, ...udp },
    settings: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [`ManagementServer.${name}`, value]),
    ),
    ...options,
  });
  t.teardown(() => modem.stop());
  return { acs, modem, time };
}

const addressOf = (modem: Modem): string => modem.get(`${MS}UDPConnectionRequestAddress`) ?? '';
const endpointOf = (modem: Modem): Endpoint => {
  const [address = '', port = ''] = addressOf(modem).split(':');
  return { address, port: Number(port) };
};

function requestOf(change: Partial<UdpConnectionRequest> = {}, password = USER.password): Uint8Array {
  const open = { ts: '1700000000', id: '4711', un: USER.username, cn: '5f1c9b', ...change };
  const sig = change.sig ?? signature(open, password, hmacSha1);
  return writeUdpConnectionRequest('203.0.113.7:31078', { ...open, sig });
}

const called = async (modem: Modem): Promise<string> => {
  const [{ via, ok, why }] = await modem.next('connection-request');
  return `${via} ${ok} ${why}`;
};

const eventsOf = ({ Event }: Args<'Inform'>): string[] => Event.map(({ EventCode }) => EventCode);

const valueIn = ({ ParameterList }: Args<'Inform'>, below: string): string | undefined =>
  ParameterList.find(({ Name }) => Name === MS + below)?.Value;

/**
 * A modem behind a NAT that forgets silent bindings after this time, after its first session and its first
 * bindings.
 */
async function behindNat(
  t: Test,
  stun: StunServer,
  lifeMs: number,
  settings: Readonly<Record<string, string>> = {},
) {
  let now = (): number => 0;
  const nat = await openNat(t, stun, { lifeMs, now: () => now() });
  const made = await lab(t, nat, settings);
  now = () => made.time.scheduler.now();
  const { acs, modem, time } = made;
  const reported = new Promise<void>((resolve) => {
    stun.serve(({ message }) => {
      if (message.bindingChange === true) resolve();
    });
  });
  modem.start();
  await time.until(Promise.all([acs.session(), modem.next('session-ended'), reported]));
  await time.pass(0);
  return { ...made, nat };
}

t.test(
  'the port is reported as the STUN server sees it, with the requests that Annex G requires',
  async (t) => {
    const stun = await stunServer(t);
    const { acs, modem, time } = await lab(t, stun, { STUNUsername: 'CPE-1', STUNPassword: 'stunpass' });
    modem.start();
    const [inform] = await time.until(Promise.all([acs.session(), modem.next('session-ended')]));
    t.ok(inform.ParameterList.length > 0);
    const first = await stun.next();
    t.match(first.message, { connectionRequestBinding: true, username: Buffer.from('CPE-1') });
    t.equal(first.message.bindingChange, undefined);
    t.equal(first.integrity, undefined);
    first.answer();
    const change = await stun.next();
    t.match(change.message, { connectionRequestBinding: true, bindingChange: true });
    t.same(change.from, first.from);
    t.equal(addressOf(modem), `127.0.0.1:${first.from.port}`, 'not translated');
    t.equal(modem.get(`${MS}NATDetected`), '0');
    change.answer({ kind: 'error', error: { code: 401, reason: 'Unauthorized' } });
    const signed = await stun.next();
    t.ok(signed.isBy('stunpass'));
    t.match(signed.message, { bindingChange: true, username: Buffer.from('CPE-1') });
    signed.answer({ mappedAddress: { address: '203.0.113.9', port: 4 } }, Buffer.from('wrong'));
    const again = await stun.repeated();
    t.same(again.message.id, signed.message.id, 'what is not signed by the password is no answer');
    t.equal(addressOf(modem), `127.0.0.1:${first.from.port}`);
    again.answer({}, Buffer.from('stunpass'));
    let last = time.scheduler.now();
    for (let round = 0; round < 3; round++) {
      const keepAlive = await time.until(stun.next());
      t.equal(time.scheduler.now() - last, 20_000, 'every 20 s');
      last = time.scheduler.now();
      t.same(keepAlive.from, first.from);
      t.match(keepAlive.message, { connectionRequestBinding: true, bindingChange: undefined });
      keepAlive.answer();
    }
    const other = await time.until(stun.next());
    other.answer({ mappedAddress: { address: '203.0.113.9', port: 31078 } });
    t.match((await stun.next()).message, { bindingChange: true }, 'at once, whatever the period');
    t.strictSame([addressOf(modem), modem.get(`${MS}NATDetected`)], ['203.0.113.9:31078', '1']);
  },
);

t.test('through a NAT it is called by datagrams from the STUN server, by the rules of Annex G', async (t) => {
  const stun = await stunServer(t);
  const { time, acs, modem, nat } = await behindNat(t, stun, Infinity);
  t.strictSame([addressOf(modem), modem.get(`${MS}NATDetected`)], [`127.0.0.1:${nat.seen}`, '1']);
  t.not(modem.get(`${MS}UDPConnectionRequestAddress`), '');
  const send = async (bytes: Uint8Array): Promise<string> => {
    const [reported] = await Promise.all([called(modem), stun.send(bytes, endpointOf(modem))]);
    return reported;
  };
  const bad = requestOf({ ts: '1800000000', sig: '0'.repeat(40) });
  t.equal(await send(bad), 'udp false wrong-signature');
  t.equal(await send(requestOf({ un: 'CPE-2' })), 'udp false wrong-user');
  t.equal(await send(requestOf({}, 'other')), 'udp false wrong-signature');
  t.equal(await send(Buffer.from('HELLO')), 'udp false malformed');
  t.equal(acs.waiting, 0);
  t.equal(await send(requestOf()), 'udp true accepted', 'a ts that was refused left no trace');
  t.strictSame(eventsOf(await time.until(acs.session())), ['6 CONNECTION REQUEST']);
  await modem.next('session-ended');
  for (let copy = 0; copy < 3; copy++) t.equal(await send(requestOf()), 'udp false repeated');
  t.equal(await send(requestOf({ ts: '1700000001' })), 'udp false repeated', 'the same id');
  t.equal(await send(requestOf({ ts: '1699999999', id: '9' })), 'udp false repeated', 'a ts before');
  const loud = Buffer.from(requestOf({ ts: '1700000001', id: '4712' })).toString();
  const upper = loud.replace(/sig=\w{40}/, (sig) => `sig=${sig.slice(4).toUpperCase()}`);
  t.equal(await send(Buffer.from(`${upper}a body`)), 'udp true accepted');
  await time.until(acs.session());
  await modem.next('session-ended');
  t.equal(acs.waiting, 0, 'a session each, and none for the rest');
  modem.powerCycle();
  await time.until(acs.session());
  await time.pass(0);
  t.equal(await send(requestOf()), 'udp true accepted', 'after a restart ts begins at 0 again');
  await time.until(acs.session());
});

t.test('how long the NAT keeps a binding is searched between the two periods', async (t) => {
  const stun = await stunServer(t);
  const lab = await behindNat(t, stun, 61_000, { STUNMaximumKeepAlivePeriod: '120' });
  const { time, modem, nat } = lab;
  const trials: number[] = [];
  let heard = time.scheduler.now();
  const periods: number[] = [];
  let wrong = 0;
  stun.serve(({ message, from }) => {
    const silent = (time.scheduler.now() - heard) / 1000;
    if (message.responseAddress !== undefined) {
      trials.push(silent);
      const isFromSecond = from.port !== message.responseAddress.port;
      if (!isFromSecond || message.connectionRequestBinding) wrong += 1;
    } else if (silent > 0) periods.push(silent);
    heard = time.scheduler.now();
  });
  await time.pass(1_000_000);
  t.strictSame(trials, [40, 80, 60, 70, 65]);
  t.equal(wrong, 0, 'each trial comes from the second port, and is no binding of its own');
  t.strictSame(periods.slice(0, 3), [60, 60, 60], 'then it is kept alive at what was found');
  const made = nat.made;
  await time.pass(1_000_000);
  t.equal(nat.made, made, 'and is lost no more');
  t.equal(addressOf(modem), `127.0.0.1:${nat.seen}`);
});

t.test(
  'another address is reported if the ACS subscribed to it, and no more often than it allows',
  async (t) => {
    const stun = await stunServer(t);
    const { acs, modem, time } = await lab(t, stun, { UDPConnectionRequestAddressNotificationLimit: '300' });
    modem.device.attributes.set(`${MS}UDPConnectionRequestAddress`, { Notification: 2, AccessList: [] });
    modem.start();
    await time.until(Promise.all([acs.session(), modem.next('session-ended')]));
    const tell = async (port: number): Promise<number> => {
      const asked = await time.until(stun.next());
      const at = time.scheduler.now();
      const answer = { mappedAddress: { address: '203.0.113.9', port } };
      asked.answer(answer);
      (await stun.next()).answer(answer);
      return at;
    };
    const first = await tell(1000);
    const inform = await time.until(acs.session());
    t.strictSame(eventsOf(inform), ['4 VALUE CHANGE']);
    t.equal(valueIn(inform, 'UDPConnectionRequestAddress'), '203.0.113.9:1000');
    t.equal(time.scheduler.now(), first, 'at once');
    await modem.next('session-ended');
    await tell(1001);
    t.equal(addressOf(modem), '203.0.113.9:1001', 'it reads so');
    await tell(1002);
    stun.serve(() => {});
    const later = await time.until(acs.next());
    t.strictSame(later.events, ['4 VALUE CHANGE']);
    t.equal(time.scheduler.now() - first, 300_000);
    later.status(204);
  },
);

t.test('without STUN the port exists if an option asks for it, and is reported as it is', async (t) => {
  const { acs, modem, time } = await lab(t, undefined, {}, { udp: 'always' });
  modem.start();
  await time.until(Promise.all([acs.session(), modem.next('session-ended')]));
  t.match(addressOf(modem), /^127\.0\.0\.1:\d+$/);
  t.equal(modem.get(`${MS}NATDetected`), '0');
  const caller = await stunServer(t);
  const reported = called(modem);
  await caller.send(requestOf(), endpointOf(modem));
  t.equal(await reported, 'udp true accepted');
  t.strictSame(eventsOf(await time.until(acs.session())), ['6 CONNECTION REQUEST']);
});

t.test('the ACS switches STUN on and off, and the server may be its own host', async (t) => {
  const stun = await stunServer(t);
  const { acs, modem, time } = await lab(t, undefined, { STUNServerPort: String(stun.port) });
  modem.start();
  const set = async (Value: string): Promise<void> => {
    modem.inform('2 PERIODIC');
    (await time.until(acs.next())).informResponse();
    const ParameterList = [{ Name: `${MS}STUNEnable`, Value, Type: 'boolean' }];
    (await acs.next()).ask({
      kind: 'request',
      rpc: 'SetParameterValues',
      args: { ParameterList, ParameterKey: '' },
    });
    const ended = modem.next('session-ended');
    const answer = await acs.next();
    answer.status(204);
    t.match(answer.envelope?.message, { kind: 'response' });
    await ended;
  };
  await time.until(Promise.all([acs.session(), modem.next('session-ended')]));
  t.equal(addressOf(modem), '', 'no port is open');
  await set('1');
  const first = await stun.next();
  first.answer();
  (await stun.next()).answer();
  await time.until(stun.next()).then((keepAlive) => keepAlive.answer());
  t.equal(addressOf(modem), `127.0.0.1:${first.from.port}`);
  let heard = 0;
  stun.serve(() => {
    heard += 1;
  });
  await set('0');
  t.equal(addressOf(modem), '');
  heard = 0;
  await time.pass(1_000_000);
  t.equal(heard, 0, 'and nothing is sent any more');
});
