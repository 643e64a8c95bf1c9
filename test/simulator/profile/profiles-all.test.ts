/** Checks of every bundled profile, at every release of it. */
import t from 'tap';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { readDateTime } from '../../../protocol/datamodel/date-time.ts';
import { Device } from '../../../simulator/device/device.ts';
import { dispatch } from '../../../simulator/device/rpc/dispatch.ts';
import { listProfiles, loadProfile, profileNames, releaseNames } from '../../../simulator/profile/profile.ts';

const device = (name: string, index = 0, seed: string | number = 0, externalAddress?: string): Device =>
  new Device({
    profile: loadProfile(name),
    seed,
    index,
    acs: 'http://acs.example:7547/',
    now: () => 0,
    ...(externalAddress === undefined ? {} : { externalAddress }),
  });

const parameters = (of: Device) => Array.from(of.tree.leaves(of.tree.root()), (leaf) => of.parameter(leaf));

const ALL = releaseNames();
const THOMSON = ALL.filter((name) => loadProfile(name).generation.startsWith('thomson'));
const instances = (of: Device, table: string): number => of.tree.instances(of.name(table)).length;

/**
 * Product class, board, family, firmware, year and week, plant, MAC prefix, Ethernet ports, radio, voice
 * ports, configuration.
 */
const KNOWN = `
st510v6  | SpeedTouch 510    | XANT-1 | X1 | 5.4.0.14 | 0520 | QZ | 0090D0 | 1 | no  | 0 | Routed PPPoE on 8/35
st516v6  | SpeedTouch 516    | BANT-V | Q2 | 6.2.15.5 | 0621 | KT | 00147F | 1 | no  | 0 | Routed PPPoE on 8/35
st546v6  | SpeedTouch 546    | BANT-V | Q2 | 7.4.1.7  | 0705 | KT | 00147F | 4 | no  | 0 | Routed PPPoE on 8/35
st585v6  | SpeedTouch 585    | BANT-W | QI | 6.2.17.5 | 0703 | KT | 00147F | 4 | yes | 0 | Routed PPPoE on 8/35
st706wl  | SpeedTouch 706    | BANT-S | X6 | 5.4.0.14 | 0636 | JT | 00147F | 2 | yes | 2 | Routed PPPoE on 0/35 and 8/35
st706    | SpeedTouch 706    | BANT-S | X6 | 6.2.15.5 | 0636 | JT | 00147F | 2 | no  | 2 | Routed PPPoE on 0/35 and 8/35
st716v5  | SpeedTouch 716    | XANT-2 | X2 | 5.4.0.14 | 0545 | JT | 00147F | 4 | yes | 2 | Routed PPPoE on 8/35
st780wl  | SpeedTouch 780    | BANT-R | QH | 6.2.15.5 | 0644 | JT | 00147F | 4 | yes | 3 | Routed PPPoE on 0/35 and 8/35
st780v74 | SpeedTouch 780    | BANT-R | QH | 7.4.1.7  | 0644 | JT | 00147F | 4 | yes | 3 | Routed PPPoE on 8/35
bthh1    | BT Home Hub       | XANT-3 | X3 | 6.2.6.E  | 0633 | EH | 00147F | 2 | yes | 1 | Routed PPPoA on 0/38
tg585v7  | Thomson TG585 v7  | BANT-1 | X7 | 7.4.3.2  | 0750 | QF | 001D68 | 4 | yes | 0 | Routed PPPoE on 8/35
tg585v8  | Thomson TG585 v8  | DANT-1 | X8 | 8.2.23.0 | 0930 | SQ | 002417 | 4 | yes | 0 | Routed PPPoE on 8/35
tg782    | Thomson TG782     | XANT-4 | X4 | 8.2.7.7  | 0940 | SA | 002644 | 4 | yes | 2 | Routed PPPoE on 8/35
tg789vn  | Thomson TG789vn   | XANT-5 | UT | 8.C.D.9  | 1105 | RA | 9C9726 | 4 | yes | 2 | Routed PPPoE on PTM
`
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));

