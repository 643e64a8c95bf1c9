/** Groups of a command or two: names, logs, the firewall, hosts, lower layers. */
import { addressNumber, isSameNetwork } from '../../../protocol/ipv4.ts';
import type { Box } from '../box.ts';
import type { Command, Group, Outcome, Values } from '../definition.ts';
import { choice, done, lines, needed, number, optional, STATE, TEXT, YES_NO } from '../definition.ts';
import { settingsCommand, showSettings } from './settings.ts';

const group = (name: string, commands: readonly Command[], ...groups: readonly Group[]): Group => ({
  ...{ name, commands, groups },
});

const showing = (name: string, help: string, run: (box: Box) => Outcome): Command => ({
  ...{ name, help, parameters: [], harmless: true, run },
});

const log: readonly Command[] = [
  showing('show', 'Shows the log.', (box) => done(lines(...box.entries))),
  {
    name: 'flush',
    help: 'Empties the log.',
    parameters: [],
    run: (box) => {
      box.flushLog();
      return done();
    },
  },
];

/** g8 has the log elsewhere. */
export const systemlog = group('systemlog', log);
export const syslog = group('syslog', [], group('msgbuf', log));

export const language = group('language', [
  settingsCommand('config', 'Shows or changes the language of the pages.', (box) => box.state.language, [
    optional('language', TEXT),
    optional('complete', YES_NO),
  ]),
  showing('list', 'Shows the languages.', (box) => done(lines(box.state.language.get('language') ?? 'en'))),
]);

export const firewall = group(
  'firewall',
  [
    settingsCommand('config', 'Shows or changes the firewall.', (box) => box.state.firewall, [
      optional('state', STATE),
      optional('keep', STATE),
      optional('tcpchecks', choice('none', 'fast', 'exact')),
      optional('tcpwindow', number(0, 1_073_725_440)),
    ]),
  ],
  group('level', [
    showing('list', 'Shows the levels.', (box) =>
      done(lines(...[1, 2, 3].map((level) => box.parameter(`X_000E50_Firewall.Level.${level}.Name`) ?? ''))),
    ),
  ]),
);

function hosts(box: Box): Outcome {
  const rows = box
    .hosts()
    .map(
      (of) =>
        `${of('MACAddress').padEnd(18)}${of('IPAddress').padEnd(16)}${'CDL'.padEnd(8)}${'Generic Device'.padEnd(17)}${'LocalNetwork'.padEnd(21)}${'ethif1'.padEnd(11)}${of('HostName')}`,
    );
  return done(
    lines(
      'MAC-address       IP-address      Flags   Type             Intf                 Hw Intf    Hostname',
      '-'.repeat(97),
      ...rows,
    ),
  );
}

export const hostmgr = group('hostmgr', [showing('list', 'Shows the hosts.', hosts)]);

/** Columns of 7.4.3.2. */
const dnsRoute = (server: string, metric: string, intf: string): string =>
  `  S ${server.padEnd(31)}${metric.padEnd(10)}${intf.padEnd(14)}${'UP'.padEnd(8)}*`;

export const dns = group(
  'dns',
  [],
  group(
    'server',
    [
      showing('config', 'Shows the server.', (box) =>
        showSettings([
          ['Domain', box.host('DomainName') ?? ''],
          ['State', box.state.services.get('DNS-S')?.enabled === true ? 'enabled' : 'disabled'],
        ]),
      ),
    ],
    group('route', [
      showing('list', 'Shows where names are asked for.', (box) =>
        done(
          lines(
            'DNS Server Entries:',
            '  DNS server    Source    Label    Metric    Intf          State   Domain',
            ...(box.host('DNSServers') ?? '').split(',').map((one) => dnsRoute(one, '0', 'LocalNetwork')),
            ...[...box.records('dns server route add').values()].map((one) =>
              dnsRoute(one.get('dns') ?? '', one.get('metric') ?? '5', one.get('intf') ?? ''),
            ),
          ),
        ),
      ),
    ]),
  ),
);

export const sntp = group('sntp', [
  showing('list', 'Shows the time servers.', (box) =>
    done(
      lines(
        ...['Time.NTPServer1', 'Time.NTPServer2'].flatMap((name) => {
          const server = box.parameter(name);
          return server === undefined || server === '' ? [] : [server];
        }),
        ...box.records('sntp add').keys(),
      ),
    ),
  ),
]);

const WLAN = 'LANDevice.1.WLANConfiguration.1.';

export const wireless = group('wireless', [
  {
    name: 'ifconfig',
    help: 'Shows or changes the wireless interface.',
    parameters: [optional('state', STATE), optional('ssid', TEXT), optional('channel', number(1, 14))],
    run: (box, values) => {
      if (values.size === 0)
        return done(
          lines(
            `${'State'.padEnd(24)} : ${box.parameter(`${WLAN}Enable`) === '1' ? 'enabled' : 'disabled'}`,
            `${'Network name (SSID)'.padEnd(24)} : ${box.parameter(`${WLAN}SSID`) ?? ''}`,
            `${'Channel'.padEnd(24)} : ${box.parameter(`${WLAN}Channel`) ?? ''}`,
          ),
        );
      const state = values.get('state');
      if (state !== undefined) box.change(`${WLAN}Enable`, state === 'enabled' ? '1' : '0');
      for (const [name, below] of [
        ['ssid', 'SSID'],
        ['channel', 'Channel'],
      ] as const) {
        const value = values.get(name);
        if (value !== undefined) box.change(WLAN + below, value);
      }
      return done();
    },
  },
]);

export const eth = group('eth', [
  showing('iflist', 'Shows the interfaces.', () =>
    done(
      lines(
        ...[1, 2, 3, 4].flatMap((port) => [
          `ethport${port}        : Dest: ethif${port}`,
          '                  Connection State: connected',
        ]),
      ),
    ),
  ),
]);

export const atm = group(
  'atm',
  [],
  group('phonebook', [
    showing('list', 'Shows the circuits.', (box) =>
      done(
        lines(
          'Name           Type  Use  Address',
          `Internet       any   1    ${(box.parameter('WANDevice.1.WANConnectionDevice.1.WANDSLLinkConfig.DestinationAddress') ?? 'PVC:8/35').replace('PVC:', '').replace('/', '.')}`,
        ),
      ),
    ),
  ]),
);

export const ppp = group('ppp', [
  showing('iflist', 'Shows the interfaces.', (box) =>
    done(
      lines(
        'Internet       : dest : Internet',
        `                 oper state : ${box.modem.device.fact('connectionStatus') === 'Connected' ? 'up' : 'down'}`,
      ),
    ),
  ),
]);

export const connection = group('connection', [
  showing('list', 'Shows the connections.', () => done(lines('Number of connections : 0'))),
]);

/** It answers from its own networks; there is no other world. */
function ping(box: Box, values: Values): Outcome {
  const target = values.get('addr') ?? '';
  const count = Math.min(Number(values.get('count') ?? 1), 100);
  const near = box.addresses().some(({ address, mask }) => isSameNetwork(address, target, mask));
  const answers = addressNumber(target) !== undefined && near;
  return done(
    answers
      ? lines(...Array.from({ length: count }, () => `9 bytes from ${target}: Echo Reply`))
      : lines('No answer.'),
  );
}

export const PING: Command = {
  name: 'ping',
  help: 'Asks a host for an echo.',
  parameters: [
    needed('addr', { is: 'address' }),
    optional('count', number(1, 1_000_000)),
    optional('size', number(0, 20_000)),
  ],
  harmless: true,
  run: ping,
};
