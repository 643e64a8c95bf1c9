import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { cleanEnvelope, cleanEnvelopeOf } from '../../fuzz/arbitraries/clean.ts';
import { dialect } from '../../fuzz/arbitraries/dialect.ts';
import { envelope } from '../../fuzz/arbitraries/message.ts';
import { decode } from '../../protocol/cwmp/decode.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Envelope } from '../../protocol/cwmp/messages.ts';
import { ACTING, applyQuirks, keptOf } from '../../protocol/quirks/act.ts';
import { ACTS } from '../../protocol/quirks/acts/index.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import { QUIRK_GROUPS, QUIRKS, quirk } from '../../protocol/quirks.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import { property, SEED, sized } from '../support/seed.ts';
import { ROOT } from '../support/tree.ts';

const utf8 = new TextEncoder();

/** Spellings with nothing odd about them, whatever else they change. */
const SPELLINGS: readonly Dialect[] = [
  CANONICAL,
  { ...CANONICAL, layout: 'thomson-g6', xmlDeclaration: 'standalone' },
  { ...CANONICAL, layout: 'thomson-g7', encodingStyle: 'envelope' },
  { ...CANONICAL, selfClosing: 'never', booleans: 'words', encodingStyle: 'body', schemaYear: 1999 },
];

/**
 * The law that holds the table: what a quirk's act writes is read back, and is noted as that quirk and
 * nothing else.
 */
function holds(envelope: Envelope, spelling: Dialect, id: QuirkKey): void {
  const text = applyQuirks(envelope, spelling, [id]);
  const decoded = decode(utf8.encode(text));
  assert.ok(decoded.ok, `${id}: ${JSON.stringify(decoded)} in ${text.slice(0, 2000)}`);
  const noted = [...new Set(decoded.value.notes.map((note) => note.id))];
  // What breaks no clause, or shows in several messages only, is not for the decoder to note.
  const expected = QUIRKS[id].noted === 'decode' ? [id] : [];
  assert.deepEqual(noted, expected, `what is noted of ${id} in ${text.slice(0, 2000)}`);
  assert.deepEqual(
    decoded.value.envelope,
    keptOf(envelope, id),
    `what ${id} keeps in ${text.slice(0, 2000)}`,
  );
}

const cleanFaults = cleanEnvelope().filter(({ message }) => message.kind === 'fault');

function withBadParameter(envelope: Envelope): Envelope {
  const bad = { ParameterName: 'Device.Time.NTPServer1', FaultCode: 9007, FaultString: '' };
  const fault = { FaultCode: 9003, FaultString: 'Invalid arguments', SetParameterValuesFault: [bad] };
  return { ...envelope, message: { kind: 'fault', fault } };
}

t.test(`decoding gives back what any act wrote, and notes that quirk alone (seed ${SEED})`, async (t) => {
  const applied = new Map<QuirkKey, number>(ACTING.map((id) => [id, 0]));
  const law = (messages: fc.Arbitrary<Envelope>, ids: readonly QuirkKey[], numRuns: number): void => {
    const each = fc.property(messages, fc.constantFrom(...SPELLINGS), (envelope, spelling) => {
      for (const id of ids) {
        if (keptOf(envelope, id) === undefined) continue;
        holds(envelope, spelling, id);
        applied.set(id, (applied.get(id) ?? 0) + 1);
      }
    });
    fc.assert(each, { seed: SEED, numRuns: sized(numRuns) });
  };
  // Three thousand values a time are enough a few times.
  const most = ACTING.filter((id) => id !== 'Q-LG-01');
  law(cleanEnvelope(), most, 160);
  law(cleanEnvelopeOf('Inform'), most, 60);
  for (const rpc of ['GetParameterNames', 'GetParameterValues', 'GetRPCMethods', 'TransferComplete'] as const)
    law(cleanEnvelopeOf(rpc), most, 25);
  law(cleanFaults, most, 30);
  law(cleanFaults.map(withBadParameter), most, 10);
  law(cleanEnvelopeOf('GetParameterValues'), ['Q-LG-01'], 6);
  const neverApplied = () => ACTING.filter((id) => applied.get(id) === 0);
  // A seed may miss what fits few messages; more of them are tried before that counts as never.
  for (let round = 0; round < 10 && neverApplied().length > 0; round++)
    law(cleanEnvelope(), neverApplied(), 200 * (round + 1));
  t.same(neverApplied(), [], `every act was applied: ${applied.size}`);
  t.comment([...applied].map(([id, times]) => `${id} ${times}`).join(', '));
});

property(
  t,
  'a message with any quirks together is written, and read as a message or a typed error',
  fc.property(
    envelope(),
    dialect(),
    fc.shuffledSubarray([...ACTING], { maxLength: 12 }),
    (envelope, spelling, ids) => {
      const few = ids.filter((id) => id !== 'Q-LG-01');
      const decoded = decode(utf8.encode(applyQuirks(envelope, spelling, few)));
      if (!decoded.ok) assert.match(decoded.error.code, /^E_/);
      else assert.ok(decoded.value.notes.every(({ id }) => quirk(id) !== undefined));
    },
  ),
  300,
);

