/**
 * The other law of clones: the ACS that was recorded with a modem, played to its clone, is answered alike,
 * requests that were refused among them; apart from an ignore list that is printed.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Test } from 'tap';
import t from 'tap';
import { deviceKey } from '../../../acs/device-key.ts';
import { recordSocket } from '../../../captures/record/record-socket.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { cloneOf } from '../../../replay/clone/clone.ts';
import { evidenceIn } from '../../../replay/clone/stand-ins.ts';
import type { Recording, ReplayReport } from '../../../replay/index.ts';
import { createIgnores } from '../../../replay/index.ts';
import { CAPTURE } from '../../../scripts/captures/folder.ts';
import { USER } from '../../../scripts/captures/quirks.ts';
import { BEGIN } from '../../../scripts/captures/stage.ts';
import type { Modem, Profile } from '../../../simulator/index.ts';
import { createModem, parseProfile, profileNames } from '../../../simulator/index.ts';
import { overlay } from '../../../simulator/profile/fields.ts';
import { recordFirstContact } from '../../support/acs/first-contact.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { recordToMemory } from '../../support/capture/record-memory.ts';
import { recordingOf, toModems } from '../../support/capture/replay-parts.ts';
import { add, del, gpa, gpn, gpv, reboot, spa, spv, upload } from '../../support/modem/rpc-asks.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import { sampled } from '../../support/seed.ts';
import { ROOT } from '../../support/tree.ts';

/** What may differ, and why. Nothing else may, what a replay ignores for people included. */
const IGNORED: readonly (readonly [path: string, why: string])[] = [
  ['*.HTTP.host', 'the replayed ACS has a port of its own'],
  ['*.ManagementServer.URL].Value', 'the same'],
  ['*.HTTP.content-length', 'a port may have more digits; bodies are compared letter by letter'],
];

/** A fixed time in place of the calendar's. */
const START = Date.UTC(2026, 0, 5, 12);

function addableIn({ device: { tree } }: Modem): string | undefined {
  for (const found of tree.walk(tree.root()))
    if (found.is === 'table' && found.shape.addable) return found.path;
  return undefined;
}

/** What the ACS asks after the first contact. The last one restarts the modem. */
function tasksFor(modem: Modem): readonly Request<CpeMethod>[] {
  const { root } = modem.device.profile.tree;
  const interval = `${root}ManagementServer.PeriodicInformInterval`;
  const table = addableIn(modem);
  const number = table === undefined ? 0 : Math.max(0, ...modem.device.tree.instances(table)) + 1;
  return [
    gpa(`${root}ManagementServer.`),
    spa([interval, 1]),
    gpa(interval),
    gpv(`${root}NoSuchParameter`),
    gpn(`${root}ManagementServer.`, true),
    gpn(`${root}NoSuchObject.`, true),
    spv([[interval, 'unsignedInt', '1234']], 'key 1'),
    gpv(interval, `${root}ManagementServer.ParameterKey`),
    spv([
      [`${root}DeviceInfo.SoftwareVersion`, 'string', 'x'],
      [`${root}NoSuchParameter`, 'string', 'x'],
      [interval, 'unsignedInt', 'abc'],
    ]),
    ...(table === undefined
      ? []
      : [add(table), gpn(`${table}${number}.`, false), gpv(`${table}${number}.`), del(`${table}${number}.`)]),
    add(`${root}DeviceInfo.`),
    del(`${root}NoSuchObject.1.`),
    upload('key 2', 'http://192.0.2.9/file'),
    reboot('key 3'),
  ].map(({ request }) => request);
}

async function ask(modem: Modem, acs: TestAcs): Promise<void> {
  for (const request of tasksFor(modem)) await acs.queue.add(deviceKey(modem.id), request);
  modem.inform('6 CONNECTION REQUEST');
  await modem.next('session-ended', { where: ({ events }) => events.includes('M Reboot') });
}

const recorded = async (profile: string): Promise<Recording> =>
  recordingOf(await recordFirstContact({ profile, seed: 3, externalAddress: '198.18.0.7' }, START, ask));

function cloned(recording: Recording): { readonly json: unknown; readonly profile: Profile } {
  const device = recording.sessions.find(({ session }) => session.device !== undefined)?.session.device;
  const evidence = device === undefined ? undefined : evidenceIn(recording, device);
  if (evidence === undefined) throw new Error('the capture has no device');
  return cloneOf(evidence, 'clone');
}

/**
 * The first event of each session: what an ACS brings about by calling the modem is to be brought about
 * again.
 */
const eventsOf = ({ sessions }: Recording): readonly (string | undefined)[] =>
  sessions.map(({ exchanges: [first] }) => {
    const content = first?.request.content;
    const message = content?.is === 'message' ? content.envelope.message : undefined;
    return message?.kind === 'request' && message.rpc === 'Inform'
      ? message.args.Event[0]?.EventCode
      : undefined;
  });

interface Played {
  readonly report: ReplayReport;
  /** Bodies of the modem, letter by letter but for its port. */
  readonly bodies: readonly string[];
  /** Quirks that were noted. */
  readonly quirks: ReadonlySet<string>;
}

const bodiesOf = ({ sessions }: Recording): readonly string[] =>
  sessions.flatMap(({ exchanges }) =>
    exchanges.map(({ request: { http } }) =>
      Buffer.from(http.body)
        .toString('latin1')
        .replaceAll(/\b(127\.0\.0\.1|192\.0\.2\.1):\d+/g, 'ACS'),
    ),
  );

