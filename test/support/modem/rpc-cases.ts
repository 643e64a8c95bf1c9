/** Requests to modems and their results: each case is run with raw text and by the ACS of this project. */
import type { AcsMethod, CpeMethod } from '../../../protocol/cwmp/messages.ts';
import type { Modem, Profile } from '../../../simulator/index.ts';
import { loadProfile } from '../../../simulator/index.ts';
import type { RpcTraits } from '../../../simulator/profile/rpc-traits.ts';
import type { Ask } from './rpc-asks.ts';
import * as ask from './rpc-asks.ts';

export interface RpcCase {
  /** What is shown, as a sentence that can be false. */
  readonly title: string;
  /** `{files}` in texts is the address of the file server. */
  readonly ask: Ask;
  /** No user can queue it: the ACS refuses it before a modem sees it. */
  readonly byHandOnly?: true;
  /** The fault in the answer. */
  readonly fault?: number;
  /** Faults of single parameters. */
  readonly inner?: readonly (readonly [name: string, code: number])[];
  /** What the answer contains on the wire. */
  readonly wire?: readonly RegExp[];
  /** What the ACS stores as the answer of the task. */
  readonly answer?: object;
  /** It continues beyond this case: the task is not finished. */
  readonly runs?: true;
  /** What the modem reports later by itself, with its fault code. */
  readonly reported?: { readonly rpc: AcsMethod; readonly code: number; readonly wire?: readonly RegExp[] };
  /** Before the request. */
  readonly before?: (modem: Modem) => void | Promise<void>;
  /** After the answer and the report. */
  readonly after?: (modem: Modem) => string | undefined | Promise<string | undefined>;
}

/** Cases that follow each other on one modem. */
export interface Scene {
  readonly title: string;
  readonly profile: () => Profile;
  readonly cases: readonly RpcCase[];
}

/** A profile with other traits. */
export function variant(name: string, rpc: Partial<RpcTraits>, cwmp: Partial<Profile['cwmp']> = {}): Profile {
  const base = loadProfile(name);
  return { ...base, rpc: { ...base.rpc, ...rpc }, cwmp: { ...base.cwmp, ...cwmp } };
}

export const IGD = 'InternetGatewayDevice.';
const CODE = `${IGD}DeviceInfo.ProvisioningCode`;
const SERVER = `${IGD}ManagementServer.`;
const FORWARDING = `${IGD}Layer3Forwarding.Forwarding.`;
const MAPPING = `${IGD}WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.PortMapping.`;
const UPTIME = `${IGD}DeviceInfo.UpTime`;
const LONG = 'k'.repeat(33);

/** One valid request of each RPC, for refusals that do not depend on the arguments. */
export const ONE_OF_EACH: Readonly<Record<CpeMethod, Ask>> = {
  GetRPCMethods: ask.methods(),
  SetParameterValues: ask.spv([[CODE, 'string', 'x']]),
  GetParameterValues: ask.gpv(CODE),
  GetParameterNames: ask.gpn(IGD, true),
  SetParameterAttributes: ask.spa([CODE, 1]),
  GetParameterAttributes: ask.gpa(CODE),
  AddObject: ask.add(FORWARDING),
  DeleteObject: ask.del(`${FORWARDING}1.`),
  Reboot: ask.reboot('r'),
  Download: ask.download('d', '{files}/conf'),
  Upload: ask.upload('u', '{files}/conf'),
  FactoryReset: ask.reset(),
  GetQueuedTransfers: ask.queued(),
  ScheduleInform: ask.scheduleInform(600, 's'),
  SetVouchers: ask.vouchers('<Signature/>'),
  GetOptions: ask.options(''),
  GetAllQueuedTransfers: ask.allQueued(),
  ScheduleDownload: ask.scheduleDownload('w', '{files}/conf', [[1, 9, '2 Immediately']]),
  CancelTransfer: ask.cancel('d'),
  ChangeDUState: ask.changeUnits('c', {
    Operation: 'Uninstall',
    UUID: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  }),
};

export const CPE_METHODS: readonly CpeMethod[] = loadProfile('generic-tr098').cwmp.methods;

/** A device that refuses each RPC with this code, whatever the arguments. */
const refusing = (code: number, only: readonly CpeMethod[] = CPE_METHODS): Scene => ({
  title: `a device that refuses with ${code}`,
  profile: () => variant('generic-tr098', { refuses: new Map(only.map((rpc) => [rpc, code])) }),
  cases: only.map((rpc) => ({
    title: `${rpc} is refused with ${code}`,
    ask: ONE_OF_EACH[rpc],
    fault: code,
  })),
});