t.test('each product is made as it is known to be', (t) => {
  for (const [name = '', ...known] of KNOWN) {
    const unit = device(name);
    const { identity } = unit.profile;
    const [, , , firmware = ''] = known;
    const made = [
      identity.productClass,
      identity.board,
      identity.family,
      identity.firmware,
      ...('text' in identity.serial ? [] : [identity.serial.yearWeek, identity.serial.plant]),
      identity.macPrefix,
    ];
    t.strictSame(made, known.slice(0, 7), name);
    t.equal(unit.setting('DeviceInfo.VendorConfigFile.1.Name'), known[10], `${name}: its configuration`);
    // The little that is known of a 5.x tree has neither ports, radio nor voice.
    if (!firmware.startsWith('5.'))
      t.strictSame(
        [
          String(instances(unit, 'LANDevice.1.LANEthernetInterfaceConfig.')),
          instances(unit, 'LANDevice.1.WLANConfiguration.') > 0 ? 'yes' : 'no',
          String(instances(unit, 'Services.VoiceService.1.PhyInterface.')),
        ],
        known.slice(7, 10),
        `${name}: ports, radio, voice`,
      );
  }
  const counts = Object.fromEntries(listProfiles().map((listed) => [listed.name, listed.parameters]));
  t.match(counts, { st780wl: 3343, st780sip: 3457, st706: 3263 }, 'trees of which every name is known');
  t.ok((counts.st780v74 ?? 0) > 3343, 'and 7.4 adds to that of 6.2');
  t.end();
});

t.test('every value fits its type, and every count is that of the instances', (t) => {
  for (const name of ALL) {
    const unit = device(name);
    const all = parameters(unit);
    t.strictSame(
      all.filter(({ type, value }) => !fits(type, value)),
      [],
      `${name}: values fit`,
    );
    let counted = 0;
    for (const { name: full, value } of all) {
      const [, parent = '', called = ''] = /^(.*\.)(\w+)NumberOfEntries$/.exec(full) ?? [];
      if (called === '') continue;
      const object = unit.tree.find(parent);
      const tables = object === undefined ? [] : unit.tree.children(object).filter((c) => c.is === 'table');
      const table = tables.find((c) => c.shape.name.startsWith(called) || called.endsWith(c.shape.name));
      const number = table === undefined ? 0 : unit.tree.children(table).length;
      if (Number(value) !== number) t.fail(`${name}: ${full} is ${value}, of ${number}`);
      counted += 1;
    }
    t.ok(counted > 3, `${name}: has counts`);
    t.equal(new Set(all.map((parameter) => parameter.name)).size, all.length, `${name}: no name twice`);
  }
  t.end();
});

function fits(type: string, value: string): boolean {
  switch (type) {
    case 'boolean':
      return /^[01]$/.test(value);
    case 'unsignedInt':
      return /^\d{1,10}$/.test(value) && Number(value) <= 4294967295;
    case 'int':
      return /^-?\d{1,10}$/.test(value);
    case 'long':
    case 'unsignedLong':
      return /^-?\d{1,20}$/.test(value);
    case 'dateTime':
      // What 5.x has where a date belongs.
      return readDateTime(value) !== undefined || value === 'Configuration modified b';
    default:
      return !value.includes('${') && value.length <= 256;
  }
}

