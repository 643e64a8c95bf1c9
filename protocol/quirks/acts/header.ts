/** Acts of group ID: the SOAP header. */
import type { Envelope } from '../../cwmp/messages.ts';
import { RPCS } from '../../cwmp/messages.ts';
import type { Acts } from '../quirk.ts';
import { always, changeInform, informOf, isInform } from './message.ts';

const isAnswer = ({ id, message }: Envelope): boolean =>
  id !== undefined && (message.kind === 'response' || message.kind === 'fault');

const fromCpe = (envelope: Envelope): boolean =>
  isInform(envelope) || (envelope.message.kind === 'response' && RPCS[envelope.message.rpc].by === 'CPE');

export const header = {
  'Q-ID-01': {
    on: 'dialect',
    fits: always,
    keeps: (envelope) => ({ ...envelope, id: undefined, header: {} }),
    change: (dialect) => ({ ...dialect, header: { ...dialect.header, present: false } }),
  },
  'Q-ID-02': {
    on: 'message',
    fits: isAnswer,
    change: (envelope) => ({ ...envelope, id: undefined }),
  },
  'Q-ID-03': {
    on: 'message',
    fits: ({ id }) => id !== undefined,
    change: (envelope) => ({ ...envelope, id: '' }),
  },
  'Q-ID-04': {
    on: 'dialect',
    fits: (envelope) =>
      envelope.id !== undefined && (informOf(envelope)?.DeviceId.SerialNumber.length ?? 0) < 64,
    keeps: (envelope) =>
      changeInform({ ...envelope, id: `${envelope.id ?? ''}\n` }, ({ DeviceId }) => ({
        DeviceId: { ...DeviceId, SerialNumber: `${DeviceId.SerialNumber}\n` },
      })),
    change: (dialect) => ({ ...dialect, identitySuffix: '\n' }),
  },
  'Q-ID-05': {
    on: 'message',
    fits: ({ id }) => id !== undefined,
    change: (envelope) => ({ ...envelope, id: '1' }),
  },
  'Q-ID-06': {
    on: 'message',
    fits: isAnswer,
    change: (envelope) => ({ ...envelope, id: 'THOM_CPE_ALC_ID_393' }),
  },
  'Q-ID-08': {
    on: 'dialect',
    fits: ({ id, header }) => id !== undefined || Object.keys(header).length > 0,
    change: (dialect) => ({ ...dialect, header: { ...dialect.header, mustUnderstand: 'true' } }),
  },
  'Q-ID-09': {
    on: 'dialect',
    fits: ({ header }) => header.NoMoreRequests === undefined,
    keeps: (envelope) => ({ ...envelope, header: { ...envelope.header, NoMoreRequests: true } }),
    change: (dialect) => ({
      ...dialect,
      header: { ...dialect.header, noMoreRequests: ['request', 'response', 'fault'] },
    }),
  },
  'Q-ID-10': {
    on: 'message',
    fits: (envelope) => !isInform(envelope) || envelope.namespace.endsWith('cwmp-1-0'),
    change: (envelope) => ({ ...envelope, header: { ...envelope.header, SessionTimeout: 30 } }),
  },
  'Q-ID-13': {
    on: 'dialect',
    fits: (envelope) => envelope.header.HoldRequests === undefined && fromCpe(envelope),
    keeps: (envelope) => ({ ...envelope, header: { ...envelope.header, HoldRequests: false } }),
    change: (dialect) => ({ ...dialect, header: { ...dialect.header, holdRequests: true } }),
  },
} as const satisfies Acts;
