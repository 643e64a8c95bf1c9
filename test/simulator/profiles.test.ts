import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { decode } from '../../protocol/cwmp/decode.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import { readDateTime } from '../../protocol/datamodel/date-time.ts';
import { Device } from '../../simulator/device.ts';
import { writeRequest } from '../../simulator/http-request.ts';
import { perform } from '../../simulator/perform.ts';
import { loadProfile, parseProfile, profileNames } from '../../simulator/profile.ts';
import { FIELD } from '../support/field.ts';

const device = (name: string, index = 0, seed: string | number = 7): Device =>
  new Device({ profile: loadProfile(name), seed, index, acs: 'http://acs.example:7547/', now: () => 0 });

const parameters = (of: Device) => Array.from(of.tree.leaves(of.tree.root()), (leaf) => of.parameter(leaf));

t.test('each profile has the tree that is known of its device', (t) => {
  const counts = Object.fromEntries(profileNames().map((name) => [name, parameters(device(name)).length]));
  t.match(counts, { st780wl: 3343, st780sip: 3457, st706: 3263, st585v6: 3225 });
  t.ok((counts.st780v74 ?? 0) > 3343, 'and 7.4 adds to that of 6.2');
  t.notOk(
    parameters(device('st585v6')).some(({ name }) => name.includes('VoiceService')),
    'a 585 has no voice',
  );
  t.end();
});

