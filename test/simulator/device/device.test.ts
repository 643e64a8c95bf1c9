import t from 'tap';
import type { Args, CpeMethod, Request, Response } from '../../../protocol/cwmp/messages.ts';
import { Device } from '../../../simulator/device/device.ts';
import { dispatch } from '../../../simulator/device/rpc/dispatch.ts';
import { loadProfile, parseProfile } from '../../../simulator/profile/profile.ts';

const IGD = 'InternetGatewayDevice.';

const device = (name: string): Device =>
  new Device({ profile: loadProfile(name), acs: 'http://acs.example/', now: () => 5000 });

/** The answer, or the fault code with the codes of the parameters it names. */
function ask(of: Device, request: Request<CpeMethod>): Response<CpeMethod> | (number | string)[] {
  const performed = dispatch(of, request);
  if (performed.ok) return performed.response;
  const { FaultCode, SetParameterValuesFault } = performed.fault;
  return [FaultCode, ...SetParameterValuesFault.flatMap((one) => [one.ParameterName, one.FaultCode])];
}

const names = (of: Device, ParameterPath: string, NextLevel: boolean): string[] | (number | string)[] => {
  const answer = ask(of, { kind: 'request', rpc: 'GetParameterNames', args: { ParameterPath, NextLevel } });
  if (Array.isArray(answer)) return answer;
  if (answer.rpc !== 'GetParameterNames') return [];
  return answer.args.ParameterList.map(({ Name, Writable }) => Name + (Writable ? '*' : ''));
};

const values = (of: Device, ...ParameterNames: string[]): (number | string)[] => {
  const answer = ask(of, { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames } });
  if (Array.isArray(answer)) return answer;
  return answer.rpc === 'GetParameterValues' ? answer.args.ParameterList.map(({ Value }) => Value) : [];
};

const set = (of: Device, list: [string, string, string][], ParameterKey = 'key') =>
  ask(of, {
    kind: 'request',
    rpc: 'SetParameterValues',
    args: { ParameterList: list.map(([Name, Value, Type]) => ({ Name, Value, Type })), ParameterKey },
  });

t.test('what is not in the list of methods is refused with 9000', (t) => {
  const old = device('st706wl');
  const args: Args<'AddObject'> = { ObjectName: `${IGD}LANDevice.`, ParameterKey: '' };
  t.strictSame(ask(old, { kind: 'request', rpc: 'AddObject', args }), [9000]);
  const attributes = {
    kind: 'request',
    rpc: 'GetParameterAttributes',
    args: { ParameterNames: [IGD] },
  } as const;
  t.strictSame(ask(device('st780wl'), attributes), [9000], '6.2 has no attributes');
  const methods = ask(old, { kind: 'request', rpc: 'GetRPCMethods', args: {} });
  t.match(methods, { args: { MethodList: loadProfile('st706wl').cwmp.methods } });
  t.end();
});

t.test('GetParameterNames follows the table of paths and levels', (t) => {
  const g6 = device('st780wl');
  t.strictSame(names(g6, '', true), [IGD]);
  t.strictSame(names(g6, `${IGD}LANDevice.1.Hosts.`, true), [
    `${IGD}LANDevice.1.Hosts.HostNumberOfEntries`,
    `${IGD}LANDevice.1.Hosts.Host.`,
  ]);
  t.strictSame(names(g6, `${IGD}Layer2Bridging.Bridge.`, true), [`${IGD}Layer2Bridging.Bridge.1.*`]);
  t.equal(names(g6, '', false).length, names(g6, IGD, false).length);
  t.notOk(
    names(g6, IGD, false).some((name) => String(name).replace('*', '').endsWith('.')),
    '6.2 lists leaves only',
  );
  const g7 = device('st780v74');
  t.strictSame(names(g7, `${IGD}Time.`, false)[0], `${IGD}Time.`, '7.4 lists the object itself');
  t.ok(names(g7, IGD, false).includes(`${IGD}Layer3Forwarding.Forwarding.*`), 'and says where it can add');
  const port = `${IGD}WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1.PortMapping.`;
  t.strictSame(names(g7, port, false), [`${port}*`], 'an empty table is itself');
  t.strictSame(names(g7, port, true), [], 'with nothing below');
  const name = `${IGD}DeviceInfo.ProvisioningCode`;
  t.strictSame(names(g6, name, false), [`${name}*`]);
  t.strictSame(names(g6, name, true), [9003]);
  for (const unknown of [
    'Device.',
    `${IGD}Nothing`,
    `${IGD}DeviceInfo`,
    `${name}.`,
    `${IGD}LANDevice.2.`,
    '__proto__',
  ])
    t.strictSame(names(g6, unknown, false), [9005], unknown);
  t.end();
});

