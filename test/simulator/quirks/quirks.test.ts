import assert from 'node:assert/strict';
import t, { type Test } from 'tap';
import { deviceKey } from '../../../acs/device-key.ts';
import type { DeviceRecord } from '../../../acs/store/store.ts';
import type { QuirkKey } from '../../../protocol/quirks.ts';
import { isQuirkKey, QUIRKS } from '../../../protocol/quirks.ts';
import type { Case, Seen } from '../../../scripts/captures/quirk-cases.ts';
import { BY_HAND, CASES, small } from '../../../scripts/captures/quirk-cases.ts';
import type { ModemOptions, SessionReport } from '../../../simulator/index.ts';
import { createModem, listQuirks, loadProfile } from '../../../simulator/index.ts';
import { CANNOT_ACT } from '../../../simulator/quirks/table.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { until } from '../../support/until.ts';

/** Simulated seconds per second: a step of the retry ladder is some milliseconds. */
const SPEED = 1000;
/** Real milliseconds that one quirk may take: Q-LG-02 is slow by nature. */
const PATIENCE_MS = 25_000;
/** Sessions until a good one: a ladder of reply styles, or a shrinking batch, takes several. */
const MAX_SESSIONS = 60;
const CREDENTIALS = { username: 'user', password: 'secret' };

const WHOLE = loadProfile('generic-tr098');
const SMALL = small(WHOLE);
const ACTED = listQuirks().filter(({ acted }) => acted);

type AcsName = NonNullable<Case['acs']>;
type All = Readonly<Record<AcsName, TestAcs>>;

interface Played {
  readonly of: Case;
  readonly seen: Seen;
  readonly record: DeviceRecord | undefined;
}

/** Runs a modem of the plainest kind, which has at most this one quirk and is the only one of its model. */
async function play(t: Test, id: QuirkKey | undefined, index: number, all: All): Promise<Played> {
  const of: Case = (id === undefined ? undefined : CASES[id]) ?? {};
  const acs = all[of.acs ?? 'open'];
  const wire: { way: 'sent' | 'received'; text: string }[] = [];
  let uptime: number | undefined;
  const profile = of.whole ? WHOLE : SMALL;
  const productClass = `${profile.identity.productClass} ${index}`;
  const options: ModemOptions = {
    acs: acs.url,
    profile: { ...profile, identity: { ...profile.identity, productClass } },
    seed: 'quirks',
    index,
    speed: SPEED,
    credentials: CREDENTIALS,
    tap: (way, bytes) => {
      uptime ??= modem.device.uptime;
      wire.push({ way, text: Buffer.from(bytes).toString('latin1') });
    },
    ...(id === undefined ? {} : { quirks: [id] }),
    ...of.options,
  };
  const modem = createModem(options);
  t.teardown(() => modem.stop());
  const key = deviceKey(of.identity?.(modem.id) ?? modem.id);
  for (const request of of.tasks ?? []) await acs.queue.add(key, request);
  const reports: SessionReport[] = [];
  const wanted = of.sessions ?? 1;
  await new Promise<void>((resolve) => {
    const patience = setTimeout(resolve, PATIENCE_MS);
    let good = 0;
    modem.events.on('session-ended', (report) => {
      reports.push(report);
      if (report.ok) good += 1;
      if ((wanted > 0 && good >= wanted) || reports.length >= (wanted > 0 ? MAX_SESSIONS : 3)) {
        clearTimeout(patience);
        resolve();
      } else if (report.ok) of.next?.(modem);
    });
    modem.start();
  });
  const record = await recordOf(acs, key, id);
  await modem.stop();
  const textOf = (wanted: 'sent' | 'received'): string =>
    wire.map(({ way, text }) => (way === wanted ? text : '')).join('');
  return {
    of,
    seen: { wire, sent: textOf('sent'), received: textOf('received'), reports, uptime: uptime ?? 0, modem },
    record,
  };
}