const lacking: Scene = {
  title: 'a device that answers GetRPCMethods and nothing else',
  profile: () => variant('generic-tr098', {}, { methods: ['GetRPCMethods'] }),
  cases: [
    {
      title: 'GetRPCMethods tells the one',
      ask: ask.methods(),
      wire: [/<MethodList [\w-]+:arrayType="xsd:string\[1\]"><string>GetRPCMethods<\/string><\/MethodList>/],
      answer: { MethodList: ['GetRPCMethods'] },
    },
    ...CPE_METHODS.filter((rpc) => rpc !== 'GetRPCMethods').map((rpc) => ({
      title: `${rpc} is no method of it`,
      ask: ONE_OF_EACH[rpc],
      fault: 9000,
    })),
  ],
};

const values: Scene = {
  title: 'values',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'GetRPCMethods names every method',
      ask: ask.methods(),
      wire: [/xsd:string\[20\]/, /<string>ChangeDUState<\/string>/],
      answer: { MethodList: CPE_METHODS },
    },
    {
      title: 'a value is set with its key',
      ask: ask.spv([[CODE, 'string', 'GOLD & <more>']], 'k7'),
      wire: [/<cwmp:SetParameterValuesResponse><Status>0<\/Status><\/cwmp:SetParameterValuesResponse>/],
      answer: { Status: 0 },
      after: (modem) => (modem.get(`${SERVER}ParameterKey`) === 'k7' ? undefined : 'the key was not kept'),
    },
    {
      title: 'values are read with their types, each once',
      ask: ask.gpv(CODE, `${SERVER}ParameterKey`, `${SERVER}PeriodicInformEnable`, CODE),
      wire: [
        /arrayType="cwmp:ParameterValueStruct\[3\]"/,
        /<Name>InternetGatewayDevice\.DeviceInfo\.ProvisioningCode<\/Name><Value xsi:type="xsd:string">GOLD &amp; &lt;more(>|&gt;)<\/Value>/,
        /<Value xsi:type="xsd:string">k7<\/Value>/,
        /<Value xsi:type="xsd:boolean">[01]<\/Value>/,
      ],
      answer: { ParameterList: [{ Value: 'GOLD & <more>' }, { Value: 'k7' }, { Type: 'boolean' }] },
    },
    {
      title: 'an object without parameters is an empty list',
      ask: ask.gpv(`${IGD}SoftwareModules.DeploymentUnit.`),
      wire: [/<ParameterList [\w-]+:arrayType="cwmp:ParameterValueStruct\[0\]"(\/>|><\/ParameterList>)/],
      answer: { ParameterList: [] },
    },
    { title: 'a parameter that is not there is a wrong name', ask: ask.gpv(`${IGD}Nope`), fault: 9005 },
    { title: 'an object without its dot is a wrong name', ask: ask.gpv(`${IGD}DeviceInfo`), fault: 9005 },
    { title: 'no name at all is no request', ask: ask.gpv(), byHandOnly: true, fault: 9003 },
    {
      title: 'every bad parameter has its own code, and nothing is set',
      ask: ask.spv([
        [CODE, 'string', 'lost'],
        [`${IGD}Nope`, 'string', 'x'],
        [`${FORWARDING}9.Enable`, 'boolean', '1'],
        [`${SERVER}PeriodicInformInterval`, 'int', '60'],
        [`${SERVER}PeriodicInformEnable`, 'boolean', 'yes'],
        [`${IGD}DeviceInfo.SerialNumber`, 'string', 'x'],
        [`${IGD}LANDevice.1.WLANConfiguration.1.Channel`, 'unsignedInt', '300'],
        [`${IGD}WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ConnectionType`, 'string', 'IP_Carried'],
        [`${IGD}LANDevice.1.LANEthernetInterfaceConfig.1.MaxBitRate`, 'string', 'fast'],
        [`${IGD}DeviceInfo.`, 'string', 'x'],
      ]),
      fault: 9003,
      inner: [
        [`${IGD}Nope`, 9005],
        [`${FORWARDING}9.Enable`, 9005],
        [`${SERVER}PeriodicInformInterval`, 9006],
        [`${SERVER}PeriodicInformEnable`, 9007],
        [`${IGD}DeviceInfo.SerialNumber`, 9008],
        [`${IGD}LANDevice.1.WLANConfiguration.1.Channel`, 9007],
        [`${IGD}WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ConnectionType`, 9007],
        [`${IGD}LANDevice.1.LANEthernetInterfaceConfig.1.MaxBitRate`, 9007],
        [`${IGD}DeviceInfo.`, 9005],
      ],
      after: (modem) => (modem.get(CODE) === 'GOLD & <more>' ? undefined : 'something was set'),
    },
    {
      title: 'an interval of nothing is out of range',
      ask: ask.spv([[`${SERVER}PeriodicInformInterval`, 'unsignedInt', '0']]),
      fault: 9003,
      inner: [[`${SERVER}PeriodicInformInterval`, 9007]],
    },
    {
      title: 'a text that is too long is out of range',
      ask: ask.spv([[CODE, 'string', 'x'.repeat(65)]]),
      fault: 9003,
      inner: [[CODE, 9007]],
    },
    {
      title: 'a pool that ends before it begins is a forbidden combination, in any order',
      ask: ask.spv([
        [`${IGD}LANDevice.1.LANHostConfigManagement.MaxAddress`, 'string', '192.168.1.10'],
        [`${IGD}LANDevice.1.LANHostConfigManagement.MinAddress`, 'string', '192.168.1.20'],
      ]),
      fault: 9003,
      inner: [
        [`${IGD}LANDevice.1.LANHostConfigManagement.MaxAddress`, 9007],
        [`${IGD}LANDevice.1.LANHostConfigManagement.MinAddress`, 9007],
      ],
    },
    {
      title: 'a reference to what is not there is a wrong value',
      ask: ask.spv([[`${IGD}Layer3Forwarding.DefaultConnectionService`, 'string', `${IGD}WANDevice.7`]]),
      fault: 9003,
      inner: [[`${IGD}Layer3Forwarding.DefaultConnectionService`, 9007]],
    },
    {
      title: 'a name twice is an invalid argument',
      ask: ask.spv([
        [CODE, 'string', 'a'],
        [CODE, 'string', 'b'],
      ]),
      fault: 9003,
    },
    {
      title: 'a key that is too long is an invalid argument',
      ask: ask.spv([[CODE, 'string', 'a']], LONG),
      byHandOnly: true,
      fault: 9003,
    },
    {
      title: 'an empty list sets the key alone',
      ask: ask.spv([], 'k8'),
      answer: { Status: 0 },
      after: (modem) => (modem.get(`${SERVER}ParameterKey`) === 'k8' ? undefined : 'the key was not kept'),
    },
  ],
};