/** What a device must have that announces a profile of a data model. */
const ANNOUNCED: ReadonlyMap<string, readonly string[]> = new Map([
  ['Baseline:1', ['DeviceInfo.SerialNumber', 'ManagementServer.URL']],
  ['EthernetLAN:1', ['LANDevice.1.LANEthernetInterfaceConfig.1.Status', 'LANDevice.1.Hosts.']],
  [
    'ADSLWAN:1',
    ['WANDevice.1.WANDSLInterfaceConfig.', 'WANDevice.1.WANConnectionDevice.1.WANDSLLinkConfig.LinkType'],
  ],
  ['VDSL2WAN:1', ['WANDevice.1.WANDSLInterfaceConfig.ModulationType']],
  ['PTMWAN:1', ['WANDevice.1.WANConnectionDevice.1.WANPTMLinkConfig.LinkStatus']],
  ['EthernetWAN:1', ['WANDevice.2.WANEthernetInterfaceConfig.Status']],
  ['Bridging:1', ['Layer2Bridging.Bridge.1.BridgeEnable', 'Layer2Bridging.Filter.1.FilterEnable']],
  ['Time:1', ['Time.NTPServer1', 'Time.CurrentLocalTime']],
  ['DeviceAssociation:1', ['LANDevice.1.WLANConfiguration.1.AssociatedDevice.']],
  ['WiFiLAN:1', ['LANDevice.1.WLANConfiguration.1.SSID']],
  ['QoS:1', ['QueueManagement.Enable']],
  ['IPPing:1', ['IPPingDiagnostics.DiagnosticsState']],
  ['SIPSIPEndpoint:1', ['Services.VoiceService.1.VoiceProfile.1.SIP.ProxyServer']],
  ['TAEndpoint:1', ['Services.VoiceService.1.PhyInterface.1.PhyPort']],
]);

t.test('DeviceSummary announces only what the tree has', (t) => {
  for (const name of THOMSON) {
    const unit = device(name);
    const summary = unit.read(unit.name('DeviceSummary'))?.value;
    const { generation } = unit.profile;
    if (generation === 'thomson-g5') {
      t.equal(summary, undefined, `${name}: 5.x has none`);
      t.notOk(
        parameters(unit).some((p) => /X_000E50|Layer2Bridging|\.Time\./.test(p.name)),
        `${name}: nor what 6.2 added`,
      );
      continue;
    }
    const [, root, services = ''] = /^[^(]*\(([^)]*)\)(.*)$/.exec(summary ?? '') ?? [];
    t.match(
      summary,
      generation === 'thomson-g6'
        ? /^InternetGatewayDevice:1\.1\[\] \(/
        : /^InternetGatewayDevice:1\.[34]\[\]\(/,
      name,
    );
    const announced = [
      ...(root ?? '').split(', '),
      ...(/\(([^)]*)\)/.exec(services)?.[1]?.split(', ') ?? []),
    ];
    for (const profile of announced) {
      const wants = ANNOUNCED.get(profile);
      if (wants === undefined) t.fail(`${name}: ${profile} is not known`);
      for (const below of wants ?? [])
        t.ok(unit.tree.find(unit.name(below)) !== undefined, `${name}: ${profile}: ${below}`);
    }
    t.ok(announced.length >= 5, `${name}: announces`);
    t.equal(announced.includes('WiFiLAN:1'), instances(unit, 'LANDevice.1.WLANConfiguration.') > 0, name);
    if (services !== '') t.match(services, /^, VoiceService:1\.0\[1\]\(/);
  }
  t.end();
});

const INFO = 'InternetGatewayDevice.DeviceInfo.';
const CONFIG = ['Name', 'Version', 'Date', 'Description'].map((last) => `${INFO}VendorConfigFile.1.${last}`);
const MANAGEMENT = ['ConnectionRequestURL', 'ParameterKey'].map(
  (last) => `InternetGatewayDevice.ManagementServer.${last}`,
);
const versions = (...last: string[]): string[] => last.map((name) => INFO + name);

/** The parameters of every Inform by generation, in order; the WAN address stands for itself. */
const FORCED: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'thomson-g5',
    [
      ...versions('SpecVersion', 'HardwareVersion', 'SoftwareVersion', 'ProvisioningCode'),
      ...CONFIG,
      ...MANAGEMENT,
      'WAN',
    ],
  ],
  [
    'thomson-g6',
    [
      'InternetGatewayDevice.DeviceSummary',
      ...versions('SpecVersion', 'HardwareVersion', 'SoftwareVersion', 'ProvisioningCode'),
      ...CONFIG,
      ...MANAGEMENT,
      'WAN',
    ],
  ],
  [
    'thomson-g7',
    [
      'WAN',
      ...versions('HardwareVersion', 'ProvisioningCode', 'SoftwareVersion', 'SpecVersion'),
      'InternetGatewayDevice.DeviceSummary',
      ...MANAGEMENT,
    ],
  ],
]);
const forcedOf = (generation: string): readonly string[] =>
  FORCED.get(generation === 'thomson-g8' ? 'thomson-g7' : generation) ?? [];

