/** Habits of groups NS, AT, ID and VL that go beyond spelling: what is understood, accepted, and read. */
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import type { Outcome } from './answers.ts';
import { refuse, withValues } from './answers.ts';
import type { Habit, Habits } from './habit.ts';
import { perform, session, wire } from './habit.ts';
import { changeEvents, setInformText } from './message-edits.ts';
import type { Heard, SessionHabits } from './session-habits.ts';

const isRequest = ({ envelope }: Heard): boolean => envelope.message.kind === 'request';

/** An answer with changed values. */
const withValuesChanged =
  (change: (name: string, value: string) => string): SessionHabits['perform'] & object =>
  (request, plain): Outcome =>
    withValues(plain(request), (list) => list.map((one) => ({ ...one, Value: change(one.Name, one.Value) })));

/** A message quirk that needs such a text to become visible. */
const withInformText = (text: string): Habit =>
  session(() => ({ say: (envelope) => setInformText(envelope, text) }));

function asBoolean({ rpc, args }: Request<CpeMethod>): readonly string[] {
  if (rpc !== 'SetParameterValues') return [];
  return args.ParameterList.filter(({ Type, Value }) => Type === 'boolean' && !/^[01]$/.test(Value)).map(
    ({ Name }) => Name,
  );
}

export const values = {
  'Q-NS-08': session(() => ({
    hear: (heard) =>
      isRequest(heard) && !heard.text.includes('<SOAP-ENV:Envelope ') ? 'ignored' : undefined,
  })),
  'Q-NS-09': {
    level: 'session',
    profile: (profile) => ({ ...profile, accepts: { ...profile.accepts, xmlDeclaration: 'needs' } }),
  },
  'Q-AT-12': perform((request, plain) => {
    const wrong = asBoolean(request);
    if (wrong.length === 0) return plain(request);
    const bad = { FaultCode: 9007, FaultString: 'Invalid parameter value' };
    return refuse(
      9003,
      wrong.map((ParameterName) => ({ ParameterName, ...bad })),
    );
  }),
  'Q-AT-17': session(() => {
    let surplus = false;
    return {
      hear(heard) {
        surplus = heard.notes.some(({ id }) => id === 'Q-XM-07');
        return undefined;
      },
      perform: (request, plain) => (surplus ? refuse(9003) : plain(request)),
    };
  }),
  'Q-AT-18': session(() => ({
    hear: ({ text, envelope: { message } }) =>
      message.kind === 'request' &&
      message.rpc === 'SetParameterValues' &&
      !/<(?:[\w.-]+:)?ParameterKey[\s/>]/.test(text)
        ? 'ignored'
        : undefined,
  })),
  'Q-ID-07': wire(() => ({
    repeat: (body) => body.replace(/(<(?:[\w.-]+:)?ID(?:\s[^<>]*)?>)([^<]*)/, '$1$2-again'),
  })),
  'Q-ID-11': session(() => {
    let first: string | undefined;
    return {
      say(envelope) {
        const { message } = envelope;
        if (message.kind !== 'request') return envelope;
        if (message.rpc === 'Inform') first = envelope.id;
        return { ...envelope, id: first };
      },
    };
  }),
  'Q-ID-12': session(() => ({
    hear: (heard) => (isRequest(heard) && heard.envelope.id === undefined ? 'ignored' : undefined),
  })),
  'Q-VL-02': withInformText('R&D in <room 1>'),
  'Q-VL-15': withInformText('R\u00e9seau \u7db2'),
  'Q-VL-17': session(() => ({
    say: (envelope) =>
      changeEvents(envelope, (events) =>
        events.filter(({ EventCode }) => EventCode !== '8 DIAGNOSTICS COMPLETE'),
      ),
    perform: withValuesChanged((name, value) =>
      name.endsWith('.DiagnosticsState') && value !== 'None' ? 'Requested' : value,
    ),
  })),
  'Q-VL-18': perform(
    withValuesChanged((name, value) => {
      if (/\.(Operating)?Standards?$/.test(name)) return 'b/g';
      return /Status$/.test(name) ? `${value.toLowerCase()} (ok)` : value;
    }),
  ),
} as const satisfies Habits;
