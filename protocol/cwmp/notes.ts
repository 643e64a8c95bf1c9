/**
 * What only a whole message shows: the quirks that are noted after it has been read. Costs little for each
 * message.
 */
import { clockOddity, readDateTime, UNKNOWN_TIME } from '../datamodel/date-time.ts';
import type { Note } from '../quirks/note.ts';
import type { Args, Envelope, Inform, Response } from './messages.ts';
import { RPCS } from './messages.ts';

/** Notes the quirks of a message that has been read; their place is the whole message, offset 0. */
export function noteMessage(note: Note, envelope: Envelope): void {
  const { header, id, message, namespace } = envelope;
  if (id === '') note('Q-ID-03', 0);
  else if (id !== undefined && id.trim() !== id) note('Q-ID-04', 0);
  if (!/^urn:dslforum-org:cwmp-1-[012]$/.test(namespace)) note('Q-XM-12', 0, namespace.slice(0, 48));
  if (header.NoMoreRequests === true) note('Q-ID-09', 0);
  const inform = message.kind === 'request' && message.rpc === 'Inform' ? message.args : undefined;
  const fromCpe = inform !== undefined || (message.kind === 'response' && RPCS[message.rpc].by === 'CPE');
  if (header.HoldRequests !== undefined && fromCpe) note('Q-ID-13', 0);
  if (header.SessionTimeout !== undefined && (inform === undefined || namespace.endsWith('cwmp-1-0')))
    note('Q-ID-10', 0);
  if (inform !== undefined) noteInform(note, inform);
  else if (message.kind === 'response') noteResponse(note, message);
  else if (message.kind === 'request' && message.rpc === 'TransferComplete') noteTransfer(note, message.args);
}

function noteInform(note: Note, inform: Inform): void {
  const { DeviceId, Event, MaxEnvelopes, CurrentTime, RetryCount, ParameterList } = inform;
  if (DeviceId.Manufacturer === '') note('Q-VL-14', 0);
  if (!/^[0-9A-F]{6}$/.test(DeviceId.OUI) || /^(0{6}|F{6})$/.test(DeviceId.OUI))
    note('Q-VL-12', 0, DeviceId.OUI.slice(0, 16));
  if (DeviceId.SerialNumber.trim() !== DeviceId.SerialNumber) note('Q-ID-04', 0);
  if (/^(\d)\1{5,}$|^001122334455$/.test(DeviceId.SerialNumber)) note('Q-VL-11', 0);
  if (/[^\w -]/.test(DeviceId.ProductClass)) note('Q-VL-13', 0, DeviceId.ProductClass.slice(0, 32));
  if (MaxEnvelopes !== 1) note('Q-VL-19', 0, String(MaxEnvelopes));
  const clock = clockOddity(CurrentTime);
  if (clock !== undefined) note(clock, 0, CurrentTime.slice(0, 32));
  if (RetryCount > 100) note('Q-EV-05', 0, String(RetryCount));
  for (const { EventCode, CommandKey } of Event) noteEvent(note, EventCode, CommandKey);
  const names = new Set<string>();
  for (const { Name, Value, Type } of ParameterList) {
    if (names.has(Name)) note('Q-PN-03', 0, Name.slice(0, 64));
    names.add(Name);
    if (!Name.startsWith('InternetGatewayDevice.') && ROOTLESS.test(Name))
      note('Q-PN-02', 0, Name.slice(0, 64));
    noteInformValue(note, Name, Value, Type);
  }
}

/**
 * Objects that stand below the root in both data models; a Device of one's own invention has another name.
 */
const ROOTLESS = /^(DeviceInfo|ManagementServer|WANDevice|LANDevice|Layer3Forwarding|GatewayInfo)\./;

function noteEvent(note: Note, code: string, key: string): void {
  if (code.startsWith('X ') && !/^X [0-9A-F]{6} /.test(code)) note('Q-EV-03', 0, code.slice(0, 32));
  // 3 SCHEDULED may have the key of its ScheduleInform; a printed null pointer (Q-VL-03) is no key.
  if (key !== '' && key !== '(null)' && /^[0-24-9]/.test(code)) note('Q-EV-02', 0, code.slice(0, 32));
}