const names: Scene = {
  title: 'names',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'the top of the tree has one member',
      ask: ask.gpn('', true),
      wire: [/ParameterInfoStruct\[1\]/, /<Name>InternetGatewayDevice\.<\/Name><Writable>0<\/Writable>/],
      answer: { ParameterList: [{ Name: IGD, Writable: false }] },
    },
    {
      title: 'one level is what stands in it, not itself',
      ask: ask.gpn(`${IGD}Layer3Forwarding.`, true),
      wire: [
        /ParameterInfoStruct\[3\]/,
        /<Name>InternetGatewayDevice\.Layer3Forwarding\.Forwarding\.<\/Name><Writable>1</,
      ],
      answer: { ParameterList: { length: 3 } },
    },
    {
      title: 'the next level of a table is its instances',
      ask: ask.gpn(FORWARDING, true),
      answer: { ParameterList: [{ Name: `${FORWARDING}1.`, Writable: true }] },
    },
    {
      title: 'an empty table is itself with all levels',
      ask: ask.gpn(`${IGD}SoftwareModules.DeploymentUnit.`, false),
      answer: { ParameterList: [{ Name: `${IGD}SoftwareModules.DeploymentUnit.`, Writable: false }] },
    },
    {
      title: 'and nothing with one',
      ask: ask.gpn(`${IGD}SoftwareModules.DeploymentUnit.`, true),
      wire: [/ParameterInfoStruct\[0\]/],
      answer: { ParameterList: [] },
    },
    {
      title: 'a parameter is itself with all levels',
      ask: ask.gpn(CODE, false),
      answer: { ParameterList: [{ Name: CODE, Writable: true }] },
    },
    { title: 'a parameter has no next level', ask: ask.gpn(CODE, true), fault: 9003 },
    { title: 'a path that is not there is a wrong name', ask: ask.gpn('Device.', false), fault: 9005 },
  ],
};

