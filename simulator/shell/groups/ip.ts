/** `:ip` */
import { addressNumber, addressText, isSameNetwork } from '../../../protocol/ipv4.ts';
import { bitsOfMask, classfulMask, maskOfBits } from '../../lan/masks.ts';
import type { Box } from '../box.ts';
import type { Group, Outcome, PlacedCommand, Values } from '../definition.ts';
import {
  choice,
  row as columns,
  done,
  lines,
  needed,
  number,
  optional,
  refused,
  STATE,
  silentCommand,
} from '../definition.ts';
import { settingsCommand } from './settings.ts';

const LAN = 'LocalNetwork';
const LOOP = 'loop';
const INTERFACE = optional('intf', { is: 'interface' });

/** A name and ` .` up to the next column. */
const dotted = (name: string, columns: number): string =>
  name
    .padEnd(name.length + (name.length % 2))
    .padEnd(columns, ' .')
    .slice(0, columns);

function ipadd(box: Box, values: Values): Outcome {
  const intf = values.get('intf') ?? LAN;
  if (intf !== LAN) return refused('Invalid interface.');
  const [address = '', bits] = (values.get('addr') ?? '').split('/');
  const given = bits ?? values.get('netmask');
  const mask =
    given === undefined ? classfulMask(address) : /^\d+$/.test(given) ? maskOfBits(Number(given)) : given;
  if (bitsOfMask(mask) === undefined) return refused('Invalid value for parameter netmask');
  return box.addAddress(address, mask) ? done() : refused('Address already exists');
}

function iplist(box: Box): Outcome {
  const row = (
    index: number,
    name: string,
    type: string,
    address: string,
    first: boolean,
    mask: string,
  ): string =>
    columns([4, 29, 12, 1, 19], [String(index), dotted(name, 29), type, first ? '*' : '', address, mask]);
  const [preferred] = box.addresses();
  return done(
    lines(
      'Interface                        Type        IP-address          Point-to-point/Mask',
      ...box
        .addresses()
        .map((one) =>
          row(
            1,
            LAN,
            'Ethernet',
            one.address,
            one === preferred || one.address === preferred?.address,
            one.mask,
          ),
        ),
      row(0, LOOP, 'Internal', '127.0.0.1', false, '255.0.0.0'),
    ),
  );
}

function iflist(box: Box): Outcome {
  const row = (index: number, name: string, group: string, mtu: string): string =>
    columns([4, 29, 8, 7, 11, 11], [String(index), dotted(name, 29), group, mtu, '0', '0', 'UP     [UP]']);
  return done(
    lines(
      'Interface                        Group   MTU    RX         TX         Admin  Oper',
      row(0, LOOP, 'local', '65535'),
      row(1, LAN, 'lan', '1500'),
      ...[...box.records('ip ifadd').values()].map((one, index) =>
        row(index + 2, one.get('intf') ?? '', one.get('group') ?? 'wan', one.get('mtu') ?? '1500'),
      ),
    ),
  );
}

function rtlist(box: Box): Outcome {
  const row = (dst: string, gateway: string, intf: string, metric: number): string =>
    `   ${dst.padEnd(26)}${gateway.padEnd(18)}${intf.padEnd(18)}${String(metric).padEnd(5)}[UP]`;
  const lan = box.addresses();
  return done(
    lines(
      '   Destination       Label   Gateway           Intf              Mtr  Status',
      ...lan.map(({ address, mask }) => {
        const network = addressText(((addressNumber(address) ?? 0) & (addressNumber(mask) ?? 0)) >>> 0);
        return row(`${network}/${bitsOfMask(mask) ?? 32}`, address, LAN, 1);
      }),
      ...[...box.state.routes.values()].map(({ dst, gateway, intf, metric }) =>
        row(dst, gateway, intf, metric),
      ),
      ...lan.map(({ address }) => row(`${address}/32`, address, LAN, 0)),
      row('255.255.255.255/32', '127.0.0.1', LOOP, 0),
      row('127.0.0.1/32', '127.0.0.1', LOOP, 0),
    ),
  );
}

