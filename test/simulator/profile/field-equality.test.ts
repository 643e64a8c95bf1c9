/**
 * Simulated Thomson modems compared with recordings of real ones: a modem of the same product and firmware
 * gets the same request over a socket, and its message is the recorded one to the letter, apart from an
 * ignore list that is printed.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Test } from 'tap';
import t from 'tap';
import { createModem } from '../../../simulator/modem.ts';
import type { FieldFile } from '../../support/capture/field.ts';
import { FIELD, fieldFiles, skipField } from '../../support/capture/field.ts';

/**
 * What may differ, and why. Each is replaced by the same text on both sides; the format of what is replaced
 * is checked.
 */
const IGNORED: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly to: string;
  readonly why: string;
}[] = [
  {
    what: 'serial number',
    pattern: /CP\d{4}[A-Z]{2}[0-9A-Z]{3}(?=<)/g,
    to: 'CP:serial',
    why: 'each simulated unit has its own; its grammar is held',
  },
  {
    what: 'CurrentTime',
    pattern: /(?<=<CurrentTime>)1970-01-01T\d\d:\d\d:\d\dZ/g,
    to: '1970:time',
    why: 'the time since the restart; its form and its 1970 are held',
  },
  {
    what: 'RetryCount',
    pattern: /(?<=<RetryCount>)\d\d(?=<)/g,
    to: ':retries',
    why: 'how often the real line failed before; the two digits are held',
  },
];

/**
 * Numbers in ids and cookies: where the count began depends on what happened since the restart. Their
 * sequence is checked.
 */
const COUNTED = /(THOM_CPE_ALC_ID_)(\d+)|(\d+)(_THOM_TR69_ID)/g;
const COUNTED_WHY =
  'sessions or messages since the restart; prefix, suffix and distance to the session’s Inform are checked';

/** Header lines whose values depend on the address of the ACS. */
const HOST_WHY = 'the address of the ACS; that it has no port is checked';

/**
 * The dumps went through a Perl server before they were stored. Its HTTP library joins chunks and reports
 * their total as Content-Length, and writes headers in an order of its own: known request headers, then
 * content headers, then the rest by name, each with a blank after the colon.
 */
const KEPT_ORDER = ['Host', 'User-Agent', 'Content-Length', 'Content-Type', 'Cookie', 'SOAPAction'];
const KEPT_WHY =
  'the library that stored the dumps joined chunks and sorted headers, as is done to the simulated ones here';

const IGD = 'InternetGatewayDevice.';
const INFO = `${IGD}DeviceInfo.`;
const names = (path: string, nextLevel: 0 | 1): string =>
  [
    `<cwmp:GetParameterNames><ParameterPath>${path}</ParameterPath>`,
    `<NextLevel>${nextLevel}</NextLevel></cwmp:GetParameterNames>`,
  ].join('');
const list = (method: string, parameters: readonly string[]): string =>
  [
    `<cwmp:${method}><ParameterNames>`,
    ...parameters.map((name) => `<string>${name}</string>`),
    `</ParameterNames></cwmp:${method}>`,
  ].join('');
const METHODS = '<cwmp:GetRPCMethods></cwmp:GetRPCMethods>';
const VALUES = list('GetParameterValues', [
  `${INFO}VendorConfigFile.`,
  `${INFO}SerialNumber`,
  `${INFO}X_000E50_Country`,
]);
const ATTRIBUTES = list('GetParameterAttributes', [`${INFO}SerialNumber`, `${INFO}SoftwareVersion`]);
/** What caused the 9001 of 6.2 and 7.4 was not recorded; both give that answer for what cannot be added. */
const DENIED = [
  `<cwmp:AddObject><ObjectName>${INFO}VendorConfigFile.</ObjectName>`,
  '<ParameterKey></ParameterKey></cwmp:AddObject>',
].join('');

type Ask = { readonly rpc: string; readonly id?: string } | 'periodic' | 'boot';

interface Unit {
  /** Its profile and release. */
  readonly profile: string;
  readonly folder: string;
  /** Address and settings of the recorded modem. */
  readonly address?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly asked: Readonly<Record<string, Ask>>;
}

