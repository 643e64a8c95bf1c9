/** Every capture of the library, played to an ACS as the one that it was recorded with. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { Recording, ReplayReport } from '../../replay/index.ts';
import { ALWAYS_IGNORED, createIgnores, replayAsHost } from '../../replay/index.ts';
import { CAPTURE } from '../../scripts/captures/folder.ts';
import { library } from '../../scripts/captures/library.ts';
import { USER } from '../../scripts/captures/quirks.ts';
import { createAnt, createRandom, createScheduler, createSegment } from '../../simulator/index.ts';
import { runAcs } from '../support/acs/run-acs.ts';
import { alteringRelay, recordingOf, toAcs } from '../support/capture/replay-parts.ts';
import { SEED } from '../support/seed.ts';
import { ROOT } from '../support/tree.ts';

const LIBRARY = path.join(ROOT, 'captures', 'library');

/** Sessions that are not played, and why. */
const UNPLAYED: ReadonlyMap<string, RegExp> = new Map([
  ['quirk/Q-XT-03', /^session 1 is played up to its message 1, of which bytes are missing\n/],
  ['quirk/Q-XT-04', /^session 1 is not played: the capture lacks its Inform$/],
]);

/**
 * How this ACS differs from one that is made by hand: it says more, and in the namespace that the modem
 * offers.
 */
const EXPLAINED = /^(added |missing |field (\w+\.Namespace|Inform\.Attempts|GetParameterNames\.\w+|401) )/;

const entries = library();

const read = async (name: string): Promise<Recording> =>
  recordingOf(gunzipSync(await readFile(path.join(LIBRARY, name, CAPTURE))));

/** To a fresh ACS that is set up as the recorded one was; `alter`: what becomes of its words on their way. */
async function replay(
  { acs: setUp, name }: (typeof entries)[number],
  recording: Recording,
  alter?: (text: string) => string,
): Promise<ReplayReport> {
  const device = recording.sessions.find(({ session }) => session.device !== undefined)?.session.device;
  if (device === undefined) throw new Error(`${name}: no device`);
  const acs = await runAcs(setUp?.options);
  for (const task of setUp?.tasks ?? []) await acs.queue.add(device, task);
  const authorized = recording.sessions.some(({ exchanges }) =>
    exchanges.some(({ request }) => /^authorization:/im.test(request.http.headText)),
  );
  const relay = alter && (await alteringRelay(t, acs.port, alter));
  try {
    return await toAcs(recording, relay ?? acs.url, { credentials: authorized ? USER : undefined });
  } finally {
    await acs.stop();
  }
}

t.test('played to the ACS of this project, each capture that it is in differs in nothing', async (t) => {
  const played = entries.filter(({ acs }) => acs !== undefined);
  t.ok(played.length > 160, `${played.length} captures`);
  for (const entry of played) {
    const recording = await read(entry.name);
    const { differences, notes, played, recorded } = await replay(entry, recording);
    if (differences.length > 0) t.strictSame(differences, [], entry.name);
    const why = UNPLAYED.get(entry.name);
    if (played !== recorded || why !== undefined)
      t.match(notes.join('\n'), why ?? 'all is played', entry.name);
  }
});

t.test('those of an ACS made by hand differ, since this one asks what it always asks', async (t) => {
  const others = entries.filter(({ acs, quirk }) => acs === undefined && quirk !== undefined);
  t.ok(others.length > 10, `${others.length} captures`);
  for (const entry of others) {
    const { differences, played, recorded } = await replay(entry, await read(entry.name));
    t.equal(played, recorded, `${entry.name}: all is played`);
    for (const { kind, path, note } of differences)
      t.match(`${kind} ${path} ${note ?? ''}`, EXPLAINED, `${entry.name}: ${kind} ${path}`);
  }
});

/** Whether a replay compares the text of an element that stands at this place of a message. */
function isCompared(tag: string, message: string, at: number): boolean {
  if (/(^|:)(ID|CommandKey|ParameterKey)$/.test(tag)) return false;
  if (tag !== 'Value') return true;
  const [, name = ''] = /.*<Name[^>]*>([^<]*)</s.exec(message.slice(0, at)) ?? [];
  return !ignores(`SetParameterValues.ParameterList[${name}].Value`);
}

const ignores = createIgnores(ALWAYS_IGNORED);

/** One value that the ACS says in a capture, and the like of the same length. */
function alterationOf({ sessions }: Recording, random: () => number): readonly [string, string] | undefined {
  const said = sessions.flatMap(({ exchanges }) =>
    exchanges.flatMap(({ response }) => {
      const text = Buffer.from(response?.http.body ?? []).toString('latin1');
      return [...text.matchAll(/<([\w:]+)(?: [^>]*)?>[^<>]*[0-9A-Za-z][^<>]*<\/\1>/g)].flatMap(
        ({ 0: element, 1: tag = '', index }) =>
          isCompared(tag, text, index) ? [element.slice(element.indexOf('>'))] : [],
      );
    }),
  );
  const chosen = said[Math.floor(random() * said.length)];
  const other = (character: string): string =>
    /\d/.test(character) ? (character === '0' ? '1' : '0') : character === 'x' ? 'y' : 'x';
  return chosen === undefined
    ? undefined
    : [chosen, chosen.replace(/[0-9A-Za-z](?=[^0-9A-Za-z]*<)/, (character) => other(character))];
}

t.test(`one altered value in the ACS's words is found in each (seed ${SEED})`, async (t) => {
  let altered = 0;
  for (const entry of entries) {
    if (entry.acs === undefined) continue;
    const recording = await read(entry.name);
    const alteration = alterationOf(recording, createRandom(`${SEED} ${entry.name}`));
    if (alteration === undefined) {
      // It never came to a word of the ACS.
      t.comment(`${entry.name}: nothing to alter`);
      continue;
    }
    const [before, after] = alteration;
    altered += 1;
    const { same } = await replay(entry, recording, (text) => text.replaceAll(before, after));
    if (same) t.fail(`${entry.name}: ${before} became ${after}`);
  }
  t.ok(altered > 160, `${altered} captures`);
});

t.test('the host of the CLI session finds the ants as they were', async (t) => {
  // Not faster: ants forget a conversation in which nothing is said for some simulated seconds.
  const scheduler = createScheduler({ speed: 20 });
  t.teardown(() => scheduler.stop());
  const segment = createSegment({ scheduler, seed: SEED, jitterMs: 1 });
  const ants = [0, 1, 2].map((index) =>
    createAnt({
      profile: 'st585v6',
      seed: 'library',
      index,
      scheduler,
      clock: () => scheduler.now(),
      lan: segment.plug(),
    }),
  );
  t.teardown(() => Promise.all(ants.map((ant) => ant.stop())));
  for (const ant of ants) ant.start();
  await new Promise<void>((resolve) => scheduler.after(120_000, resolve));
  const report = await replayAsHost(await read('mdap-cli-session'), {
    lan: segment.plug(),
    iface: '192.168.1.5',
    group: { address: MDAP_GROUP, port: MDAP_PORT },
    speed: 'max',
    timeoutMs: 20_000,
    signal: undefined,
    credentials: undefined,
    ignores,
  });
  t.match(report, { role: 'host', same: true, differences: [], recorded: 8, played: 8 });
});
