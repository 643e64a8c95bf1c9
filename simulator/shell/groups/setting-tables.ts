/** Commands that keep settings and do nothing else with them. */
import type { Group, Kind, PlacedCommand } from '../definition.ts';
import { choice, number, optional, STATE, TEXT } from '../definition.ts';
import { settingsCommand } from './settings.ts';

type Setting = readonly [name: string, kind: Kind, value: string];

/** Settings that are kept and shown, by the path of their command. */
const SETTINGS: Readonly<Record<string, readonly Setting[]>> = {
  'system dst': [
    ['mode', choice('Fixed', 'Relative'), 'Relative'],
    ['startdate', TEXT, ''],
    ['enddate', TEXT, ''],
  ],
  'system locale': [
    ['dec_symbol', TEXT, '.'],
    ['group_symbol', TEXT, ','],
    ['date_separator', TEXT, '/'],
    ['date_format', TEXT, 'dd/mm/yyyy'],
    ['time_format', TEXT, 'hh:mm:ss'],
  ],
  'system ra config': [
    ['state', STATE, 'disabled'],
    ['secure', STATE, 'enabled'],
    ['port', number(1, 65_535), '8340'],
    ['timeout', number(0, 1440), '20'],
    ['mode', choice('Temporary', 'Permanent'), 'Temporary'],
    ['user', TEXT, 'tech'],
  ],
  'sntp config': [
    ['state', STATE, 'enabled'],
    ['poll', number(1, 60_000), '60'],
    ['pollpresync', number(1, 60), '10'],
  ],
  'dhcp server policy': [
    ['verifyfirst', choice('no', 'yes'), 'yes'],
    ['trustclient', choice('no', 'yes'), 'yes'],
    ['spoofing', choice('no', 'yes'), 'no'],
    ['nakzonedhcp', choice('no', 'yes'), 'no'],
  ],
  'eth bridge config': [
    ['age', number(10, 100_000), '300'],
    ['filter', choice('none', 'no_WAN_broadcast', 'all'), 'no_WAN_broadcast'],
  ],
  'wireless secmode config': [['mode', choice('disable', 'wep', 'wpa-psk', 'wpa'), 'disable']],
  'nat config': [['trace', STATE, 'disabled']],
  'adsl config': [
    ['opermode', TEXT, 'multimode'],
    ['syslog', STATE, 'disabled'],
  ],
  'xdsl config': [
    ['adslmultimode', TEXT, 'adsl2plus'],
    ['syslog', STATE, 'disabled'],
  ],
};

const placed = ([place, all]: [string, readonly Setting[]]): PlacedCommand => [
  place.split(' ').slice(0, -1).join(' '),
  settingsCommand(
    place.split(' ').at(-1) ?? '',
    'Shows or changes these settings.',
    (box) => box.settings(place, new Map(all.map(([name, , value]) => [name, value]))),
    all.map(([name, kind]) => optional(name, kind)),
  ),
];

/** Settings of either kind of DSL exist only in the releases that have its group. */
export function settingCommands(top: Group): readonly PlacedCommand[] {
  const has = (place: string): boolean =>
    !/^[ax]dsl /.test(place) || top.groups.some(({ name }) => place.startsWith(`${name} `));
  return Object.entries(SETTINGS)
    .filter(([place]) => has(place))
    .map(placed);
}