/** Those that were added, and the current hosts. */
function arplist(box: Box): Outcome {
  const row = (intf: string, ip: string, mac: string, type: string): string =>
    `${'1'.padEnd(4)}${intf.padEnd(16)}${ip.padEnd(23)}${mac.padEnd(18)}${type}`;
  return done(
    lines(
      'Interface           IP-address             HW-address        Type',
      ...[...box.records('ip arpadd').values()].map((one) =>
        row(one.get('intf') ?? '', one.get('ip') ?? '', one.get('hwaddr') ?? '', 'STATIC'),
      ),
      ...box
        .hosts()
        .filter((host) => host('Active') === '1')
        .map((host) => row(LAN, host('IPAddress'), host('MACAddress'), 'DYNAMIC')),
    ),
  );
}

function rtadd(box: Box, values: Values): Outcome {
  const dst = values.get('dst') ?? '';
  if (box.state.routes.has(dst)) return refused('Route already exists');
  const gateway = values.get('gateway') ?? '';
  const reachable = box.addresses().some(({ address, mask }) => isSameNetwork(address, gateway, mask));
  if (gateway !== '' && !reachable) return refused('Invalid value for parameter gateway');
  const metric = Number(values.get('metric') ?? 1);
  box.state.routes.set(dst, { dst, gateway, intf: values.get('intf') ?? LAN, metric });
  return done();
}

const address = { is: 'address' } as const;

export const ip: Group = {
  name: 'ip',
  groups: [],
  commands: [
    {
      name: 'ipadd',
      help: 'Adds an address to an interface.',
      parameters: [
        INTERFACE,
        needed('addr', { is: 'address-mask' }),
        optional('netmask', { is: 'mask' }),
        optional('pointopoint', address),
        optional('addroute', STATE),
      ],
      run: ipadd,
    },
    {
      name: 'ipdelete',
      help: 'Takes an address away.',
      parameters: [needed('addr', address)],
      run: (box, values) =>
        box.deleteAddress(values.get('addr') ?? '') ? done() : refused('Invalid value for parameter addr'),
    },
    {
      name: 'ipconfig',
      help: 'Makes an address the preferred or primary one.',
      parameters: [needed('addr', address), optional('preferred', STATE), optional('primary', STATE)],
      run: (box, values) => {
        const wanted = values.get('addr') ?? '';
        if (!box.addresses().some((one) => one.address === wanted))
          return refused('Invalid value for parameter addr');
        if (values.get('preferred') === 'enabled' || values.get('primary') === 'enabled') box.prefer(wanted);
        return done();
      },
    },
    { name: 'iplist', help: 'Shows the addresses.', parameters: [], harmless: true, run: iplist },
    { name: 'iflist', help: 'Shows the interfaces.', parameters: [INTERFACE], harmless: true, run: iflist },
    {
      name: 'rtadd',
      help: 'Adds a route.',
      parameters: [
        needed('dst', { is: 'address-mask' }),
        optional('dstmsk', { is: 'mask' }),
        optional('label', { is: 'string' }),
        optional('gateway', address),
        INTERFACE,
        optional('metric', number(0, 100)),
      ],
      run: rtadd,
    },
    {
      name: 'rtdelete',
      help: 'Takes a route away.',
      parameters: [needed('dst', { is: 'address-mask' }), optional('gateway', address), INTERFACE],
      run: (box, values) =>
        box.state.routes.delete(values.get('dst') ?? '')
          ? done()
          : refused('Invalid value for parameter dst'),
    },
    { name: 'rtlist', help: 'Shows the routes.', parameters: [], harmless: true, run: rtlist },
    {
      name: 'arplist',
      help: 'Shows the neighbours.',
      parameters: [INTERFACE],
      harmless: true,
      run: arplist,
    },
    {
      name: 'flush',
      help: 'Takes all routes away that were added.',
      parameters: [],
      run: (box) => {
        box.state.routes.clear();
        return done();
      },
    },
    settingsCommand('config', 'Shows or changes how packets are handled.', (box) => box.state.ip, [
      optional('forwarding', STATE),
      optional('redirects', STATE),
      optional('netbroadcasts', STATE),
      optional('ttl', number(0, 255)),
      optional('fraglimit', number(0, 1000)),
      optional('defragmode', choice('enabled', 'disabled', 'always')),
      optional('addrcheck', choice('off', 'static', 'dynamic')),
      optional('mssclamping', STATE),
      optional('natloopback', STATE),
      optional('arpcachetimeout', number(0, 65_535)),
    ]),
  ],
};

export const ipCommands: readonly PlacedCommand[] = [
  ['ip', silentCommand('clearifstats', 'Sets the counters of interfaces to nothing.', () => undefined)],
];
