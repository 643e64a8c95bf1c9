import t from 'tap';
import { decodeString } from '../../../protocol/cwmp/decode.ts';
import { LIMITS } from '../../../protocol/limits.ts';

const ENVELOPE =
  '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-0">';
const inHeader = (text: string): string => `${ENVELOPE}<e:Header>${text}</e:Header><e:Body/></e:Envelope>`;
const inBody = (text: string): string => `${ENVELOPE}<e:Header/><e:Body>${text}</e:Body></e:Envelope>`;
const inRequest = (text: string): string => inBody(`<cwmp:Reboot>${text}</cwmp:Reboot>`);
const inLeaf = (text: string): string => inRequest(`<CommandKey>${text}</CommandKey>`);
const inTag = (text: string): string => inRequest(`<CommandKey ${text}>k</CommandKey>`);
const inList = (text: string): string =>
  inBody(
    `<cwmp:GetParameterValuesResponse><ParameterList>${text}</ParameterList></cwmp:GetParameterValuesResponse>`,
  );

const many = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => make(i)).join('');
const member = (i: number, open = '<Value xsi:type="xsd:string">', value = 'x'): string =>
  `<ParameterValueStruct><Name>A.${i}</Name>${open}${value}</Value></ParameterValueStruct>`;

/** Inputs made to hurt, in any size; `n` is about how many bytes they have. */
const NASTY: Readonly<Record<string, (n: number) => string>> = {
  'nothing but <': (n) => '<'.repeat(n),
  '< in the body': (n) => inBody('<'.repeat(n)),
  '< in a leaf': (n) => inLeaf('<'.repeat(n)),
  '< before every letter': (n) => inLeaf('<a'.repeat(n / 2)),
  '& in a leaf': (n) => inLeaf('&'.repeat(n)),
  '&# in a leaf': (n) => inLeaf('&#'.repeat(n / 2)),
  'references without end': (n) => inLeaf('&#x0000041'.repeat(n / 10)),
  'references to nothing': (n) => inLeaf('&nbsp;'.repeat(n / 6)),
  'references to the five': (n) => inLeaf('&amp;'.repeat(n / 5)),
  'references to no character': (n) => inLeaf('&#0;'.repeat(n / 4)),
  '& in an attribute': (n) => inTag(`a="${'&'.repeat(n)}"`),
  'quotes in a tag': (n) => inTag('"'.repeat(n)),
  'quotes of both sorts in a tag': (n) => inTag(`"'`.repeat(n / 2)),
  'quotes in a leaf': (n) => inLeaf('"'.repeat(n)),
  '> in an attribute without end': (n) => `${ENVELOPE}<a b="${'>'.repeat(n)}`,
  'tags with open quotes': (n) => inBody('<a b="'.repeat(n / 6)),
  'comments without end': (n) => inBody('<!--'.repeat(n / 4)),
  'comments without end in a leaf': (n) => inLeaf('<!--'.repeat(n / 4)),
  'comments in a leaf': (n) => inLeaf('<!---->'.repeat(n / 7)),
  'a comment of dashes': (n) => inBody(`<!--${'-'.repeat(n)}`),
  'sections without end': (n) => inLeaf('<![CDATA['.repeat(n / 9)),
  'sections in a leaf': (n) => inLeaf('<![CDATA[]]>'.repeat(n / 12)),
  'a section of brackets': (n) => inLeaf(`<![CDATA[${']]'.repeat(n / 2)}`),
  'instructions without end': (n) => inLeaf('<?'.repeat(n / 2)),
  declarations: (n) => `${'<?xml version="1.0"?>'.repeat(n / 21)}${inBody('')}`,
  ']]> in a leaf': (n) => inLeaf(']]>'.repeat(n / 3)),
  'attributes of one tag': (n) => inTag('a="1" '.repeat(n / 6)),
  'attributes without values': (n) => inTag('a '.repeat(n / 2)),
  'attributes without blanks': (n) => inTag('a=b'.repeat(n / 3)),
  'one long attribute name': (n) => inTag('a'.repeat(n)),
  'one long attribute name and blanks': (n) => inTag(`${'a'.repeat(n / 2)}${' '.repeat(n / 2)}`),
  'blanks in a tag': (n) => inTag(' '.repeat(n)),
  'tags of sixty attributes': (n) =>
    inList(many(n / 600, (i) => member(i, `<Value ${many(60, (j) => ` a${j}="${i}"`)}>`))),
  'leaves in leaves': (n) => inRequest('<CommandKey>'.repeat(n / 12)),
  'leaves in leaves, closed': (n) =>
    inRequest('<CommandKey>'.repeat(n / 25) + '</CommandKey>'.repeat(n / 25)),
  'end tags of others in a leaf': (n) => inLeaf('</CommandKez>'.repeat(n / 13)),
  'end tags without end': (n) => inLeaf('</CommandKey'.repeat(n / 12)),
  'an end tag and blanks': (n) => inRequest(`<CommandKey>k</CommandKey${' '.repeat(n)}`),
  'end tags and blanks': (n) => inLeaf('</CommandKey  <'.repeat(n / 15)),
  'end tags that nothing opened': (n) => inBody('</a>'.repeat(n / 4)),
  'one long name': (n) => inBody(`<${'a'.repeat(n)}`),
  'one name of colons': (n) => inBody(`<a${':'.repeat(n)}>`),
  'names of long look-alikes': (n) => `${ENVELOPE}<${'a'.repeat(n / 2)}>${'</a'.repeat(n / 6)}`,
  'elements that nothing closes': (n) => inBody('<a>'.repeat(n / 3)),
  'elements without content': (n) => inRequest('<a/>'.repeat(n / 4)),
  'elements that no struct has': (n) => inRequest('<a><b/></a>'.repeat(n / 11)),
  'text between elements': (n) => inRequest('<a/>x'.repeat(n / 5)),
  'namespaces on every member': (n) =>
    inList(many(n / 110, (i) => member(i, `<Value xmlns:p${i}="urn:${i}" xsi:type="xsd:string">`))),
  'namespaces on elements inside each other': (n) =>
    inBody(
      many(n / 25000, () => {
        const open = many(20, (depth) => `<a${many(50, (j) => ` xmlns:p${depth}x${j}="u"`)}>`);
        return open + member(0, '<Value q:type="r:string">') + '</a>'.repeat(20);
      }),
    ),
  'namespaces around many members': (n) =>
    inBody(
      `<a ${many(60, (j) => ` xmlns:p${j}="u"`)}>${many(n / 90, (i) => member(i, '<Value p1:type="p2:string">'))}</a>`,
    ),
  'every attribute text another': (n) =>
    inList(many(n / 90, (i) => member(i, `<Value xsi:type="xsd:t${i}">`))),
  'every prefix undeclared': (n) =>
    inList(many(n / 90, (i) => member(i, `<Value p${i}:type="q${i}:string">`))),
  'undeclared prefixes on elements': (n) => inRequest(many(n / 15, (i) => `<p${i}:a/>`)),
  'a note for every member': (n) => inList(many(n / 90, (i) => member(i, '<Value>', ' \u00e9 '))),
  'notes of all sorts': (n) =>
    inList(
      many(
        n / 130,
        (i) => `<cwmp:Odd a=b> &x; </cwmp:Odd>x${member(i, '<Value xsi:type="boolean">', '\u{1f4a9}maybe')}`,
      ),
    ),
  'members alike': (n) => inList(many(n / 90, (i) => member(i))),
  'members that are never alike': (n) =>
    inList(many(n / 90, (i) => (i % 2 === 0 ? member(i) : member(i, '<Value  xsi:type="xsd:int">', '1')))),
  'members almost alike': (n) =>
    inList(many(n / 90, (i) => member(i, '<Value xsi:type="xsd:string">', i % 2 ? 'a&amp;b' : 'a'))),
  'members without end': (n) => inList('<ParameterValueStruct><Name>'.repeat(n / 28)),
  'members of nothing': (n) => inList('<ParameterValueStruct/>'.repeat(n / 23)),
  'blanks between members': (n) => inList(many(n / 900, (i) => ' '.repeat(800) + member(i))),
  'repeated elements': (n) =>
    inBody(
      `<cwmp:ChangeDUState>${'<Operations><URL>u</URL></Operations>'.repeat(n / 38)}</cwmp:ChangeDUState>`,
    ),
  'elements that are there twice': (n) => inRequest('<CommandKey>k</CommandKey>'.repeat(n / 26)),
  'bad parameters of a fault': (n) =>
    inBody(
      `<e:Fault><detail><cwmp:Fault>${'<SetParameterValuesFault><ParameterName>-</ParameterName></SetParameterValuesFault>'.repeat(n / 84)}</cwmp:Fault></detail></e:Fault>`,
    ),
  'events of an Inform': (n) =>
    inBody(
      `<cwmp:Inform><Event>${'<EventStruct><EventCode>X </EventCode></EventStruct>'.repeat(n / 52)}</Event></cwmp:Inform>`,
    ),
  'the same parameter again and again': (n) =>
    inBody(`<cwmp:Inform><ParameterList>${many(n / 90, () => member(1))}</ParameterList></cwmp:Inform>`),
  'names of many parents': (n) =>
    inBody(
      `<cwmp:GetParameterNamesResponse><ParameterList>${many(n / 70, () => '<ParameterInfoStruct><Name>a.b</Name><Writable>maybe</Writable></ParameterInfoStruct>')}</ParameterList></cwmp:GetParameterNamesResponse>`,
    ),
  'arrayType of blanks': (n) =>
    inBody(
      `<cwmp:GetParameterNamesResponse><ParameterList n:arrayType="a[1${' '.repeat(n)}]"/></cwmp:GetParameterNamesResponse>`,
    ),
  'arrayType of brackets': (n) =>
    inBody(
      `<cwmp:GetParameterNamesResponse><ParameterList n:arrayType="${'['.repeat(n)}"/></cwmp:GetParameterNamesResponse>`,
    ),
  'a type of parentheses': (n) => inList(member(1, `<Value xsi:type="xsd:${'(1'.repeat(n / 2)}">`)),
  'a type of digits': (n) => inList(member(1, `<Value xsi:type="xsd:x(${'1'.repeat(n)}">`)),
  'header elements': (n) => inHeader('<cwmp:ID>1</cwmp:ID>'.repeat(n / 20)),
  'versions of a header': (n) =>
    inHeader(`<cwmp:SupportedCWMPVersions>${','.repeat(n)}</cwmp:SupportedCWMPVersions>`),
  'blanks of a header': (n) => inHeader(`<cwmp:NoMoreRequests>${' '.repeat(n)}x</cwmp:NoMoreRequests>`),
  'a boolean of blanks': (n) =>
    inBody(`<cwmp:GetParameterNames><NextLevel>${' '.repeat(n)}x</NextLevel></cwmp:GetParameterNames>`),
  'a boolean of zeros': (n) =>
    inBody(`<cwmp:GetParameterNames><NextLevel>${'0'.repeat(n)}x</NextLevel></cwmp:GetParameterNames>`),
  'a number of digits': (n) =>
    inBody(`<cwmp:ScheduleInform><DelaySeconds>${'1'.repeat(n)}</DelaySeconds></cwmp:ScheduleInform>`),
  'a time of digits': (n) =>
    inList(member(1, '<Value xsi:type="xsd:dateTime">', `2020-01-01T00:00:00.${'1'.repeat(n)}`)),
  'an address of slashes': (n) =>
    inBody(
      `<cwmp:Inform><ParameterList><ParameterValueStruct><Name>A.ManagementServer.ConnectionRequestURL</Name><Value>http://a${':1/'.repeat(n / 3)}</Value></ParameterValueStruct></ParameterList></cwmp:Inform>`,
    ),
  'line ends': (n) => inLeaf('\r\n'.repeat(n / 2)),
  'returns between elements': (n) => inRequest('\r<a/>'.repeat(n / 5)),
  'NULs in a leaf': (n) => inLeaf('\0'.repeat(n)),
  'NULs in many leaves': (n) => inList(many(n / 90, (i) => member(i, '<Value>', '\0'))),
  'blanks after the envelope': (n) => inBody('') + ' '.repeat(n),
  'junk after the envelope': (n) => inLeaf('k') + '\0'.repeat(n),
  'text before the envelope': (n) => 'x'.repeat(n) + inLeaf('k'),
  'text of four-byte characters': (n) => inLeaf('\u{1f4a9}'.repeat(n / 2)),
};

