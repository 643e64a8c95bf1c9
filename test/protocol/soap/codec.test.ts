import t from 'tap';
import { decodeString } from '../../../protocol/cwmp/decode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import { readBoolean } from '../../../protocol/soap/codec.ts';
import { CWMP_NS_STEM, ENCODING_NS, ENVELOPE_NS, XSD_NS, XSI_NS } from '../../../protocol/soap/namespaces.ts';

const HEAD = `<s:Envelope xmlns:s="${ENVELOPE_NS}" xmlns:n="${ENCODING_NS}" xmlns:xsd="${XSD_NS}" xmlns:xsi="${XSI_NS}" xmlns:cwmp="${CWMP_NS_STEM}0"><s:Header/><s:Body>`;

function read(text: string): { message: Message | undefined; notes: string[] } {
  const decoded = decodeString(`${HEAD}${text}</s:Body></s:Envelope>`);
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return { message: decoded.value.envelope.message, notes: decoded.value.notes.map(({ id }) => id) };
}

const request = (rpc: string, args: unknown): unknown => ({ kind: 'request', rpc, args });

t.test('members of a struct are read in any order, and what is odd about them is noted', async (t) => {
  const args = { ParameterPath: 'A.', NextLevel: true };
  const path = '<ParameterPath>A.</ParameterPath>';
  const next = '<NextLevel>1</NextLevel>';
  const cases: readonly (readonly [what: string, text: string, args: object, ...notes: string[]])[] = [
    ['in order', path + next, args],
    ['in another order', next + path, args, 'Q-AT-15'],
    ['with a prefix', `<cwmp:ParameterPath>A.</cwmp:ParameterPath>${next}`, args, 'Q-NS-04'],
    ['with a default namespace', `<ParameterPath xmlns="urn:x">A.</ParameterPath>${next}`, args, 'Q-NS-05'],
    ['with the namespace taken away', `<ParameterPath xmlns="">A.</ParameterPath>${next}`, args],
    ['with an unknown one between', `${path}<Odd>1</Odd>${next}`, args, 'Q-XM-07'],
    [
      'in another case',
      `<parameterPath>A.</parameterPath>${next}`,
      { ParameterPath: '', NextLevel: true },
      'Q-XM-07',
      'Q-AT-16',
    ],
    ['without one', path, { ParameterPath: 'A.', NextLevel: false }, 'Q-AT-16'],
    ['without any', '', { ParameterPath: '', NextLevel: false }, 'Q-AT-16', 'Q-AT-16'],
    ['one of them twice', `<ParameterPath>B</ParameterPath>${path}${next}`, args, 'Q-XM-09'],
    ['with text between', `${path}and${next}`, args, 'Q-XM-04'],
    ['with an odd type', `<ParameterPath xsi:type="string">A.</ParameterPath>${next}`, args, 'Q-AT-09'],
    [
      'longer than it may be',
      `<ParameterPath>${'A'.repeat(257)}</ParameterPath>${next}`,
      { ...args, ParameterPath: 'A'.repeat(257) },
      'Q-XM-06',
    ],
    [
      'as long as it may be',
      `<ParameterPath>${'\u{1f4a9}'.repeat(256)}</ParameterPath>${next}`,
      { ...args, ParameterPath: '\u{1f4a9}'.repeat(256) },
    ],
    ['null', `<ParameterPath>(null)</ParameterPath>${next}`, { ...args, ParameterPath: '(null)' }, 'Q-VL-03'],
  ];
  for (const [what, text, wanted, ...notes] of cases) {
    const { message, notes: noted } = read(`<cwmp:GetParameterNames>${text}</cwmp:GetParameterNames>`);
    t.strictSame(message, request('GetParameterNames', wanted), what);
    t.same(noted, notes, what);
  }
});

t.test('numbers are numbers, and what is none is 0 with a note', async (t) => {
  const cases: readonly (readonly [text: string, value: number, ...notes: string[]])[] = [
    ['0', 0],
    ['4294967295', 4294967295],
    [' 7\n', 7],
    ['+7', 7],
    ['007', 7, 'Q-VL-09'],
    ['4294967296', 0, 'Q-AT-16'],
    ['-1', 0, 'Q-AT-16'],
    ['1.5', 0, 'Q-AT-16'],
    ['1e3', 0, 'Q-AT-16'],
    ['0x10', 0, 'Q-AT-16'],
    ['', 0, 'Q-AT-16'],
    ['NaN', 0, 'Q-AT-16'],
    ['9'.repeat(400), 0, 'Q-AT-16'],
  ];
  for (const [text, value, ...notes] of cases) {
    const { message, notes: noted } = read(
      `<cwmp:ScheduleInform><DelaySeconds>${text}</DelaySeconds><CommandKey/></cwmp:ScheduleInform>`,
    );
    t.strictSame(
      message,
      request('ScheduleInform', { DelaySeconds: value, CommandKey: '' }),
      text.slice(0, 20),
    );
    t.same(noted, notes, text.slice(0, 20));
  }
});

