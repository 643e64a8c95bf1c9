/** `:firewall`; its lists of rules are in record-tables.ts. */
import type { Box } from '../box.ts';
import type { Outcome, PlacedCommand, Values } from '../definition.ts';
import {
  choice,
  done,
  group,
  lines,
  needed,
  number,
  optional,
  refused,
  STATE,
  showCommand,
  TEXT,
} from '../definition.ts';
import { settingsCommand } from './settings.ts';

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
    showCommand('list', 'Shows the levels.', (box) =>
      done(lines(...[1, 2, 3].map((level) => box.parameter(`X_000E50_Firewall.Level.${level}.Name`) ?? ''))),
    ),
  ]),
);

/** The tree stores the level as the path of its object. */
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

export const firewallCommands: readonly PlacedCommand[] = [
  [
    'firewall level',
    { name: 'set', help: 'Chooses a level.', parameters: [needed('name', TEXT)], run: setLevel },
  ],
];
