import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import { messageName } from '../../../protocol/cwmp/message-name.ts';
import { Device } from '../../../simulator/device/device.ts';
import { parseAcsUrl } from '../../../simulator/http/acs-url.ts';
import { writeRequest } from '../../../simulator/http/http-request.ts';
import { createModem } from '../../../simulator/modem.ts';
import { listProfiles, loadProfile, parseProfile } from '../../../simulator/profile/profile.ts';
import { FIELD } from '../../support/capture/field.ts';
import { ROOT } from '../../support/tree.ts';

const device = (name: string, index = 0, seed: string | number = 7): Device =>
  new Device({ profile: loadProfile(name), seed, index, acs: 'http://acs.example:7547/', now: () => 0 });

const parameters = (of: Device) => Array.from(of.tree.leaves(of.tree.root()), (leaf) => of.parameter(leaf));

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

t.test('a profile may be like another, and a tree be made of parts of others', (t) => {
  const like = { name: 'x', title: 'x', like: 'st780wl@6.2.35.0' };
  const paths = (json: object): string[] => {
    const unit = new Device({ profile: parseProfile(json, 'x'), acs: 'http://a/', now: () => 0 });
    return Array.from(unit.tree.leaves(unit.tree.root()), ({ path }) => path.replace(/^\w+\./, ''));
  };
  const same = parseProfile(like, 'x');
  t.equal(same.identity.firmware, '6.2.35.0');
  t.ok(same.http.eagerBasic);
  t.strictSame(
    paths(like),
    parameters(device('st780wl@6.2.35.0')).map(({ name }) => name.replace(/^\w+\./, '')),
  );
  const voice = ['Services.VoiceService.'];
  const tree = {
    parts: [
      { base: 'speedtouch-780-mgcp', only: ['Time.', 'DeviceInfo.', ...voice], without: voice },
      { base: 'speedtouch-706-sip', only: voice },
      {
        objects: [
          ['Time.', 'Only:s'],
          ['Added.{i}.', 'Here:b*'],
        ],
        instances: { 'Added.': 2 },
      },
    ],
    instances: { 'Services.VoiceService.1.PhyInterface.': 1 },
  };
  const made = paths({ ...like, tree });
  t.strictSame(
    made.filter((path) => !path.startsWith('DeviceInfo.') && !path.startsWith('Services.')),
    ['Time.Only', 'Added.1.Here', 'Added.2.Here'],
    'a tree with parts replaces the other’s; a later row replaces an earlier one',
  );
  t.ok(made.some((path) => path.includes('.SIP.')) && !made.some((path) => path.includes('.MGCP.')));
  t.strictSame(
    made.filter((path) => path.includes('PhyInterface.')).map((path) => path.split('.').at(-2)),
    ['1', '1', '1'],
    'counts are those of the tree above',
  );
  t.ok(paths({ ...like, tree: { without: ['Time.'] } }).includes('DeviceConfig.X_000E50_AutoSave'));
  for (const [wrong, message] of [
    [{ ...like, like: 'st780wl@1' }, /no release 1; there are 6\.2\.15\.5/],
    [{ ...like, like: 'nobody' }, /no profile nobody/],
    [{ ...like, like: 3 }, /like wants a text/],
    [{ ...like, generation: 'thomson-g9' }, /thomson-g9/],
    [{ ...like, releases: [] }, /releases/],
    [{ ...like, tree: { base: '../st706' } }, /no such file/],
    [{ ...like, tree: { parts: [3] } }, /parts/],
    [{ ...like, tree: { base: 'speedtouch-r54', objets: [] } }, /objets/],
  ] as const)
    t.throws(() => paths(wrong), { message }, JSON.stringify(wrong).slice(0, 80));
  t.end();
});