/** Values that have a meaning in every Inform, by the end of their names. */
function noteInformValue(note: Note, name: string, value: string, type: string): void {
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'ConnectionRequestURL':
      if (name.endsWith('.ManagementServer.ConnectionRequestURL')) noteConnectionRequestUrl(note, value);
      return;
    case 'UDPConnectionRequestAddress':
      if (!/^(|\(null\)|([^\s:/]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?)$/.test(value))
        note('Q-CR-04', 0, value.slice(0, 48));
      return;
    case 'ParameterKey':
      if (value === 'unsetCommandKey' || value === 'null') note('Q-VL-16', 0, value);
      return;
    case 'Date':
      // What is typed as dateTime was looked at when it was read.
      if (type !== 'dateTime' && name.includes('.VendorConfigFile.') && value !== '' && isNoDate(value))
        note('Q-VL-05', 0, value.slice(0, 32));
  }
}

const isNoDate = (value: string): boolean => value !== '(null)' && readDateTime(value) === undefined;

function noteConnectionRequestUrl(note: Note, url: string): void {
  const match = /^http:\/\/[^/:\s]+(:[1-9]\d{0,4})?(\/\S*)?$/.exec(url);
  if (match === null) note('Q-CR-03', 0, url.slice(0, 48));
  else if ((match[2] ?? '/') === '/') note('Q-CR-05', 0, url.slice(0, 48));
}

function noteTransfer(note: Note, { CommandKey, FaultStruct, StartTime }: Args<'TransferComplete'>): void {
  if (CommandKey === '' && FaultStruct.FaultCode !== 0 && StartTime === UNKNOWN_TIME)
    note('Q-FT-01', 0, String(FaultStruct.FaultCode));
}

function noteResponse(note: Note, message: Response): void {
  if (message.rpc === 'GetRPCMethods') noteMethods(note, message.args.MethodList);
  else if (message.rpc === 'GetParameterNames') noteNames(note, message.args.ParameterList);
  else if (message.rpc === 'GetParameterValues' && message.args.ParameterList.length > MANY)
    note('Q-LG-01', 0, String(message.args.ParameterList.length));
}

/** Members of a list that count as very many (Q-LG-01). */
const MANY = 3000;

/** What a CPE must answer (TR-069a6 3.6 Table 5); Download only if it takes files at all. */
export const REQUIRED_OF_CPE = [
  'GetRPCMethods',
  'SetParameterValues',
  'GetParameterValues',
  'GetParameterNames',
  'SetParameterAttributes',
  'GetParameterAttributes',
  'AddObject',
  'DeleteObject',
  'Reboot',
] as const;

function noteMethods(note: Note, methods: readonly string[]): void {
  // The list of an ACS has Inform, and none of these is required of it.
  if (methods.includes('Inform') || !methods.includes('GetParameterValues')) return;
  const missing = REQUIRED_OF_CPE.filter((method) => !methods.includes(method));
  if (missing.length > 0) note('Q-FT-04', 0, missing.join(' ').slice(0, 64));
}

function noteNames(note: Note, list: readonly { readonly Name: string }[]): void {
  if (list.every(({ Name }) => !Name.endsWith('.')) && hasSeveralParents(list)) note('Q-PN-06', 0);
  const undotted = undottedObject(list);
  if (undotted !== undefined) note('Q-PN-05', 0, undotted.slice(0, 64));
  if (list.length > MANY) note('Q-LG-01', 0, String(list.length));
}

/**
 * The name of an object that is listed without its dot: the next one of the list goes on after it, as trees
 * are listed.
 */
function undottedObject(list: readonly { readonly Name: string }[]): string | undefined {
  let last = '';
  for (const { Name } of list) {
    if (Name.charCodeAt(last.length) === DOT && last !== '' && Name.startsWith(last) && !last.endsWith('.'))
      return last;
    last = Name;
  }
  return undefined;
}

const DOT = 46;

/** A list of the leaves of one object may lawfully hold no object (NextLevel). */
function hasSeveralParents(list: readonly { readonly Name: string }[]): boolean {
  const parent = (name: string): string => name.slice(0, name.lastIndexOf('.'));
  const first = parent(list[0]?.Name ?? '');
  return list.some(({ Name }) => parent(Name) !== first);
}
