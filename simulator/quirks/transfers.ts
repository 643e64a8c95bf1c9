/** Habits of group FT: faults, settings and transfers that are reported wrongly. */
import type { AcsMethod, Envelope, Inform, Request } from '../../protocol/cwmp/messages.ts';
import { UNKNOWN_TIME } from '../../protocol/datamodel/date-time.ts';
import { withFault } from './answers.ts';
import type { Habits } from './habit.ts';
import { perform, session } from './habit.ts';
import { changeEvents } from './message-edits.ts';

const isTransfer = ({ EventCode }: Inform['Event'][number]): boolean =>
  /^(7 TRANSFER COMPLETE|M Download|M ScheduleDownload)$/.test(EventCode);

/** The key of a transfer that nobody requested. */
const ORPHAN = 'a key of another ACS';

const orphan: Request<AcsMethod> = {
  kind: 'request',
  rpc: 'TransferComplete',
  args: {
    CommandKey: ORPHAN,
    FaultStruct: { FaultCode: 0, FaultString: '' },
    StartTime: UNKNOWN_TIME,
    CompleteTime: UNKNOWN_TIME,
  },
};

/** The assumed answer to a TransferComplete that was never sent. */
const assumeResponse = ({ id, namespace }: Envelope): { readonly assumedResponse: Envelope } => ({
  assumedResponse: {
    id,
    namespace,
    header: {},
    message: { kind: 'response', rpc: 'TransferComplete', args: {} },
  },
});

export const transfers = {
  'Q-FT-02': session(() => ({
    say: (envelope) => changeEvents(envelope, (events) => events.filter((event) => !isTransfer(event))),
    instead: (envelope) =>
      envelope.message.kind === 'request' && envelope.message.rpc === 'TransferComplete'
        ? assumeResponse(envelope)
        : undefined,
  })),
  'Q-FT-03': session(() => ({
    requests: () => [orphan],
    say: (envelope) =>
      changeEvents(envelope, (events) => [
        ...events.filter(({ EventCode }) => EventCode !== '7 TRANSFER COMPLETE'),
        { EventCode: '7 TRANSFER COMPLETE', CommandKey: '' },
        { EventCode: 'M Download', CommandKey: ORPHAN },
      ]),
  })),
  'Q-FT-05': {
    level: 'rpc',
    profile: (profile) => ({ ...profile, cwmp: { ...profile.cwmp, maxNames: 16 } }),
  },
  'Q-FT-08': perform((request, plain) => {
    if (request.rpc !== 'SetParameterValues') return plain(request);
    const valueByName = new Map(request.args.ParameterList.map(({ Name, Value }) => [Name, Value]));
    return withFault(plain(request), (fault) => ({
      ...fault,
      SetParameterValuesFault: fault.SetParameterValuesFault.map((bad) => ({
        ...bad,
        FaultString: `${bad.FaultString}: ${valueByName.get(bad.ParameterName) ?? ''}`,
      })),
    }));
  }),
  'Q-FT-09': perform((request, plain) => {
    if (request.rpc !== 'SetParameterValues') return plain(request);
    const last = new Map(request.args.ParameterList.map((value) => [value.Name, value]));
    return plain({ ...request, args: { ...request.args, ParameterList: [...last.values()] } });
  }),
  'Q-FT-10': perform((request, plain) =>
    request.rpc === 'SetParameterValues'
      ? { ok: true, response: { kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } } }
      : plain(request),
  ),
} as const satisfies Habits;
