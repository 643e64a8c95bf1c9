import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { bootpMessage } from '../../../fuzz/arbitraries/bootp.ts';
import { anyBytes, cuts, oneByteChanged } from '../../../fuzz/arbitraries/bytes.ts';
import type { BootpMessage } from '../../../protocol/bootp/message.ts';
import { encodeBootp, hardwareAddress } from '../../../protocol/bootp/message.ts';
import type { BootpOption } from '../../../protocol/bootp/options.ts';
import {
  addressAsOption,
  addressOption,
  DHCP_TYPES,
  dhcpTypeOf,
  OPTION,
  option,
  readOptions,
  writeOptions,
} from '../../../protocol/bootp/options.ts';
import { initialBootpServer, stepBootpServer } from '../../../protocol/bootp/server.ts';
import type {
  BootpServerEffect,
  BootpServerSettings,
  BootpServerState,
} from '../../../protocol/bootp/server-types.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../../protocol/bootp/server-types.ts';
import { encodeStOptions } from '../../../protocol/bootp/st-options.ts';
import { macBytes } from '../../../protocol/ipv4.ts';
import { property } from '../../support/seed.ts';

const MAC = '00-14-7F-28-54-65';
const OTHER = '00-14-7F-28-54-66';
const NONE = '0.0.0.0';

const settings: BootpServerSettings = {
  ...BOOTP_SERVER_DEFAULTS,
  address: '192.168.1.10',
  pool: ['192.168.1.64', '192.168.1.65'],
  rules: [{ for: { by: 'board', board: 'bant-v' }, image: { file: 'ZZQ2AA7.417.bli', board: 'BANT-V' } }],
};

function request(change: Partial<BootpMessage> = {}, mac = MAC): BootpMessage {
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 7,
    secs: 0,
    flags: 0,
    ciaddr: NONE,
    yiaddr: NONE,
    siaddr: NONE,
    giaddr: NONE,
    chaddr: hardwareAddress(macBytes(mac)),
    sname: '',
    file: 'BANT-V',
    vend: writeOptions([]),
    ...change,
  };
}

/** A server that is asked one after another; the clock stands where it is put. */
function server(change: Partial<BootpServerSettings> = {}, serials: Readonly<Record<string, string>> = {}) {
  let state: BootpServerState = initialBootpServer();
  const all = { ...settings, ...change };
  const receive = (bytes: Uint8Array, at = 0): BootpServerEffect | undefined => {
    const from = { address: NONE, port: 68 };
    const step = stepBootpServer(all, state, {
      is: 'datagram',
      bytes,
      from,
      at,
      serialOf: (mac) => serials[mac],
    });
    state = step.state;
    assert.ok(step.effects.length <= 1);
    return step.effects[0];
  };
  return {
    receive,
    ask: (message: BootpMessage, at = 0) => receive(encodeBootp(message), at),
    quarantine: (mac: string) => {
      state = stepBootpServer(all, state, { is: 'quarantine', mac, why: 'wrong board' }).state;
    },
    release: (mac: string) => {
      state = stepBootpServer(all, state, { is: 'release', mac }).state;
    },
    leases: () => state.leases,
  };
}

t.test('a modem is given its address, our address and the image of its board', async (t) => {
  const effect = server({ router: '192.168.1.1' }).ask(request({ secs: 3, xid: 0xdeadbeef }));
  if (effect?.do !== 'reply') throw new Error('no reply');
  const { message, bytes, to } = effect;
  t.equal(bytes.length, 300);
  t.match(message, {
    op: 2,
    xid: 0xdeadbeef,
    secs: 3,
    yiaddr: '192.168.1.64',
    siaddr: '192.168.1.10',
    ciaddr: NONE,
    file: 'ZZQ2AA7.417.bli',
  });
  t.strictSame(message.chaddr, request().chaddr);
  const { options } = readOptions(message.vend);
  t.strictSame(
    options.map(({ code }) => code),
    [1, 3, 28],
  );
  t.equal(addressOption(options, OPTION.subnetMask), '255.255.255.0');
  t.equal(addressOption(options, OPTION.broadcastAddress), '192.168.1.255');
  t.strictSame(to, { how: 'broadcast', address: '255.255.255.255', port: 68 });
});

t.test('each modem keeps its address, and no two have one', async (t) => {
  const { ask, leases } = server();
  ask(request());
  ask(request({}, OTHER));
  t.match(ask(request(), 1000), { do: 'reply', message: { yiaddr: '192.168.1.64' } });
  t.match(ask(request({}, OTHER), 1000), { do: 'reply', message: { yiaddr: '192.168.1.65' } });
  t.match(ask(request({}, '00-14-7F-00-00-03'), 1000), { do: 'silent', why: 'pool-exhausted' });
  t.equal(leases().size, 2);
  const later = 1000 + settings.leaseSeconds * 1000 + 1;
  t.match(
    ask(request({}, '00-14-7F-00-00-03'), later),
    { message: { yiaddr: '192.168.1.64' } },
    'an old lease goes',
  );
  t.equal(leases().size, 2);
  const fixed = server({ fixed: new Map([['00:14:7f:28:54:65', '192.168.1.254']]) });
  t.match(fixed.ask(request()), { message: { yiaddr: '192.168.1.254' } });
});