const UNITS: readonly Unit[] = [
  {
    profile: 'st706',
    folder: 'perl-cwmp/SpeedTouch-706/',
    asked: {
      'Inform.xml': 'periodic',
      'GetRPCMethodsResponse.xml': { rpc: METHODS },
      'GetParameterNamesResponse.xml': { rpc: names(IGD, 0) },
      'Fault.xml': { rpc: DENIED },
    },
  },
  {
    profile: 'st706wl',
    folder: 'perl-cwmp/dump/BANT-S/5.4.0.14/',
    address: '10.0.0.1',
    settings: { 'DeviceInfo.ProvisioningCode': 'SKYN_PLUS' },
    asked: {
      Inform: 'periodic',
      GetRPCMethodsResponse: { rpc: METHODS },
      GetParameterNamesResponse: { rpc: names(INFO, 1) },
      Fault: { rpc: ATTRIBUTES },
    },
  },
  {
    profile: 'st780v74',
    folder: 'perl-cwmp/dump/BANT-R/7.4.1.7/',
    address: '10.0.0.2',
    settings: { 'DeviceInfo.ProvisioningCode': 'test provision' },
    asked: {
      Inform: 'periodic',
      GetRPCMethodsResponse: { rpc: METHODS },
      GetParameterNamesResponse: { rpc: names(INFO, 1) },
      GetParameterAttributesResponse: { rpc: ATTRIBUTES },
      ParameterValue: { rpc: VALUES },
      Fault: { rpc: DENIED },
    },
  },
  {
    profile: 'st780wl',
    folder: 'perl-cwmp/data/',
    asked: { 'http-chunked': 'periodic' },
  },
  {
    profile: 'st780sip',
    folder: 'tr069tc/',
    asked: { 'GPNResponse.txt': { rpc: names(IGD, 0), id: 'OWERA-1177601341804' } },
  },
  // Files that were stored with these dumps, for folders that contain them.
  {
    profile: 'st585v6',
    folder: 'perl-cwmp/dump/BANT-W/6.2.17.5/',
    address: '10.0.0.4',
    asked: {
      Inform: 'periodic',
      GetRPCMethodsResponse: { rpc: METHODS },
      GetParameterNamesResponse: { rpc: names(INFO, 1) },
      ParameterValue: { rpc: VALUES },
      Fault: { rpc: ATTRIBUTES },
    },
  },
  {
    profile: 'st780wl',
    folder: 'perl-cwmp/SpeedTouch-780/',
    asked: {
      'Inform.xml': 'boot',
      'GetRPCMethodsResponse.xml': { rpc: METHODS },
      'GetParameterNamesResponse.xml': { rpc: names(IGD, 0) },
      'Fault.xml': { rpc: DENIED },
    },
  },
];

/** Everything else in the folder, by the beginning of its path, with a description. */
const OTHERS: readonly (readonly [string, string])[] = [
  [
    'freeacs/',
    'ZTE and messages that FreeACS’s authors wrote; its list of names is held below by its names alone',
  ],
  ['goacs/', 'ECONET, MikroTik and others'],
  ['npa201e/', 'Ping NPA201E'],
  ['tr069-adapter/', 'CommScope femtocell'],
  ['tr069-lib/', 'CPE of a Chinese maker'],
  ['tr069-simulator/', 'Broadcom gateway and Cisco femtocell'],
];
const THOMSON = /THOM_|SpeedTouch|<OUI>00147F|Thomson_cwmp/;

const files = new Map(fieldFiles().map((file) => [file.name, file]));
const reported = UNITS.flatMap(({ folder, asked }) => Object.keys(asked).map((name) => folder + name));

