import t from 'tap';
import type { Envelope } from '../../../protocol/cwmp/messages.ts';
import type { SeenTurn } from '../../../protocol/cwmp/session-notes.ts';
import { seeInform, seeTurn } from '../../../protocol/cwmp/session-notes.ts';
import { QUIRKS } from '../../../protocol/quirks.ts';

const NAMESPACE = 'urn:dslforum-org:cwmp-1-2';

const envelope = (id: string | undefined, message: Envelope['message'], namespace = NAMESPACE): Envelope => ({
  id,
  namespace,
  header: {},
  message,
});

const answer = (id: string | undefined, namespace?: string): Envelope =>
  envelope(id, { kind: 'response', rpc: 'Reboot', args: {} }, namespace);
const fault = (id: string | undefined): Envelope =>
  envelope(id, { kind: 'fault', fault: { FaultCode: 9001, FaultString: '', SetParameterValuesFault: [] } });
const question = (id: string | undefined): Envelope =>
  envelope(id, { kind: 'request', rpc: 'GetRPCMethods', args: {} });
// Only ID and namespace of the first message count here.
const inform = (id: string | undefined = 'i1'): Envelope => question(id);

const turn = (changes: Partial<SeenTurn>): SeenTurn => ({
  envelope: undefined,
  cookie: true,
  sameConnection: true,
  over: false,
  ...changes,
});
const awaited = { id: 'a-1' };

/** Turns after an Inform with the ID i1: what they are, and what they show. */
const TURNS: readonly (readonly [title: string, turns: readonly SeenTurn[], ids: readonly string[]])[] = [
  ['an empty POST that hands over the turn', [turn({})], []],
  ['an answer with our ID', [turn({ envelope: answer('a-1'), awaited })], []],
  ['an answer with our ID and a line feed', [turn({ envelope: answer('a-1\n'), awaited })], []],
  ['an answer with an empty ID', [turn({ envelope: answer(''), awaited })], []],
  [
    'an answer to a request that had no ID',
    [turn({ envelope: answer(undefined), awaited: { id: undefined } })],
    [],
  ],
  ['a request with an ID of its own', [turn({ envelope: question('i2') })], []],
  ['requests without an ID', [turn({ envelope: question(undefined) }), turn({ envelope: question('') })], []],
  ['no cookie', [turn({ cookie: false })], ['Q-CK-08']],
  ['a new connection', [turn({ sameConnection: false })], ['Q-HT-09']],
  ['an empty POST instead of an answer', [turn({ awaited })], ['Q-HT-08']],
  ['an empty POST after the end', [turn({ over: true })], ['Q-EV-11']],
  [
    'another namespace',
    [turn({ envelope: answer('a-1', 'urn:dslforum-org:cwmp-1-0'), awaited })],
    ['Q-NS-07'],
  ],
  ['an answer without an ID', [turn({ envelope: answer(undefined), awaited })], ['Q-ID-02']],
  ['a fault without an ID', [turn({ envelope: fault(undefined), awaited })], ['Q-ID-02']],
  ['an answer with the ID of the Inform', [turn({ envelope: answer('i1'), awaited })], ['Q-ID-05']],
  ['an answer with an ID of its own', [turn({ envelope: answer('i2'), awaited })], ['Q-ID-06']],
  ['a request with the ID of the Inform', [turn({ envelope: question('i1') })], ['Q-ID-11']],
  [
    'a request with the ID of the request before',
    [turn({ envelope: question('i2') }), turn({ envelope: question('i2') })],
    ['Q-ID-11'],
  ],
];

function notesOf(turns: readonly SeenTurn[]): string[] {
  let { session, notes } = seeInform(inform(), false);
  const all = notes.map(({ id }) => id);
  for (const each of turns) {
    ({ session, notes } = seeTurn(session, each));
    all.push(...notes.map(({ id }) => id));
  }
  return all;
}

t.test('the turns of a session show the quirks that they have together, and no other', async (t) => {
  for (const [title, turns, expected] of TURNS) t.same(notesOf(turns), expected, title);
});

t.test('an Inform shows what is left of the session before', async (t) => {
  t.same(seeInform(inform(), false).notes, []);
  t.same(seeInform(inform(), true).notes, [{ id: 'Q-CK-07', at: -1 }]);
  t.same(seeInform(inform(), false, 'open').notes, [{ id: 'Q-EV-08', at: -1 }]);
  t.same(seeInform(inform(), true, 'open').notes, [{ id: 'Q-EV-08', at: -1 }], 'its cookie is not left over');
  t.same(seeInform(inform(), false, 'broken').notes, [], 'a session that broke is not two at once');
  t.same(seeInform(inform(), true, 'broken').notes, [], 'and its cookie is not left over either');
});

t.test('each quirk that a session is said to note is among them, and no other', async (t) => {
  const said = Object.values(QUIRKS).filter(({ noted }) => noted === 'session');
  const shown = [...TURNS.flatMap(([, , ids]) => ids), 'Q-CK-07', 'Q-EV-08'];
  t.same([...new Set(shown)].sort(), said.map(({ id }) => id).sort());
});

t.test('a modem that never ends its requests does not fill the memory', async (t) => {
  let { session } = seeInform(inform(), false);
  for (let i = 0; i < 1000; i++) ({ session } = seeTurn(session, turn({ envelope: question(`q${i}`) })));
  t.ok(session.ids.length < 100, `${session.ids.length} IDs are kept`);
});
