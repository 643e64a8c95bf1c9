/** Acts of group AT: counts, types, and members left out or turned round. */
import type { Envelope } from '../../cwmp/messages.ts';
import type { Dialect } from '../../soap/dialect.ts';
import type { Acts } from '../quirk.ts';
import {
  always,
  arrayLengths,
  changeInfos,
  changeValues,
  hasArray,
  hasValues,
  infosOf,
  isInform,
  some,
  valuesOf,
} from './message.ts';

const count = (dialect: Dialect, arrayCount: Partial<Dialect['arrayCount']>): Dialect => ({
  ...dialect,
  arrayCount: { ...dialect.arrayCount, ...arrayCount },
});

const untyped = (envelope: Envelope): Envelope =>
  changeValues(envelope, (value) => ({ ...value, Type: 'string' }));
/** A count of four digits has no room for a zero or a blank. */
const hasShortArray = (envelope: Envelope): boolean => arrayLengths(envelope).some((length) => length < 1000);

export const arrays = {
  'Q-AT-01': {
    on: 'dialect',
    fits: hasShortArray,
    change: (dialect) => count(dialect, { width: 4, pad: '0' }),
  },
  'Q-AT-02': {
    on: 'dialect',
    fits: hasShortArray,
    change: (dialect) => count(dialect, { width: 4, pad: ' ' }),
  },
  'Q-AT-03': {
    on: 'dialect',
    fits: (envelope) => arrayLengths(envelope).some((length) => length > 0),
    change: (dialect) => count(dialect, { off: 'zero' }),
  },
  'Q-AT-04': {
    on: 'dialect',
    fits: hasArray,
    change: (dialect) => ({ ...dialect, arrayType: 'bare' }),
  },
  'Q-AT-05': {
    on: 'dialect',
    fits: (envelope) =>
      some(
        envelope,
        ({ schema }) => schema.is === 'array' && (schema.of.is === 'string' || schema.of.is === 'base64'),
      ),
    change: (dialect) => ({ ...dialect, arrayType: 'cwmp-only' }),
  },
  'Q-AT-06': {
    on: 'dialect',
    fits: hasArray,
    change: (dialect) => ({ ...dialect, arrayType: 'none' }),
  },
  'Q-AT-07': {
    on: 'dialect',
    fits: hasArray,
    change: (dialect) => ({ ...dialect, arrayXsiType: true }),
  },
  'Q-AT-08': {
    on: 'dialect',
    fits: hasValues,
    keeps: untyped,
    change: (dialect) => ({ ...dialect, valueTypes: 'none' }),
  },
  'Q-AT-09': {
    on: 'dialect',
    fits: hasValues,
    change: (dialect) => ({ ...dialect, valueTypes: 'bare' }),
  },
  'Q-AT-10': {
    on: 'dialect',
    fits: (envelope) => valuesOf(envelope).some(({ Type }) => Type !== 'string'),
    keeps: untyped,
    change: (dialect) => ({ ...dialect, typeNames: { '*': 'string' } }),
  },
  'Q-AT-11': {
    on: 'dialect',
    fits: (envelope) => some(envelope, ({ schema }) => schema.is === 'boolean'),
    change: (dialect) => ({ ...dialect, booleans: 'capitals' }),
  },
  'Q-AT-13': {
    on: 'dialect',
    // An Inform without the URL to call at would be odd for that as well (Q-CR-03).
    fits: (envelope) =>
      hasValues(envelope) && !valuesOf(envelope).some(({ Name }) => Name.endsWith('.ConnectionRequestURL')),
    keeps: (envelope) => changeValues(envelope, ({ Name }) => ({ Name, Value: '', Type: 'string' })),
    change: (dialect) => ({ ...dialect, omits: [...dialect.omits, 'ParameterValueStruct.Value'] }),
  },
  'Q-AT-14': {
    on: 'dialect',
    fits: always,
    change: (dialect) => ({ ...dialect, selfClosing: 'always' }),
  },
  'Q-AT-15': {
    on: 'dialect',
    fits: isInform,
    change: (dialect) => ({
      ...dialect,
      informOrder: ['DeviceId', 'MaxEnvelopes', 'CurrentTime', 'RetryCount', 'Event', 'ParameterList'],
    }),
  },
  'Q-AT-16': {
    on: 'dialect',
    fits: (envelope) => infosOf(envelope).length > 0 || hasStatus(envelope),
    keeps: (envelope) =>
      withoutStatus(changeInfos(envelope, (list) => list.map((info) => ({ ...info, Writable: false })))),
    change: (dialect) => ({
      ...dialect,
      omits: [
        ...dialect.omits,
        ...STATUS.map((rpc) => `${rpc}Response.Status`),
        'ParameterInfoStruct.Writable',
      ],
    }),
  },
} as const satisfies Acts;

const STATUS = ['SetParameterValues', 'AddObject', 'DeleteObject'] as const;

function hasStatus({ message }: Envelope): boolean {
  return message.kind === 'response' && STATUS.some((rpc) => rpc === message.rpc);
}

/** Status as it is read when it is not there. */
function withoutStatus(envelope: Envelope): Envelope {
  const { message } = envelope;
  if (message.kind !== 'response') return envelope;
  if (message.rpc === 'AddObject')
    return { ...envelope, message: { ...message, args: { ...message.args, Status: 0 } } };
  if (message.rpc === 'SetParameterValues' || message.rpc === 'DeleteObject')
    return { ...envelope, message: { ...message, args: { Status: 0 } } };
  return envelope;
}