const attributes: Scene = {
  title: 'attributes',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'a later entry counts over an earlier one',
      ask: ask.spa([SERVER, 1], [`${SERVER}Username`, 2, ['Subscriber', 'nobody-known']]),
      wire: [/<cwmp:SetParameterAttributesResponse(\/>|><\/cwmp:SetParameterAttributesResponse>)/],
      answer: {},
    },
    {
      title: 'attributes are read as they were set; unknown entities are left out',
      ask: ask.gpa(`${SERVER}Username`, `${SERVER}PeriodicInformTime`),
      wire: [
        /ParameterAttributeStruct\[2\]/,
        /<Name>InternetGatewayDevice\.ManagementServer\.Username<\/Name><Notification>2<\/Notification><AccessList [\w-]+:arrayType="[\w-]+:string\[1\]"><string>Subscriber</,
      ],
      answer: {
        ParameterList: [
          { Notification: 2, AccessList: ['Subscriber'] },
          { Notification: 1, AccessList: ['Subscriber'] },
        ],
      },
    },
    {
      title: 'an empty access list leaves the ACS alone',
      ask: ask.spa([`${IGD}DeviceInfo.SerialNumber`, undefined, []]),
      answer: {},
    },
    {
      title: 'and is kept on what is read-only too',
      ask: ask.gpa(`${IGD}DeviceInfo.SerialNumber`),
      answer: { ParameterList: [{ Notification: 0, AccessList: [] }] },
    },
    {
      title: 'on a forced parameter another value than active is passed over',
      ask: ask.spa([CODE, 0]),
      answer: {},
    },
    {
      title: 'and it stays active',
      ask: ask.gpa(CODE),
      answer: { ParameterList: [{ Notification: 2 }] },
    },
    { title: 'passive notification is borne by every parameter', ask: ask.spa([UPTIME, 1]), answer: {} },
    { title: 'active is refused where the model lets it', ask: ask.spa([UPTIME, 2]), fault: 9009 },
    {
      title: 'also when a partial path comes to it, and then nothing is changed',
      ask: ask.spa([`${IGD}DeviceInfo.`, 2]),
      fault: 9009,
    },
    { title: 'there is no seventh notification', ask: ask.spa([CODE, 7]), fault: 9003 },
    { title: 'lightweight notification is not borne by all', ask: ask.spa([CODE, 4]), fault: 9003 },
    { title: 'attributes of nothing are a wrong name', ask: ask.spa([`${IGD}Nope`, 1]), fault: 9005 },
    { title: 'a list of nothing sets nothing', ask: ask.spa(), byHandOnly: true, fault: 9003 },
    { title: 'attributes of nothing cannot be read', ask: ask.gpa(`${IGD}Nope`), fault: 9005 },
    { title: 'no name has no attributes', ask: ask.gpa(), byHandOnly: true, fault: 9003 },
  ],
};

