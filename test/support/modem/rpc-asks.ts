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
/** The content is not escaped: it may hold elements. */
const element = (name: string, ...content: readonly (string | number)[]): string =>
  `<${name}>${content.join('')}</${name}>`;
const array = (name: string, type: string, members: readonly string[]): string =>
  `<${name} enc:arrayType="${type}[${members.length}]">${members.join('')}</${name}>`;
const strings = (name: string, values: readonly string[]): string =>
  array(
    name,
    'xsd:string',
    values.map((value) => leaf('string', value)),
  );

export const methods = (): Ask => ({
  raw: '<cwmp:GetRPCMethods></cwmp:GetRPCMethods>',
  request: { kind: 'request', rpc: 'GetRPCMethods', args: {} },
});

export const gpv = (...ParameterNames: readonly string[]): Ask => ({
  raw: `<cwmp:GetParameterValues>${strings('ParameterNames', ParameterNames)}</cwmp:GetParameterValues>`,
  request: { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames } },
});

export const gpa = (...ParameterNames: readonly string[]): Ask => ({
  raw: element('cwmp:GetParameterAttributes', strings('ParameterNames', ParameterNames)),
  request: { kind: 'request', rpc: 'GetParameterAttributes', args: { ParameterNames } },
});

export const gpn = (ParameterPath: string, NextLevel: boolean): Ask => ({
  raw: element(
    'cwmp:GetParameterNames',
    element('ParameterPath', ParameterPath),
    element('NextLevel', NextLevel ? 1 : 0),
  ),
  request: { kind: 'request', rpc: 'GetParameterNames', args: { ParameterPath, NextLevel } },
});

export type Entry = readonly [name: string, type: string, value: string];

export function spv(entries: readonly Entry[], ParameterKey = 'key'): Ask {
  const structs = entries.map(([name, type, value]) =>
    element(
      'ParameterValueStruct',
      element('Name', name),
      `<Value xsi:type="xsd:${type}">${escaped(value)}</Value>`,
    ),
  );
  const ParameterList = entries.map(([Name, Type, Value]) => ({ Name, Type, Value }));
  return {
    raw: element(
      'cwmp:SetParameterValues',
      array('ParameterList', 'cwmp:ParameterValueStruct', structs),
      element('ParameterKey', ParameterKey),
    ),
    request: { kind: 'request', rpc: 'SetParameterValues', args: { ParameterList, ParameterKey } },
  };
}

/** Notification, and the access list; `undefined` leaves it as it is. */
export type Attribute = readonly [name: string, notification: number | undefined, access?: readonly string[]];

export function spa(...entries: readonly Attribute[]): Ask {
  const structs = entries.map(([name, notification, access]) =>
    element(
      'SetParameterAttributesStruct',
      element('Name', name),
      element('NotificationChange', notification === undefined ? 0 : 1),
      element('Notification', notification ?? 0),
      element('AccessListChange', access === undefined ? 0 : 1),
      strings('AccessList', access ?? []),
    ),
  );
  const ParameterList = entries.map(([Name, notification, access]) => ({
    Name,
    NotificationChange: notification !== undefined,
    Notification: notification ?? 0,
    AccessListChange: access !== undefined,
    AccessList: access ?? [],
  }));
  return {
    raw: element(
      'cwmp:SetParameterAttributes',
      array('ParameterList', 'cwmp:SetParameterAttributesStruct', structs),
    ),
    request: { kind: 'request', rpc: 'SetParameterAttributes', args: { ParameterList } },
  };
}

export const add = (ObjectName: string, ParameterKey = 'key'): Ask => ({
  raw: element('cwmp:AddObject', element('ObjectName', ObjectName), element('ParameterKey', ParameterKey)),
  request: { kind: 'request', rpc: 'AddObject', args: { ObjectName, ParameterKey } },
});

export const del = (ObjectName: string, ParameterKey = 'key'): Ask => ({
  raw: element('cwmp:DeleteObject', element('ObjectName', ObjectName), element('ParameterKey', ParameterKey)),
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
    raw: element(
      'cwmp:Download',
      element('CommandKey', args.CommandKey),
      element('FileType', args.FileType),
      element('URL', escaped(args.URL)),
      element('Username', args.Username),
      element('Password', args.Password),
      element('FileSize', args.FileSize),
      element('TargetFileName', args.TargetFileName),
      element('DelaySeconds', args.DelaySeconds),
      element('SuccessURL', args.SuccessURL),
      element('FailureURL', args.FailureURL),
    ),
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
    raw: element(
      'cwmp:Upload',
      element('CommandKey', args.CommandKey),
      element('FileType', args.FileType),
      element('URL', escaped(args.URL)),
      element('Username', args.Username),
      element('Password', args.Password),
      element('DelaySeconds', args.DelaySeconds),
    ),
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
  const structs = windows.map(([start, end, mode, retries = 0]) =>
    element(
      'TimeWindowStruct',
      element('WindowStart', start),
      element('WindowEnd', end),
      element('WindowMode', mode),
      element('UserMessage'),
      element('MaxRetries', retries),
    ),
  );
  return {
    raw: element(
      'cwmp:ScheduleDownload',
      element('CommandKey', args.CommandKey),
      element('FileType', args.FileType),
      element('URL', escaped(args.URL)),
      element('Username', args.Username),
      element('Password', args.Password),
      element('FileSize', args.FileSize),
      element('TargetFileName', args.TargetFileName),
      array('TimeWindowList', 'cwmp:TimeWindowStruct', structs),
    ),
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
  raw: element(
    'cwmp:ScheduleInform',
    element('DelaySeconds', DelaySeconds),
    element('CommandKey', CommandKey),
  ),
  request: { kind: 'request', rpc: 'ScheduleInform', args: { DelaySeconds, CommandKey } },
});

/** Each is the text of a document. */
export function vouchers(...documents: readonly string[]): Ask {
  const VoucherList = documents.map((text) => Buffer.from(text).toString('base64'));
  const members = VoucherList.map((text) => `<base64>${text}</base64>`);
  return {
    raw: element('cwmp:SetVouchers', array('VoucherList', 'enc:base64', members)),
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
    raw: element('cwmp:ChangeDUState', elements.join(''), element('CommandKey', CommandKey)),
    request: { kind: 'request', rpc: 'ChangeDUState', args: { Operations, CommandKey } },
  };
}
