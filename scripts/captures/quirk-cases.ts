/**
 * How each quirk is made to show itself to an ACS, and how it is found on the wire where no decoder notes it.
 */

import type { CpeMethod, DeviceId, Request } from '../../protocol/cwmp/messages.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import type { Modem, ModemOptions, Profile, SessionReport } from '../../simulator/index.ts';

export const IGD = 'InternetGatewayDevice.';
/** A table without rows. */
const EMPTY = `${IGD}WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.PortMapping.`;
const CODE = `${IGD}DeviceInfo.ProvisioningCode`;

/** What was seen of a modem. */
export interface Seen {
  /** Every write and read, as byte text, in order. */
  readonly wire: readonly { readonly way: 'sent' | 'received'; readonly text: string }[];
  readonly sent: string;
  readonly received: string;
  readonly reports: readonly SessionReport[];
  /** Simulated milliseconds from its restart to its first byte. */
  readonly uptime: number;
  readonly modem: Modem;
}

export interface Case {
  /** Which of the ACSs; default `open`. */
  readonly acs?: 'open' | 'digest' | 'soapenv' | 'hasty' | 'alone';
  /** What the ACS is to ask before it discovers the modem. */
  readonly tasks?: readonly Request<CpeMethod>[];
  readonly options?: Partial<ModemOptions>;
  /** Needs all of the tree. */
  readonly whole?: true;
  /** Quirks that are noted beside it, because they follow from it. */
  readonly also?: readonly QuirkKey[];
  /** True when it is to be seen on the wire. */
  readonly wire?: (seen: Seen) => boolean;
  /** Good sessions before it is judged; default 1. 0: it never has one and is judged after three sessions. */
  readonly sessions?: number;
  /** Sessions that fail first are part of it. */
  readonly fails?: true;
  /** The ACS cannot learn its tree: why. */
  readonly undiscovered?: string;
  /** After each good session but the last. */
  readonly next?: (modem: Modem) => void;
  /** The identity under which the ACS knows it. */
  readonly identity?: (id: DeviceId) => DeviceId;
}

type Args<R extends CpeMethod> = Request<R>['args'];

const get = (...ParameterNames: string[]): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'GetParameterValues',
  args: { ParameterNames },
});
const list = (ParameterPath: string, NextLevel = true): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'GetParameterNames',
  args: { ParameterPath, NextLevel },
});
const set = (
  ...ParameterList: Args<'SetParameterValues'>['ParameterList'][number][]
): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'SetParameterValues',
  args: { ParameterList, ParameterKey: '' },
});
const text = (Name: string, Value: string) => ({ Name, Value, Type: 'string' });

/** What an ACS asks where it matters how it is written, or how it is answered. */
export const METHODS: Request<CpeMethod> = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
export const LIST_ONE_LEVEL = list(`${IGD}DeviceInfo.`);
export const SET_CODE = set(text(CODE, 'x'));

const watch: Request<CpeMethod> = {
  kind: 'request',
  rpc: 'SetParameterAttributes',
  args: {
    ParameterList: [
      { Name: CODE, NotificationChange: true, Notification: 1, AccessListChange: false, AccessList: [] },
    ],
  },
};
/** Nobody listens at this port, so the modem soon has to report a failure. */
const download: Request<CpeMethod> = {
  kind: 'request',
  rpc: 'Download',
  args: {
    CommandKey: 'file',
    FileType: '3 Vendor Configuration File',
    URL: 'http://127.0.0.1:9/file',
    Username: '',
    Password: '',
    FileSize: 0,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
  },
};
const wrong = get(`${IGD}No.Such`);
const refused = set({ Name: `${IGD}ManagementServer.PeriodicInformEnable`, Value: 'maybe', Type: 'boolean' });

/** The same kind of modem with a few dozen parameters: all that most quirks need. */
export function small(profile: Profile): Profile {
  const { tree, inform } = profile;
  const members = [...tree.top.members].filter(([name]) => /^(DeviceInfo|ManagementServer)$/.test(name));
  const parameters = inform.parameters.filter((name) => /\.(DeviceInfo|ManagementServer)\./.test(name));
  return {
    ...profile,
    tree: { ...tree, top: { ...tree.top, members: new Map(members) } },
    inform: { ...inform, parameters },
  };
}