t.test('GetParameterValues reads parameters and partial paths, each once, and refuses unknown names', (t) => {
  const unit = device('st706');
  t.strictSame(values(unit, `${IGD}DeviceInfo.ProductClass`, `${IGD}DeviceInfo.HardwareVersion`), [
    'SpeedTouch 706',
    'BANT-S',
  ]);
  t.equal(values(unit, IGD, `${IGD}DeviceInfo.`, '').length, 3263, 'overlapping paths do not repeat');
  t.strictSame(values(unit, `${IGD}DeviceInfo.ProductClass`, `${IGD}Nope`), [9005]);
  t.strictSame(values(unit, `${IGD}WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1.PortMapping.`), []);
  t.end();
});

t.test('a device with a limit of sixteen names refuses a longer answer with 9004', (t) => {
  const profile = parseProfile(
    {
      name: 'small',
      title: 'small',
      generation: 'thomson-g6',
      identity: JSON.parse(JSON.stringify(loadProfile('st706').identity)),
      tree: { base: 'speedtouch-706-sip' },
      cwmp: { maxNames: 16 },
      facts: { signaling: 'SIP' },
    },
    'small',
  );
  const unit = new Device({ profile, acs: 'http://acs.example/', now: () => 0 });
  const sixteen = names(unit, `${IGD}DeviceInfo.`, true)
    .slice(0, 16)
    .map((name) => String(name).replace('*', ''));
  t.equal(values(unit, ...sixteen).length, 16);
  t.strictSame(values(unit, ...sixteen, `${IGD}DeviceSummary`), [9004]);
  t.strictSame(values(unit, IGD), [9004]);
  t.end();
});

t.test('SetParameterValues is all or nothing, and names each bad parameter', (t) => {
  const unit = device('st780wl');
  const code = `${IGD}DeviceInfo.ProvisioningCode`;
  const interval = `${IGD}ManagementServer.PeriodicInformInterval`;
  const enable = `${IGD}ManagementServer.PeriodicInformEnable`;
  const key = `${IGD}ManagementServer.ParameterKey`;
  t.match(
    set(
      unit,
      [
        [code, 'first', 'string'],
        [enable, 'true', 'boolean'],
      ],
      'k1',
    ),
    { args: { Status: 0 } },
  );
  t.strictSame(values(unit, code, enable, key), ['first', '1', 'k1'], 'booleans are kept as digits');
  t.strictSame(
    set(unit, [
      [code, 'second', 'string'],
      [`${IGD}Nope`, '1', 'string'],
      [interval, '60', 'int'],
      [enable, 'perhaps', 'boolean'],
      [`${IGD}DeviceInfo.SerialNumber`, 'x', 'string'],
      [`${IGD}DeviceInfo.`, 'x', 'string'],
    ]),
    [
      9003,
      `${IGD}Nope`,
      9005,
      interval,
      9006,
      enable,
      9007,
      `${IGD}DeviceInfo.SerialNumber`,
      9008,
      `${IGD}DeviceInfo.`,
      9005,
    ],
  );
  t.strictSame(values(unit, code, key), ['first', 'k1'], 'nothing was applied, the key neither');
  t.strictSame(set(unit, [[interval, '0', 'unsignedInt']]), [9003, interval, 9007]);
  t.strictSame(set(unit, [[interval, '4294967296', 'unsignedInt']]), [9003, interval, 9007]);
  t.strictSame(
    set(unit, [
      [code, 'a', 'string'],
      [code, 'b', 'string'],
    ]),
    [9003],
    'a name twice',
  );
  t.match(set(unit, [], 'k2'), { args: { Status: 0 } }, 'an empty list sets the key');
  t.strictSame(values(unit, key), ['k2']);
  const password = `${IGD}ManagementServer.Password`;
  set(unit, [[password, 'secret', 'string']]);
  t.strictSame(values(unit, password), [''], 'passwords read as nothing');
  t.equal(unit.setting('ManagementServer.Password'), 'secret', 'but are kept');
  t.end();
});

