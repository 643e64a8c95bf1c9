/** The spellings of a message that change nothing of its meaning. */
import fc from 'fast-check';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import type { NamespaceName } from '../../protocol/soap/namespaces.ts';
import { ncName } from './text.ts';

const NAMESPACES: readonly NamespaceName[] = ['env', 'enc', 'xsd', 'xsi', 'cwmp'];

/** Five different prefixes: of the canonical envelope, of Thomson's client (which mislead), or any. */
export function prefixes(): fc.Arbitrary<Dialect['prefixes']> {
  const thomson = { env: 'soapenv', enc: 'soap', xsd: 'xsd', xsi: 'xsi', cwmp: 'cwmp' };
  const swapped = { env: 'cwmp', enc: 'xsd', xsd: 'SOAP-ENV', xsi: 'soap', cwmp: 'xsi' };
  const any = fc
    .uniqueArray(ncName(), { minLength: 5, maxLength: 5 })
    .map(([env = 'a', enc = 'b', xsd = 'c', xsi = 'd', cwmp = 'e']) => ({ env, enc, xsd, xsi, cwmp }));
  return fc.oneof(fc.constantFrom(CANONICAL.prefixes, thomson, swapped), any);
}

/**
 * Layout, declarations and their order, prefixes, spellings of booleans and counts: the message stays the
 * same.
 */
export function dialect(): fc.Arbitrary<Dialect> {
  return fc
    .record({
      prefixes: prefixes(),
      declares: fc.shuffledSubarray([...NAMESPACES], { minLength: 5 }),
      schemaYear: fc.constantFrom(1999, 2001),
      xmlDeclaration: fc.constantFrom('none', 'plain', 'encoding', 'standalone'),
      byteOrderMark: fc.boolean(),
      encodingStyle: fc.constantFrom('none', 'envelope', 'body'),
      layout: fc.constantFrom('compact', 'thomson-g6', 'thomson-g7'),
      arrayCount: fc.record({
        width: fc.constantFrom(1, 2, 4),
        pad: fc.constantFrom('0', ' '),
        off: fc.constantFrom<number | 'zero'>(0, 1, -1, 'zero'),
      }),
      arrayType: fc.constantFrom('prefixed', 'bare', 'cwmp-only', 'none'),
      arrayXsiType: fc.boolean(),
      valueTypes: fc.constantFrom('prefixed', 'bare'),
      booleans: fc.constantFrom('digits', 'words', 'capitals', 'yes-no'),
      counterWidth: fc.constantFrom(1, 8),
      qualified: fc.constantFrom<readonly string[]>([], ['*'], ['Event', 'EventStruct', 'DeviceId']),
      nonAscii: fc.constantFrom('references', 'raw'),
      selfClosing: fc.constantFrom('never', 'empty-responses', 'always'),
      faultcode: fc.constantFrom('plain', 'prefixed'),
      trailer: fc.constantFrom('', '\r\n', '\0', ' \n\t'),
    })
    .map((spelling): Dialect => ({ ...CANONICAL, ...spelling }));
}