t.test('booleans are read in every spelling that modems have', async (t) => {
  const yes = ['1', 'true', 'TRUE', 'True', 'yes', 'Enabled', '2', '4294967295', ' 1 ', 'on'];
  const no = ['0', 'false', 'FALSE', 'no', 'off', 'Disabled', '', ' 0', '00', 'N'];
  for (const text of yes) t.equal(readBoolean(text).value, true, JSON.stringify(text));
  for (const text of no) t.equal(readBoolean(text).value, false, JSON.stringify(text));
  t.same(
    [...yes, ...no].filter((text) => !readBoolean(text).odd),
    ['1', 'true', '0', 'false'],
    'four of them are lawful',
  );
});

t.test('the members of a list are counted, and what it says of them is only noted', async (t) => {
  const list = (attributes: string, members = '<string>A.</string><string>B.</string>'): string =>
    `<cwmp:GetParameterValues><ParameterNames${attributes}>${members}</ParameterNames></cwmp:GetParameterValues>`;
  const cases: readonly (readonly [attributes: string, ...notes: string[]])[] = [
    [' n:arrayType="xsd:string[2]"'],
    [" n:arrayType='xsd:string[2]'"],
    [' n:arrayType="n:string[2]"'],
    [' n:arrayType="xsd:string[02]"', 'Q-AT-01'],
    [' n:arrayType="xsd:string[2 ]"', 'Q-AT-02'],
    [' n:arrayType="xsd:string[0]"', 'Q-AT-03'],
    [' n:arrayType="xsd:string[4294967295]"', 'Q-AT-03'],
    [' n:arrayType="xsd:string[]"', 'Q-AT-03'],
    [' n:arrayType="string[2]"', 'Q-AT-04'],
    [' n:arrayType="cwmp:string[2]"', 'Q-AT-05'],
    [' n:arrayType="xsd:int[2]"', 'Q-AT-05'],
    ['', 'Q-AT-06'],
    [' n:arrayType="xsd:string[2]" xsi:type="n:Array"', 'Q-AT-07'],
    [' n:arrayType="many"', 'Q-XM-08'],
    [' arrayType="xsd:string[2]"', 'Q-XM-08'],
  ];
  const wanted = request('GetParameterValues', { ParameterNames: ['A.', 'B.'] });
  for (const [attributes, ...notes] of cases) {
    const { message, notes: noted } = read(list(attributes));
    t.strictSame(message, wanted, attributes);
    t.same(noted, notes, attributes);
  }
  const two = ' n:arrayType="xsd:string[2]"';
  t.strictSame(read(list(two, '<n:string>A.</n:string><odd>B.</odd>')), {
    message: wanted,
    notes: ['Q-NS-04', 'Q-XM-07'],
  });
  t.strictSame(read(list(' n:arrayType="xsd:string[0]"', '')), {
    message: request('GetParameterValues', { ParameterNames: [] }),
    notes: [],
  });
});

t.test('values have the types that modems meant', async (t) => {
  const value = (open: string, text = '1'): ReturnType<typeof read> =>
    read(
      `<cwmp:GetParameterValuesResponse><ParameterList n:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct><Name>A</Name>${open}${text}</Value></ParameterValueStruct></ParameterList></cwmp:GetParameterValuesResponse>`,
    );
  const cases: readonly (readonly [open: string, type: string, ...notes: string[]])[] = [
    ['<Value xsi:type="xsd:string">', 'string'],
    ['<Value xsi:type="xsd:base64Binary">', 'base64'],
    ['<Value xsi:type="n:base64">', 'base64'],
    ['<Value xsi:type="xsd:base64">', 'base64', 'Q-AT-09'],
    ['<Value xsi:type="xsd:String">', 'string', 'Q-AT-09'],
    ['<Value xsi:type="xsd:string(64)">', 'string', 'Q-AT-09'],
    ['<Value xsi:type="string">', 'string', 'Q-AT-09'],
    ['<Value xsi:type="xsd:unsigendInt">', 'unsigendInt', 'Q-AT-09'],
    ['<Value xsi:type="xsd:__proto__">', '__proto__', 'Q-AT-09'],
    ['<Value xsi:type="xsd:">', 'string', 'Q-AT-09'],
    ['<Value>', 'string', 'Q-AT-08'],
    ['<Value type="xsd:int">', 'int'],
  ];
  for (const [open, Type, ...notes] of cases) {
    const { message, notes: noted } = value(open);
    t.strictSame(
      message,
      {
        kind: 'response',
        rpc: 'GetParameterValues',
        args: { ParameterList: [{ Name: 'A', Value: '1', Type }] },
      },
      open,
    );
    t.same(noted, notes, open);
  }
  t.same(value('<Value xsi:type="xsd:boolean">', 'yes').notes, ['Q-AT-11']);
  t.same(value('<Value xsi:type="xsd:dateTime">', '0000-00-00T00:00:00').notes, ['Q-VL-04']);
  t.same(value('<Value xsi:type="xsd:string">', ' x').notes, ['Q-VL-10']);
  t.same(value('<Value xsi:type="xsd:string">', '(null)').notes, ['Q-VL-03']);
});