t.test('one reply in half a second to one modem, while others are answered', async (t) => {
  const { ask } = server();
  t.match(ask(request(), 0), { do: 'reply' });
  t.match(ask(request(), 499), { do: 'silent', why: 'too-soon' });
  t.match(ask(request({}, OTHER), 499), { do: 'reply' });
  t.match(ask(request(), 500), { do: 'reply' });
});

t.test('requests that are not for us are left alone, each with its reason', async (t) => {
  const cases: [string, Partial<BootpMessage>, string?][] = [
    ['not-a-request', { op: 3 }],
    ['not-a-request', { op: 2 }],
    ['not-ethernet', { hlen: 7 }],
    ['not-ethernet', { htype: 6 }],
    ['too-many-hops', { hops: 17 }],
    ['relayed', { giaddr: '10.0.0.1' }],
    ['other-server', { sname: 'somebody' }],
    ['foreign-mac', {}, '02-00-00-00-00-01'],
    ['no-image', { file: 'BANT-W' }],
    ['no-image', { file: '' }],
    ['dhcp', { vend: writeOptions([option(OPTION.messageType, 1)]) }],
  ];
  for (const [why, change, mac] of cases)
    t.match(server().ask(request(change, mac)), { do: 'silent', why }, why);
  t.match(server().receive(new Uint8Array(100)), { why: 'unreadable' });
  t.match(server({ names: ['us'] }).ask(request({ sname: 'us' })), { do: 'reply', message: { sname: 'us' } });
  const rules = settings.rules.map((rule) => ({ ...rule, minSecs: 5 }));
  t.match(server({ rules }).ask(request({ secs: 4 })), { why: 'not-yet' });
  t.match(server({ rules }).ask(request({ secs: 5 })), { do: 'reply' });
});

t.test('serial goes before MAC, MAC before board, board before prefix, prefix before default', async (t) => {
  const image = (file: string) => ({ file });
  const rules: BootpServerSettings['rules'] = [
    { for: { by: 'default' }, image: image('default') },
    { for: { by: 'prefix', prefix: '00:14:7f' }, image: image('prefix') },
    { for: { by: 'board', board: 'BANT-V' }, image: image('board') },
    { for: { by: 'mac', mac: '00147f285465' }, image: image('mac') },
    { for: { by: 'serial', serial: 'CP0633EHPSL' }, image: image('serial') },
  ];
  const file = (mac: string, board: string, serials = {}, change = {}) => {
    const effect = server({ rules, prefixes: [], ...change }, serials).ask(request({ file: board }, mac));
    return effect?.do === 'reply' ? effect.message.file : effect?.do === 'silent' ? effect.why : undefined;
  };
  t.equal(file(MAC, 'BANT-V', { [MAC]: '0633EHPSL' }), 'serial');
  t.equal(file(MAC, 'BANT-V'), 'mac');
  t.equal(file(OTHER, 'bant-v'), 'board');
  t.equal(file(OTHER, 'BANT-W'), 'prefix');
  t.equal(file('02-00-00-00-00-01', 'BANT-W'), 'no-image', 'a default has to be allowed');
  t.equal(file('02-00-00-00-00-01', 'BANT-W', {}, { allowDefault: true }), 'default');
});

t.test('a modem without a board in file is known by its vendor options', async (t) => {
  const data = encodeStOptions({ board: 'BANT-V', serial: '0626JTRAS' });
  const vend = writeOptions([{ code: OPTION.vendorSpecific, data }]);
  t.match(server().ask(request({ file: '', vend })), {
    do: 'reply',
    request: { board: 'BANT-V', vendor: { serial: '0626JTRAS' } },
  });
});

t.test('an image of another board is not given, unless forced', async (t) => {
  const rule = { for: { by: 'mac', mac: MAC }, image: { file: 'f', board: 'BANT-W' } } as const;
  t.match(server({ rules: [rule] }).ask(request()), { do: 'silent', why: 'wrong-board' });
  t.match(server({ rules: [{ ...rule, force: true }] }).ask(request()), { do: 'reply' });
});

t.test('a modem in quarantine gets no answer until it is released', async (t) => {
  const { ask, quarantine, release } = server();
  quarantine('00:14:7f:28:54:65');
  t.match(ask(request()), { do: 'silent', why: 'quarantined', detail: 'wrong board' });
  t.match(ask(request({}, OTHER)), { do: 'reply' });
  release(MAC);
  t.match(ask(request()), { do: 'reply' });
});

