/** Well-formed XML documents in any spelling: elements hold either elements or text, as those of SOAP do. */
import fc from 'fast-check';
import { ncName, xmlCharacter } from './text.ts';

/** A character as text may hold it: itself, a reference, or in a section where markup is none. */
function spelt(character: string): fc.Arbitrary<string> {
  const code = character.codePointAt(0) ?? 0;
  const references = [
    `&#${code};`,
    `&#x${code.toString(16)};`,
    `&#x${code.toString(16).toUpperCase().padStart(6, '0')};`,
  ];
  const named = new Map([
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['"', '&quot;'],
    ["'", '&apos;'],
  ]).get(character);
  if (named !== undefined) return fc.constantFrom(named, ...references);
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(character) },
    { weight: 1, arbitrary: fc.constantFrom(...references) },
  );
}

const text = fc.array(xmlCharacter().chain(spelt), { maxLength: 20 }).map((parts) => parts.join(''));
const rawText = fc.string({ unit: xmlCharacter(), maxLength: 12 });
const comment = rawText.filter((inside) => !/--|-$/.test(inside)).map((inside) => `<!--${inside}-->`);
const section = rawText.filter((inside) => !inside.includes(']]>')).map((inside) => `<![CDATA[${inside}]]>`);
const instruction = fc
  .tuple(ncName(), fc.stringMatching(/^[a-z ]{0,12}$/))
  .map(([target, inside]) => `<?${target} ${inside}?>`);
const blank = fc.stringMatching(/^[ \t\n\r]{0,4}$/);
const between = fc.oneof(
  { weight: 6, arbitrary: blank },
  { weight: 1, arbitrary: comment },
  { weight: 1, arbitrary: instruction },
);

/**
 * XML turns line ends and tabs in attribute values into blanks, most readers keep them: references are
 * unambiguous.
 */
const attributeValue = fc
  .array(
    xmlCharacter()
      .chain(spelt)
      .map((part) => part.replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`)),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const quoted = fc
  .tuple(attributeValue, fc.constantFrom('"', "'"))
  .map(([value, quote]) => quote + value.replaceAll(quote, quote === '"' ? '&quot;' : '&apos;') + quote);
const space = fc.stringMatching(/^[ \t\n\r]{1,3}$/);
const gap = fc.stringMatching(/^[ \t\n\r]{0,2}$/);

const PREFIXES = ['a', 'ns2', 'SOAP-ENV', 'constructor', '__proto__'] as const;
const declarations = fc
  .subarray([...PREFIXES])
  .map((prefixes) => prefixes.map((prefix) => ` xmlns:${prefix}="urn:${prefix}"`).join(''));
const defaultNamespace = fc.constantFrom('', '', ' xmlns="urn:default"', ' xmlns=""');

/** A name with or without a prefix; the root declares all prefixes that there are. */
const qName = fc
  .tuple(fc.option(fc.constantFrom(...PREFIXES)), ncName())
  .map(([prefix, name]) => (prefix === null ? name : `${prefix}:${name}`));

const attributes = fc
  .uniqueArray(fc.tuple(qName, quoted, space, gap, gap), { selector: ([name]) => name, maxLength: 4 })
  .map((list) =>
    list.map(([name, value, before, left, right]) => `${before}${name}${left}=${right}${value}`).join(''),
  );

const startTag = fc
  .tuple(
    qName,
    fc.oneof({ weight: 2, arbitrary: attributes }, { weight: 1, arbitrary: declarations }),
    defaultNamespace,
  )
  .map(([name, list, own]) => ({ name, markup: `<${name}${list}${own}` }));

interface Tree {
  readonly element: string;
}

const { element } = fc.letrec<Tree>((tie) => {
  const leaf = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: text },
      { weight: 1, arbitrary: section },
      { weight: 1, arbitrary: comment },
    ),
    { maxLength: 4 },
  );
  const container = fc
    .array(fc.tuple(between, tie('element')), { minLength: 1, maxLength: 4 })
    .chain((children) => between.map((end) => [...children.flat(), end]));
  const content = fc
    .oneof({ depthSize: 'small', withCrossShrink: true }, leaf, container)
    .map((parts) => parts.join(''));
  const full = fc
    .tuple(startTag, content, gap, gap)
    .map(([{ name, markup }, inside, left, right]) => `${markup}${left}>${inside}</${name}${right}>`);
  const empty = fc.tuple(startTag, gap).map(([{ markup }, right]) => `${markup}${right}/>`);
  return { element: fc.oneof({ weight: 5, arbitrary: full }, { weight: 1, arbitrary: empty }) };
});

/** A document whose elements hold elements or text and never both, at most some dozens of them. */
export function xmlDocument(): fc.Arbitrary<string> {
  const declaration = fc.constantFrom(
    '',
    '<?xml version="1.0"?>',
    '<?xml version="1.0" encoding="UTF-8"?>\n',
  );
  const all = PREFIXES.map((prefix) => ` xmlns:${prefix}="urn:root:${prefix}"`).join('');
  return fc
    .tuple(declaration, between, fc.array(fc.tuple(between, element), { maxLength: 3 }), between)
    .map(
      ([head, before, children, end]) =>
        `${head}${before}<root${all}>${children.flat().join('')}${end}</root>`,
    );
}
