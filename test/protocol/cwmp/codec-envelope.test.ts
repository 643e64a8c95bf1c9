import t from 'tap';
import { decode, decodeString } from '../../../protocol/cwmp/decode.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Envelope } from '../../../protocol/cwmp/messages.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import { CWMP_NS_STEM, ENVELOPE_NS } from '../../../protocol/soap/namespaces.ts';

const CWMP = `xmlns:cwmp="${CWMP_NS_STEM}0"`;
const HEAD = `<s:Envelope xmlns:s="${ENVELOPE_NS}" ${CWMP}><s:Header><cwmp:ID s:mustUnderstand="1">7</cwmp:ID></s:Header>`;
const REBOOT = '<cwmp:Reboot><CommandKey>k</CommandKey></cwmp:Reboot>';
const inBody = (text: string): string => `${HEAD}<s:Body>${text}</s:Body></s:Envelope>`;

/** What decoding comes to: the kind of message or the error, and the ids noted. */
function outcome(text: string) {
  const decoded = decodeString(text);
  if (!decoded.ok) return { error: decoded.error.code, at: decoded.error.at };
  const { envelope, notes } = decoded.value;
  const { message } = envelope;
  const is = message.kind === 'unknown' ? message.name : message.kind === 'fault' ? 'fault' : message.rpc;
  return { is, id: envelope.id, namespace: envelope.namespace.slice(-1), notes: notes.map(({ id }) => id) };
}

t.test('an envelope is known by its parts, whatever their prefixes', async (t) => {
  const plain = { is: 'Reboot', id: '7', namespace: '0', notes: [] };
  t.strictSame(outcome(inBody(REBOOT)), plain);
  t.strictSame(
    outcome(
      inBody(REBOOT)
        .replace(/(<\/?|xmlns:| )s\b/g, '$1x.y-1')
        .replace(/(<\/?|xmlns:)cwmp\b/g, '$1soap'),
    ),
    plain,
  );
  t.strictSame(
    outcome(
      `<Envelope xmlns="${ENVELOPE_NS}"><Header><ID xmlns="${CWMP_NS_STEM}0" xmlns:s="${ENVELOPE_NS}" s:mustUnderstand="1">7</ID></Header><Body><Reboot xmlns="${CWMP_NS_STEM}0"><CommandKey xmlns="">k</CommandKey></Reboot></Body></Envelope>`,
    ),
    plain,
    'default namespaces all the way',
  );
  t.strictSame(
    outcome(
      inBody(REBOOT)
        .replaceAll('cwmp:Reboot', 'n2:Reboot')
        .replace('<n2:Reboot', `<n2:Reboot xmlns:n2="${CWMP_NS_STEM}2"`),
    ),
    { ...plain, namespace: '2' },
    'the namespace of the message counts',
  );
  t.strictSame(outcome(inBody(REBOOT).replace(` ${CWMP}`, '')), {
    ...plain,
    notes: ['Q-NS-03'],
  });
});

t.test('header elements are read in any order, company and prefix', async (t) => {
  const decoded = decodeString(
    `<s:Envelope xmlns:s="${ENVELOPE_NS}" ${CWMP} xmlns:x="urn:x"><s:Header>
      <x:Other><x:Deep>1</x:Deep> text </x:Other>
      <cwmp:HoldRequests s:mustUnderstand="1"> true </cwmp:HoldRequests>
      <cwmp:sessionTimeout s:mustUnderstand="0">60</cwmp:sessionTimeout>
      <SupportedCWMPVersions>1.0, 1.1 ,1.2</SupportedCWMPVersions>
      <odd:UseCWMPVersion xmlns:odd="${CWMP_NS_STEM}0">1.2</odd:UseCWMPVersion>
      <cwmp:ID s:mustUnderstand="1">7</cwmp:ID>
      <cwmp:NoMoreRequests>0</cwmp:NoMoreRequests>
    </s:Header><s:Body>${REBOOT}</s:Body></s:Envelope>`,
  );
  t.ok(decoded.ok);
  if (!decoded.ok) return;
  t.equal(decoded.value.envelope.id, '7');
  t.strictSame(decoded.value.envelope.header, {
    HoldRequests: true,
    SessionTimeout: 60,
    SupportedCWMPVersions: ['1.0', '1.1', '1.2'],
    UseCWMPVersion: '1.2',
    NoMoreRequests: false,
  });
  t.same(
    decoded.value.notes.map(({ id }) => id),
    ['Q-XM-07', 'Q-ID-10'],
    'the unknown element is noted once and nothing in it',
  );
});