t.test('every file of the folder is held, or is no Thomson modem’s', { skip: skipField }, (t) => {
  for (const { what, why } of IGNORED) t.comment(`ignored: ${what}: ${why}`);
  t.comment(`ignored: numbers in ids and cookies: ${COUNTED_WHY}`);
  t.comment(`ignored: value of Host: ${HOST_WHY}`);
  t.comment(`ignored: order and length in dumps: ${KEPT_WHY}`);
  for (const [name, { bytes }] of files) {
    if (reported.includes(name)) continue;
    const other = OTHERS.find(([beginning]) => name.startsWith(beginning));
    if (other === undefined) t.fail(`${name} is neither held nor known to be another's`);
    else if (THOMSON.test(Buffer.from(bytes).toString('latin1'))) t.fail(`${name} is a Thomson modem's`);
    else t.comment(`not held: ${name}: ${other[1]}`);
  }
  for (const name of reported) if (!files.has(name)) t.comment(`not in this folder: ${name}`);
  t.ok(
    reported.filter((name) => files.has(name)).length >= 16,
    'the folder has the messages that are known of',
  );
  t.end();
});

for (const unit of UNITS) {
  const present = Object.entries(unit.asked).filter(([name]) => files.has(unit.folder + name));
  const skip = skipField !== false ? skipField : present.length === 0 && `no ${unit.folder} in ${FIELD}`;
  t.test(`${unit.profile} says what was recorded in ${unit.folder}`, { skip }, async (t) => {
    const acs = await recordingAcs(t);
    const modem = createModem({
      acs: acs.url,
      profile: unit.profile,
      bootSeconds: 0,
      ...(unit.address === undefined ? {} : { address: unit.address }),
      ...(unit.settings === undefined ? {} : { settings: unit.settings }),
    });
    t.teardown(() => modem.stop());
    const session = async (begin: () => void, rpc?: Exclude<Ask, string>): Promise<readonly Posted[]> => {
      const ended = modem.next('session-ended');
      const posts = acs.record(rpc);
      begin();
      const [report] = await ended;
      t.equal(report.ok, true, `session with ${report.events.join(', ')}: ${report.why}`);
      return posts;
    };
    await session(() => modem.start());
    for (const [name, ask] of present) {
      const file = files.get(unit.folder + name);
      if (file === undefined) continue;
      const rpc = typeof ask === 'string' ? undefined : ask;
      const posts = await session(
        () => (ask === 'boot' ? reboot(() => modem.powerCycle(), modem) : modem.inform('2 PERIODIC')),
        rpc,
      );
      const [inform] = posts;
      // Inform, an empty POST, the answer, an empty POST.
      const said = rpc === undefined ? inform : posts[2];
      if (inform === undefined || said === undefined) {
        t.fail(`${name}: ${posts.length} POSTs`);
        continue;
      }
      hold(t, file, said, numberOf(inform.body));
    }
  });
}

/** A power cut, and the period is over when the modem is back. */
function reboot(powerCycle: () => void, modem: { inform(code: string): void }): void {
  powerCycle();
  modem.inform('2 PERIODIC');
}

function hold(t: Test, file: FieldFile, said: Posted, session: number): void {
  const recorded = Buffer.from(file.body).toString('latin1').replace(/\n$/, '');
  const cookie = file.head.find((line) => line.startsWith('Cookie:')) ?? '';
  const first = file.head.length > 0 && cookie === '';
  // The cookie is the id of the session's Inform; without headers it is in the Inform of the same folder.
  const informFile = files.get(file.name.replace(/[^/]*$/, 'Inform.xml')) ?? file;
  const whose = first || cookie === '' ? Buffer.from(informFile.body).toString('latin1') : cookie;
  const begun = numberOf(whose);
  // Some recordings were stored with other line ends.
  const body = recorded.includes('\r') ? said.body : said.body.replaceAll('\r\n', '\n');
  t.equal(masked(body, session), masked(recorded, begun), `${file.name}: the message, to the letter`);
  if (file.head.length === 0) return;
  const [requestLine, ...lines] = file.head;
  t.equal(said.requestLine, requestLine, `${file.name}: request line`);
  const length = lines.find((line) => line.startsWith('Content-Length:'));
  if (length !== undefined)
    t.equal(length, `Content-Length: ${recorded.length}`, `${file.name}: was kept whole, with its line ends`);
  const mine = length === undefined ? said.headers : asKept(t, said);
  const spelt = lines.map((line) => line.trimEnd());
  t.strictSame(
    mine.map((line) => headerMasked(line, session)),
    spelt.map((line) => headerMasked(line, begun)),
    `${file.name}: the headers, in their order`,
  );
}

