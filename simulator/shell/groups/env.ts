/** `:env` and `:config` */
import type { Box } from '../box.ts';
import type { Group, Outcome, PlacedCommand } from '../definition.ts';
import { done, lines, needed, optional, refused, STATE, silentCommand, TEXT } from '../definition.ts';
import { dumpConfiguration } from './dump.ts';

/** Hardware facts, which nobody can change. */
function hardware(box: Box): readonly (readonly [string, string])[] {
  const { device } = box.modem;
  const { identity } = device.profile;
  const { unit, firmware } = device;
  const productNumber = /\d+\w*/.exec(identity.productClass)?.[0] ?? '';
  return [
    ['_COMPANY_NAME', identity.manufacturer],
    ['_PROD_NAME', identity.productClass.replace(/\s*\d.*$/, '')],
    ['_BRAND_NAME', identity.productClass.replace(/\s*\d.*$/, '')],
    ['_PROD_DESCRIPTION', 'DSL Internet Gateway Device'],
    ['_PROD_NUMBER', productNumber],
    ['_PROD_FRIENDLY_NAME', identity.productClass],
    ['_VARIANT_FRIENDLY_NAME', identity.productClass],
    ['_BOARD_NAME', identity.board],
    ['_BOARD_SERIAL_NBR', unit.boardSerial],
    ['_PROD_SERIAL_NBR', unit.serial],
    ['_OUI', identity.oui],
    ['_MACADDR', unit.mac.replaceAll(':', '-').toUpperCase()],
    ['_FII', `${firmware}.0`],
    ['_BUILD', firmware],
    ['_ETHERNET', 'SWITCH'],
    ['_CUSTOVARIANT', 'AA'],
  ];
}

export function environment(box: Box): ReadonlyMap<string, string> {
  return new Map([...hardware(box), ...box.state.environment]);
}

const quoted = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);

export const env: Group = {
  name: 'env',
  groups: [],
  commands: [
    {
      name: 'get',
      help: 'Shows a variable.',
      parameters: [needed('var', TEXT)],
      harmless: true,
      run: (box, values) => {
        const value = environment(box).get(values.get('var') ?? '');
        return value === undefined ? refused('Invalid value for parameter var') : done(lines(value));
      },
    },
    {
      name: 'list',
      help: 'Shows all variables.',
      parameters: [],
      harmless: true,
      run: (box) =>
        done(lines(...Array.from(environment(box), ([name, value]) => `${name}=${quoted(value)}`))),
    },
    {
      name: 'set',
      help: 'Sets a variable.',
      parameters: [needed('var', TEXT), needed('value', TEXT)],
      run: (box, values) => {
        const name = values.get('var') ?? '';
        if (!/^[A-Za-z][\w.-]{0,63}$/.test(name)) return refused('Invalid value for parameter var');
        box.state.environment.set(name, values.get('value') ?? '');
        return done();
      },
    },
    {
      name: 'unset',
      help: 'Takes a variable away.',
      parameters: [needed('var', TEXT)],
      run: (box, values) =>
        box.state.environment.delete(values.get('var') ?? '')
          ? done()
          : refused('Invalid value for parameter var'),
    },
  ],
};

export function saveall(box: Box, user: string): Outcome {
  box.save();
  box.log(`CONFIGURATION saved by ${user}`);
  return done();
}

export const config: Group = {
  name: 'config',
  groups: [],
  commands: [
    {
      name: 'save',
      help: 'Saves the configuration.',
      parameters: [optional('filename', TEXT)],
      run: (box, _values, user) => saveall(box, user),
    },
    {
      name: 'load',
      help: 'Goes back to the saved configuration.',
      parameters: [optional('filename', TEXT), optional('load_ip', STATE), optional('flush', STATE)],
      run: (box) => {
        box.reload();
        return done();
      },
    },
    {
      name: 'dump',
      help: 'Shows the configuration.',
      parameters: [optional('filename', TEXT)],
      run: (box) => done(lines(...dumpConfiguration(box))),
    },
    { name: 'list', help: 'Shows the files.', parameters: [], run: () => done(lines('user.ini')) },
  ],
};

export const envCommands: readonly PlacedCommand[] = [
  ['env', silentCommand('flush', 'Takes all variables away.', (box) => box.state.environment.clear())],
];