property(
  t,
  'an act that does not fit a message, or no act at all, leaves its text as it is',
  fc.property(cleanEnvelope(), (envelope) => {
    const unfit = ACTING.filter((id) => keptOf(envelope, id) === undefined);
    const actless = Object.values(QUIRKS).filter((q) => q.act === undefined);
    assert.equal(applyQuirks(envelope, CANONICAL, unfit), encode(envelope));
    assert.ok(actless.length > 0);
  }),
);

property(
  t,
  'several quirks of one Inform are all noted',
  fc.property(cleanEnvelopeOf('Inform'), (inform) => {
    const ids = ['Q-AT-01', 'Q-PN-01', 'Q-ID-09', 'Q-VL-06', 'Q-VL-09', 'Q-VL-19', 'Q-XM-03'] as const;
    const fitting = ids.filter((id) => keptOf(inform, id) !== undefined);
    const decoded = decode(utf8.encode(applyQuirks(inform, CANONICAL, ids)));
    assert.ok(decoded.ok);
    assert.deepEqual(new Set(decoded.value.notes.map(({ id }) => id)), new Set(fitting));
  }),
  60,
);

/** Sources of the rooms that note: ids in code, not those that comments mention. */
function sources(folder: string): readonly { file: string; text: string }[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ file: path.relative(ROOT, file), text: readFileSync(file, 'utf8') }));
}

const ofCode = (text: string): string[] =>
  [...text.matchAll(/'(Q-[A-Z]{2}-\d\d)'/g)].flatMap(([, id]) => id ?? []);

t.test('every id that code or a comment names is in the table', async (t) => {
  const unknown = ['protocol', 'acs', 'simulator', 'fuzz']
    .flatMap(sources)
    .flatMap(({ file, text }) => [...text.matchAll(/Q-[A-Z]{2}-\d+/g)].map(([id]) => `${file} ${id}`))
    .filter((named) => quirk(named.slice(named.indexOf(' ') + 1)) === undefined);
  t.same(unknown, []);
});

t.test('a quirk is said to be noted where code notes it, and nowhere else', async (t) => {
  const all = sources('protocol').filter(({ file }) => !file.startsWith('protocol/quirks'));
  const EXCHANGE = 'protocol/http/notice.ts';
  const SESSION = 'protocol/cwmp/session-notes.ts';
  const notedBy = (test: (file: string) => boolean): string[] => [
    ...new Set(all.filter(({ file }) => test(file)).flatMap(({ text }) => ofCode(text))),
  ];
  const said = (noted: string): string[] =>
    Object.values(QUIRKS)
      .filter((q) => q.noted === noted)
      .map(({ id }) => id);
  t.same(notedBy((file) => file !== EXCHANGE && file !== SESSION).sort(), said('decode').sort());
  t.same(notedBy((file) => file === EXCHANGE).sort(), said('exchange').sort());
  t.same(notedBy((file) => file === SESSION).sort(), said('session').sort());
});

t.test('ids are unique, in order, and never used again', async (t) => {
  for (const { key, entries } of QUIRK_GROUPS) {
    const ids = Object.keys(entries);
    const numbered = ids.map((_, index) => `Q-${key}-${String(index + 1).padStart(2, '0')}`);
    t.same(ids, numbered, `${key} has no gap and nothing twice`);
  }
  // An entry that turns out to be wrong keeps its id and says so: these counts only grow.
  const counts = QUIRK_GROUPS.map(({ key, entries }) => [key, Object.keys(entries).length]);
  t.same(Object.fromEntries(counts), {
    NS: 9,
    AT: 18,
    ID: 13,
    HT: 19,
    CK: 8,
    AU: 10,
    CR: 5,
    PN: 15,
    VL: 19,
    EV: 16,
    FT: 12,
    LG: 2,
    XM: 12,
    XT: 6,
  });
});

t.test('each entry tells who, what, against which clause, how we cope and whence', async (t) => {
  for (const entry of Object.values(QUIRKS)) {
    const { id, title, who, does, clause, we, source } = entry;
    const empty = [title, who, does, clause, we, source].filter(
      (text) => text.trim() !== text || text === '',
    );
    t.same(empty, [], `${id} leaves nothing out`);
    t.ok(Object.isFrozen(entry), `${id} cannot be changed`);
  }
  t.same(
    Object.keys(ACTS).filter((id) => quirk(id)?.act === undefined),
    [],
    'each act belongs to an entry',
  );
  t.equal(quirk('__proto__'), undefined);
  t.equal(quirk('Q-NS-99'), undefined);
});
