/**
 * Requests of an ACS in two forms: the Body of an envelope, written by hand from the tables of TR-069a6 Annex
 * A without any code of the project, and the form that the queue of the ACS accepts.
 */
import type { Args, CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import type { Operation } from '../../../protocol/cwmp/operation.ts';

export interface Ask {
  readonly raw: string;
  readonly request: Request<CpeMethod>;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const leaf = (name: string, value: string | number): string => `<${name}>${escaped(String(value))}</${name}>`;
const strings = (name: string, values: readonly string[]): string =>
  `<${name} enc:arrayType="xsd:string[${values.length}]">${values.map((value) => leaf('string', value)).join('')}</${name}>`;

export const methods = (): Ask => ({
  raw: '<cwmp:GetRPCMethods></cwmp:GetRPCMethods>',
  request: { kind: 'request', rpc: 'GetRPCMethods', args: {} },
});

export const gpv = (...ParameterNames: readonly string[]): Ask => ({
  raw: `<cwmp:GetParameterValues>${strings('ParameterNames', ParameterNames)}</cwmp:GetParameterValues>`,
  request: { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames } },
});

export const gpa = (...ParameterNames: readonly string[]): Ask => ({
  raw: `<cwmp:GetParameterAttributes>${strings('ParameterNames', ParameterNames)}</cwmp:GetParameterAttributes>`,
  request: { kind: 'request', rpc: 'GetParameterAttributes', args: { ParameterNames } },
});

export const gpn = (ParameterPath: string, NextLevel: boolean): Ask => ({
  raw: `<cwmp:GetParameterNames><ParameterPath>${ParameterPath}</ParameterPath><NextLevel>${NextLevel ? 1 : 0}</NextLevel></cwmp:GetParameterNames>`,
  request: { kind: 'request', rpc: 'GetParameterNames', args: { ParameterPath, NextLevel } },
});

export type Entry = readonly [name: string, type: string, value: string];

export function spv(entries: readonly Entry[], ParameterKey = 'key'): Ask {
  const structs = entries.map(
    ([name, type, value]) =>
      `<ParameterValueStruct><Name>${name}</Name><Value xsi:type="xsd:${type}">${escaped(value)}</Value></ParameterValueStruct>`,
  );
  const ParameterList = entries.map(([Name, Type, Value]) => ({ Name, Type, Value }));
  return {
    raw: `<cwmp:SetParameterValues><ParameterList enc:arrayType="cwmp:ParameterValueStruct[${entries.length}]">${structs.join('')}</ParameterList><ParameterKey>${ParameterKey}</ParameterKey></cwmp:SetParameterValues>`,
    request: { kind: 'request', rpc: 'SetParameterValues', args: { ParameterList, ParameterKey } },
  };
}

/** Notification, and the access list; `undefined` leaves it as it is. */
export type Attribute = readonly [name: string, notification: number | undefined, access?: readonly string[]];

export function spa(...entries: readonly Attribute[]): Ask {
  const structs = entries.map(
    ([name, notification, access]) =>
      `<SetParameterAttributesStruct><Name>${name}</Name><NotificationChange>${notification === undefined ? 0 : 1}</NotificationChange><Notification>${notification ?? 0}</Notification><AccessListChange>${access === undefined ? 0 : 1}</AccessListChange>${strings('AccessList', access ?? [])}</SetParameterAttributesStruct>`,
  );
  const ParameterList = entries.map(([Name, notification, access]) => ({
    Name,
    NotificationChange: notification !== undefined,
    Notification: notification ?? 0,
    AccessListChange: access !== undefined,
    AccessList: access ?? [],
  }));
  return {
    raw: `<cwmp:SetParameterAttributes><ParameterList enc:arrayType="cwmp:SetParameterAttributesStruct[${entries.length}]">${structs.join('')}</ParameterList></cwmp:SetParameterAttributes>`,
    request: { kind: 'request', rpc: 'SetParameterAttributes', args: { ParameterList } },
  };
}

export const add = (ObjectName: string, ParameterKey = 'key'): Ask => ({
  raw: `<cwmp:AddObject><ObjectName>${ObjectName}</ObjectName><ParameterKey>${ParameterKey}</ParameterKey></cwmp:AddObject>`,
  request: { kind: 'request', rpc: 'AddObject', args: { ObjectName, ParameterKey } },
});

export const del = (ObjectName: string, ParameterKey = 'key'): Ask => ({
  raw: `<cwmp:DeleteObject><ObjectName>${ObjectName}</ObjectName><ParameterKey>${ParameterKey}</ParameterKey></cwmp:DeleteObject>`,
  request: { kind: 'request', rpc: 'DeleteObject', args: { ObjectName, ParameterKey } },
});

export const reboot = (CommandKey: string): Ask => ({
  raw: `<cwmp:Reboot><CommandKey>${CommandKey}</CommandKey></cwmp:Reboot>`,
  request: { kind: 'request', rpc: 'Reboot', args: { CommandKey } },
});

export const reset = (): Ask => ({
  raw: '<cwmp:FactoryReset/>',
  request: { kind: 'request', rpc: 'FactoryReset', args: {} },
});

export function download(CommandKey: string, URL: string, over: Partial<Args<'Download'>> = {}): Ask {
  const args: Args<'Download'> = {
    CommandKey,
    FileType: '3 Vendor Configuration File',
    URL,
    Username: '',
    Password: '',
    FileSize: 0,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
    ...over,
  };
  return {
    raw: `<cwmp:Download><CommandKey>${args.CommandKey}</CommandKey><FileType>${args.FileType}</FileType><URL>${escaped(args.URL)}</URL><Username>${args.Username}</Username><Password>${args.Password}</Password><FileSize>${args.FileSize}</FileSize><TargetFileName>${args.TargetFileName}</TargetFileName><DelaySeconds>${args.DelaySeconds}</DelaySeconds><SuccessURL>${args.SuccessURL}</SuccessURL><FailureURL>${args.FailureURL}</FailureURL></cwmp:Download>`,
    request: { kind: 'request', rpc: 'Download', args },
  };
}

export function upload(CommandKey: string, URL: string, over: Partial<Args<'Upload'>> = {}): Ask {
  const args: Args<'Upload'> = {
    CommandKey,
    FileType: '1 Vendor Configuration File',
    URL,
    Username: '',
    Password: '',
    DelaySeconds: 0,
    ...over,
  };
  return {
    raw: `<cwmp:Upload><CommandKey>${args.CommandKey}</CommandKey><FileType>${args.FileType}</FileType><URL>${escaped(args.URL)}</URL><Username>${args.Username}</Username><Password>${args.Password}</Password><DelaySeconds>${args.DelaySeconds}</DelaySeconds></cwmp:Upload>`,
    request: { kind: 'request', rpc: 'Upload', args },
  };
}

export type Window = readonly [start: number, end: number, mode: string, retries?: number];

export function scheduleDownload(
  CommandKey: string,
  URL: string,
  windows: readonly Window[],
  over: Partial<Args<'ScheduleDownload'>> = {},
): Ask {
  const TimeWindowList = windows.map(([WindowStart, WindowEnd, WindowMode, MaxRetries = 0]) => ({
    WindowStart,
    WindowEnd,
    WindowMode,
    UserMessage: '',
    MaxRetries,
  }));
  const args: Args<'ScheduleDownload'> = {
    CommandKey,
    FileType: '3 Vendor Configuration File',
    URL,
    Username: '',
    Password: '',
    FileSize: 0,
    TargetFileName: '',
    TimeWindowList,
    ...over,
  };
  const structs = windows.map(
    ([start, end, mode, retries = 0]) =>
      `<TimeWindowStruct><WindowStart>${start}</WindowStart><WindowEnd>${end}</WindowEnd><WindowMode>${mode}</WindowMode><UserMessage></UserMessage><MaxRetries>${retries}</MaxRetries></TimeWindowStruct>`,
  );
  return {
    raw: `<cwmp:ScheduleDownload><CommandKey>${args.CommandKey}</CommandKey><FileType>${args.FileType}</FileType><URL>${escaped(args.URL)}</URL><Username>${args.Username}</Username><Password>${args.Password}</Password><FileSize>${args.FileSize}</FileSize><TargetFileName>${args.TargetFileName}</TargetFileName><TimeWindowList enc:arrayType="cwmp:TimeWindowStruct[${windows.length}]">${structs.join('')}</TimeWindowList></cwmp:ScheduleDownload>`,
    request: { kind: 'request', rpc: 'ScheduleDownload', args },
  };
}

export const cancel = (CommandKey: string): Ask => ({
  raw: `<cwmp:CancelTransfer><CommandKey>${CommandKey}</CommandKey></cwmp:CancelTransfer>`,
  request: { kind: 'request', rpc: 'CancelTransfer', args: { CommandKey } },
});

export const queued = (): Ask => ({
  raw: '<cwmp:GetQueuedTransfers/>',
  request: { kind: 'request', rpc: 'GetQueuedTransfers', args: {} },
});

export const allQueued = (): Ask => ({
  raw: '<cwmp:GetAllQueuedTransfers/>',
  request: { kind: 'request', rpc: 'GetAllQueuedTransfers', args: {} },
});

export const scheduleInform = (DelaySeconds: number, CommandKey: string): Ask => ({
  raw: `<cwmp:ScheduleInform><DelaySeconds>${DelaySeconds}</DelaySeconds><CommandKey>${CommandKey}</CommandKey></cwmp:ScheduleInform>`,
  request: { kind: 'request', rpc: 'ScheduleInform', args: { DelaySeconds, CommandKey } },
});

/** Each is the text of a document. */
export function vouchers(...documents: readonly string[]): Ask {
  const VoucherList = documents.map((text) => Buffer.from(text).toString('base64'));
  const members = VoucherList.map((text) => `<base64>${text}</base64>`);
  return {
    raw: `<cwmp:SetVouchers><VoucherList enc:arrayType="enc:base64[${members.length}]">${members.join('')}</VoucherList></cwmp:SetVouchers>`,
    request: { kind: 'request', rpc: 'SetVouchers', args: { VoucherList } },
  };
}

export const options = (OptionName: string): Ask => ({
  raw: `<cwmp:GetOptions><OptionName>${OptionName}</OptionName></cwmp:GetOptions>`,
  request: { kind: 'request', rpc: 'GetOptions', args: { OptionName } },
});

const OPERATION_MEMBERS = {
  Install: ['URL', 'UUID', 'Username', 'Password', 'ExecutionEnvRef'],
  Update: ['UUID', 'Version', 'URL', 'Username', 'Password'],
  Uninstall: ['UUID', 'Version', 'ExecutionEnvRef'],
} as const;

export function changeUnits(CommandKey: string, ...Operations: readonly Operation[]): Ask {
  const elements = Operations.map((operation) => {
    const values = new Map<string, string>(Object.entries(operation));
    const members = OPERATION_MEMBERS[operation.Operation].flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [leaf(name, value)];
    });
    return `<Operations xsi:type="cwmp:${operation.Operation}OpStruct">${members.join('')}</Operations>`;
  });
  return {
    raw: `<cwmp:ChangeDUState>${elements.join('')}<CommandKey>${CommandKey}</CommandKey></cwmp:ChangeDUState>`,
    request: { kind: 'request', rpc: 'ChangeDUState', args: { Operations, CommandKey } },
  };
}