/**
 * More attribute texts than the reader remembers: after it none of an input's own is known from an earlier
 * run, so that a small input, which would be remembered whole, is measured as a large one is.
 */
const OTHERS = inList(many(1200, (i) => member(i, `<Value xsi:type="xsd:other${i}">`)));

/** Microseconds of CPU of this process for one call: the best of several. */
function cost(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    decodeString(OTHERS);
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best;
}

/** Characters of the small input; the large has eight times as many. */
const SMALL = 50_000;

t.test('eight times the input costs at most twenty-four times the CPU, whatever the input', async (t) => {
  for (const [name, make] of Object.entries(NASTY)) {
    const small = make(SMALL);
    const large = make(8 * SMALL);
    let ratio = Number.POSITIVE_INFINITY;
    // What is not linear is not linear three times over (its ratio is 64); a collection of garbage is seldom
    // there again.
    for (let attempt = 0; attempt < 3 && ratio > 24; attempt++) {
      // A ratio of noise says nothing: what takes less than this is fast enough.
      const base = Math.max(
        300,
        cost(() => decodeString(small)),
      );
      ratio = Math.min(ratio, cost(() => decodeString(large)) / base);
    }
    t.ok(ratio <= 24, `${name}: ${small.length} and ${large.length} characters, ratio ${ratio.toFixed(1)}`);
  }
});