t.test('replies go where RFC 1542 4.1.2 sends them, as far as the settings allow', async (t) => {
  const to = (change: Partial<BootpServerSettings>, asked: Partial<BootpMessage> = {}) => {
    const effect = server(change).ask(request(asked));
    return effect?.do === 'reply' ? effect.to : undefined;
  };
  t.match(to({ allowRelays: true }, { giaddr: '10.0.0.1' }), { address: '10.0.0.1', port: 67 });
  t.match(to({}, { ciaddr: '192.168.1.99' }), { address: '192.168.1.99', port: 68 });
  t.match(to({}, { ciaddr: '8.8.8.8' }), { address: '255.255.255.255' }, 'nobody outside our network');
  t.match(to({ replyMode: 'subnet-broadcast' }), { address: '192.168.1.255', port: 68 });
  t.match(to({ replyMode: 'unicast-arp' }), { how: 'unicast-arp', address: '192.168.1.64', port: 68 });
  t.match(to({ replyMode: 'unicast-arp' }, { flags: 0x8000 }), { how: 'broadcast' });
  t.match(to({ replyMode: 'loopback' }), { how: 'loopback', address: NONE, port: 68 });
});

const dhcp = (type: number, more: readonly BootpOption[] = [], change: Partial<BootpMessage> = {}) =>
  request({ vend: writeOptions([option(OPTION.messageType, type), ...more]), ...change });

t.test('DHCP: DISCOVER is offered what REQUEST is acknowledged, with the same file', async (t) => {
  const { ask } = server({ answerDhcp: true });
  const requested = addressAsOption(OPTION.requestedAddress, '192.168.1.64');
  const serverId = addressAsOption(OPTION.serverIdentifier, '192.168.1.10');
  t.match(ask(dhcp(DHCP_TYPES.request, [requested])), { why: 'unknown-lease' });
  const offer = ask(dhcp(DHCP_TYPES.discover));
  t.match(offer, { answer: 'offer', message: { yiaddr: '192.168.1.64', file: 'ZZQ2AA7.417.bli' } });
  if (offer?.do !== 'reply') throw new Error('no offer');
  t.equal(dhcpTypeOf(offer.message), 2);
  t.equal(addressOption(readOptions(offer.message.vend).options, OPTION.serverIdentifier), '192.168.1.10');
  t.equal(offer.bytes.length, 300);
  const ack = ask(dhcp(DHCP_TYPES.request, [requested, serverId]), 1);
  t.match(ack, { answer: 'ack', message: { yiaddr: '192.168.1.64', file: 'ZZQ2AA7.417.bli' } });
  const wrong = addressAsOption(OPTION.requestedAddress, '192.168.1.65');
  t.match(ask(dhcp(DHCP_TYPES.request, [wrong, serverId]), 1000), {
    answer: 'nak',
    to: { how: 'broadcast' },
    message: { yiaddr: NONE, file: '' },
  });
  const elsewhere = addressAsOption(OPTION.serverIdentifier, '192.168.1.11');
  t.match(ask(dhcp(DHCP_TYPES.request, [requested, elsewhere]), 2000), { why: 'other-server' });
  t.match(ask(dhcp(DHCP_TYPES.inform), 3000), { do: 'silent', why: 'dhcp' });
  t.match(ask(dhcp(DHCP_TYPES.decline, [requested, serverId]), 3000), { why: 'declined' });
  t.match(ask(dhcp(DHCP_TYPES.discover), 4000), { answer: 'offer', message: { yiaddr: '192.168.1.65' } });
});

t.test('an answer of another server to a modem of ours is reported', async (t) => {
  const { ask } = server();
  ask(request());
  const foreign = request({ op: 2, yiaddr: '10.0.0.5', siaddr: '10.0.0.1', file: 'pxe' });
  t.match(ask(foreign), {
    do: 'foreign-reply',
    mac: MAC,
    server: '10.0.0.1',
    offered: '10.0.0.5',
    file: 'pxe',
  });
  t.match(ask({ ...foreign, siaddr: settings.address }), { do: 'silent' });
  t.match(ask({ ...foreign, xid: 8 }), { do: 'silent' });
});

property(
  t,
  'any datagrams give at most one reply of 300 bytes or the length of the request, within the gap, and the pool bounds the state',
  fc.property(
    fc.array(
      fc.oneof(
        anyBytes(),
        bootpMessage().map(encodeBootp),
        fc
          .tuple(fc.constantFrom(MAC, OTHER, '00-14-7F-00-00-03'), fc.nat({ max: 9 }))
          .map(([mac, type]) => encodeBootp({ ...dhcp(type), chaddr: hardwareAddress(macBytes(mac)) }))
          .chain((bytes) => fc.oneof(fc.constant(bytes), cuts(bytes), oneByteChanged(bytes))),
      ),
      { maxLength: 30 },
    ),
    fc.boolean(),
    (datagrams, answerDhcp) => {
      const { receive, leases } = server({ answerDhcp, prefixes: [], allowDefault: true });
      datagrams.forEach((bytes, index) => {
        const effect = receive(bytes, index);
        if (effect?.do === 'reply') assert.ok(effect.bytes.length <= Math.max(300, bytes.length));
      });
      const addresses = [...leases().values()].map(({ address }) => address);
      assert.equal(new Set(addresses).size, addresses.length);
      assert.ok(addresses.length <= settings.pool.length);
    },
  ),
  500,
);