const masked = (text: string, session: number): string =>
  IGNORED.reduce((rest, { pattern, to }) => rest.replace(pattern, to), counted(text, session));

/** Numbers as distances from the session's Inform. */
const counted = (text: string, session: number): string =>
  text.replace(COUNTED, (_, before = '', own = '', other = '', after = '') => {
    const distance = Number(own || other) - session;
    return `${before}[Inform+${distance}]${after}`;
  });

const numberOf = (text: string): number => {
  const [match] = text.matchAll(COUNTED);
  return Number(match?.[2] ?? match?.[3] ?? Number.NaN);
};

const headerMasked = (line: string, session: number): string =>
  counted(line, session)
    .replace(/^(Host:) [\w.]+$/, '$1 :address')
    .replace(/^(Content-Length:) \d+$/, '$1 :bytes');

/** Its header lines as that library would have stored them. */
function asKept(t: Test, { headers, body }: Posted): string[] {
  const values = new Map(headers.map((line) => [line.slice(0, line.indexOf(':')), line]));
  if (!values.delete('Transfer-Encoding')) t.fail('it was not sent in chunks');
  values.set('Content-Length', `Content-Length: ${body.length}`);
  const kept = KEPT_ORDER.flatMap((name) => values.get(name) ?? []);
  return kept.length === values.size ? kept : [...values.values()];
}

interface Posted {
  readonly requestLine: string;
  /** In the order of arrival. */
  readonly headers: readonly string[];
  /** One character per byte. */
  readonly body: string;
}

/**
 * An ACS that sends one request in a session, under the id of the Inform, which is also its cookie: so did
 * the one that recorded.
 */
async function recordingAcs(t: Test) {
  let posts: Posted[] = [];
  let todo: Exclude<Ask, string> | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      const headers = pairs(request.rawHeaders).map(([name, value]) => `${name}: ${value}`.trimEnd());
      const requestLine = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
      posts.push({ requestLine, headers, body });
      const id = /<cwmp:ID[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
      if (body.includes('<cwmp:Inform>')) {
        response.setHeader('Set-Cookie', `ID=${id}; path=/`);
        response.end(
          envelope(id, '<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>'),
        );
      } else if (body === '' && todo !== undefined) {
        const first = /<cwmp:ID[^>]*>([^<]*)</.exec(posts[0]?.body ?? '')?.[1] ?? '';
        response.end(envelope(todo.id ?? first, todo.rpc));
        todo = undefined;
      } else response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    /** The posts of the next session, which gets this request. */
    record(rpc: Exclude<Ask, string> | undefined): readonly Posted[] {
      posts = [];
      todo = rpc;
      return posts;
    },
  };
}

const pairs = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));

const envelope = (id: string, body: string): string =>
  [
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"',
    ' xmlns:cwmp="urn:dslforum-org:cwmp-1-0">',
    `<soap:Header><cwmp:ID soap:mustUnderstand="1">${id}</cwmp:ID></soap:Header>`,
    `<soap:Body>${body}</soap:Body></soap:Envelope>`,
  ].join('');

t.test(
  'a 6.2 lists DeviceInfo with the names that FreeACS’s authors had from one',
  { skip: skipField },
  async (t) => {
    const file = files.get('freeacs/GetParameterNamesResponse.xml');
    if (file === undefined) return;
    const acs = await recordingAcs(t);
    const modem = createModem({ acs: acs.url, profile: 'st780wl', bootSeconds: 0 });
    t.teardown(() => modem.stop());
    const ended = modem.next('session-ended');
    const posts = acs.record({ rpc: names(INFO, 1) });
    modem.start();
    await ended;
    const rows = (text: string): string[] =>
      Array.from(
        text.matchAll(/<Name>([^<]*)<\/Name>\s*<Writable>(.)</g),
        ([, name, writable]) => `${name} ${writable}`,
      ).filter((row) => row.startsWith(INFO));
    t.strictSame(rows(posts[2]?.body ?? ''), rows(Buffer.from(file.body).toString('latin1')));
  },
);