const objects: Scene = {
  title: 'objects',
  profile: () => variant('generic-tr098', { rows: new Map([['LANDevice.{i}.WLANConfiguration.', 2]]) }),
  cases: [
    {
      title: 'an instance is added with its number',
      ask: ask.add(FORWARDING, 'a1'),
      wire: [/<InstanceNumber>2<\/InstanceNumber><Status>0<\/Status>/],
      answer: { InstanceNumber: 2, Status: 0 },
    },
    {
      title: 'its defaults, the count of its table and the key are there at once',
      ask: ask.gpv(
        `${FORWARDING}2.Enable`,
        `${IGD}Layer3Forwarding.ForwardNumberOfEntries`,
        `${SERVER}ParameterKey`,
      ),
      answer: { ParameterList: [{}, { Value: '2' }, { Value: 'a1' }] },
    },
    {
      title: 'it accepts attributes',
      ask: ask.spa([`${FORWARDING}2.Enable`, 2]),
      answer: {},
    },
    {
      title: 'it is deleted',
      ask: ask.del(`${FORWARDING}2.`, 'd1'),
      wire: [/<cwmp:DeleteObjectResponse><Status>0<\/Status>/],
      answer: { Status: 0 },
      after: (modem) => {
        if (modem.device.attributes.has(`${FORWARDING}2.Enable`)) return 'its attributes outlive it';
        return modem.get(`${SERVER}ParameterKey`) === 'd1' ? undefined : 'the key was not kept';
      },
    },
    {
      title: 'its number is never given again',
      ask: ask.add(FORWARDING),
      answer: { InstanceNumber: 3 },
    },
    {
      title: 'what stands in an instance is added by its own path',
      ask: ask.add(MAPPING),
      answer: { InstanceNumber: 2 },
    },
    {
      title: 'there is room for a second',
      ask: ask.add(`${IGD}LANDevice.1.WLANConfiguration.`),
      answer: { InstanceNumber: 2 },
    },
    { title: 'and none for a third', ask: ask.add(`${IGD}LANDevice.1.WLANConfiguration.`), fault: 9004 },
    { title: 'a device grows no second LAN', ask: ask.add(`${IGD}LANDevice.`), fault: 9001 },
    { title: 'and loses none', ask: ask.del(`${IGD}LANDevice.1.`), fault: 9001 },
    { title: 'an instance is no table', ask: ask.add(`${FORWARDING}1.`), fault: 9005 },
    { title: 'a table is no instance', ask: ask.del(FORWARDING), fault: 9005 },
    { title: 'what is gone cannot be deleted', ask: ask.del(`${FORWARDING}2.`), fault: 9005 },
    {
      title: 'AddObject with a key that is too long',
      ask: ask.add(FORWARDING, LONG),
      byHandOnly: true,
      fault: 9003,
    },
    {
      title: 'DeleteObject with a key that is too long',
      ask: ask.del(`${FORWARDING}1.`, LONG),
      byHandOnly: true,
      fault: 9003,
    },
    {
      title: 'a reference is set to what is there',
      ask: ask.spv([
        [
          `${IGD}Layer3Forwarding.DefaultConnectionService`,
          'string',
          `${IGD}WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1`,
        ],
      ]),
      answer: { Status: 0 },
    },
    {
      title: 'and is empty when that is deleted',
      ask: ask.del(`${IGD}WANDevice.1.WANConnectionDevice.1.`),
      answer: { Status: 0 },
      after: (modem) =>
        modem.get(`${IGD}Layer3Forwarding.DefaultConnectionService`) === ''
          ? undefined
          : 'it still points there',
    },
  ],
};

const bounded: Scene = {
  title: 'a device of small means',
  profile: () => variant('generic-tr098', { maxSet: 2, maxListed: 50 }, { maxNames: 2 }),
  cases: [
    { title: 'three names are too many', ask: ask.gpv(CODE, UPTIME, `${SERVER}URL`), fault: 9004 },
    { title: 'three answers are too many', ask: ask.gpv(SERVER), fault: 9004 },
    {
      title: 'three attributes are too many to read',
      ask: ask.gpa(CODE, UPTIME, `${SERVER}URL`),
      fault: 9004,
    },
    {
      title: 'three values are too many to set',
      ask: ask.spv([
        [CODE, 'string', 'a'],
        [`${SERVER}Username`, 'string', 'b'],
        [`${SERVER}Password`, 'string', 'c'],
      ]),
      fault: 9004,
    },
    {
      title: 'three attributes are too many to set',
      ask: ask.spa([CODE, 1], [UPTIME, 1], [SERVER, 1]),
      fault: 9004,
    },
    { title: 'the whole tree is too much', ask: ask.gpn('', false), fault: 9004 },
    { title: 'one level is not', ask: ask.gpn(IGD, true), answer: {} },
  ],
};

