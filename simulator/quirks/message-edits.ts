/** Small changes to a modem's own messages that habits share. */
import type { Envelope, Inform } from '../../protocol/cwmp/messages.ts';

export const isInform = ({ message }: Envelope): boolean =>
  message.kind === 'request' && message.rpc === 'Inform';

/** The same envelope with another Inform; any other message as it is. */
export function changeInform(envelope: Envelope, change: (inform: Inform) => Partial<Inform>): Envelope {
  const { message } = envelope;
  if (message.kind !== 'request' || message.rpc !== 'Inform') return envelope;
  return { ...envelope, message: { ...message, args: { ...message.args, ...change(message.args) } } };
}

/** An Inform in which one unimportant parameter has this text, which some quirks need to become visible. */
export function setInformText(envelope: Envelope, text: string): Envelope {
  return changeInform(envelope, ({ ParameterList }) => {
    const at = ParameterList.findIndex(({ Name }) => Name.endsWith('.ProvisioningCode'));
    const other = ParameterList.findIndex(
      ({ Name, Type }) => Type === 'string' && !/ConnectionRequest|Key$|Version$|Address$|Date$/.test(Name),
    );
    const chosen = at < 0 ? other : at;
    return {
      ParameterList: ParameterList.map((value, index) =>
        index === chosen ? { ...value, Value: text, Type: 'string' } : value,
      ),
    };
  });
}

/** An Inform with another list of events; one that would have none has `2 PERIODIC`. */
export function changeEvents(
  envelope: Envelope,
  change: (events: Inform['Event']) => Inform['Event'],
): Envelope {
  return changeInform(envelope, ({ Event }) => {
    const events = change(Event);
    return { Event: events.length === 0 ? [{ EventCode: '2 PERIODIC', CommandKey: '' }] : events };
  });
}
