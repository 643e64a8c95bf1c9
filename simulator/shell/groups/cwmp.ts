/** `:cwmp`: parameters of ManagementServer are read and written in the tree. */
import type { Box } from '../box.ts';
import type { Group, Outcome, Values } from '../definition.ts';
import { choice, done, lines, number, optional, refused, STATE, TEXT } from '../definition.ts';

const SERVER = 'ManagementServer.';

/** Parameters of `:cwmp config` that the tree has, and their form there. */
const IN_TREE: Readonly<Record<string, string>> = {
  periodicInform: 'PeriodicInformEnable',
  periodicInfInt: 'PeriodicInformInterval',
  connectionReqUserName: 'ConnectionRequestUsername',
  connectionReqPsswd: 'ConnectionRequestPassword',
};

const isSwitch = (name: string): boolean => name === 'periodicInform';
const asState = (value: string | undefined): string => (value === '1' ? 'enabled' : 'disabled');

function change(box: Box, values: Values): Outcome {
  for (const [name, value] of values) {
    const below = IN_TREE[name];
    if (below === undefined) box.state.cwmp.set(name, value);
    else box.change(SERVER + below, isSwitch(name) ? (value === 'enabled' ? '1' : '0') : value);
  }
  box.cwmpChanged();
  return done();
}

function show(box: Box): Outcome {
  const { cwmp } = box.state;
  const own = (name: string): string => cwmp.get(name) ?? '';
  const tree = (name: string): string => box.parameter(SERVER + name) ?? '';
  const rows: readonly (readonly [string, string])[] = [
    ['State', own('state')],
    ['Mode', own('mode')],
    ['Max Envelopes', own('maxEnvelopes')],
    ['Session Timeout', own('sessionTimeout')],
    ['No IP Timeout', own('noIpTimeout')],
    ['Connection Request Port', '51005'],
    ['Periodic Inform', asState(tree('PeriodicInformEnable'))],
    ['Periodic Inform Interval', `${tree('PeriodicInformInterval')} s`],
    ['Connection Request', own('connectionRequest')],
    ['Connection Request UserName', tree('ConnectionRequestUsername')],
    ['Connection Request PassWord', '********'],
    ['Connection Request Authentication', own('connectionReqAuth')],
    ['Qos class', own('qos-class')],
    ['Boot delay range', `${own('bootdelayrange')} s`],
  ];
  return done(lines(...rows.map(([name, value]) => `${name.padEnd(34)}: ${value}`.trimEnd())));
}

function server(box: Box, values: Values): Outcome {
  if (values.size === 0)
    return done(
      lines(
        `ACS Url      : ${box.parameter(`${SERVER}URL`) ?? ''}`,
        `ACS Username : ${box.parameter(`${SERVER}Username`) ?? ''}`,
        'ACS Password : ********',
      ),
    );
  const url = values.get('url');
  if (url !== undefined && url !== '' && !URL.canParse(url))
    return refused('Invalid value for parameter url');
  for (const [name, below] of [
    ['url', 'URL'],
    ['username', 'Username'],
    ['password', 'Password'],
  ] as const) {
    const value = values.get(name);
    if (value !== undefined) box.change(SERVER + below, value);
  }
  if (url !== undefined) box.cwmpChanged();
  return done();
}

const seconds = number(1, 2_147_483_647);

export const cwmp: Group = {
  name: 'cwmp',
  commands: [
    {
      name: 'config',
      help: 'Shows or changes how the modem speaks to its ACS.',
      parameters: [
        optional('state', STATE),
        optional('mode', choice('readonly', 'full'), 'read-only'),
        optional('periodicInform', STATE),
        optional('periodicInfInt', seconds),
        optional('sessionTimeout', seconds),
        optional('noIpTimeout', number(0, 2_147_483_647)),
        optional('maxEnvelopes', number(1, 10)),
        optional('connectionRequest', STATE),
        optional('connectionReqPath', TEXT, 'connReqPath'),
        optional('connectionReqUserName', TEXT, 'connReqUserName'),
        optional('connectionReqPsswd', { is: 'password' }, 'connReqPsswd'),
        optional('connectionReqAuth', choice('none', 'basic', 'digest'), 'connReqAuth'),
        optional('qos-class', number(0, 15)),
        optional('bootdelayrange', number(0, 1024), 'bootdelay'),
        optional('upgradedelay', STATE),
        optional('am1termination', STATE),
      ],
      run: (box, values) => (values.size === 0 ? show(box) : change(box, values)),
    },
  ],
  groups: [
    {
      name: 'server',
      groups: [],
      commands: [
        {
          name: 'config',
          help: 'Shows or changes which ACS it speaks to.',
          parameters: [
            optional('url', TEXT),
            optional('username', TEXT),
            optional('password', { is: 'password' }),
          ],
          run: server,
        },
      ],
    },
    {
      name: 'debug',
      groups: [],
      commands: [
        {
          name: 'traceconfig',
          help: 'Chooses what goes into the trace.',
          parameters: [optional('level', number(0, 3))],
          run: (box, values) => {
            const level = values.get('level');
            if (level === undefined)
              return done(lines(`Trace level : ${box.state.cwmp.get('trace') ?? '0'}`));
            box.state.cwmp.set('trace', level);
            return done();
          },
        },
      ],
    },
  ],
};