const choosy: Scene = {
  title: 'a device that refuses single parameters',
  profile: () =>
    variant('generic-tr098', {
      refuses: new Map([
        ['SetParameterValues ManagementServer.Username', 9001],
        ['SetParameterValues Time.', 9002],
        ['GetParameterValues LANConfigSecurity.', 9002],
        ['GetParameterAttributes Time.', 9002],
        ['SetParameterAttributes Time.', 9001],
        ['GetParameterNames DeviceConfig.', 9001],
        ['AddObject LANDevice.{i}.WLANConfiguration.', 9002],
        ['DeleteObject LANDevice.{i}.WLANConfiguration.', 9002],
      ]),
      restarts: new Set(['LANDevice.{i}.LANHostConfigManagement.DomainName']),
    }),
  cases: [
    {
      title: 'a parameter may be refused without a reason, and another by an error inside',
      ask: ask.spv([
        [`${SERVER}Username`, 'string', 'me'],
        [`${IGD}Time.NTPServer1`, 'string', 'ntp.example'],
        [CODE, 'string', 'fine'],
      ]),
      fault: 9003,
      inner: [
        [`${SERVER}Username`, 9001],
        [`${IGD}Time.NTPServer1`, 9002],
      ],
    },
    {
      title: 'an object that cannot be read',
      ask: ask.gpv(`${IGD}LANConfigSecurity.ConfigPassword`),
      fault: 9002,
    },
    { title: 'an object without attributes to read', ask: ask.gpa(`${IGD}Time.`), fault: 9002 },
    { title: 'an object without attributes to set', ask: ask.spa([`${IGD}Time.`, 1]), fault: 9001 },
    { title: 'an object that is not listed', ask: ask.gpn(`${IGD}DeviceConfig.`, true), fault: 9001 },
    {
      title: 'a table that cannot grow now',
      ask: ask.add(`${IGD}LANDevice.1.WLANConfiguration.`),
      fault: 9002,
    },
    { title: 'an instance that stays', ask: ask.del(`${IGD}LANDevice.1.WLANConfiguration.1.`), fault: 9002 },
    {
      title: 'a value that needs a restart is kept, and the device restarts by itself',
      ask: ask.spv([[`${IGD}LANDevice.1.LANHostConfigManagement.DomainName`, 'string', 'home']]),
      wire: [/<Status>1<\/Status>/],
      answer: { Status: 1 },
      after: async (modem) => {
        const [report] = await modem.next('session-ended', { where: ({ ok }) => ok });
        if (modem.get(`${IGD}LANDevice.1.LANHostConfigManagement.DomainName`) !== 'home')
          return 'it was lost';
        const reported = report.events.join();
        return reported.includes('1 BOOT') && !reported.includes('M Reboot') ? undefined : reported;
      },
    },
  ],
};

const restarts: Scene = {
  title: 'restarts and informs of later',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    { title: 'a reboot with a key that is too long', ask: ask.reboot(LONG), byHandOnly: true, fault: 9003 },
    {
      title: 'a reboot comes after the session with its key',
      ask: ask.reboot('r1'),
      wire: [/<cwmp:RebootResponse(\/>|><\/cwmp:RebootResponse>)/],
      answer: {},
      after: async (modem) => {
        const [{ events }] = await modem.next('session-ended', { where: ({ ok }) => ok });
        return ['1 BOOT', 'M Reboot'].every((code) => events.includes(code)) ? undefined : events.join();
      },
    },
    { title: 'an inform in no time is no arguments', ask: ask.scheduleInform(0, 's'), fault: 9003 },
    {
      title: 'an inform is scheduled',
      ask: ask.scheduleInform(20, 's1'),
      wire: [/<cwmp:ScheduleInformResponse(\/>|><\/cwmp:ScheduleInformResponse>)/],
      answer: {},
      after: async (modem) => {
        const [{ events }] = await modem.next('session-ended', { where: ({ ok }) => ok });
        const codes = ['3 SCHEDULED', 'M ScheduleInform'];
        return codes.every((code) => events.includes(code)) ? undefined : events.join();
      },
    },
    {
      title: 'a factory reset comes after the session, and then a first contact',
      ask: ask.reset(),
      wire: [/<cwmp:FactoryResetResponse(\/>|><\/cwmp:FactoryResetResponse>)/],
      answer: {},
      before: (modem) => modem.change(`${SERVER}Username`, 'mine'),
      after: async (modem) => {
        const [{ events }] = await modem.next('session-ended', { where: ({ ok }) => ok });
        if (modem.get(`${SERVER}Username`) === 'mine') return 'a setting outlived it';
        return ['0 BOOTSTRAP', '1 BOOT'].every((code) => events.includes(code)) ? undefined : events.join();
      },
    },
  ],
};

export const SCENES: readonly Scene[] = [
  refusing(9001),
  refusing(9002),
  // What no other case causes, and firmware may: the lists of TR-069a6 have them.
  refusing(9003, [
    ...([
      'GetParameterValues',
      'GetParameterAttributes',
      'AddObject',
      'DeleteObject',
      'Reboot',
      'FactoryReset',
    ] as const),
  ]),
  refusing(9004, ['CancelTransfer']),
  lacking,
  values,
  names,
  attributes,
  objects,
  bounded,
  choosy,
  restarts,
];