t.test('every Inform has the forced parameters of its generation, in their order', (t) => {
  for (const name of THOMSON) {
    const { generation, firmware } = {
      ...loadProfile(name),
      firmware: loadProfile(name).identity.firmware,
    };
    const down = device(name).informParameters();
    const up = device(name, 0, 0, '192.0.2.7').informParameters();
    const wan = '.ExternalIPAddress';
    const reported = (list: typeof down): string[] =>
      list.map(({ Name }) => (Name.endsWith(wan) ? 'WAN' : Name));
    t.strictSame(reported(down), forcedOf(generation), `${name}: not connected`);
    t.strictSame(reported(up), forcedOf(generation), `${name}: connected`);
    // 5.3 always wrote the full name; later the path of a missing connection is empty.
    const names = [down, up].map((list) => list.find(({ Name }) => Name.endsWith(wan))?.Name ?? '');
    const full = /^InternetGatewayDevice\.WANDevice\.1\.WANConnectionDevice\.\d\.WAN(PPP|IP)Connection\.1\./;
    t.match(names[0], firmware.startsWith('5.3.') ? full : /^\.ExternalIPAddress$/, `${name}: its name`);
    t.match(names[1], full, `${name}: its name when connected`);
    t.equal(up.find(({ Name }) => Name.endsWith(wan))?.Value, '192.0.2.7');
    const types = new Set(down.map(({ Type }) => Type));
    const one = generation === 'thomson-g6' ? ['string', 'dateTime'] : ['string'];
    t.strictSame([...types], one, `${name}: types`);
    const spec = new Map([
      ['thomson-g5', '1'],
      ['thomson-g6', '1.1'],
    ]).get(generation);
    t.equal(down.find(({ Name }) => Name.endsWith('SpecVersion'))?.Value, spec ?? '1.0');
  }
  t.equal(
    device('st780wl@6.2.35.0', 0, 0, '192.0.2.7').informParameters().at(-1)?.Name,
    'InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ExternalIPAddress',
    'a 780 with 6.2.35.0 was seen with an IP connection',
  );
  t.end();
});

const BASIC = ['GetParameterNames', 'GetParameterValues', 'SetParameterValues'];
const END = ['Download', 'Reboot', 'FactoryReset'];
const WITH_ATTRIBUTES = [
  'GetRPCMethods',
  'GetParameterNames',
  'GetParameterValues',
  'GetParameterAttributes',
  'SetParameterValues',
  'SetParameterAttributes',
  'AddObject',
  'DeleteObject',
  ...END,
];

/** RPCs of each generation in wire order. */
const METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  ['thomson-g5', ['GetRPCMethods', 'Download', 'Upload', ...BASIC, 'Reboot', 'FactoryReset']],
  ['thomson-g6', ['GetRPCMethods', ...BASIC, 'AddObject', 'DeleteObject', ...END]],
  ['thomson-g7', WITH_ATTRIBUTES],
  ['thomson-g8', [...WITH_ATTRIBUTES, 'Upload', 'ScheduleInform']],
]);