const has = (pattern: RegExp) => (seen: Seen) => pattern.test(seen.sent);
const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
/** Digest, and what is noted of every modem that does it as it should be. */
const digest = { acs: 'digest', also: ['Q-AU-07'] } as const;
/** Informs in the order in which they were sent. */
const informs = ({ sent }: Seen): readonly string[] =>
  sent.split(/POST [^ ]* HTTP/).filter((request) => /<(?:[\w-]+:)?Inform[ >]/.test(request));
const isPeriodic = (modem: Modem): void => modem.inform('2 PERIODIC');

export const CASES: Readonly<Partial<Record<QuirkKey, Case>>> = {
  'Q-NS-01': { wire: has(/<soapenv:Envelope[^>]*xmlns:soap="[^"]*encoding\/"/) },
  'Q-NS-06': { wire: has(/<ns3:Envelope [\s\S]*<ns4:Inform>/) },
  'Q-NS-08': {
    acs: 'soapenv',
    also: ['Q-HT-08'],
    undiscovered: 'it understands no request in this spelling',
    wire: ({ sent, received }) => received.includes('<soapenv:Envelope') && !sent.includes('Response>'),
  },
  'Q-NS-09': { fails: true, wire: ({ received }) => /\r\n\r\n<\?xml/.test(received) },
  'Q-AT-05': {
    tasks: [{ kind: 'request', rpc: 'GetParameterAttributes', args: { ParameterNames: [CODE] } }],
  },
  'Q-AT-10': { wire: has(/PeriodicInformInterval<\/Name>\s*<Value xsi:type="xsd:string">/) },
  'Q-AT-12': {
    tasks: [set({ Name: `${IGD}ManagementServer.PeriodicInformEnable`, Value: 'true', Type: 'boolean' })],
    wire: has(/<FaultCode>9007</),
  },
  'Q-AT-14': { tasks: [watch], wire: has(/<cwmp:SetParameterAttributesResponse\/>/) },
  'Q-AT-16': { tasks: [set(text(CODE, 'set'))] },
  'Q-ID-01': { also: ['Q-ID-02'] },
  'Q-ID-02': { tasks: [list(IGD)] },
  'Q-ID-07': {
    ...digest,
    wire: (seen) => {
      const ids = informs(seen).map((inform) => /:ID[^>]*>([^<]*)</.exec(inform)?.[1]);
      return ids.length === 2 && ids[0] !== ids[1];
    },
  },
  'Q-ID-11': { tasks: [download], sessions: 2 },
  // Alone: without cookie or Inform it might be any of those whose sessions broke.
  'Q-HT-07': { acs: 'alone', wire: ({ sent }) => /^POST [^<]*Content-Length: 0\r\n\r\nPOST /.test(sent) },
  'Q-HT-08': { undiscovered: 'it lists nothing' },
  'Q-HT-12': { fails: true, wire: ({ reports }) => reports[0]?.why === 'lost' },
  'Q-HT-17': {
    acs: 'digest',
    sessions: 0,
    undiscovered: 'it never answers the challenge',
    wire: ({ sent, received }) => received.includes(' 401 ') && !/^Authorization/m.test(sent),
  },
  'Q-HT-18': { also: ['Q-HT-09'] },
  'Q-HT-19': { also: ['Q-CK-08'] },
  'Q-CK-03': { also: ['Q-CK-01'] },
  'Q-CK-07': { sessions: 2, next: isPeriodic },
  'Q-AU-02': digest,
  'Q-AU-03': digest,
  'Q-AU-04': digest,
  'Q-AU-05': digest,
  'Q-AU-06': digest,
  'Q-AU-07': { acs: 'digest' },
  'Q-AU-10': {
    tasks: [set(text(`${IGD}ManagementServer.ConnectionRequestPassword`, 'ours'))],
    wire: ({ sent, modem }) =>
      sent.includes('<Status>0<') && modem.get(`${IGD}ManagementServer.ConnectionRequestPassword`) !== 'ours',
  },
  'Q-PN-04': { wire: has(/(?:WANIPConnection\.1\.ExternalIPAddress[\s\S]*){3}/) },
  'Q-PN-07': { tasks: [list('')], wire: has(/<FaultCode>9005</) },
  'Q-PN-08': {
    whole: true,
    wire: has(/<FaultCode>9004</),
  },
  'Q-PN-09': {
    whole: true,
    wire: has(/<FaultCode>9005</),
  },
  'Q-PN-10': {
    tasks: [get(CODE, `${IGD}No.Such`)],
    wire: ({ sent, received }) =>
      received.includes('No.Such') && !sent.includes('<FaultCode>') && !sent.includes('No.Such'),
  },
  'Q-PN-11': {
    whole: true,
    tasks: [list(EMPTY)],
    wire: has(/<FaultCode>9005</),
  },
  'Q-PN-12': {
    whole: true,
    wire: ({ sent }) => /\.WANDevice\.3\./.test(sent) && !/\.WANDevice\.1\./.test(sent),
  },
  'Q-PN-13': { tasks: [list(''), list('Device.')], wire: has(/<Name>Device\.DeviceInfo\.</) },
  'Q-PN-14': { tasks: [refused] },
  'Q-PN-15': { wire: has(/ManagementServer\.URL<\/Name>\s*<Writable>0</) },
  'Q-VL-11': { identity: (id) => ({ ...id, SerialNumber: '999999999999999999' }) },
  'Q-VL-12': { identity: (id) => ({ ...id, OUI: id.OUI.toLowerCase() }) },
  'Q-VL-13': { identity: (id) => ({ ...id, ProductClass: 'FRITZ!Box a/b "\u00b2"' }) },
  'Q-VL-17': {
    whole: true,
    tasks: [
      set({ ...text(`${IGD}IPPingDiagnostics.DiagnosticsState`, 'Requested') }),
      get(`${IGD}IPPingDiagnostics.DiagnosticsState`),
    ],
    wire: has(/DiagnosticsState<\/Name>\s*<Value[^>]*>Requested</),
  },
  'Q-VL-18': {
    whole: true,
    wire: has(/\.Standard<\/Name>\s*<Value[^>]*>b\/g</),
  },
  'Q-EV-01': { wire: has(/1 BOOT<[\s\S]*0 BOOTSTRAP</) },
  'Q-EV-04': {
    sessions: 2,
    next: isPeriodic,
    wire: (seen) => count(informs(seen).join(), />0 BOOTSTRAP</g) > 1,
  },
  'Q-EV-05': { sessions: 3 },
  'Q-EV-07': {
    sessions: 2,
    fails: true,
    next: (modem) => {
      modem.cutNextSession('inform-sent');
      modem.inform('6 CONNECTION REQUEST');
    },
    wire: ({ reports }) => count(JSON.stringify(reports), /6 CONNECTION REQUEST/g) === 2,
  },
  'Q-EV-09': {
    tasks: [download],
    sessions: 2,
    fails: true,
    wire: ({ reports }) =>
      reports.some(({ ok }) => !ok) && reports.at(-1)?.events.includes('1 BOOT') === true,
  },
  'Q-EV-10': { options: { speed: 1 }, wire: ({ uptime }) => uptime < 10_000 },
  'Q-EV-12': {
    wire: ({ sent, received }) =>
      /<cwmp:GetRPCMethods\/?>/.test(sent) && /<cwmp:GetRPCMethodsResponse>/.test(received),
  },
  'Q-EV-13': {
    whole: true,
    fails: true,
    wire: ({ reports }) => reports.some(({ why }) => why === 'lost'),
  },
  'Q-EV-14': { fails: true, wire: ({ reports }) => reports.some(({ why }) => why === 'lost') },
  'Q-EV-15': {
    sessions: 0,
    undiscovered: 'one request a session is too few for a test to wait for',
    wire: ({ reports }) => reports.every(({ why, requests }) => why === 'lost' && requests.length === 2),
  },
  'Q-EV-16': {
    wire: ({ sent, received }) =>
      count(sent, /<cwmp:AutonomousTransferComplete>/g) === 5 &&
      count(received, /<cwmp:AutonomousTransferCompleteResponse/g) === 5,
  },
  'Q-FT-01': { tasks: [download], sessions: 2 },
  'Q-FT-02': {
    tasks: [download],
    sessions: 2,
    wire: ({ sent, received }) =>
      received.includes('<cwmp:Download>') && !/<cwmp:TransferComplete>|7 TRANSFER COMPLETE/.test(sent),
  },
  'Q-FT-03': {
    wire: ({ sent, received }) =>
      sent.includes('<cwmp:TransferComplete>') && received.includes('TransferCompleteResponse'),
  },
  'Q-FT-05': { wire: has(/<FaultCode>9004</) },
  'Q-FT-06': { tasks: [wrong] },
  'Q-FT-07': { tasks: [wrong] },
  'Q-FT-08': { tasks: [refused], wire: has(/<FaultString>[^<]*: maybe</) },
  'Q-FT-09': {
    tasks: [set(text(CODE, 'first'), text(CODE, 'second'))],
    wire: ({ sent, modem }) => sent.includes('<Status>0<') && modem.get(CODE) === 'second',
  },
  'Q-FT-10': {
    tasks: [set(text(CODE, 'moved'))],
    wire: ({ sent, modem }) => sent.includes('<Status>0<') && modem.get(CODE) !== 'moved',
  },
  'Q-FT-11': { tasks: [wrong], wire: has(/<faultcode>SOAP-ENV:Client</) },
  'Q-LG-02': {
    wire: ({ wire }) => wire.filter(({ way, text }) => way === 'sent' && text.length <= 128).length > 30,
  },
  'Q-XT-01': { also: ['Q-HT-09'] },
  'Q-XT-02': { wire: ({ wire }) => wire.findIndex(({ way }) => way === 'received') > 50 },
  'Q-XT-03': { acs: 'hasty', fails: true, wire: ({ received }) => received.startsWith('HTTP/1.1 408 ') },
  'Q-XT-04': { fails: true, wire: ({ received }) => received.startsWith('HTTP/1.1 400 ') },
  'Q-XT-05': { wire: has(/^\r\n\r\nPOST /) },
  'Q-XT-06': { also: ['Q-HT-09'] },
};

/**
 * Quirks that show only to a server of the test, since this project's ACS gives no occasion for them; and
 * why.
 */
export const BY_HAND: ReadonlyMap<QuirkKey, string> = new Map<QuirkKey, string>([
  ['Q-AT-17', 'the ACS sends no surplus member'],
  ['Q-AT-18', 'the ACS always sends ParameterKey'],
  ['Q-ID-12', 'the ACS always sends an ID'],
  ['Q-HT-10', 'the ACS keeps the connection open'],
  ['Q-HT-11', 'a connection without a byte shows to whoever counts connections'],
  ['Q-HT-13', 'a 204 of the ACS announces no content'],
  ['Q-HT-16', 'the ACS offers one scheme'],
  ['Q-CK-06', 'the cookie of the ACS has Path and nothing else'],
  ['Q-EV-06', 'time has to be in the hand of the test'],
  ['Q-AU-01', 'the ACS calls nobody'],
  ['Q-AU-08', 'the ACS calls nobody'],
  ['Q-CR-01', 'the ACS calls nobody'],
  ['Q-CR-02', 'the ACS calls nobody'],
  ['Q-HT-14', 'the file server of the ACS needs a folder'],
  ['Q-XT-01', 'a half-closed connection shows to whoever sees both its ends'],
  ['Q-XT-06', 'how a connection was closed shows to whoever accepted it'],
  ['Q-AU-06', 'another connection shows to whoever counts connections'],
]);
