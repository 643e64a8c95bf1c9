import assert from 'node:assert/strict';
import t from 'tap';
import type { Decoded } from '../../../protocol/cwmp/decode.ts';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encodeBytes } from '../../../protocol/cwmp/encode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import type { FieldFile } from '../../support/capture/field.ts';
import { fieldFiles, fieldHeader, skipField } from '../../support/capture/field.ts';

/** Files that hold no message of a CPE that can be read, and why. */
const UNREADABLE: ReadonlyMap<string, string> = new Map();

/** What the text says at first sight: the answer is found without any of our code. */
interface Scanned {
  readonly element: string;
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly methods: readonly string[];
  readonly bad: readonly string[];
}

const plain = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&amp;', '&');

function contents(text: string, element: string): string[] {
  const pattern = new RegExp(`<(?:[\\w-]+:)?${element}(?:\\s[^>]*?)?(?:/>|>([^<]*)</)`, 'g');
  return [...text.matchAll(pattern)].map(([, content = '']) => plain(content));
}

function scan(file: FieldFile): Scanned {
  const text = Buffer.from(file.body).toString('utf8');
  const body = text.slice(text.search(/<(?:[\w-]+:)?Body\b/));
  return {
    element: /^<[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(body)?.[1] ?? '',
    names: contents(body, 'Name'),
    values: contents(body, 'Value'),
    methods: contents(body, 'string'),
    bad: contents(body, 'ParameterName'),
  };
}

/** The same of what was decoded. */
function summary(message: Message): Scanned {
  const nothing = { names: [], values: [], methods: [], bad: [] };
  if (message.kind === 'fault') {
    const bad = message.fault.SetParameterValuesFault.map(({ ParameterName }) => ParameterName);
    return { ...nothing, element: 'Fault', bad };
  }
  if (message.kind === 'unknown') return { ...nothing, element: message.name };
  const element = message.kind === 'request' ? message.rpc : `${message.rpc}Response`;
  if ('MethodList' in message.args) return { ...nothing, element, methods: message.args.MethodList };
  if (!('ParameterList' in message.args)) return { ...nothing, element };
  const names: string[] = [];
  const values: string[] = [];
  const lists: string[] = [];
  for (const parameter of message.args.ParameterList) {
    names.push(parameter.Name);
    if ('Value' in parameter) values.push(parameter.Value);
    if ('AccessList' in parameter) lists.push(...parameter.AccessList);
  }
  return { ...nothing, element, names, values, methods: lists };
}

function read(file: FieldFile): Decoded {
  const charset = /charset=([\w-]+)/i.exec(fieldHeader(file, 'content-type') ?? '')?.[1];
  const decoded = decode(file.body, { charset });
  assert.ok(decoded.ok, `${file.name}: ${JSON.stringify(decoded)}`);
  return decoded.value;
}

const ids = ({ notes }: Decoded): string[] => [...new Set(notes.map(({ id }) => id))].sort();

const files = fieldFiles();

t.test(
  'every recorded message decodes to the kind it is, with all that it lists',
  { skip: skipField },
  async (t) => {
    t.ok(files.length >= 50, `${files.length} files`);
    let parameters = 0;
    for (const file of files) {
      const reason = UNREADABLE.get(file.name);
      if (reason !== undefined) {
        t.equal(decode(file.body).ok, false, `${file.name} cannot be read: ${reason}`);
        continue;
      }
      const seen = scan(file);
      const decoded = summary(read(file).envelope.message);
      parameters += decoded.names.length;
      t.strictSame(decoded, seen, `${file.name}: ${seen.element} with ${seen.names.length} names`);
    }
    t.ok(parameters > 7000, `${parameters} parameters in all`);
    for (const name of UNREADABLE.keys())
      t.ok(
        files.some((file) => file.name === name),
        `${name} is there`,
      );
  },
);

t.test('every recorded message survives being encoded and decoded again', { skip: skipField }, async (t) => {
  for (const file of files.filter(({ name }) => !UNREADABLE.has(name))) {
    const { envelope } = read(file);
    const again = decode(encodeBytes(envelope));
    t.strictSame(again.ok ? again.value.envelope : again.error, envelope, file.name);
  }
});

t.test(
  'a recorded message cut anywhere is an error or a message, never a throw',
  { skip: skipField },
  async (t) => {
    for (const file of files.filter(({ body }) => body.length < 5000)) {
      for (let end = 0; end < file.body.length; end += 7) {
        const decoded = decode(file.body.subarray(0, end));
        if (!decoded.ok) assert.ok(decoded.error.at <= end);
      }
      t.pass(file.name);
    }
  },
);

/** What is known of the best known: ids that reading them must note, whatever else it notes. */
const KNOWN: readonly (readonly [file: string, ...ids: string[]])[] = [
  ['perl-cwmp/SpeedTouch-706/Inform.xml', 'Q-AT-01', 'Q-CR-05', 'Q-PN-01', 'Q-VL-04', 'Q-VL-06', 'Q-VL-19'],
  ['perl-cwmp/SpeedTouch-706/GetRPCMethodsResponse.xml', 'Q-AT-01', 'Q-AT-04'],
  ['perl-cwmp/SpeedTouch-706/GetParameterNamesResponse.xml', 'Q-LG-01', 'Q-PN-06'],
  ['perl-cwmp/dump/BANT-S/5.4.0.14/Inform', 'Q-AT-01', 'Q-ID-09', 'Q-PN-01', 'Q-VL-06', 'Q-VL-09', 'Q-VL-19'],
  ['perl-cwmp/dump/BANT-R/7.4.1.7/Inform', 'Q-AT-01', 'Q-CR-05', 'Q-PN-01', 'Q-VL-06', 'Q-VL-09', 'Q-VL-19'],
  ['perl-cwmp/dump/BANT-R/7.4.1.7/GetParameterAttributesResponse', 'Q-AT-01', 'Q-AT-05'],
  ['perl-cwmp/data/http-chunked', 'Q-AT-01', 'Q-VL-06', 'Q-VL-09', 'Q-VL-19'],
  ['tr069tc/GPNResponse.txt', 'Q-LG-01', 'Q-PN-06'],
  ['goacs/informrequest.xml', 'Q-AT-07', 'Q-ID-04', 'Q-VL-10'],
  ['goacs/gpvresponse.xml', 'Q-AT-11', 'Q-ID-04', 'Q-VL-10'],
  ['freeacs/ProvisioningIntegrationTest.zte-f600w-inform.xml', 'Q-EV-02', 'Q-PN-03', 'Q-VL-06'],
  ['npa201e/HTTPReqData.java.1.xml', 'Q-EV-02', 'Q-ID-09', 'Q-PN-03'],
  ['tr069-adapter/BootstrapInformTest.java.1.xml', 'Q-AT-04', 'Q-AT-08', 'Q-NS-04', 'Q-VL-14'],
  ['tr069-adapter/BootInformTest.java.1.xml', 'Q-AT-07', 'Q-VL-07'],
  ['tr069-lib/Inform_test.go.1.xml', 'Q-AT-09', 'Q-VL-07', 'Q-VL-12', 'Q-VL-19'],
  ['tr069-simulator/file1.xml', 'Q-AT-01', 'Q-VL-06'],
  ['tr069-simulator/file2.xml', 'Q-AT-06', 'Q-AT-08', 'Q-ID-08', 'Q-VL-19'],
];

t.test('the known quirks of the best known recordings are noted', { skip: skipField }, async (t) => {
  for (const [name, ...wanted] of KNOWN) {
    const file = files.find((candidate) => candidate.name === name);
    const noted = file === undefined ? [] : ids(read(file));
    t.same(
      wanted.filter((id) => !noted.includes(id)),
      [],
      `${name}: ${noted.join(' ')}`,
    );
  }
});

t.test(
  'the chunks of one Inform end inside tokens, and the Inform is whole',
  { skip: skipField },
  async (t) => {
    const file = files.find(({ name }) => name === 'perl-cwmp/data/http-chunked');
    t.equal(file === undefined ? undefined : fieldHeader(file, 'transfer-encoding'), 'chunked');
    t.equal(decode(file?.bytes ?? new Uint8Array()).ok, false, 'with its chunk sizes it is no XML');
    const message = file === undefined ? undefined : read(file).envelope.message;
    const inform = message?.kind === 'request' && message.rpc === 'Inform' ? message.args : undefined;
    t.equal(inform?.ParameterList.length, 12);
    t.equal(inform?.DeviceId.OUI, '00147F');
  },
);

t.test('recorded HTTP headers are separated from the body', { skip: skipField }, async (t) => {
  const withHead = files.filter(({ head }) => head.length > 0);
  t.equal(withHead.length, 11);
  for (const file of withHead) {
    t.match(fieldHeader(file, 'content-type'), /^text\/xml/, file.name);
    t.equal(String.fromCharCode(...file.body.subarray(0, 17)), '<soapenv:Envelope', file.name);
  }
});