const FILE = { CommandKey: '', FileType: '1 Firmware Upgrade Image', URL: 'http://a/', Username: '' };
const NONE = {
  Password: '',
  FileSize: 0,
  TargetFileName: '',
  DelaySeconds: 0,
  SuccessURL: '',
  FailureURL: '',
};

/** One request of each method of a CPE, as empty as possible. */
const REQUESTS: readonly Request<CpeMethod>[] = [
  { kind: 'request', rpc: 'GetRPCMethods', args: {} },
  { kind: 'request', rpc: 'GetParameterNames', args: { ParameterPath: '', NextLevel: true } },
  { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [] } },
  { kind: 'request', rpc: 'SetParameterValues', args: { ParameterList: [], ParameterKey: '' } },
  { kind: 'request', rpc: 'GetParameterAttributes', args: { ParameterNames: [] } },
  { kind: 'request', rpc: 'SetParameterAttributes', args: { ParameterList: [] } },
  { kind: 'request', rpc: 'AddObject', args: { ObjectName: 'X.', ParameterKey: '' } },
  { kind: 'request', rpc: 'DeleteObject', args: { ObjectName: 'X.1.', ParameterKey: '' } },
  { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } },
  { kind: 'request', rpc: 'FactoryReset', args: {} },
  { kind: 'request', rpc: 'Download', args: { ...FILE, ...NONE } },
  {
    kind: 'request',
    rpc: 'Upload',
    args: { ...FILE, FileType: '1 Vendor Configuration File', Password: '', DelaySeconds: 0 },
  },
  { kind: 'request', rpc: 'ScheduleInform', args: { DelaySeconds: 60, CommandKey: '' } },
  { kind: 'request', rpc: 'GetQueuedTransfers', args: {} },
  { kind: 'request', rpc: 'GetAllQueuedTransfers', args: {} },
  { kind: 'request', rpc: 'CancelTransfer', args: { CommandKey: '' } },
];

t.test('each generation has its RPCs, and refuses all others as the firmware does', (t) => {
  for (const name of THOMSON) {
    const unit = device(name);
    const { generation, cwmp } = unit.profile;
    t.strictSame(cwmp.methods, METHODS.get(generation), `${name}: in the order of the wire`);
    for (const request of REQUESTS) {
      const performed = dispatch(unit, request);
      const listed = cwmp.methods.includes(request.rpc);
      const unknown = !performed.ok && performed.fault.FaultCode === 9000;
      if (listed === unknown) t.fail(`${name}: ${request.rpc} ${listed ? 'is' : 'is not'} in its list`);
      if (unknown && !listed && !performed.ok) t.equal(performed.fault.FaultString, 'Method not supported');
    }
  }
  t.end();
});

t.test('faults are worded as the firmware words them', (t) => {
  for (const name of THOMSON) {
    const unit = device(name);
    const faultOf = (request: Request<CpeMethod>) => {
      const performed = dispatch(unit, request);
      return performed.ok ? undefined : performed.fault;
    };
    const wrong = faultOf({
      kind: 'request',
      rpc: 'SetParameterValues',
      args: {
        ParameterList: [
          { Name: unit.name('DeviceInfo.SerialNumber'), Value: 'x', Type: 'string' },
          { Name: unit.name('Nothing'), Value: 'x', Type: 'string' },
        ],
        ParameterKey: '',
      },
    });
    t.match(
      wrong,
      {
        FaultCode: 9003,
        FaultString: 'Invalid arguments',
        SetParameterValuesFault: [
          { FaultCode: 9008 },
          { FaultCode: 9005, FaultString: 'Invalid parameter name' },
        ],
      },
      name,
    );
    if (unit.profile.cwmp.methods.includes('AddObject'))
      t.match(
        faultOf({
          kind: 'request',
          rpc: 'AddObject',
          args: { ObjectName: `${INFO}VendorConfigFile.`, ParameterKey: '' },
        }),
        { FaultCode: 9001, FaultString: 'Request Denied' },
        name,
      );
  }
  t.end();
});

