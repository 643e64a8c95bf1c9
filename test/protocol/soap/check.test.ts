import t from 'tap';
import { RPC_NAMES } from '../../../fuzz/arbitraries/message.ts';
import { RPCS } from '../../../protocol/cwmp/messages.ts';

type Rpc = keyof typeof RPCS;

/** `ok`, or the place at which the arguments do not fit. */
const place = (rpc: Rpc, args: unknown): string => {
  const made = RPCS[rpc].requestFrom(args);
  return made.ok ? 'ok' : made.error.place;
};

const VALUE = { Name: 'A', Value: 'x', Type: 'string' };
const WINDOW = {
  WindowStart: 0,
  WindowEnd: 1,
  WindowMode: '1 At Any Time',
  UserMessage: '',
  MaxRetries: -1,
};
const SCHEDULE = {
  CommandKey: '',
  FileType: '',
  URL: '',
  Username: '',
  Password: '',
  FileSize: 0,
  TargetFileName: '',
  TimeWindowList: [WINDOW],
};
const CASES: readonly (readonly [rpc: Rpc, args: unknown, place: string])[] = [
  ['Reboot', { CommandKey: 'k' }, 'ok'],
  ['Reboot', { CommandKey: 'é'.repeat(32) }, 'ok'],
  ['Reboot', { CommandKey: '\u{1f4a9}'.repeat(32) }, 'ok'],
  ['Reboot', { CommandKey: 'k'.repeat(33) }, 'Reboot.CommandKey'],
  ['Reboot', {}, 'Reboot.CommandKey'],
  ['Reboot', { CommandKey: 1 }, 'Reboot.CommandKey'],
  ['Reboot', { CommandKey: undefined }, 'Reboot.CommandKey'],
  ['Reboot', { CommandKey: 'k', commandKey: 'k' }, 'Reboot.commandKey'],
  ['Reboot', JSON.parse('{"CommandKey":"k","__proto__":{"polluted":1}}'), 'Reboot.__proto__'],
  ['Reboot', null, 'Reboot'],
  ['Reboot', [], 'Reboot'],
  ['Reboot', 'k', 'Reboot'],
  ['Reboot', Object.create({ CommandKey: 'k' }), 'Reboot.CommandKey'],
  ['FactoryReset', {}, 'ok'],
  ['FactoryReset', { hasOwnProperty: 1 }, 'FactoryReset.hasOwnProperty'],
  ['ScheduleInform', { DelaySeconds: 4294967295, CommandKey: '' }, 'ok'],
  ['ScheduleInform', { DelaySeconds: 4294967296, CommandKey: '' }, 'ScheduleInform.DelaySeconds'],
  ['ScheduleInform', { DelaySeconds: -1, CommandKey: '' }, 'ScheduleInform.DelaySeconds'],
  ['ScheduleInform', { DelaySeconds: 1.5, CommandKey: '' }, 'ScheduleInform.DelaySeconds'],
  ['ScheduleInform', { DelaySeconds: Number.NaN, CommandKey: '' }, 'ScheduleInform.DelaySeconds'],
  ['ScheduleInform', { DelaySeconds: '1', CommandKey: '' }, 'ScheduleInform.DelaySeconds'],
  ['GetParameterNames', { ParameterPath: '', NextLevel: true }, 'ok'],
  ['GetParameterNames', { ParameterPath: '', NextLevel: 1 }, 'GetParameterNames.NextLevel'],
  ['GetParameterValues', { ParameterNames: ['A'] }, 'ok'],
  ['GetParameterValues', { ParameterNames: [] }, 'GetParameterValues.ParameterNames'],
  ['GetParameterValues', { ParameterNames: 'A' }, 'GetParameterValues.ParameterNames'],
  ['GetParameterValues', { ParameterNames: ['A', 2] }, 'GetParameterValues.ParameterNames[1]'],
  ['GetParameterValues', { ParameterNames: new Array(1) }, 'GetParameterValues.ParameterNames[0]'],
  ['SetParameterValues', { ParameterList: [VALUE], ParameterKey: '' }, 'ok'],
  [
    'SetParameterValues',
    { ParameterList: [{ Name: 'A', Value: 'x' }], ParameterKey: '' },
    'SetParameterValues.ParameterList[0].Type',
  ],
  [
    'SetParameterValues',
    { ParameterList: [{ ...VALUE, Type: '' }], ParameterKey: '' },
    'SetParameterValues.ParameterList[0].Type',
  ],
  [
    'SetParameterValues',
    { ParameterList: [{ ...VALUE, Value: 1 }], ParameterKey: '' },
    'SetParameterValues.ParameterList[0].Value',
  ],
  [
    'SetParameterValues',
    { ParameterList: [VALUE, VALUE, { ...VALUE, Notification: 1 }], ParameterKey: '' },
    'SetParameterValues.ParameterList[2].Notification',
  ],
  ['RequestDownload', { FileType: '1', FileTypeArg: [{ Name: 'a', Value: 'b' }] }, 'ok'],
  [
    'RequestDownload',
    { FileType: '1', FileTypeArg: [{ Name: 'a', Value: 'b', Type: 'string' }] },
    'RequestDownload.FileTypeArg[0].Type',
  ],
  ['ScheduleDownload', SCHEDULE, 'ok'],
  ['ScheduleDownload', { ...SCHEDULE, TimeWindowList: [] }, 'ScheduleDownload.TimeWindowList'],
  [
    'ScheduleDownload',
    { ...SCHEDULE, TimeWindowList: [WINDOW, WINDOW, WINDOW] },
    'ScheduleDownload.TimeWindowList',
  ],
  [
    'ScheduleDownload',
    { ...SCHEDULE, TimeWindowList: [{ ...WINDOW, MaxRetries: -2147483649 }] },
    'ScheduleDownload.TimeWindowList[0].MaxRetries',
  ],
  ['ChangeDUState', { Operations: [{ Operation: 'Install', URL: 'http://x' }] }, 'ok'],
  ['ChangeDUState', { Operations: [{ Operation: 'Uninstall', UUID: 'u' }], CommandKey: 'k' }, 'ok'],
  ['ChangeDUState', { Operations: [] }, 'ChangeDUState.Operations'],
  ['ChangeDUState', { Operations: [{ Operation: 'toString' }] }, 'ChangeDUState.Operations[0].Operation'],
  ['ChangeDUState', { Operations: [{ URL: 'http://x' }] }, 'ChangeDUState.Operations[0].Operation'],
  ['ChangeDUState', { Operations: [{ Operation: 'Install' }] }, 'ChangeDUState.Operations[0].URL'],
  [
    'ChangeDUState',
    { Operations: [{ Operation: 'Update', URL: 'u', ExecutionEnvRef: 'e' }] },
    'ChangeDUState.Operations[0].ExecutionEnvRef',
  ],
];

t.test('arguments of unknown origin are taken only when they fit, and the misfit is named', async (t) => {
  for (const [rpc, args, wanted] of CASES)
    t.equal(place(rpc, args), wanted, `${rpc} ${JSON.stringify(args)}`.slice(0, 120));
  const answer = RPCS.Reboot.responseFrom({ Status: 0 });
  t.strictSame(answer, {
    ok: false,
    error: { place: 'RebootResponse.Status', wants: 'no such member; an object without members' },
  });
});

t.test('every RPC refuses what is no object, both ways', async (t) => {
  for (const rpc of RPC_NAMES) {
    for (const nothing of [null, undefined, 0, '', [], () => ({})]) {
      t.equal(RPCS[rpc].requestFrom(nothing).ok, false, rpc);
      t.equal(RPCS[rpc].responseFrom(nothing).ok, false, rpc);
    }
  }
});