/** Plays the recorded ACS to a modem of this profile, which comes as often as the recorded one did. */
async function playTo(recording: Recording, profile: Profile, start: number): Promise<Played> {
  const { scheduler, until } = simulatedTime(start);
  const { bytes, recorder } = recordToMemory();
  const report = await toModems(
    recording,
    async (acs) => {
      const modem = createModem({ profile, acs, scheduler, seed: 'another', credentials: USER });
      for (const [index, event] of eventsOf(recording).entries()) {
        const ended = modem.next('session-ended');
        if (index === 0) modem.start();
        else if (event === '6 CONNECTION REQUEST') modem.inform(event);
        await until(ended);
      }
      await modem.stop();
    },
    {
      ignores: createIgnores(IGNORED.map(([path]) => path)),
      onConnection: (socket) => {
        recordSocket(recorder, socket, 'server');
      },
    },
  );
  scheduler.stop();
  const again = await recordingOf(bytes());
  const quirks = again.sessions.flatMap(({ exchanges }) => exchanges.flatMap(({ request }) => request.notes));
  return { report, bodies: bodiesOf(again), quirks: new Set(quirks.map(({ id }) => id)) };
}

async function isAlike(t: Test, recording: Recording, profile: Profile, start: number): Promise<void> {
  const count = recording.sessions.length;
  const { bodies, report } = await playTo(recording, profile, start);
  t.strictSame(report.differences, []);
  t.match(report, { same: true, more: 0, recorded: count, played: count });
  const before = bodiesOf(recording);
  t.equal(bodies.length, before.length, `${before.length} messages`);
  const differs = before.findIndex((body, index) => body !== bodies[index]);
  // The one that differs alone: all of them have megabytes.
  if (differs >= 0) t.equal(bodies[differs], before[differs], `message ${differs + 1}`);
}

for (const [path, why] of IGNORED) t.comment(`ignored: ${path}: ${why}`);

const faultsIn = ({ sessions }: Recording): ReadonlySet<number> =>
  new Set(
    sessions.flatMap(({ exchanges }) =>
      exchanges.flatMap(({ request: { content } }) => {
        const message = content.is === 'message' ? content.envelope.message : undefined;
        return message?.kind === 'fault' ? [message.fault.FaultCode] : [];
      }),
    ),
  );

for (const profile of sampled(profileNames(), 5))
  t.test(`the ACS that ${profile} was recorded with is answered alike by its clone`, async (t) => {
    const recording = await recorded(profile);
    const faults = faultsIn(recording);
    t.ok(faults.has(9003) && faults.has(9005), 'refusals are among what is compared');
    await isAlike(t, recording, cloned(recording).profile, START);
  });

const LIBRARY = path.join(ROOT, 'captures', 'library');

/** Of the library: what was asked of the modem in them besides. */
const CAPTURES: readonly string[] = [
  'first-contact/st706wl',
  'first-contact/tg789vn',
  'quirk/Q-AT-05',
  'quirk/Q-AT-14',
  'quirk/Q-NS-05',
  'quirk/Q-HT-04',
  'quirk/Q-CK-02',
  'quirk/Q-XM-04',
];

const fromLibrary = async (name: string): Promise<Recording> =>
  recordingOf(gunzipSync(await readFile(path.join(LIBRARY, name, CAPTURE))));

for (const name of CAPTURES)
  t.test(`the ACS of ${name} in the library is answered alike by the clone`, async (t) => {
    const recording = await fromLibrary(name);
    await isAlike(t, recording, cloned(recording).profile, BEGIN);
  });

/** Of each kind of quirk some: in the head, in values, in HTTP, in a session, in faults, in XML. */
const QUIRKS = [
  ...(['Q-NS-07', 'Q-AT-16', 'Q-ID-02', 'Q-ID-06', 'Q-HT-08', 'Q-CK-05'] as const),
  ...(['Q-AU-05', 'Q-PN-02', 'Q-PN-05', 'Q-VL-07', 'Q-EV-03', 'Q-FT-06', 'Q-XM-10'] as const),
];

t.test('a quirk that no trait says is in the clone, and shows again', async (t) => {
  for (const id of sampled(QUIRKS, 6)) {
    const recording = await fromLibrary(`quirk/${id}`);
    const { profile } = cloned(recording);
    t.ok(profile.quirks.includes(id), `${id} is in the profile: ${profile.quirks.join(' ')}`);
    const noted = async (one: Profile) => (await playTo(recording, one, BEGIN)).quirks;
    t.ok((await noted(profile)).has(id), `${id} is noted again`);
    t.notOk((await noted({ ...profile, quirks: [] })).has(id), `${id} is not noted without it`);
  }
});

t.test('a clone that is wrong in one thing is found out', async (t) => {
  const recording = await recorded('st585v6');
  const { json } = cloned(recording);
  for (const [what, wrong] of Object.entries({
    value: { given: { 'DeviceInfo.ProvisioningCode': 'wrong' } },
    methods: { cwmp: { methods: ['GetRPCMethods', 'GetParameterNames', 'GetParameterValues'] } },
    'text of a fault': { cwmp: { faults: { '9005': 'wrong' } } },
    'own ids': { cwmp: { id: 'wrong#' } },
    'header line': { http: { userAgent: 'wrong' } },
    'end of a session': { cwmp: { termination: 'v1.0' } },
    'parameters of the Inform': { inform: { parameters: ['InternetGatewayDevice.DeviceSummary'] } },
    'time to restart': { bootSeconds: 77 },
    'what is refused': { rpc: { refuses: { AddObject: 9001 } } },
    spelling: { dialect: { prefixes: { env: 'wrong' } } },
  })) {
    const { bodies, report } = await playTo(recording, parseProfile(overlay(json, wrong), what), START);
    const letters = bodiesOf(recording).every((body, index) => body === bodies[index]);
    if (what === 'spelling') t.notOk(letters, `${what}: by its letters`);
    else t.notOk(report.same, `${what}: ${report.differences[0]?.path}`);
  }
});