t.test('there is no limit on names: a whole tree is listed and read in one answer', (t) => {
  for (const name of profileNames().filter((name) => THOMSON.includes(name))) {
    const unit = device(name);
    const names = dispatch(unit, {
      kind: 'request',
      rpc: 'GetParameterNames',
      args: { ParameterPath: '', NextLevel: false },
    });
    const values = dispatch(unit, {
      kind: 'request',
      rpc: 'GetParameterValues',
      args: { ParameterNames: ['InternetGatewayDevice.'] },
    });
    if (!names.ok || names.response.rpc !== 'GetParameterNames') throw new Error(name);
    if (!values.ok || values.response.rpc !== 'GetParameterValues') throw new Error(name);
    const listed = names.response.args.ParameterList.map(({ Name }) => Name);
    const leaves = listed.filter((path) => !path.endsWith('.'));
    t.strictSame(
      leaves,
      values.response.args.ParameterList.map(({ Name }) => Name),
      name,
    );
    const objects = ['thomson-g7', 'thomson-g8'].includes(unit.profile.generation);
    t.equal(listed.length > leaves.length, objects, `${name}: objects are listed from 7.4 on`);
    const secrets = values.response.args.ParameterList.filter(({ Name }) =>
      /Password$|PreSharedKey$/.test(Name),
    );
    t.ok(
      secrets.length > 0 && secrets.every(({ Value }) => Value === ''),
      `${name}: passwords read as empty`,
    );
  }
  t.end();
});

t.test('what a parameter reads as may be written to it', (t) => {
  for (const name of profileNames()) {
    const unit = device(name);
    const refused = parameters(unit)
      // A diagnostics state has values that an ACS may not write: only Requested starts a test.
      .filter(({ name, writable }) => writable && !name.endsWith('DiagnosticsState'))
      .filter(({ name, value, type }) => {
        const ParameterList = [{ Name: name, Value: value, Type: type }];
        const args = { ParameterList, ParameterKey: '' };
        return !dispatch(unit, { kind: 'request', rpc: 'SetParameterValues', args }).ok;
      });
    t.strictSame(refused, [], name);
  }
  t.end();
});

t.test('firmware, generation and OUI belong together', (t) => {
  for (const name of THOMSON) {
    const { identity, generation, http, product } = loadProfile(name);
    t.match(identity.firmware, /^\d+(\.[0-9A-Z]{1,2}){3}$/, name);
    t.equal(generation, `thomson-g${identity.firmware.split('.')[0]}`, name);
    t.equal(identity.oui, generation === 'thomson-g8' ? identity.macPrefix : '00147F', `${name}: OUI`);
    t.equal(
      device(name).expand(http.userAgent),
      generation === 'thomson-g5' ? 'Thomson_cwmp-engine/r0.3' : `Thomson_cwmp-engine/r${identity.firmware}`,
    );
    t.ok(name === product || name === `${product}@${identity.firmware}`, `${name}: its name`);
    t.equal(device(name).setting('DeviceInfo.SoftwareVersion'), identity.firmware);
  }
  t.end();
});

