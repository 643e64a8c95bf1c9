/**
 * Variants of each member of a dialect, to be tried in order to come nearer to a device's text.
 */
import { messageName } from '../../protocol/cwmp/message-name.ts';
import type { Envelope } from '../../protocol/cwmp/messages.ts';
import { RPCS } from '../../protocol/cwmp/messages.ts';
import type { Schema } from '../../protocol/soap/codec.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import type { NamespaceName } from '../../protocol/soap/namespaces.ts';
import { CWMP_NS_STEM, ENCODING_NS, ENVELOPE_NS, XSD_NS, XSI_NS } from '../../protocol/soap/namespaces.ts';

interface Text {
  readonly envelope: Envelope;
  readonly text: string;
}

type Way = Partial<Dialect>;

/** The dialect with the prefixes and declarations in the start tag of the envelope. */
export function declaredIn(text: string, dialect: Dialect): Dialect {
  const tag = /<(?:([\w.-]{1,64}):)?Envelope\b([^>]{0,4096})>/.exec(text.slice(0, 8192));
  if (tag === null) return dialect;
  const prefixes = { ...dialect.prefixes, env: tag[1] ?? '' };
  const declares: NamespaceName[] = [];
  let { schemaYear } = dialect;
  for (const [, prefix = '', uri = ''] of (tag[2] ?? '').matchAll(
    /\sxmlns(?::([\w.-]{1,64}))?\s*=\s*["']([^"']{0,256})["']/g,
  )) {
    const name = namespaceOf(uri);
    if (name === undefined || declares.includes(name)) continue;
    declares.push(name);
    prefixes[name] = prefix;
    if (uri.includes('/1999/XMLSchema')) schemaYear = 1999;
    else if (uri === XSD_NS) schemaYear = 2001;
  }
  // Undeclared prefixes are taken from their use.
  const used: readonly (readonly [NamespaceName, RegExp])[] = [
    ['enc', /\s([\w.-]{1,64}):arrayType=/],
    ['xsi', /\s([\w.-]{1,64}):type=/],
    ['cwmp', /<([\w.-]{1,64}):(?:ID|\w+Response|Inform)[\s>]/],
  ];
  for (const [name, pattern] of used) {
    const prefix = declares.includes(name) ? undefined : pattern.exec(text)?.[1];
    if (prefix !== undefined) prefixes[name] = prefix;
  }
  return { ...dialect, prefixes, declares, schemaYear };
}

function namespaceOf(uri: string): NamespaceName | undefined {
  if (uri === ENVELOPE_NS) return 'env';
  if (uri === ENCODING_NS) return 'enc';
  if (uri === XSD_NS || uri === XSD_NS.replace('2001', '1999')) return 'xsd';
  if (uri === XSI_NS || uri === XSI_NS.replace('2001', '1999')) return 'xsi';
  return uri.startsWith(CWMP_NS_STEM) ? 'cwmp' : undefined;
}

/** All changes worth trying, one list per member. */
export function waysOf(texts: readonly Text[], dialect: Dialect): readonly (readonly Way[])[] {
  const { arrayCount, header } = dialect;
  const counts = [1, 2, 3, 4].flatMap((width) =>
    (['0', ' '] as const).map((pad) => ({ arrayCount: { ...arrayCount, width, pad } })),
  );
  const offs = ([0, 1, -1, 'zero'] as const).map((off) => ({ arrayCount: { ...arrayCount, off } }));
  const heads = (
    [
      ...[true, false].map((present) => ({ present })),
      ...[true, false].map((holdRequests) => ({ holdRequests })),
      ...(['one', 'true', 'none', 'encoding-namespace'] as const).map((mustUnderstand) => ({
        mustUnderstand,
      })),
      ...kindsThatMay(header.noMoreRequests, texts).map((noMoreRequests) => ({ noMoreRequests })),
    ] as const
  ).map((change) => ({ header: { ...header, ...change } }));
  return [
    one('xmlDeclaration', ['none', 'plain', 'encoding', 'standalone']),
    one('byteOrderMark', [false, true]),
    one('encodingStyle', ['none', 'envelope', 'body']),
    one('layout', ['compact', 'thomson-g6', 'thomson-g7']),
    heads,
    one('arrayType', ['prefixed', 'bare', 'cwmp-only', 'none']),
    counts,
    offs,
    one('arrayXsiType', [false, true]),
    one('valueTypes', ['prefixed', 'bare', 'none']),
    [{ typeNames: typeNamesOf(texts, dialect) }],
    one('booleans', ['digits', 'words', 'capitals', 'yes-no']),
    one('counterWidth', [1, 2, 3]),
    one('selfClosing', ['never', 'empty-responses', 'always']),
    one('escapes', ['references', 'raw']),
    one('nonAscii', ['references', 'raw']),
    one('faultcode', ['plain', 'prefixed', 'client']),
    one('faultDetail', [true, false]),
    [{ qualified: ['*'] }, ...qualifiedIn(texts, dialect).map((qualified) => ({ qualified }))],
    missingIn(texts).map((path) => ({ omits: [...new Set([...dialect.omits, path])] })),
    informOrderOf(texts).map((informOrder) => ({ informOrder })),
    texts.flatMap(({ text }) => {
      const trailer = text.slice(text.lastIndexOf('>') + 1, text.lastIndexOf('>') + 65);
      return trailer === '' ? [] : [{ trailer }];
    }),
  ];
}