t.test('docs/profiles.md lists all profiles, and its example is one', (t) => {
  const docs = readFileSync(path.join(ROOT, 'docs/profiles.md'), 'utf8');
  const rows = [...docs.matchAll(/^\| `([\w-]+)` \| ([^|]*) \| ([^|]*) \| ([\d,]+) \|$/gm)];
  t.strictSame(
    rows.map(([, name, title, releases = '', count = '']) => ({
      name,
      title,
      releases: releases.split(', '),
      parameters: Number(count.replace(',', '')),
    })),
    listProfiles().map(({ name, title, releases, parameters }) => ({ name, title, releases, parameters })),
  );
  const [example, product] = Array.from(
    docs.matchAll(/```json\n(\{\n {2}"name"[^`]*)```/g),
    ([, text = '']): unknown => JSON.parse(text),
  );
  const profile = parseProfile(example, 'docs/profiles.md');
  const own = new Device({ profile, acs: 'http://acs.example/', now: () => 0 });
  t.equal(own.setting('DeviceInfo.ProvisioningCode'), 'MYISP');
  t.equal(own.setting('DeviceInfo.VendorConfigFile.1.Name'), 'My provider');
  const file = path.join(t.testdir({ 'my780.json': JSON.stringify(product) }), 'my780.json');
  const releases = [file, `${file}@6.2.29.2`, `${file}@7.4.1.7`].map((name) => loadProfile(name));
  t.strictSame(
    releases.map(({ name, generation, cwmp }) => [name, generation, cwmp.termination]),
    [
      ['my780', 'thomson-g6', 'am1'],
      ['my780@6.2.29.2', 'thomson-g6', 'v1.0'],
      ['my780@7.4.1.7', 'thomson-g7', 'am1'],
    ],
  );
  t.strictSame(
    releases.map((each) => each.facts.get('configuration')),
    ['My provider', 'My provider', 'My provider'],
  );
  t.end();
});

/**
 * Captures are compared if they are there; only line ends may differ, which were changed when they were
 * stored.
 */
const capture = (file: string): Buffer | undefined => {
  const full = path.join(FIELD, file);
  return existsSync(full) ? readFileSync(full) : undefined;
};

const bodyOf = (recorded: Buffer): Buffer =>
  recorded.subarray(Math.max(0, recorded.indexOf('<soapenv:Envelope')));

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
      const text = encode(envelope, dialects.get(messageName(envelope.message)) ?? dialect);
      const lines = (all: string): string[] => all.trimEnd().split(/\r?\n/);
      t.strictSame(lines(text), lines(body.toString('latin1')), folder + file);
    }
  }
  t.end();
});

t.test('a chunked Inform is cut into chunks where a real modem cut it', (t) => {
  const recorded = capture('perl-cwmp/data/http-chunked');
  if (recorded === undefined) t.comment(`no captures in ${FIELD}`);
  else {
    const { sizes, text } = unchunk(recorded.subarray(recorded.indexOf('\r\n\r\n') + 4));
    const head = recorded.subarray(0, recorded.indexOf('\r\n\r\n') + 4).toString('latin1');
    const profile = loadProfile('st780wl');
    const { http: traits } = profile;
    const target = parseAcsUrl('http://192.168.1.90:3333/');
    if (target === undefined) throw new Error('no URL');
    const written = writeRequest({
      target,
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

t.test(
  'quirks of a profile are those of its modems; unknown ones, and those that cannot be simulated, are refused',
  (t) => {
    const own = { name: 'x', title: 'x', like: 'st706' };
    t.throws(() => parseProfile({ ...own, quirks: ['Q-XX-99'] }, 'own'), {
      code: 'E_FILE_INVALID',
      message: /quirks.*ids of quirks/,
    });
    const acs = 'http://127.0.0.1:1/';
    const modem = (...quirks: string[]) =>
      createModem({ profile: parseProfile({ ...own, quirks }, 'own'), acs, quirks: ['Q-EV-10'] });
    t.throws(() => modem('Q-FT-12'), { code: 'E_FILE_INVALID', message: /Q-FT-12: it is an ACS/ });
    // Traits of both: the profile's, and those that the modem was given.
    t.match(modem('Q-HT-18').device.profile, { http: { version: '1.0' }, bootSeconds: 0 });
    t.end();
  },
);