t.test('instances are added with numbers of their own, counted, and never given twice', (t) => {
  const unit = device('st780wl');
  const table = `${IGD}WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1.PortMapping.`;
  const forwarding = `${IGD}Layer3Forwarding.Forwarding.`;
  const add = (ObjectName: string) =>
    ask(unit, { kind: 'request', rpc: 'AddObject', args: { ObjectName, ParameterKey: 'a' } });
  const remove = (ObjectName: string) =>
    ask(unit, { kind: 'request', rpc: 'DeleteObject', args: { ObjectName, ParameterKey: 'd' } });
  t.match(add(table), { args: { InstanceNumber: 1, Status: 0 } });
  t.match(add(table), { args: { InstanceNumber: 2 } });
  t.strictSame(values(unit, `${table}2.InternalClient`, `${IGD}ManagementServer.ParameterKey`), [
    '192.168.1.64',
    'a',
  ]);
  t.match(add(forwarding), { args: { InstanceNumber: 3 } });
  t.strictSame(values(unit, `${IGD}Layer3Forwarding.ForwardNumberOfEntries`), ['3']);
  t.match(remove(`${forwarding}3.`), { args: { Status: 0 } });
  t.match(add(forwarding), { args: { InstanceNumber: 4 } }, '3 was used');
  t.match(remove(`${forwarding}1.`), { args: { Status: 0 } });
  t.strictSame(names(unit, forwarding, true), [`${forwarding}2.*`, `${forwarding}4.*`]);
  t.strictSame(values(unit, `${IGD}Layer3Forwarding.ForwardNumberOfEntries`), ['2']);
  t.strictSame(values(unit, `${forwarding}1.Interface`), [9005]);
  const application = `${IGD}Services.X_000E50_NATApplicationList.Application.`;
  t.match(add(application), { args: { InstanceNumber: 129 } });
  t.strictSame(values(unit, `${application}129.RuleNumberOfEntries`), ['0'], 'what is new is empty inside');
  t.match(add(`${application}129.Rule.`), { args: { InstanceNumber: 1 } });
  t.strictSame(remove(`${forwarding}1.`), [9005], 'it is gone');
  t.strictSame(remove(forwarding), [9005], 'a table is no instance');
  t.strictSame(add(`${forwarding}2.`), [9005], 'an instance is no table');
  t.strictSame(add(`${IGD}LANDevice.`), [9001], 'a device grows no second LAN');
  unit.factoryReset();
  t.strictSame(names(unit, forwarding, true), [`${forwarding}1.*`, `${forwarding}2.*`]);
  t.equal(names(unit, IGD, false).length, 3343, 'the factory knows the tree that it made');
  t.end();
});

t.test('attributes are set in order, kept by parameter and refused as a whole', (t) => {
  const unit = device('st780v74');
  const server = `${IGD}ManagementServer.`;
  const change = (Name: string, Notification: number, AccessList: string[] | undefined) => ({
    Name,
    Notification,
    NotificationChange: true,
    AccessListChange: AccessList !== undefined,
    AccessList: AccessList ?? [],
  });
  const write = (...ParameterList: ReturnType<typeof change>[]) =>
    ask(unit, { kind: 'request', rpc: 'SetParameterAttributes', args: { ParameterList } });
  const read = (...ParameterNames: string[]) =>
    ask(unit, { kind: 'request', rpc: 'GetParameterAttributes', args: { ParameterNames } });
  t.match(read(`${server}URL`), {
    args: { ParameterList: [{ Notification: 0, AccessList: ['subscriber'] }] },
  });
  t.match(write(change(server, 1, undefined), change(`${server}URL`, 2, [])), {
    rpc: 'SetParameterAttributes',
  });
  t.match(read(`${server}URL`, `${server}Username`), {
    args: {
      ParameterList: [
        { Notification: 2, AccessList: [] },
        { Notification: 1, AccessList: ['subscriber'] },
      ],
    },
  });
  t.strictSame(write(change(`${server}URL`, 1, undefined), change(`${IGD}Nope`, 1, undefined)), [9005]);
  t.strictSame(write(change(`${server}URL`, 3, undefined)), [9003]);
  t.match(read(`${server}URL`), { args: { ParameterList: [{ Notification: 2 }] } }, 'nothing was changed');
  t.end();
});

t.test('transfers and informs of later are accepted and left for after the session', (t) => {
  const unit = device('st706wl');
  const args = (URL: string): Args<'Upload'> => ({
    CommandKey: 'k',
    FileType: '2 Vendor Log File',
    URL,
    Username: '',
    Password: '',
    DelaySeconds: 0,
  });
  const upload = (URL: string) => dispatch(unit, { kind: 'request', rpc: 'Upload', args: args(URL) });
  t.match(upload('http://files.example/log'), {
    ok: true,
    response: { args: { Status: 1, StartTime: '0001-01-01T00:00:00Z' } },
    later: { do: 'upload' },
  });
  t.match(upload('ftp://files.example/log'), { ok: false, fault: { FaultCode: 9013 } });
  t.match(upload('http://me:too@files.example/'), { ok: false, fault: { FaultCode: 9003 } });
  t.match(upload('nowhere'), { ok: false, fault: { FaultCode: 9003 } });
  const reboot = dispatch(unit, { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'r' } });
  t.match(reboot, { ok: true, later: { do: 'reboot', commandKey: 'r' } });
  t.end();
});

t.test('with a connected WAN side the default connection is named in full', (t) => {
  const profile = loadProfile('st780wl');
  const options = { profile, acs: 'http://acs.example/', now: () => 0 };
  const last = (of: Device) => of.informParameters().at(-1);
  t.match(last(new Device(options)), { Name: '.ExternalIPAddress', Value: '192.168.1.254' });
  t.match(last(new Device({ ...options, externalAddress: '198.51.100.7' })), {
    Name: `${IGD}WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1.ExternalIPAddress`,
    Value: '198.51.100.7',
  });
  t.end();
});
