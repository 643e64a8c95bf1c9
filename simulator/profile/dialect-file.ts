/** Dialects in profile files: what differs from the canonical envelope, member by member. */
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import type { Fields } from './fields.ts';

const NAMESPACES = ['env', 'enc', 'xsd', 'xsi', 'cwmp'] as const;

/** The base dialect with the members of the file in place of its own. */
export function readDialect(file: Fields, base: Dialect = CANONICAL): Dialect {
  const { arrayCount, header } = base;
  const prefixes = file.fields('prefixes');
  const count = file.fields('arrayCount');
  const head = file.fields('header');
  const off = count.get('off') ?? arrayCount.off;
  const dialect: Dialect = {
    prefixes: {
      env: prefixes.string('env', base.prefixes.env),
      enc: prefixes.string('enc', base.prefixes.enc),
      xsd: prefixes.string('xsd', base.prefixes.xsd),
      xsi: prefixes.string('xsi', base.prefixes.xsi),
      cwmp: prefixes.string('cwmp', base.prefixes.cwmp),
    },
    declares: file.choices('declares', NAMESPACES, base.declares),
    schemaYear: file.choice('schemaYear', [1999, 2001], base.schemaYear),
    xmlDeclaration: file.choice(
      'xmlDeclaration',
      ['none', 'plain', 'encoding', 'standalone'],
      base.xmlDeclaration,
    ),
    byteOrderMark: file.boolean('byteOrderMark', base.byteOrderMark),
    encodingStyle: file.choice('encodingStyle', ['none', 'envelope', 'body'], base.encodingStyle),
    layout: file.choice('layout', ['compact', 'thomson-g6', 'thomson-g7'], base.layout),
    arrayCount: {
      width: count.number('width', arrayCount.width),
      pad: count.choice('pad', ['0', ' '], arrayCount.pad),
      off: off === 'zero' || typeof off === 'number' ? off : count.refuse('off', 'a number or zero'),
    },
    arrayType: file.choice('arrayType', ['prefixed', 'bare', 'cwmp-only', 'none'], base.arrayType),
    arrayXsiType: file.boolean('arrayXsiType', base.arrayXsiType),
    valueTypes: file.choice('valueTypes', ['prefixed', 'bare', 'none'], base.valueTypes),
    typeNames: file.has('typeNames') ? Object.fromEntries(file.texts('typeNames')) : base.typeNames,
    booleans: file.choice('booleans', ['digits', 'words', 'capitals', 'yes-no'], base.booleans),
    counterWidth: file.number('counterWidth', base.counterWidth),
    header: {
      present: head.boolean('present', header.present),
      mustUnderstand: head.choice(
        'mustUnderstand',
        ['one', 'true', 'none', 'encoding-namespace'],
        header.mustUnderstand,
      ),
      noMoreRequests: head.choices('noMoreRequests', ['request', 'response', 'fault'], header.noMoreRequests),
      holdRequests: head.boolean('holdRequests', header.holdRequests),
    },
    qualified: file.strings('qualified', base.qualified),
    omits: file.strings('omits', base.omits),
    informOrder: file.strings('informOrder', base.informOrder),
    nullText: file.string('nullText', base.nullText),
    valueSuffix: file.string('valueSuffix', base.valueSuffix),
    identitySuffix: file.string('identitySuffix', base.identitySuffix),
    escapes: file.choice('escapes', ['references', 'raw'], base.escapes),
    nonAscii: file.choice('nonAscii', ['references', 'raw'], base.nonAscii),
    selfClosing: file.choice('selfClosing', ['never', 'empty-responses', 'always'], base.selfClosing),
    faultcode: file.choice('faultcode', ['plain', 'prefixed', 'client'], base.faultcode),
    faultDetail: file.boolean('faultDetail', base.faultDetail),
    trailer: file.string('trailer', base.trailer),
    maxEnvelopes: file.number('maxEnvelopes', base.maxEnvelopes),
  };
  for (const part of [prefixes, count, head, file]) part.done();
  return dialect;
}
