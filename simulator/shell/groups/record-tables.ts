/** Which lists a SpeedTouch keeps: the group, the parameters of an entry, and the names of the commands. */
import { choice, needed, number, optional, STATE, TEXT, YES_NO } from '../definition.ts';
import type { RecordTable } from './records.ts';

const address = { is: 'address' } as const;
const range = { is: 'range' } as const;
const intf = needed('intf', { is: 'interface' });
const dest = optional('dest', TEXT);
const name = needed('name', TEXT);
const secret = { is: 'password' } as const;
const port = optional('port', TEXT);

/** The commands of interfaces of one layer. */
const INTERFACES = {
  add: 'ifadd',
  change: 'ifconfig',
  attach: 'ifattach',
  detach: 'ifdetach',
  delete: 'ifdelete',
  list: 'iflist',
} as const;
const ENTRIES = { add: 'add', delete: 'delete', list: 'list', flush: 'flush' } as const;

const LAYERS: readonly RecordTable[] = [
  {
    place: 'ip',
    thing: 'Interface',
    keys: [intf],
    verbs: INTERFACES,
    values: [
      dest,
      optional('mtu', number(68, 65_535)),
      optional('status', choice('down', 'up')),
      optional('group', choice('wan', 'local', 'lan', 'tunnel', 'dmz', 'guest')),
      ...['symmetric', 'linksensing', 'primary', 'acceptredir', 'rpfilter'].map((one) =>
        optional(one, STATE),
      ),
      optional('hwaddr', TEXT),
    ],
  },
  {
    place: 'atm',
    thing: 'Interface',
    keys: [intf],
    verbs: INTERFACES,
    values: [
      dest,
      optional('qos', TEXT),
      optional('encaps', choice('llc', 'vcmux')),
      optional('fcs', choice('off', 'on')),
      optional('ulp', choice('ip', 'ppp', 'mac')),
      optional('retry', number(0, 65_535)),
    ],
  },
  {
    place: 'eth',
    thing: 'Interface',
    keys: [intf],
    verbs: INTERFACES,
    values: [dest, optional('retry', number(0, 65_535)), optional('vlan', TEXT)],
  },
  {
    place: 'eth bridge',
    thing: 'Interface',
    keys: [intf],
    verbs: INTERFACES,
    values: [dest, optional('vlan', TEXT), optional('portstate', TEXT)],
  },
  {
    place: 'ppp',
    thing: 'Interface',
    keys: [intf],
    verbs: INTERFACES,
    values: [
      dest,
      optional('user', TEXT),
      optional('password', secret),
      optional('restart', STATE),
      optional('idletime', number(0, 1_000_000)),
      optional('accomp', choice('enabled', 'disabled', 'negotiate')),
      optional('dnsmetric', number(0, 100)),
      optional('format', TEXT),
    ],
  },
  {
    place: 'ppp relay',
    thing: 'Interface',
    keys: [intf],
    values: [],
    verbs: { add: 'ifadd', list: 'iflist', flush: 'flush' },
  },
  {
    place: 'ppp',
    thing: 'Route',
    keys: [intf, needed('dst', range)],
    values: [optional('src', range), optional('metric', number(0, 100))],
    verbs: { add: 'rtadd', delete: 'rtdelete' },
  },
  {
    place: 'atm phonebook',
    thing: 'Entry',
    keys: [name],
    verbs: ENTRIES,
    values: [needed('addr', TEXT), optional('type', choice('any', 'ethoa', 'pppoe', 'pppoa'))],
  },
  {
    place: 'ip',
    thing: 'Neighbour',
    keys: [intf, needed('ip', address)],
    values: [optional('hwaddr', TEXT)],
    verbs: { add: 'arpadd', delete: 'arpdelete' },
  },
];

