/** Acts of group NS: prefixes and where namespaces are declared. */
import type { Acts } from '../quirk.ts';
import { always, hasArray, isInform, some } from './message.ts';

export const namespaces = {
  'Q-NS-01': {
    on: 'dialect',
    fits: always,
    change: (dialect) => ({
      ...dialect,
      prefixes: { ...dialect.prefixes, env: 'soapenv', enc: 'soap' },
      encodingStyle: 'envelope',
    }),
  },
  'Q-NS-02': {
    on: 'dialect',
    fits: ({ id, header }) => id !== undefined || Object.keys(header).length > 0,
    change: (dialect) => ({
      ...dialect,
      header: { ...dialect.header, mustUnderstand: 'encoding-namespace' },
    }),
  },
  'Q-NS-03': {
    on: 'dialect',
    fits: hasArray,
    change: (dialect) => ({
      ...dialect,
      // An undeclared prefix can only be recognised by its customary spelling.
      prefixes: { ...dialect.prefixes, enc: 'soap-enc', xsd: 'xsd', xsi: 'xsi' },
      declares: dialect.declares.filter((name) => name === 'env' || name === 'cwmp'),
    }),
  },
  'Q-NS-04': {
    on: 'dialect',
    // The members of a value struct are the only ones that never carry the prefix.
    fits: (envelope) =>
      some(envelope, ({ schema }) => schema.is === 'struct' && schema.fields.length > 0) &&
      hasMember(envelope),
    change: (dialect) => ({ ...dialect, qualified: ['*'] }),
  },
  'Q-NS-05': {
    on: 'text',
    fits: isInform,
    change: (text) => {
      const namespace = /urn:dslforum-org:cwmp-1-\d+/.exec(text)?.[0] ?? 'urn:dslforum-org:cwmp-1-0';
      return text
        .replace(/<((?:[\w.-]+:)?DeviceId)>/, `<$1 xmlns="${namespace}">`)
        .replace(/<((?:[\w.-]+:)?Manufacturer)>/, '<$1 xmlns="">');
    },
  },
  'Q-NS-06': {
    on: 'dialect',
    fits: always,
    change: (dialect) => ({
      ...dialect,
      prefixes: { env: 'ns3', enc: 'ns2', xsd: 'ns6', xsi: 'ns5', cwmp: 'ns4' },
    }),
  },
  'Q-NS-07': {
    on: 'message',
    fits: (envelope) => !isInform(envelope) && /^urn:dslforum-org:cwmp-1-[012]$/.test(envelope.namespace),
    change: (envelope) => ({
      ...envelope,
      namespace: `urn:dslforum-org:cwmp-1-${envelope.namespace.endsWith('1-1') ? 2 : 1}`,
    }),
  },
} as const satisfies Acts;

/** Whether any element is written below the RPC. */
function hasMember(envelope: Parameters<typeof hasArray>[0]): boolean {
  return some(
    envelope,
    ({ schema }) => schema.is !== 'struct' && schema.is !== 'repeated' && schema.is !== 'choice',
  );
}