const one = <K extends keyof Dialect>(member: K, values: readonly Dialect[K][]): readonly Way[] =>
  values.map((value): Way => {
    const way: { [P in K]?: Dialect[P] } = {};
    way[member] = value;
    return way;
  });

type Kind = Dialect['header']['noMoreRequests'][number];

/** The list without the kind of these messages, and with it. */
function kindsThatMay(now: readonly Kind[], texts: readonly Text[]): readonly (readonly Kind[])[] {
  const kinds = new Set(
    texts.map(({ envelope: { message } }) => (message.kind === 'unknown' ? 'request' : message.kind)),
  );
  return [...kinds].flatMap((kind) => [
    now.filter((other) => other !== kind),
    now.includes(kind) ? now : [...now, kind],
  ]);
}

/** Types that are spelt differently from the schema, by their right name. */
function typeNamesOf(texts: readonly Text[], { typeNames }: Dialect): Dialect['typeNames'] {
  const spelt = new Map(Object.entries(typeNames));
  for (const { envelope, text } of texts) {
    const { message } = envelope;
    if (message.kind === 'fault' || message.kind === 'unknown' || !('ParameterList' in message.args))
      continue;
    const types = Array.from(
      text.matchAll(
        /<(?:[\w.-]{1,64}:)?Value\s[^<>]{0,256}?type\s*=\s*["'](?:[\w.-]{1,64}:)?([^"']{0,64})["']/g,
      ),
      ([, type = '']) => type,
    );
    const { ParameterList: list } = message.args;
    if (list.length !== types.length) continue;
    list.forEach((value, index) => {
      const type = types[index];
      if (type === undefined || !('Type' in value)) return;
      if (type !== (value.Type === 'base64' ? 'base64Binary' : value.Type)) spelt.set(value.Type, type);
    });
  }
  return Object.fromEntries(spelt);
}

/** Elements below the message that have the prefix of CWMP. */
function qualifiedIn(texts: readonly Text[], { prefixes }: Dialect): readonly (readonly string[])[] {
  const names = new Set<string>();
  for (const { text } of texts) {
    const body = text.slice(text.indexOf('Body'));
    for (const [, prefix, name = ''] of body.matchAll(/<([\w.-]{1,64}):([\w.-]{1,64})[\s/>]/g))
      if (prefix === prefixes.cwmp && !isMessage(name)) names.add(name);
  }
  return names.size === 0 ? [] : [[...names]];
}

const isMessage = (name: string): boolean =>
  Object.hasOwn(RPCS, name.replace(/Response$/, '')) || name === 'Fault';

/** Members of the schema that these texts lack, as `Struct.Element`. */
function missingIn(texts: readonly Text[]): readonly string[] {
  const missing = new Set<string>();
  for (const { envelope, text } of texts) {
    const { message } = envelope;
    if (message.kind !== 'request' && message.kind !== 'response') continue;
    const { schema } = RPCS[message.rpc][message.kind];
    const name = messageName(message);
    for (const field of fieldsOf(schema)) if (!hasElement(text, field)) missing.add(`${name}.${field}`);
    for (const [struct, member] of [
      ['EventStruct', 'CommandKey'],
      ['ParameterValueStruct', 'Value'],
    ] as const)
      if (hasElement(text, struct) && !hasElement(text, member)) missing.add(`${struct}.${member}`);
  }
  return [...missing];
}

const fieldsOf = (schema: Schema): readonly string[] =>
  schema.is === 'struct' ? schema.fields.filter(({ optional }) => !optional).map(({ name }) => name) : [];

const hasElement = (text: string, name: string): boolean =>
  new RegExp(`<(?:[\\w.-]{1,64}:)?${name}[\\s/>]`).test(text);

/** The members of an Inform in the order in which they were written. */
function informOrderOf(texts: readonly Text[]): readonly (readonly string[])[] {
  const usual = fieldsOf(RPCS.Inform.request.schema);
  return texts.flatMap(({ envelope: { message }, text }) => {
    if (message.kind !== 'request' || message.rpc !== 'Inform') return [];
    const place = (name: string): number => text.search(new RegExp(`<(?:[\\w.-]{1,64}:)?${name}[\\s/>]`));
    const order = [...usual].sort((a, b) => place(a) - place(b));
    return order.join() === usual.join() ? [] : [order];
  });
}
