/** Commands beside those of a list or a group of their own: plain settings, and single ones. */
import type { Box } from '../box.ts';
import type { Command, Group, Kind, Outcome, Values } from '../definition.ts';
import { choice, done, lines, needed, number, optional, refused, STATE, TEXT } from '../definition.ts';
import type { Effect } from '../effect.ts';
import { factoryState } from '../state.ts';
import { insert } from './records.ts';
import { settingsCommand } from './settings.ts';

type Setting = readonly [name: string, kind: Kind, value: string];

/** Settings that are kept and shown, by the way to their command. */
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

const settings = ([place, all]: [string, readonly Setting[]]): readonly [string, Command] => [
  place,
  settingsCommand(
    place.split(' ').at(-1) ?? '',
    'Shows or changes these settings.',
    (box) => box.settings(place, new Map(all.map(([name, , value]) => [name, value]))),
    all.map(([name, kind]) => optional(name, kind)),
  ),
];

/** A command without parameters that does something in silence. */
const silent = (name: string, help: string, run: (box: Box) => unknown): Command => ({
  ...{ name, help, parameters: [] },
  run: (box) => {
    run(box);
    return done();
  },
});

const PASSIVE = (name: string, help: string, ...effects: readonly Effect[]): Command => ({
  ...{ name, help, parameters: [] },
  run: ({ generation }) => (generation === 'g8' ? done('', ...effects) : refused('There is one image only.')),
});

/** The tree has the level as the path of its object. */
function setLevel(box: Box, values: Values): Outcome {
  const { device } = box.modem;
  const levels = device.tree.instances(device.name('X_000E50_Firewall.Level.'));
  const wanted = levels.find(
    (level) => box.parameter(`X_000E50_Firewall.Level.${level}.Name`) === values.get('name'),
  );
  if (wanted === undefined) return refused('Invalid value for parameter name');
  box.change('X_000E50_Firewall.SelectedLevel', device.name(`X_000E50_Firewall.Level.${wanted}`));
  return done();
}

function flushSystem(box: Box): void {
  for (const [name, value] of factoryState(box.modem.device).system) box.state.system.set(name, value);
}

/** Back to the only user that cannot be missed. */
function flushUsers(box: Box): void {
  for (const [name, { flags }] of box.state.users) if (!flags.includes('U')) box.state.users.delete(name);
}

const withPort = (port: string) => (box: Box, values: Values) => {
  const wanted = values.get('name')?.toLowerCase();
  const service = [...box.state.services.values()].find(({ name }) => name.toLowerCase() === wanted);
  if (service === undefined) return refused('Invalid value for parameter name');
  box.state.services.set(service.name, { ...service, port });
  return done();
};

const SINGLE: readonly (readonly [place: string, command: Command])[] = [
  ['ip', silent('clearifstats', 'Sets the counters of interfaces to nothing.', () => undefined)],
  ['system', silent('flush', 'Takes back the settings of the modem.', flushSystem)],
  ['env', silent('flush', 'Takes all variables away.', (box) => box.state.environment.clear())],
  ['user', silent('flush', 'Takes all users away but the default one.', flushUsers)],
  [
    'dhcp server',
    silent('flush', 'Takes all leases away.', (box) => box.records('dhcp server lease add').clear()),
  ],
  ['software', PASSIVE('switch', 'Restarts with the other image.', { do: 'reboot' })],
  ['software', PASSIVE('deletepassive', 'Deletes the other image.')],
  ['software', silent('cleanup', 'Frees room in the flash memory.', () => undefined)],
  [
    'firewall level',
    { name: 'set', help: 'Chooses a level.', parameters: [needed('name', TEXT)], run: setLevel },
  ],
  [
    'service system',
    {
      name: 'mapdelete',
      help: 'Takes the port of a service away.',
      parameters: [needed('name', TEXT), optional('intf', { is: 'interface' }), optional('port', TEXT)],
      run: withPort(''),
    },
  ],
  [
    'mbus',
    {
      name: 'list',
      help: 'Shows the bus.',
      parameters: [],
      harmless: true,
      run: () => done(lines('No entries.')),
    },
  ],
];

/** Lines of either kind of DSL are those of its releases alone. */
export function withMore(top: Group): Group {
  const has = (place: string): boolean =>
    !/^[ax]dsl /.test(place) || top.groups.some(({ name }) => place.startsWith(`${name} `));
  const fromTables = Object.entries(SETTINGS)
    .filter(([place]) => has(place))
    .map((entry): readonly [string, Command] => {
      const [place, command] = settings(entry);
      return [place.split(' ').slice(0, -1).join(' '), command];
    });
  return [...fromTables, ...SINGLE].reduce(
    (group, [place, command]) => insert(group, place.split(' '), [command]),
    top,
  );
}