t.test('an envelope that holds no single message is refused', async (t) => {
  const cases: readonly (readonly [what: string, text: string, outcome: object])[] = [
    ['nothing', '', { error: 'E_XML_NO_ELEMENT', at: 0 }],
    ['blanks', ' \r\n', { error: 'E_XML_NO_ELEMENT', at: 3 }],
    ['text', 'OK', { error: 'E_XML_NO_ELEMENT', at: 2 }],
    ['HTML', '<html><body/></html>', { error: 'E_SOAP_NOT_ENVELOPE', at: 0 }],
    ['an envelope of nothing', '<s:Envelope/>', { error: 'E_SOAP_NO_BODY', at: 13 }],
    ['an envelope without body', `${HEAD}</s:Envelope>`, { error: 'E_SOAP_NO_BODY', at: HEAD.length + 13 }],
    ['an empty body', inBody(''), { error: 'E_SOAP_NO_BODY', at: inBody('').length }],
    ['a body of nothing', `${HEAD}<s:Body/></s:Envelope>`, { error: 'E_SOAP_NO_BODY', at: HEAD.length + 22 }],
    ['a body of text', inBody('hello'), { error: 'E_SOAP_NO_BODY', at: inBody('hello').length }],
    [
      'two messages',
      inBody(REBOOT + REBOOT),
      { error: 'E_SOAP_SEVERAL_MESSAGES', at: inBody(REBOOT).length - 22 },
    ],
    [
      'two bodies',
      `${HEAD}${`<s:Body>${REBOOT}</s:Body>`.repeat(2)}</s:Envelope>`,
      { error: 'E_SOAP_SEVERAL_MESSAGES', at: HEAD.length + 26 + REBOOT.length - 1 },
    ],
    [
      'two envelopes',
      inBody(REBOOT) + inBody(REBOOT),
      { error: 'E_SOAP_SEVERAL_ENVELOPES', at: inBody(REBOOT).length },
    ],
    [
      'two documents',
      `${inBody(REBOOT)}\r\n<?xml version="1.0"?>${inBody(REBOOT)}`,
      { error: 'E_SOAP_SEVERAL_ENVELOPES', at: inBody(REBOOT).length + 2 },
    ],
    [
      'a long ID',
      inBody(REBOOT).replace('>7<', `>${'7'.repeat(LIMITS.idLength + 1)}<`),
      { error: 'E_TOO_LONG', at: HEAD.indexOf('<cwmp:ID') },
    ],
  ];
  for (const [what, text, wanted] of cases) t.strictSame(outcome(text), wanted, what);
});

