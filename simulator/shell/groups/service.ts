/** `:service system` */
import type { Box } from '../box.ts';
import type { Group, Outcome, PlacedCommand, Values } from '../definition.ts';
import { choice, done, lines, needed, optional, refused, row, STATE, TEXT } from '../definition.ts';
import type { Service } from '../state.ts';

const NAME = needed('name', TEXT);
const GROUP = needed('group', choice('wan', 'local', 'lan', 'tunnel', 'dmz', 'guest'));

function list(box: Box): Outcome {
  const rows = [...box.state.services.values()].map(
    ({ name, protocol, sourcePort, port, groups, enabled }, index) =>
      row(
        [4, 17, 17, 9, 9, 17],
        [
          String(index + 1).padStart(3),
          name,
          protocol,
          sourcePort,
          port,
          groups.join(' '),
          enabled ? 'enabled' : 'disabled',
        ],
      ),
  );
  return done(
    lines(
      'Idx Name             Protocol         SrcPort  DstPort  Group            State',
      '-'.repeat(81),
      ...rows,
    ),
  );
}

/** Changes one service; refused for `undefined`. */
const changing =
  (change: (service: Service, values: Values) => Service | undefined) =>
  (box: Box, values: Values): Outcome => {
    const name = values.get('name') ?? '';
    const service = [...box.state.services.values()].find(
      (one) => one.name.toLowerCase() === name.toLowerCase(),
    );
    const changed = service === undefined ? undefined : change(service, values);
    if (changed === undefined) return refused('Invalid value for parameter name');
    box.state.services.set(changed.name, changed);
    return done();
  };

export const service: Group = {
  name: 'service',
  commands: [],
  groups: [
    {
      name: 'system',
      groups: [],
      commands: [
        {
          name: 'list',
          help: 'Shows the services.',
          parameters: [optional('name', TEXT), optional('expand', STATE)],
          run: list,
        },
        {
          name: 'modify',
          help: 'Changes a service.',
          parameters: [NAME, optional('state', STATE), optional('port', TEXT)],
          run: changing((one, values) => ({
            ...one,
            enabled: (values.get('state') ?? (one.enabled ? 'enabled' : 'disabled')) === 'enabled',
            port: values.get('port') ?? one.port,
          })),
        },
        {
          name: 'ifadd',
          help: 'Lets a group of interfaces use a service.',
          parameters: [NAME, GROUP],
          run: changing((one, values) => ({
            ...one,
            groups: [...new Set([...one.groups, values.get('group') ?? ''])],
          })),
        },
        {
          name: 'ifdelete',
          help: 'Forbids a service to a group of interfaces.',
          parameters: [NAME, GROUP],
          run: changing((one, values) => ({
            ...one,
            groups: one.groups.filter((group) => group !== values.get('group')),
          })),
        },
        {
          name: 'mapadd',
          help: 'Chooses the port of a service.',
          parameters: [NAME, optional('intf', { is: 'interface' }), needed('port', TEXT)],
          run: changing((one, values) => ({ ...one, port: values.get('port') ?? one.port })),
        },
        {
          name: 'ipadd',
          help: 'Lets addresses use a service.',
          parameters: [NAME, needed('ip', { is: 'range' })],
          run: changing((one) => one),
        },
      ],
    },
  ],
};

export const serviceCommands: readonly PlacedCommand[] = [
  [
    'service system',
    {
      name: 'mapdelete',
      help: 'Takes the port of a service away.',
      parameters: [NAME, optional('intf', { is: 'interface' }), optional('port', TEXT)],
      run: changing((one) => ({ ...one, port: '' })),
    },
  ],
];
