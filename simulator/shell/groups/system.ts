/** `:system` */
import type { Box } from '../box.ts';
import type { Command, Group, Outcome, PlacedCommand, Values } from '../definition.ts';
import {
  choice,
  done,
  lines,
  needed,
  number,
  optional,
  refused,
  STATE,
  silentCommand,
  TEXT,
  YES_NO,
} from '../definition.ts';
import type { Effect } from '../effect.ts';
import { factoryState } from '../state.ts';
import { settingsCommand } from './settings.ts';

function reset(box: Box, values: Values, user: string): Outcome {
  if (values.get('proceed') === 'no')
    return done(lines('All settings will be lost. Use proceed=yes to go on.'));
  box.log(`CONFIGURATION reset by ${user}`);
  return done('', { do: 'factory-reset' });
}

const two = (value: number): string => String(value).padStart(2, '0');

function showTime(box: Box): Outcome {
  const { device } = box.modem;
  const now = new Date(device.clockMs);
  const seconds = Math.floor(device.uptime / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  return done(
    lines(
      `date = ${two(now.getUTCDate())}/${two(now.getUTCMonth() + 1)}/${now.getUTCFullYear()}`,
      `time = ${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`,
      'timezone = +00:00',
      'daylight savings = off',
      `uptime = ${days} days, ${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`,
    ),
  );
}

export const system: Group = {
  name: 'system',
  groups: [
    {
      name: 'qual',
      groups: [],
      commands: [
        {
          name: 'led',
          help: 'Tries the lights.',
          parameters: [needed('value', choice('alloff', 'allon', 'default'))],
          run: () => done(),
        },
      ],
    },
  ],
  commands: [
    {
      name: 'reboot',
      help: 'Restarts the modem.',
      parameters: [],
      run: (box, _values, user) => {
        box.log(`REBOOT by ${user}`);
        return done('', { do: 'reboot' });
      },
    },
    {
      name: 'reset',
      help: 'Restarts the modem with what the factory set.',
      parameters: [needed('factory', YES_NO), needed('proceed', YES_NO)],
      run: reset,
    },
    {
      name: 'settime',
      help: 'Shows the time.',
      parameters: [],
      run: showTime,
    },
    settingsCommand('config', 'Shows or changes settings of the modem.', (box) => box.state.system, [
      ...['upnp', 'tr64', 'tr64auth', 'mdap', 'drst', 'resetbutton', 'digestauth'].map((name) =>
        optional(name, STATE),
      ),
      optional('defaultconnection', TEXT),
      optional('led', choice('green', 'red', 'orange', 'off', 'flash')),
      optional('autosave', STATE),
      optional('autosavedelay', number(0, 3600)),
    ]),
  ],
};

export const software: Group = {
  name: 'software',
  groups: [],
  commands: [
    {
      name: 'version',
      help: 'Shows the firmware.',
      parameters: [],
      harmless: true,
      run: (box) => {
        const { firmware } = box.modem.device;
        if (box.generation === 'g8')
          return done(lines(`Active image  : ${firmware}`, `Passive image : ${firmware}`));
        return done(lines(`Flash image : ${firmware}.0`, `Build name  : ${box.build}`));
      },
    },
    {
      name: 'upgrade',
      help: 'Restarts the modem in its boot loader, which asks for firmware by BOOTP.',
      parameters: [],
      run: (box) => {
        box.log('KERNEL LAN upgrade requested');
        return done('', { do: 'boot-mode' });
      },
    },
    {
      name: 'duplicate',
      help: 'Copies the image that runs over the other one.',
      parameters: [],
      run: (box) => (box.generation === 'g8' ? done() : refused('There is one image only.')),
    },
  ],
};

function flushSystem(box: Box): void {
  for (const [name, value] of factoryState(box.modem.device).system) box.state.system.set(name, value);
}

/** A command about the passive image, which only g8 has. */
const imageCommand = (name: string, help: string, ...effects: readonly Effect[]): Command => ({
  name,
  help,
  parameters: [],
  run: ({ generation }) => (generation === 'g8' ? done('', ...effects) : refused('There is one image only.')),
});

export const systemCommands: readonly PlacedCommand[] = [
  ['system', silentCommand('flush', 'Takes back the settings of the modem.', flushSystem)],
  ['software', imageCommand('switch', 'Restarts with the other image.', { do: 'reboot' })],
  ['software', imageCommand('deletepassive', 'Deletes the other image.')],
  ['software', silentCommand('cleanup', 'Frees room in the flash memory.', () => undefined)],
];