t.test('what is missing or odd around a message is noted', async (t) => {
  const fine = { is: 'Reboot', id: '7', namespace: '0' };
  const noted: readonly (readonly [what: string, text: string, outcome: object])[] = [
    [
      'no header',
      inBody(REBOOT).replace(/<s:Header>.*<\/s:Header>/, ''),
      { ...fine, id: undefined, notes: ['Q-ID-01'] },
    ],
    [
      'a header of nothing',
      inBody(REBOOT).replace(/<s:Header>.*<\/s:Header>/, '<s:Header/>'),
      { ...fine, id: undefined, notes: [] },
    ],
    ['an empty ID', inBody(REBOOT).replace('>7<', '><'), { ...fine, id: '', notes: ['Q-ID-03'] }],
    [
      'an ID with a line end',
      inBody(REBOOT).replace('>7<', '>7\n<'),
      { ...fine, id: '7\n', notes: ['Q-ID-04'] },
    ],
    [
      'two IDs',
      inBody(REBOOT).replace('<cwmp:ID', '<cwmp:ID s:mustUnderstand="1">6</cwmp:ID><cwmp:ID'),
      { ...fine, notes: ['Q-XM-11'] },
    ],
    [
      'no namespaces',
      inBody(REBOOT).replace(/ xmlns:\w+="[^"]*"/g, ''),
      { ...fine, notes: ['Q-NS-03', 'Q-NS-03', 'Q-NS-03'] },
    ],
    [
      'another SOAP',
      inBody(REBOOT).replace(ENVELOPE_NS, 'http://www.w3.org/2003/05/soap-envelope'),
      { ...fine, notes: ['Q-XM-10'] },
    ],
    [
      'another version',
      inBody(REBOOT).replace(`${CWMP_NS_STEM}0`, `${CWMP_NS_STEM}9`),
      { ...fine, namespace: '9', notes: ['Q-XM-12'] },
    ],
    [
      'a namespace of a novel',
      inBody(REBOOT).replace(`${CWMP_NS_STEM}0`, `${CWMP_NS_STEM}${'0'.repeat(99)}`),
      { ...fine, notes: ['Q-XM-10'] },
    ],
    [
      'a declaration in the middle',
      `\n<?xml version="1.0"?>${inBody(REBOOT)}`,
      { ...fine, notes: ['Q-XM-02'] },
    ],
    ['a NUL at the end', `${inBody(REBOOT)}\0`, { ...fine, notes: ['Q-XM-03'] }],
    ['blanks at the end', `${inBody(REBOOT)}\r\n \t`, { ...fine, notes: [] }],
    ['text before', `HTTP ${inBody(REBOOT)}`, { ...fine, notes: ['Q-XM-03'] }],
    ['a message in another case', inBody('<cwmp:reboot/>'), { ...fine, is: 'reboot', notes: [] }],
    [
      'a message of another namespace',
      inBody('<Reboot xmlns="urn:x"><CommandKey xmlns=""/></Reboot>'),
      { ...fine, notes: ['Q-XM-10'] },
    ],
  ];
  for (const [what, text, wanted] of noted) t.strictSame(outcome(text), wanted, what);
});

t.test('a body larger than the limit is refused unread', async (t) => {
  const bytes = new TextEncoder().encode(inBody(REBOOT));
  t.equal(decode(bytes, { maxBytes: bytes.length }).ok, true);
  t.strictSame(decode(bytes, { maxBytes: bytes.length - 1 }), {
    ok: false,
    error: { code: 'E_TOO_LARGE', at: bytes.length },
  });
  t.strictSame(decode(Uint8Array.of(0x3c, 0xe9), { charset: 'klingon' }), {
    ok: false,
    error: { code: 'E_ENCODING', at: 0, found: 'klingon' },
  });
});

