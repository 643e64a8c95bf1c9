/** `:dhcp`: the server's settings are those of LANHostConfigManagement. */

import { bitsOfMask, maskOfBits } from '../../lan/masks.ts';
import type { Box } from '../box.ts';
import type { Group, Outcome, PlacedCommand, Values } from '../definition.ts';
import { done, lines, needed, number, optional, refused, row, STATE, silentCommand } from '../definition.ts';
import { showSettings } from './settings.ts';

const POOL = 'LAN_private';

function config(box: Box, values: Values): Outcome {
  const state = values.get('state');
  if (state === undefined)
    return showSettings([['State', box.host('DHCPServerEnable') === '1' ? 'enabled' : 'disabled']]);
  return box.changeHost('DHCPServerEnable', state === 'enabled' ? '1' : '0')
    ? done()
    : refused('No DHCP server.');
}

/** Parameters of a pool by the names of the tree. */
const POOL_PARAMETERS: Readonly<Record<string, string>> = {
  poolstart: 'MinAddress',
  poolend: 'MaxAddress',
  gateway: 'IPRouters',
  primdns: 'DNSServers',
  leasetime: 'DHCPLeaseTime',
};

function poolConfig(box: Box, values: Values): Outcome {
  if (values.get('name') !== POOL) return refused('Invalid value for parameter name');
  for (const [name, below] of Object.entries(POOL_PARAMETERS)) {
    const value = values.get(name);
    if (value !== undefined) box.changeHost(below, value);
  }
  const netmask = values.get('netmask');
  if (netmask !== undefined)
    box.changeHost('SubnetMask', /^\d+$/.test(netmask) ? maskOfBits(Number(netmask)) : netmask);
  return done();
}

function poolList(box: Box): Outcome {
  const bits = bitsOfMask(box.host('SubnetMask') ?? '') ?? 24;
  return done(
    lines(
      'Pool                 Start               End                 Intf            Leasetime  State',
      row(
        [3, 18, 20, 20, 16, 11],
        [
          '0',
          POOL,
          box.host('MinAddress') ?? '',
          `${box.host('MaxAddress') ?? ''}/${bits}`,
          'LocalNetwork',
          box.host('DHCPLeaseTime') ?? '',
          box.host('DHCPServerEnable') === '1' ? 'USED' : 'FREE',
        ],
      ),
    ),
  );
}

function leaseList(box: Box): Outcome {
  const left = (seconds: number): string =>
    seconds > 0
      ? [seconds / 3600, (seconds / 60) % 60, seconds % 60]
          .map((part) => String(Math.floor(part)).padStart(2, '0'))
          .join(':')
      : 'infinite';
  const leases = [
    ...box
      .hosts()
      .filter((host) => host('AddressSource') === 'DHCP')
      .map((host) => [
        host('IPAddress'),
        POOL,
        left(Number(host('LeaseTimeRemaining'))),
        'USED',
        host('MACAddress'),
      ]),
    ...[...box.records('dhcp server lease add').values()].map((one) => [
      one.get('addr') ?? '',
      one.get('pool') ?? POOL,
      left(Number(one.get('leasetime') ?? 0)),
      'RESERVED',
      one.get('clientid') ?? '',
    ]),
  ];
  const rows = leases.map(([address = '', pool = '', ttl = '', state = '', client = ''], index) =>
    row([3, 18, 16, 14, 10], [String(index), address, pool, ttl, state, `[01] ${client}`]),
  );
  return done(lines('Lease                Pool            TTL           State     Clientid', ...rows));
}

const address = { is: 'address' } as const;
const name = needed('name', { is: 'string' });

const pool: Group = {
  name: 'pool',
  groups: [],
  commands: [
    {
      name: 'config',
      help: 'Changes a pool of addresses.',
      parameters: [
        name,
        optional('intf', { is: 'interface' }),
        optional('poolstart', address),
        optional('poolend', address),
        optional('netmask', { is: 'mask' }),
        optional('gateway', address),
        optional('server', address),
        optional('primdns', address),
        optional('secdns', address),
        optional('leasetime', number(0, 2_147_483_647)),
      ],
      run: poolConfig,
    },
    { name: 'list', help: 'Shows the pools.', parameters: [], harmless: true, run: poolList },
  ],
};

const lease: Group = {
  name: 'lease',
  groups: [],
  commands: [{ name: 'list', help: 'Shows the leases.', parameters: [], harmless: true, run: leaseList }],
};

export const dhcp: Group = {
  name: 'dhcp',
  commands: [],
  groups: [
    {
      name: 'server',
      groups: [pool, lease],
      commands: [
        {
          name: 'config',
          help: 'Switches the server on or off.',
          parameters: [optional('state', STATE)],
          run: config,
        },
      ],
    },
  ],
};

export const dhcpCommands: readonly PlacedCommand[] = [
  [
    'dhcp server',
    silentCommand('flush', 'Takes all leases away.', (box) => box.records('dhcp server lease add').clear()),
  ],
];