t.test('the inputs are as large as they are said to be', async (t) => {
  for (const [name, make] of Object.entries(NASTY)) {
    const ratio = make(8 * SMALL).length / make(SMALL).length;
    t.ok(
      make(SMALL).length > SMALL / 2 && ratio > 4 && ratio < 9,
      `${name}: ${make(SMALL).length}, ${ratio}`,
    );
  }
});

t.test('a hundred thousand levels are refused as too deep, and no stack overflows', async (t) => {
  const levels = '<a>'.repeat(100_000);
  const places = {
    'in the body': inBody(levels),
    'in the header': inHeader(levels),
    'in a request': inRequest(levels),
    'in a list': inList(levels),
    'in a fault': inBody(`<e:Fault>${levels}`),
    'beside header and body': `${ENVELOPE}${levels}`,
    'with ends': inBody(levels + '</a>'.repeat(100_000)),
  };
  for (const [place, text] of Object.entries(places)) {
    const decoded = decodeString(text);
    t.equal(decoded.ok ? undefined : decoded.error.code, 'E_XML_TOO_DEEP', place);
  }
  const leaf = decodeString(inRequest('<CommandKey>'.repeat(100_000)));
  t.equal(leaf.ok ? undefined : leaf.error.code, 'E_XML_TRUNCATED', 'leaves are never descended into');
});

t.test('a list longer than the limit is refused', async (t) => {
  const lists = [
    inList('<ParameterValueStruct/>'.repeat(LIMITS.members + 1)),
    inBody(`<cwmp:ChangeDUState>${'<Operations/>'.repeat(LIMITS.members + 2)}</cwmp:ChangeDUState>`),
    inBody(
      `<e:Fault><detail><cwmp:Fault>${'<SetParameterValuesFault/>'.repeat(LIMITS.members + 2)}</cwmp:Fault></detail></e:Fault>`,
    ),
  ];
  for (const text of lists) {
    const decoded = decodeString(text);
    t.equal(decoded.ok ? undefined : decoded.error.code, 'E_TOO_MANY_MEMBERS');
  }
  t.equal(decodeString(inList('<ParameterValueStruct/>'.repeat(LIMITS.members))).ok, true);
});