t.test('a fault is what its detail says, wherever it is', async (t) => {
  const cwmp =
    '<cwmp:Fault><FaultCode>9003</FaultCode><FaultString>bad</FaultString><SetParameterValuesFault><ParameterName>A.B</ParameterName><FaultCode>9007</FaultCode><FaultString>no</FaultString></SetParameterValuesFault><SetParameterValuesFault><ParameterName>A.C</ParameterName><FaultCode>9008</FaultCode><FaultString>ro</FaultString></SetParameterValuesFault></cwmp:Fault>';
  const whole = {
    FaultCode: 9003,
    FaultString: 'bad',
    SetParameterValuesFault: [
      { ParameterName: 'A.B', FaultCode: 9007, FaultString: 'no' },
      { ParameterName: 'A.C', FaultCode: 9008, FaultString: 'ro' },
    ],
  };
  const bare = { FaultCode: 0, FaultString: 'sorry', SetParameterValuesFault: [] };
  const cases: readonly (readonly [what: string, text: string, fault: object, ...notes: string[]])[] = [
    [
      'as it should be',
      `<faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail>${cwmp}</detail>`,
      whole,
    ],
    ['detail alone', `<detail>${cwmp}</detail>`, whole],
    ['without detail element', `<faultstring>x</faultstring>${cwmp}`, whole],
    ['detail of others first', `<detail><x:Fault2 xmlns:x="urn:x">y</x:Fault2>${cwmp}</detail>`, whole],
    ['detail in faultstring', `<faultstring><detail>${cwmp}</detail></faultstring>`, whole, 'Q-FT-07'],
    ['no detail', '<faultcode>Server</faultcode><faultstring>sorry</faultstring>', bare, 'Q-FT-07'],
    ['empty', '', { ...bare, FaultString: '' }, 'Q-FT-07'],
  ];
  for (const [what, text, fault, ...notes] of cases) {
    const decoded = decodeString(inBody(`<s:Fault>${text}</s:Fault>`));
    t.ok(decoded.ok, what);
    if (!decoded.ok) continue;
    t.strictSame(decoded.value.envelope.message, { kind: 'fault', fault }, what);
    t.same(
      decoded.value.notes.map(({ id }) => id),
      notes,
      what,
    );
  }
});

t.test('the canonical envelope is the one that every client is known to read', async (t) => {
  const envelope: Envelope = {
    id: 'a<b',
    namespace: `${CWMP_NS_STEM}1`,
    header: { HoldRequests: false },
    message: { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } },
  };
  t.equal(
    encode(envelope),
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"' +
      ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
      ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-1">' +
      '<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand="1">a&lt;b</cwmp:ID>' +
      '<cwmp:HoldRequests SOAP-ENV:mustUnderstand="1">0</cwmp:HoldRequests></SOAP-ENV:Header>' +
      '<SOAP-ENV:Body><cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></SOAP-ENV:Body>' +
      '</SOAP-ENV:Envelope>',
  );
  const unnamed = encode({ ...envelope, id: undefined, header: {} });
  t.match(unnamed, '<SOAP-ENV:Header></SOAP-ENV:Header>', 'a message without ID still has a Header');
  const text = '\u00e9\u{1f4a9}\u007f\r\n\t';
  const odd: Envelope = {
    ...envelope,
    message: { kind: 'request', rpc: 'Reboot', args: { CommandKey: text } },
  };
  t.match(encode(odd), '<CommandKey>&#xE9;&#x1F4A9;&#x7F;&#xD;\n\t</CommandKey>', 'all of it is ASCII');
  t.match(
    encode(odd, { ...CANONICAL, qualified: ['*'] }),
    '<cwmp:Reboot><cwmp:CommandKey>',
    'the element of the RPC has its prefix once',
  );
  t.match(
    encode(odd, { ...CANONICAL, nonAscii: 'raw' }),
    '<CommandKey>\u00e9\u{1f4a9}\u007f&#xD;\n\t</CommandKey>',
  );
  t.match(
    encode({
      ...envelope,
      message: { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: ['A.', 'B.'] } },
    }),
    '<cwmp:GetParameterValues><ParameterNames soap-enc:arrayType="xsd:string[2]"><string>A.</string><string>B.</string></ParameterNames></cwmp:GetParameterValues>',
  );
  t.match(
    encode({
      ...envelope,
      message: {
        kind: 'request',
        rpc: 'SetParameterValues',
        args: { ParameterList: [{ Name: 'A', Value: 'eA==', Type: 'base64' }], ParameterKey: '' },
      },
    }),
    '<ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct><Name>A</Name><Value xsi:type="xsd:base64Binary">eA==</Value></ParameterValueStruct></ParameterList><ParameterKey></ParameterKey>',
  );
});