/** What the ACS stores about the device; late findings of a session are written after its end. */
async function recordOf(
  acs: TestAcs,
  key: string,
  id: QuirkKey | undefined,
): Promise<DeviceRecord | undefined> {
  if (id !== undefined && QUIRKS[id].noted !== 'no' && !BY_HAND.has(id))
    await until(async () => (await acs.store.get(key))?.quirks[id] !== undefined, `${key} has ${id}`);
  return acs.store.get(key);
}

async function startAll(t: Test): Promise<All> {
  const credentials = (username: string): string | undefined =>
    username === CREDENTIALS.username ? CREDENTIALS.password : undefined;
  const all = {
    open: await runAcs(),
    digest: await runAcs({ auth: 'digest', credentials }),
    soapenv: await runAcs({ replyStyle: 'soapenv' }),
    hasty: await runAcs({ bodyIdleMs: 300 }),
    alone: await runAcs(),
  };
  t.teardown(() => Promise.all(Object.values(all).map((acs) => acs.stop())));
  return all;
}

t.test(
  'a modem has each quirk on demand: on the wire, noted by the ACS, and its session ends well',
  async (t) => {
    const all = await startAll(t);
    const only = process.env.QUIRK;
    const chosen = ACTED.filter(({ id }) => only === undefined || id === only);
    const played = await Promise.all(
      chosen.map(async ({ id }, index) => ({ id, ...(await play(t, id, index + 1, all)) })),
    );
    for (const { id, of, seen, record } of played) {
      const { reports } = seen;
      await t.test(`${id}: ${QUIRKS[id].title}`, async (t) => {
        const why = JSON.stringify(reports.map(({ ok, why, events }) => [ok, why, ...events]));
        if (of.sessions === 0)
          t.notOk(
            reports.some(({ ok }) => ok),
            `no session of it can be good: ${why}`,
          );
        else t.ok(reports.at(-1)?.ok, `it has a good session: ${why}`);
        t.equal(
          reports.some(({ ok }) => !ok),
          of.fails === true || of.sessions === 0,
          `sessions fail only where that is the quirk: ${why}`,
        );
        if (of.undiscovered === undefined)
          t.equal(record?.discovery.state, 'done', 'the ACS learns its tree');
        else t.not(record?.discovery.state, 'done', of.undiscovered);
        const isNoted = QUIRKS[id].noted !== 'no' && !BY_HAND.has(id);
        const noted = Object.keys(record?.quirks ?? {}).sort();
        t.strictSame(
          noted,
          [...(isNoted ? [id] : []), ...(of.also ?? [])].sort(),
          'what the ACS notes of it',
        );
        if (of.wire !== undefined) t.ok(of.wire(seen), 'it is seen on the wire');
        else t.ok(isNoted || BY_HAND.has(id), 'what nobody notes is looked for on the wire');
      });
    }
  },
);

t.test('a modem without quirks shows none', async (t) => {
  const all = await startAll(t);
  const { seen, record } = await play(t, undefined, 0, all);
  t.strictSame(record?.quirks, {});
  t.match(seen.reports, [{ ok: true }]);
  for (const [id, { wire }] of Object.entries(CASES))
    if (wire !== undefined && isQuirkKey(id)) t.notOk(wire(seen), `${id} is not seen either`);
});

t.test('every quirk can be simulated, or there is a reason why not', async (t) => {
  const unable = listQuirks().filter(({ acted }) => !acted);
  t.strictSame(
    unable.map(({ id }) => id),
    [...CANNOT_ACT.keys()],
    'each has an act in protocol/quirks/acts/, a habit in simulator/quirks/, or a reason in CANNOT_ACT',
  );
  for (const id of [...Object.keys(CASES), ...BY_HAND.keys()])
    t.ok(
      ACTED.some((listed) => listed.id === id),
      `${id}, of which a case is kept, is acted`,
    );
  assert.equal(listQuirks().length, Object.keys(QUIRKS).length);
});