t.test('every value fits its type, and every count is that of the instances', (t) => {
  for (const name of profileNames()) {
    const unit = device(name);
    const wrong = parameters(unit).filter(({ type, value }) => !fits(type, value));
    t.strictSame(wrong, [], `${name}: values fit`);
    let counted = 0;
    for (const { name: full, value } of parameters(unit)) {
      const [, parent = '', called = ''] = /^(.*\.)(\w+)NumberOfEntries$/.exec(full) ?? [];
      if (called === '') continue;
      const object = unit.tree.find(parent);
      const tables = object === undefined ? [] : unit.tree.children(object).filter((c) => c.is === 'table');
      const table = tables.find((c) => c.shape.name.startsWith(called) || called.endsWith(c.shape.name));
      const instances = table === undefined ? 0 : unit.tree.children(table).length;
      if (Number(value) !== instances) t.fail(`${name}: ${full} is ${value}, of ${instances}`);
      counted += 1;
    }
    t.ok(counted > 3, `${name}: has counts`);
    t.ok(unit.informParameters().length >= 8, `${name}: its Inform can be made`);
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
    case 'dateTime':
      return readDateTime(value) !== undefined;
    default:
      return !value.includes('${') && value.length <= 256;
  }
}

t.test('units differ from each other and are the same every time', (t) => {
  const serials = new Set<string>();
  const macs = new Set<string>();
  for (const name of ['st780wl', 'st706', 'st706wl'])
    for (let index = 0; index < 3000; index++) {
      const { serial, mac } = device(name, index).unit;
      serials.add(serial);
      macs.add(mac);
    }
  t.equal(serials.size, 9000, 'no serial number twice');
  t.equal(macs.size, 9000, 'no address twice');
  for (const serial of serials)
    if (!/^CP\d\d(0[1-9]|[1-4]\d|5[0-3])[A-Z]{2}[0-9A-Z]{3}$/.test(serial)) t.fail(serial);
  const all = (index: number, seed: number): string =>
    JSON.stringify(parameters(device('st780wl', index, seed)));
  const [first, again] = [all(5, 1), all(5, 1)];
  t.equal(again, first, 'the same seed and index give the same modem');
  t.not(all(5, 1), all(6, 1), 'another index another');
  t.not(all(5, 1), all(5, 2), 'and another seed');
  t.end();
});

t.test('a profile that is wrong is refused with the place', (t) => {
  const base = { name: 'x', title: 'x', generation: 'thomson-g6' };
  t.throws(() => loadProfile('nobody'), { code: 'E_CONFIG' });
  t.throws(() => loadProfile('./nobody.json'), { code: 'E_DATA_UNREADABLE' });
  t.throws(() => parseProfile([], 'own'), { code: 'E_FILE_INVALID', message: /own/ });
  t.throws(() => parseProfile({ ...base, generation: '../x' }, 'own'), { code: 'E_FILE_INVALID' });
  t.throws(
    () => parseProfile({ ...base, tree: { base: 'speedtouch-706-sip' }, http: { chunked: 1 } }, 'own'),
    {
      code: 'E_FILE_INVALID',
      message: /own: (identity|http)/,
    },
  );
  const tree = { base: 'speedtouch-706-sip', objects: [['X.', 'Broken:z']] };
  t.throws(() => parseProfile({ ...base, tree }, 'own'), { message: /Broken:z/ });
  t.end();
});

t.test('an object that a profile replaces keeps its place, and what is below it', (t) => {
  const { identity } = loadProfile('st706');
  const base = { name: 'x', title: 'x', generation: 'thomson-g6', identity, facts: { signaling: 'SIP' } };
  const order = (tree: object): string[] => {
    const profile = parseProfile({ ...base, tree: { base: 'speedtouch-706-sip', ...tree } }, 'x');
    const unit = new Device({ profile, acs: 'http://acs.example/', now: () => 0 });
    return unit.tree.children(unit.tree.root()).map((child) => child.path);
  };
  const before = order({});
  const after = order({ objects: [['', 'New:s*']], without: ['Time.'] });
  t.strictSame(after, [
    'InternetGatewayDevice.New',
    ...before.filter((path) => path.endsWith('.') && !path.endsWith('.Time.')),
  ]);
  t.end();
});

t.test('docs/profiles.md tells the profiles that there are, and its example is one', (t) => {
  const docs = readFileSync(new URL('../../docs/profiles.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| `(\w+)` \|[^|]*\| ([\d,]+) \|$/gm)];
  t.strictSame(
    Object.fromEntries(rows.map(([, name = '', count = '']) => [name, Number(count.replace(',', ''))])),
    Object.fromEntries(profileNames().map((name) => [name, parameters(device(name)).length])),
  );
  const example: unknown = JSON.parse(/```json\n(\{\n {2}"name"[^`]*)```/.exec(docs)?.[1] ?? '');
  const profile = parseProfile(example, 'docs/profiles.md');
  const own = new Device({ profile, acs: 'http://acs.example/', now: () => 0 });
  t.equal(own.setting('DeviceInfo.ProvisioningCode'), 'MYISP');
  t.equal(own.setting('DeviceInfo.VendorConfigFile.1.Name'), 'My provider');
  t.end();
});

/** Captures are read when they are there; of what differs only line ends are forgiven, which their keepers changed. */
const capture = (file: string): Buffer | undefined => {
  const full = path.join(FIELD, file);
  return existsSync(full) ? readFileSync(full) : undefined;
};

const bodyOf = (recorded: Buffer): Buffer =>
  recorded.subarray(Math.max(0, recorded.indexOf('<soapenv:Envelope')));

t.test('the walk gives the names of the recorded trees in their order, with their Writable', (t) => {
  for (const [name, file] of [
    ['st706', 'perl-cwmp/SpeedTouch-706/GetParameterNamesResponse.xml'],
    ['st780sip', 'tr069tc/GPNResponse.txt'],
  ] as const) {
    const recorded = capture(file);
    if (recorded === undefined) {
      t.comment(`no captures in ${FIELD}`);
      continue;
    }
    const decoded = decode(recorded);
    const message = decoded.ok ? decoded.value.envelope.message : undefined;
    const performed = perform(device(name), {
      kind: 'request',
      rpc: 'GetParameterNames',
      args: { ParameterPath: '', NextLevel: false },
    });
    if (message?.kind !== 'response' || message.rpc !== 'GetParameterNames' || !performed.ok) {
      t.fail(`${file} is no list of names`);
      continue;
    }
    t.strictSame(performed.response.args, message.args, file);
  }
  for (const [name, file] of [
    ['st706wl', 'perl-cwmp/dump/BANT-S/5.4.0.14/GetParameterNamesResponse'],
    ['st780v74', 'perl-cwmp/dump/BANT-R/7.4.1.7/GetParameterNamesResponse'],
  ] as const) {
    const recorded = capture(file);
    if (recorded === undefined) continue;
    const decoded = decode(bodyOf(recorded));
    const message = decoded.ok ? decoded.value.envelope.message : undefined;
    const args = { ParameterPath: 'InternetGatewayDevice.DeviceInfo.', NextLevel: true };
    const performed = perform(device(name), { kind: 'request', rpc: 'GetParameterNames', args });
    t.ok(performed.ok && message?.kind === 'response');
    if (performed.ok && message?.kind === 'response')
      t.strictSame(performed.response.args, message.args, file);
  }
  t.end();
});

t.test('a recorded message, read and written again in its dialect, is the same to the letter', (t) => {
  const recorded = [
    [
      'st706wl',
      'perl-cwmp/dump/BANT-S/5.4.0.14/',
      ['Inform', 'GetRPCMethodsResponse', 'GetParameterNamesResponse', 'Fault'],
    ],
    [
      'st780v74',
      'perl-cwmp/dump/BANT-R/7.4.1.7/',
      [
        'Inform',
        'GetRPCMethodsResponse',
        'GetParameterNamesResponse',
        'GetParameterAttributesResponse',
        'ParameterValue',
        'Fault',
      ],
    ],
    [
      'st706',
      'perl-cwmp/SpeedTouch-706/',
      ['Inform.xml', 'GetRPCMethodsResponse.xml', 'GetParameterNamesResponse.xml', 'Fault.xml'],
    ],
  ] as const;
  for (const [name, folder, files] of recorded) {
    for (const file of files) {
      const bytes = capture(folder + file);
      if (bytes === undefined) continue;
      const body = bodyOf(bytes);
      const decoded = decode(body);
      if (!decoded.ok) {
        t.fail(`${folder}${file} cannot be read`);
        continue;
      }
      const { dialect, dialects } = loadProfile(name);
      const { envelope } = decoded.value;
      const text = encode(envelope, dialects.get(elementName(envelope.message)) ?? dialect);
      const lines = (all: string): string[] => all.trimEnd().split(/\r?\n/);
      t.strictSame(lines(text), lines(body.toString('latin1')), folder + file);
    }
  }
  t.end();
});

function elementName(message: Message): string {
  if (message.kind === 'fault') return 'Fault';
  if (message.kind === 'unknown') return message.name;
  return message.kind === 'request' ? message.rpc : `${message.rpc}Response`;
}

t.test('a chunked Inform is cut into chunks where a real modem cut it', (t) => {
  const recorded = capture('perl-cwmp/data/http-chunked');
  if (recorded === undefined) t.comment(`no captures in ${FIELD}`);
  else {
    const { sizes, text } = unchunk(recorded.subarray(recorded.indexOf('\r\n\r\n') + 4));
    const head = recorded.subarray(0, recorded.indexOf('\r\n\r\n') + 4).toString('latin1');
    const profile = loadProfile('st780wl');
    const { http: traits } = profile;
    const written = writeRequest({
      url: new URL('http://192.168.1.90:3333/'),
      traits,
      userAgent: device('st780wl').expand(traits.userAgent),
      body: text,
      cookie: undefined,
      authorization: undefined,
    });
    t.equal(written.head, head, 'the same header lines in the same order');
    t.strictSame(unchunk(Buffer.from(written.body.join(''), 'latin1')), { sizes, text }, 'the same chunks');
  }
  t.end();
});

function unchunk(bytes: Buffer): { sizes: number[]; text: string } {
  const sizes: number[] = [];
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) break;
    sizes.push(size);
    text += bytes.subarray(end + 2, end + 2 + size).toString('latin1');
    at = end + 2 + size + 2;
  }
  return { sizes, text };
}