const NAMES: readonly RecordTable[] = [
  {
    place: 'dhcp server lease',
    thing: 'Lease',
    keys: [needed('clientid', TEXT)],
    values: [
      optional('pool', TEXT),
      optional('addr', address),
      optional('leasetime', number(0, 4_294_967_295)),
    ],
    verbs: { add: 'add', delete: 'delete', flush: 'flush' },
  },
  {
    place: 'dhcp relay',
    thing: 'Relay',
    keys: [name],
    verbs: { ...ENTRIES, change: 'modify' },
    values: [optional('addr', address), optional('intf', TEXT), optional('giaddr', address)],
  },
  {
    place: 'dhcp relay',
    thing: 'Interface',
    keys: [intf],
    values: [optional('relay', choice('off', 'on'))],
    verbs: { change: 'ifconfig', list: 'iflist' },
  },
  {
    place: 'dhcp client',
    thing: 'Interface',
    keys: [intf],
    values: [],
    verbs: { ...INTERFACES, change: 'ifconfig' },
  },
  {
    place: 'dhcp client rqoptions',
    thing: 'Option',
    keys: [intf, needed('option', TEXT)],
    values: [],
    verbs: ENTRIES,
  },
  {
    place: 'dns server host',
    thing: 'Host',
    keys: [name],
    verbs: ENTRIES,
    values: [optional('addr', address), optional('ttl', number(0, 4_294_967_295))],
  },
  {
    place: 'dns server route',
    thing: 'Route',
    keys: [needed('dns', address)],
    values: [
      optional('src', range),
      optional('metric', number(0, 100)),
      optional('intf', TEXT),
      optional('domain', TEXT),
    ],
    verbs: { add: 'add', delete: 'delete', flush: 'flush' },
  },
  {
    place: 'dns client',
    thing: 'Server',
    keys: [needed('addr', address)],
    values: [port],
    verbs: { add: 'dnsadd', delete: 'dnsdelete', list: 'dnslist' },
  },
  {
    place: 'sntp',
    thing: 'Server',
    keys: [needed('name', TEXT)],
    values: [optional('version', number(1, 4))],
    verbs: { add: 'add', delete: 'delete', flush: 'flush' },
  },
  {
    place: 'mlp role',
    thing: 'Role',
    keys: [name],
    values: [optional('parent', TEXT)],
    verbs: ENTRIES,
  },
  {
    place: 'mlp role',
    thing: 'Privilege',
    keys: [name, needed('access', TEXT), needed('service', TEXT)],
    values: [],
    verbs: { add: 'addpriv', delete: 'delpriv' },
  },
];

const FILTERS: readonly RecordTable[] = [
  {
    place: 'nat',
    thing: 'Interface',
    keys: [intf],
    values: [optional('translation', choice('disabled', 'transparent', 'enabled'))],
    verbs: { change: 'ifconfig', list: 'iflist' },
  },
  {
    place: 'nat',
    thing: 'Map',
    keys: [intf, needed('inside_addr', range)],
    values: [
      optional('outside_addr', range),
      optional('protocol', TEXT),
      optional('outside_port', TEXT),
      optional('inside_port', TEXT),
    ],
    verbs: { add: 'mapadd', delete: 'mapdelete', list: 'maplist' },
  },
  {
    place: 'nat',
    thing: 'Template',
    keys: [needed('group', TEXT), needed('inside_addr', range)],
    values: [optional('outside_addr', range), optional('protocol', TEXT), optional('outside_port', TEXT)],
    verbs: { add: 'tmpladd', delete: 'tmpldelete', list: 'tmpllist' },
  },
  { place: 'firewall chain', thing: 'Chain', keys: [needed('chain', TEXT)], values: [], verbs: ENTRIES },
  {
    place: 'firewall rule',
    thing: 'Rule',
    keys: [needed('chain', TEXT), needed('index', number(1, 1000))],
    values: [
      ...['name', 'srcintf', 'srcip', 'dstintf', 'dstip', 'serv'].map((one) => optional(one, TEXT)),
      optional('log', YES_NO),
      optional('state', STATE),
      needed('action', choice('accept', 'deny', 'drop', 'reset', 'count', 'link')),
    ],
    verbs: { ...ENTRIES, change: 'modify' },
  },
  {
    place: 'wireless macacl',
    thing: 'Address',
    keys: [needed('hwaddr', TEXT)],
    values: [
      optional('ssid_id', number(0, 8)),
      optional('radio_id', number(0, 8)),
      optional('permission', choice('allow', 'deny')),
      optional('name', TEXT),
    ],
    verbs: { ...ENTRIES, change: 'modify' },
  },
  {
    place: 'wireless mssid',
    thing: 'Interface',
    keys: [needed('ssid_id', number(0, 8))],
    verbs: INTERFACES,
    values: [
      optional('ssid', TEXT),
      optional('apisolation', STATE),
      optional('any', STATE),
      optional('secmode', choice('disable', 'wep', 'wpa-psk', 'wpa')),
      optional('WPAPSKkey', secret),
      optional('WPAPSKversion', choice('WPA', 'WPA2', 'WPA+WPA2')),
      optional('radio_id', number(0, 8)),
    ],
  },
  {
    place: 'expr',
    thing: 'Expression',
    keys: [name, optional('type', choice('intf', 'ip', 'serv'))],
    verbs: ENTRIES,
    values: [
      optional('intf', TEXT),
      optional('addr', range),
      optional('proto', TEXT),
      optional('dstport', TEXT),
      optional('srcport', TEXT),
    ],
  },
  {
    place: 'label',
    thing: 'Label',
    keys: [name],
    values: [optional('classification', TEXT)],
    verbs: ENTRIES,
  },
];

export const RECORD_TABLES: readonly RecordTable[] = [...LAYERS, ...NAMES, ...FILTERS];