t.test('members written alike and members written otherwise come to the same', async (t) => {
  const alike = (i: number, text = `v${i}`): string =>
    `<ParameterValueStruct>\r\n <Name>A.${i}</Name>\r\n <Value xsi:type="xsd:string">${text}</Value>\r\n</ParameterValueStruct>\r\n`;
  const odd: readonly (readonly [
    member: string,
    name: string,
    value: string,
    type: string,
    ...notes: string[],
  ])[] = [
    [alike(1, 'a&amp;b'), 'A.1', 'a&b', 'string'],
    [alike(1, 'a&b'), 'A.1', 'a&b', 'string', 'Q-VL-02'],
    [alike(1, ''), 'A.1', '', 'string'],
    [alike(1, ' x'), 'A.1', ' x', 'string', 'Q-VL-10'],
    [alike(1, 'x\r\ny'), 'A.1', 'x\ny', 'string'],
    [alike(1, '<![CDATA[<]]>'), 'A.1', '<', 'string'],
    [alike(1, 'x<!-- y -->z'), 'A.1', 'xz', 'string'],
    [alike(1, 'a<b'), 'A.1', 'a<b', 'string', 'Q-VL-02'],
    [alike(1, '(null)'), 'A.1', '(null)', 'string', 'Q-VL-03'],
    [alike(1).replace('A.1', '.1'), '.1', 'v1', 'string', 'Q-PN-01'],
    [alike(1).replace('A.1', 'A&lt;1'), 'A<1', 'v1', 'string'],
    [alike(1).replace('xsd:string', 'xsd:int'), 'A.1', 'v1', 'int'],
    [alike(1).replace('xsd:string', 'xsd:boolean'), 'A.1', 'v1', 'boolean', 'Q-AT-11'],
    [alike(1).replace('xsd:string', 'string'), 'A.1', 'v1', 'string', 'Q-AT-09'],
    [alike(1).replace('xsd:string', 'odd:string'), 'A.1', 'v1', 'string', 'Q-NS-03'],
    [alike(1).replace(' xsi:type="xsd:string"', ''), 'A.1', 'v1', 'string', 'Q-AT-08'],
    [alike(1).replace(/<Value.*<\/Value>/, '<Value xsi:type="xsd:string"/>'), 'A.1', '', 'string'],
    [alike(1).replace(/<Value.*<\/Value>/, ''), 'A.1', '', 'string', 'Q-AT-13'],
    [alike(1).replace(/<Name>.*<\/Name>/, ''), '', 'v1', 'string', 'Q-AT-16'],
    [alike(1).replace('</Name>', '</Name><Odd/>'), 'A.1', 'v1', 'string', 'Q-XM-07'],
    [alike(1).replace('</Name>', '</Name>x'), 'A.1', 'v1', 'string', 'Q-XM-04'],
    [
      alike(1).replaceAll('ParameterValueStruct', 'cwmp:ParameterValueStruct'),
      'A.1',
      'v1',
      'string',
      'Q-NS-04',
    ],
    [alike(1).replace('<Value ', '<Value xmlns:xsd="urn:x" '), 'A.1', 'v1', 'string', 'Q-AT-09'],
    ['<ParameterValueStruct/>', '', '', 'string', 'Q-AT-16', 'Q-AT-13'],
  ];
  for (const [member, Name, Value, Type, ...notes] of odd) {
    const members = [alike(7), alike(8), member, alike(9), alike(10)];
    const { message, notes: noted } = read(
      `<cwmp:GetParameterValuesResponse><ParameterList n:arrayType="cwmp:ParameterValueStruct[5]">${members.join('')}</ParameterList></cwmp:GetParameterValuesResponse>`,
    );
    const plain = (i: number): object => ({ Name: `A.${i}`, Value: `v${i}`, Type: 'string' });
    t.strictSame(
      message,
      {
        kind: 'response',
        rpc: 'GetParameterValues',
        args: { ParameterList: [plain(7), plain(8), { Name, Value, Type }, plain(9), plain(10)] },
      },
      member,
    );
    t.same(noted, notes, member);
  }
});
