/** A message in one line: the arguments that a reader looks for first. */

import { counted } from '../../protocol/counted.ts';
import { faultMeaning } from '../../protocol/cwmp/faults.ts';
import type { Envelope } from '../../protocol/cwmp/messages.ts';
import { isSecretName } from '../../protocol/datamodel/secret-names.ts';

/** Members of a list that are named; the others are only counted. */
const SHOWN = 3;

export function messageSummary({ message }: Envelope): string {
  switch (message.kind) {
    case 'fault': {
      const { FaultCode, FaultString, SetParameterValuesFault } = message.fault;
      const of = SetParameterValuesFault.map((one) => `${shortName(one.ParameterName)} ${one.FaultCode}`);
      const text = FaultString === '' ? faultMeaning(FaultCode) : FaultString;
      return [`${FaultCode} ${text}`, ...firstFew(of)].join(', ');
    }
    case 'unknown':
      return 'no RPC of CWMP';
    case 'request':
      if (message.rpc === 'Inform') {
        const { DeviceId, Event, ParameterList, RetryCount } = message.args;
        const events = Event.map(({ CommandKey, EventCode }) =>
          CommandKey === '' ? EventCode : `${EventCode} (${CommandKey})`,
        );
        const retry = RetryCount === 0 ? [] : [`retry ${RetryCount}`];
        return [
          ...events,
          `serial ${DeviceId.SerialNumber}`,
          ...retry,
          counted(ParameterList.length, 'value'),
        ].join(', ');
      }
      return argumentsText(message.args);
    case 'response':
      return argumentsText(message.args);
  }
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function argumentsText(args: unknown): string {
  if (!isFields(args)) return '';
  return Object.entries(args)
    .flatMap(([name, value]): readonly string[] => {
      if (Array.isArray(value)) return listText(value);
      if (value === '' || value === undefined) return [];
      if (isFields(value)) {
        const inner = argumentsText(value);
        return inner === '' ? [] : [inner];
      }
      return [`${name}=${isSecretName(name) ? '***' : String(value)}`];
    })
    .join(', ');
}

function listText(list: readonly unknown[]): readonly string[] {
  return firstFew(
    list.map((one) => {
      if (!isFields(one)) return shortName(String(one));
      const { Name, Value } = one;
      if (typeof Name !== 'string') return argumentsText(one);
      const secret = isSecretName(Name) && Value !== '';
      return Value === undefined ? shortName(Name) : `${shortName(Name)}=${secret ? '***' : String(Value)}`;
    }),
  );
}

const firstFew = (texts: readonly string[]): readonly string[] =>
  texts.length <= SHOWN ? texts : [...texts.slice(0, SHOWN), `${texts.length - SHOWN} more`];

/** A long name, shortened to its last two parts. */
function shortName(name: string): string {
  const steps = name.split('.');
  const kept = name.endsWith('.') ? 3 : 2;
  return steps.length <= kept ? name : `…${steps.slice(-kept).join('.')}`;
}
