/** Acts of groups EV and FT: events, faults, transfers. */
import type { CwmpFault, Envelope, Inform } from '../../cwmp/messages.ts';
import { UNKNOWN_TIME } from '../../datamodel/date-time.ts';
import type { Acts } from '../quirk.ts';
import { changeInform, changeTransfer, informOf, isInform } from './message.ts';

const isFault = ({ message }: Envelope): boolean => message.kind === 'fault';
const isKeyless = ({ EventCode }: Inform['Event'][number]): boolean => /^[0-24-9] /.test(EventCode);
const isBootstrap = ({ EventCode }: Inform['Event'][number]): boolean => EventCode === '0 BOOTSTRAP';

function changeFault(envelope: Envelope, change: (fault: CwmpFault) => CwmpFault): Envelope {
  const { message } = envelope;
  return message.kind === 'fault'
    ? { ...envelope, message: { ...message, fault: change(message.fault) } }
    : envelope;
}

export const events = {
  'Q-EV-01': {
    on: 'message',
    fits: (envelope) => (informOf(envelope)?.Event.length ?? 0) > 1,
    change: (envelope) => changeInform(envelope, ({ Event }) => ({ Event: [...Event].reverse() })),
  },
  'Q-EV-02': {
    on: 'message',
    fits: (envelope) => informOf(envelope)?.Event.some(isKeyless) ?? false,
    change: (envelope) =>
      changeInform(envelope, ({ Event }) => ({
        Event: Event.map((event) =>
          isKeyless(event) ? { ...event, CommandKey: 'TR069_ZTE_HOMEGATEWAY' } : event,
        ),
      })),
  },
  'Q-EV-03': {
    on: 'message',
    fits: (envelope) => (informOf(envelope)?.Event.length ?? 64) < 64,
    change: (envelope) =>
      changeInform(envelope, ({ Event }) => ({
        Event: [...Event, { EventCode: 'X CT-COM BIND', CommandKey: '' }],
      })),
  },
  'Q-EV-04': {
    on: 'message',
    fits: (envelope) => {
      const events = informOf(envelope)?.Event;
      return events !== undefined && events.length < 64 && !events.some(isBootstrap);
    },
    change: (envelope) =>
      changeInform(envelope, ({ Event }) => ({
        Event: [{ EventCode: '0 BOOTSTRAP', CommandKey: '' }, ...Event],
      })),
  },
  'Q-EV-05': {
    on: 'message',
    fits: isInform,
    change: (envelope) => changeInform(envelope, () => ({ RetryCount: 1490 })),
  },
  'Q-FT-01': {
    on: 'message',
    fits: ({ message }) => message.kind === 'request' && message.rpc === 'TransferComplete',
    change: (envelope) =>
      changeTransfer(envelope, {
        CommandKey: '',
        FaultStruct: { FaultCode: 9015, FaultString: 'Unable to contact file server' },
        StartTime: UNKNOWN_TIME,
        CompleteTime: UNKNOWN_TIME,
      }),
  },
  'Q-FT-04': {
    on: 'message',
    fits: ({ message }) =>
      message.kind === 'response' &&
      message.rpc === 'GetRPCMethods' &&
      message.args.MethodList.includes('GetParameterValues') &&
      !message.args.MethodList.includes('Inform'),
    change: (envelope) => {
      const { message } = envelope;
      if (message.kind !== 'response' || message.rpc !== 'GetRPCMethods') return envelope;
      const MethodList = message.args.MethodList.filter(
        (method) => !/^(Get|Set)ParameterAttributes$/.test(method),
      );
      return { ...envelope, message: { ...message, args: { MethodList } } };
    },
  },
  'Q-FT-06': {
    on: 'message',
    fits: isFault,
    change: (envelope) =>
      changeFault(envelope, () => ({
        FaultCode: 9814,
        FaultString: 'Parse xml string failed',
        SetParameterValuesFault: [],
      })),
  },
  'Q-FT-07': {
    on: 'dialect',
    fits: isFault,
    keeps: (envelope) =>
      changeFault(envelope, ({ FaultString }) => ({
        FaultCode: 0,
        FaultString,
        SetParameterValuesFault: [],
      })),
    change: (dialect) => ({ ...dialect, faultDetail: false }),
  },
  'Q-FT-11': {
    on: 'dialect',
    fits: isFault,
    change: (dialect) => ({ ...dialect, faultcode: 'prefixed' }),
  },
} as const satisfies Acts;