t.test('units differ from each other and are the same every time', (t) => {
  const serials = new Set<string>();
  const macs = new Set<string>();
  const FLEET = 1000;
  for (const name of THOMSON)
    for (let index = 0; index < FLEET; index += 37) {
      const { unit, profile } = device(name, index);
      serials.add(`${profile.identity.productClass}/${unit.serial}`);
      macs.add(unit.mac);
      if (!/^CP\d\d(0[1-9]|[1-4]\d|5[0-3])[A-Z]{2}[0-9A-Z]{3}$/.test(unit.serial)) t.fail(unit.serial);
      if (unit.mac.replaceAll(':', '').slice(0, 6).toUpperCase() !== profile.identity.macPrefix)
        t.fail(unit.mac);
    }
  const units = THOMSON.length * Math.ceil(FLEET / 37);
  t.equal(serials.size, units, 'no serial number twice, over products and releases');
  t.equal(macs.size, units, 'no address twice');
  t.equal(device('st585v6').unit.serial, 'CP0703KT0A0', 'the first is 0A0 of the product’s week');
  t.equal(device('st585v6', 35).unit.serial, 'CP0703KT0AZ');
  t.equal(device('st585v6', 36 ** 3 - 361).unit.serial, 'CP0703KTZZZ');
  t.equal(device('st585v6', 36 ** 3 - 360).unit.serial, 'CP0704KT000', 'and after ZZZ comes the next week');
  t.not(device('st585v6', 0, 1).unit.serial, device('st585v6', 0, 2).unit.serial, 'by the seed');
  for (const seed of [0, 1, 'x'])
    t.strictSame(device('st706', 3, seed).unit, device('st706', 3, String(seed)).unit, 'and for good');
  const all = (index: number, seed: number): string =>
    JSON.stringify(parameters(device('st780wl', index, seed)));
  t.equal(all(5, 1), all(5, 1), 'the same seed and index give the same modem');
  t.not(all(5, 1), all(6, 1), 'another index another');
  t.not(all(5, 1), all(5, 2), 'and another seed');
  t.end();
});

t.test('a profile is read once in a process, and releases share what is the same', (t) => {
  const plain = loadProfile('st585v6');
  t.equal(loadProfile('st585v6@6.2.17.5'), plain, 'the release that its name alone means');
  t.equal(loadProfile('st585v6@6.2.15.5'), loadProfile('st585v6@6.2.15.5'));
  t.not(loadProfile('st585v6@6.2.15.5'), plain);
  t.equal(loadProfile('st585v6@6.2.15.5').tree, plain.tree, 'one tree for both');
  t.equal(loadProfile('st510v6').tree, loadProfile('st716v5').tree, 'and for products');
  t.throws(() => loadProfile('st585v6@9.9.9.9'), {
    code: 'E_CONFIG',
    message: /st585v6.*no release 9\.9\.9\.9.*6\.2\.17\.5, 5\.3\.2\.6.*7\.4\.3\.2/,
  });
  t.throws(() => loadProfile('st585v6@'), { code: 'E_CONFIG' });
  t.throws(() => loadProfile('st999@6.2.17.5'), { code: 'E_CONFIG', message: /st999.*st585v6/ });
  t.throws(() => loadProfile('../st706'), { code: 'E_DATA_UNREADABLE' });
  t.end();
});

t.test('what is peculiar to a release is in it alone', (t) => {
  const odd = loadProfile('st780wl@6.2.29.2').cwmp;
  t.strictSame([odd.termination, odd.keepsParameterKey], ['v1.0', false], '6.2.29.2 of the 780');
  const { cwmp, http } = loadProfile('st780wl');
  t.strictSame([cwmp.termination, cwmp.keepsParameterKey, http.eagerBasic], ['am1', true, false]);
  t.ok(loadProfile('st780wl@6.2.35.0').http.eagerBasic, '6.2.35.0 gives its name before it is asked');
  t.equal(
    device('st780wl@6.2.35.0').setting('DeviceInfo.VendorConfigFile.1.Date'),
    '0001-01-01T00:00:00',
    'and has another unknown time',
  );
  t.equal(device('st780wl').setting('DeviceInfo.VendorConfigFile.1.Date'), '0000-00-00T00:00:00');
  for (const name of THOMSON) {
    const { generation, guessed, accepts } = loadProfile(name);
    if (generation === 'thomson-g8') t.ok(guessed.length > 0, `${name}: guesses are listed`);
    t.ok(
      guessed.every((sentence) => /^[A-Z].*\.$/.test(sentence)),
      `${name}: in sentences`,
    );
    t.equal(accepts.xmlDeclaration, 'any');
  }
  t.end();
});
