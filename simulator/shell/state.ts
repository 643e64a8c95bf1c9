/**
 * The state of a modem that no parameter of its CWMP tree shows: plain data, copied as a whole when it is
 * saved.
 */
import type { Device } from '../device/device.ts';

export interface User {
  readonly password: string;
  readonly role: string;
  /** U: the default user; R: the default remote one; L: the default local one. */
  readonly flags: string;
}

export interface Route {
  readonly dst: string;
  readonly gateway: string;
  readonly intf: string;
  readonly metric: number;
}

export interface Service {
  readonly name: string;
  readonly protocol: string;
  readonly sourcePort: string;
  readonly port: string;
  readonly groups: readonly string[];
  readonly enabled: boolean;
}

/** Named settings of one command, in the order in which they are shown. */
export type Settings = Map<string, string>;

export interface ShellState {
  readonly users: Map<string, User>;
  readonly environment: Settings;
  /** `:system config` */
  readonly system: Settings;
  /** `:cwmp config`, except what the tree has. */
  readonly cwmp: Settings;
  /** `:ip config` */
  readonly ip: Settings;
  /** `:firewall config` */
  readonly firewall: Settings;
  readonly language: Settings;
  /** Addresses beside those of the tree, each with its mask; all of them if the tree has none. */
  readonly addresses: Map<string, string>;
  readonly routes: Map<string, Route>;
  readonly services: Map<string, Service>;
  /** Entries of the lists that commands keep, by list and name. */
  readonly records: Map<string, Map<string, ReadonlyMap<string, string>>>;
  /** Settings that were read or changed, by the path of their command. */
  readonly more: Map<string, Settings>;
  /** The address marked in the list: it is shown first. */
  preferred: string;
}

/** `name protocol source destination`; a dash is no port. */
const SERVICES = [
  'CWMP-C tcp - -',
  'CWMP-S tcp - 51005',
  'DHCP-S udp - bootps',
  'DNS-C udp - 53',
  'DNS-S udp - 53',
  'FTP tcp - 21',
  'HTTP tcp - 80',
  'HTTPI tcp - 8080',
  'HTTPs tcp - 443',
  'IGMP-Proxy igmp - -',
  'MDAP udp - 3235',
  'PING_RESPONDER icmp - 8',
  'RIP udp 520 520',
  'SNTP udp 123 123',
  'SSDP udp - 1900',
  'SYSLOG udp - 514',
  'TELNET tcp - 23',
  'Remote-MBus tcp - 2006',
] as const;

const OFF_AT_FIRST = new Set(['CWMP-C', 'CWMP-S', 'RIP', 'Remote-MBus']);

function factoryServices(): Map<string, Service> {
  const port = (text = '-'): string => (text === '-' ? '' : text);
  return new Map(
    SERVICES.map((line) => {
      const [name = '', protocol = '', source, destination] = line.split(' ');
      const groups = name === 'MDAP' || name === 'TELNET' || name === 'FTP' ? ['lan'] : [];
      const ports = { sourcePort: port(source), port: port(destination) };
      return [name, { name, protocol, ...ports, groups, enabled: !OFF_AT_FIRST.has(name) }];
    }),
  );
}

function factoryEnvironment(device: Device): Settings {
  return new Map([
    ['COLUMNS', '80'] as const,
    ['ROWS', '24'] as const,
    ['SESSIONTIMEOUT', '120'] as const,
    ['CONF_REGION', 'World'],
    ['CONF_PROVIDER', 'Basic'],
    ['CONF_DESCRIPTION', 'Factory Defaults'],
    ['CONF_SERVICE', 'Routed PPPoE on 8/35'],
    ['CONF_DATE', ''],
    ['CONF_TPVERSION', '2.0.0'],
    ['CONF_VERSION', ''],
    ['HOST_SETUP', 'auto'],
    ['HOST_LANGUAGE', 'en'],
    ['CWMPUSER', `${device.profile.identity.oui}-${device.unit.serial}`],
  ]);
}

/** Default users, by product: operators had their own. */
function factoryUsers({ profile, unit }: Device): Map<string, User> {
  if (profile.product.startsWith('bthh'))
    return new Map([['admin', { password: 'admin', role: 'Administrator', flags: 'U' }]]);
  return new Map([
    ['Administrator', { password: '', role: 'Administrator', flags: 'U' }],
    ['tech', { password: unit.serial, role: 'TechnicalSupport', flags: 'R' }],
  ]);
}

/** The factory's state. */
export function factoryState(device: Device): ShellState {
  const on = (...names: string[]): [string, string][] => names.map((name) => [name, 'enabled']);
  const state = (on: boolean): string => (on ? 'enabled' : 'disabled');
  const client = device.factoryClient;
  return {
    users: factoryUsers(device),
    environment: factoryEnvironment(device),
    system: new Map([
      ...on('upnp', 'tr64', 'mdap', 'drst', 'resetbutton', 'digestauth'),
      ['defaultconnection', ''],
      ['led', 'green'],
      ['autosave', 'disabled'],
    ]),
    cwmp: new Map([
      ['state', state(client.on)],
      ['mode', client.readOnly ? 'readonly' : 'full'],
      ['maxEnvelopes', '2'],
      ['sessionTimeout', '60'],
      ['noIpTimeout', '180'],
      ['connectionRequest', state(client.takesCalls)],
      ['connectionReqPath', ''],
      ['connectionReqAuth', 'none'],
      ['qos-class', '12'],
      ['bootdelayrange', '0'],
      ['upgradedelay', 'disabled'],
      ['am1termination', 'disabled'],
    ]),
    ip: new Map([
      ['forwarding', 'enabled'],
      ['redirects', 'enabled'],
      ['netbroadcasts', 'disabled'],
      ['ttl', '64'],
      ['fraglimit', '64'],
      ['defragmode', 'enabled'],
      ['addrcheck', 'dynamic'],
      ['mssclamping', 'enabled'],
      ['natloopback', 'enabled'],
      ['arpcachetimeout', '900'],
    ]),
    firewall: new Map([...on('state'), ['keep', 'disabled'], ['tcpchecks', 'none'], ['tcpwindow', '65536']]),
    language: new Map([
      ['language', 'en'],
      ['complete', 'yes'],
    ]),
    addresses: new Map(),
    routes: new Map(),
    services: factoryServices(),
    records: new Map(),
    more: new Map(),
    preferred: device.profile.lan.address,
  };
}
