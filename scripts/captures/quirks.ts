/** One capture for each quirk that a simulated modem can have. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcsOptions } from '../../acs/acs.ts';
import { deviceKey } from '../../acs/device-key.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import { QUIRKS } from '../../protocol/quirks.ts';
import type { Profile, SessionReport } from '../../simulator/index.ts';
import { listQuirks, loadProfile } from '../../simulator/index.ts';
import type { Entry, EntryAcs } from './entry.ts';
import { ASKED_BY_OURS, BY_HAND } from './quirk-by-hand.ts';
import type { Case } from './quirk-cases.ts';
import { CASES } from './quirk-cases.ts';
import { playAcs, playModem } from './session.ts';
import { withSmallTree } from './small-tree.ts';
import { openStage } from './stage.ts';

const WHOLE = loadProfile('generic-tr098');
/** What is left of the tree for those that need more of it than others. */
const LARGER: Readonly<Partial<Record<QuirkKey, RegExp>>> = {
  'Q-VL-17': /^(DeviceInfo|ManagementServer|IPPingDiagnostics)$/,
  'Q-VL-18': /^(DeviceInfo|ManagementServer|LANDevice)$/,
};
const PARTS = /^(DeviceInfo|ManagementServer|WANDevice)$/;
const SMALL = withSmallTree(WHOLE, /^(DeviceInfo|ManagementServer)$/);

/** Who may come to the ACS that asks for credentials. */
export const USER = { username: 'user', password: 'secret' };
const ACS: Readonly<Record<NonNullable<Case['acs']>, Partial<AcsOptions>>> = {
  open: {},
  digest: {
    auth: 'digest',
    credentials: (username) => (username === USER.username ? USER.password : undefined),
  },
  soapenv: { replyStyle: 'soapenv' },
  hasty: { bodyIdleMs: 300 },
  alone: {},
};

/** Sessions until a good one, at most. */
const MAX_SESSIONS = 60;
/** Sessions that are played where none can be good. */
const BAD_SESSIONS = 3;
/** Real milliseconds: a modem that sends byte by byte is slow by nature. */
const PATIENCE_MS = 60_000;

export const quirkCaptures = (): readonly Entry[] =>
  listQuirks()
    .filter(({ acted }) => acted)
    .map(({ id }) => {
      const { clause, does, title, we } = QUIRKS[id];
      return {
        name: `quirk/${id}`,
        title: `${id}: ${title}`,
        shows: [
          `A modem that has this quirk alone: it ${does}.`,
          `Clause: ${clause}. What modemlab does: ${we}.`,
        ].join('\n'),
        quirk: id,
        ...acsOf(id),
        make: () => play(id),
      };
    });

function acsOf(id: QuirkKey): { readonly acs?: EntryAcs } {
  const { acs = 'open', tasks = [] } = CASES[id] ?? {};
  if (BY_HAND[id] === undefined) return { acs: { options: ACS[acs], tasks } };
  const asked = ASKED_BY_OURS[id];
  return asked === undefined ? {} : { acs: { options: {}, tasks: asked } };
}

async function play(id: QuirkKey): Promise<Buffer> {
  const stage = openStage({ seed: id });
  const byHand = BY_HAND[id];
  if (byHand === undefined) await playCase(stage, id, CASES[id] ?? {});
  else await byHand({ stage, profile: SMALL, id });
  stage.scheduler.stop();
  return stage.bytes();
}

async function playCase(stage: ReturnType<typeof openStage>, id: QuirkKey, of: Case): Promise<void> {
  const profile: Profile = of.whole ? withSmallTree(WHOLE, LARGER[id] ?? PARTS) : SMALL;
  const acs = await playAcs(stage, ACS[of.acs ?? 'open']);
  const wire: { readonly way: 'sent' | 'received'; readonly text: string }[] = [];
  const reports: SessionReport[] = [];
  let uptime: number | undefined;
  const modem = playModem(stage, {
    profile,
    quirks: [id],
    credentials: USER,
    ...of.options,
    tap: (way, bytes) => {
      uptime ??= modem.device.uptime;
      wire.push({ way, text: Buffer.from(bytes).toString('latin1') });
    },
  });
  const key = deviceKey(of.identity?.(modem.id) ?? modem.id);
  for (const request of of.tasks ?? []) await acs.queue.add(key, request);
  const wanted = of.sessions ?? 1;
  const patience = new AbortController();
  const played = new Promise<void>((resolve) => {
    let good = 0;
    modem.events.on('session-ended', (report) => {
      const { ok } = report;
      const all = reports.push(report);
      if (ok) good += 1;
      if ((wanted > 0 && good >= wanted) || all >= (wanted > 0 ? MAX_SESSIONS : BAD_SESSIONS)) resolve();
      else if (ok) of.next?.(modem);
    });
    modem.start();
  });
  const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(
    () => Promise.reject(new Error(`${id} takes too long`)),
    () => undefined,
  );
  await Promise.race([played, late]);
  patience.abort();
  await modem.stop();
  await acs.stop();
  const textOf = (wanted: 'sent' | 'received'): string =>
    wire.map(({ way, text }) => (way === wanted ? text : '')).join('');
  const [sent, received] = [textOf('sent'), textOf('received')];
  if (of.wire?.({ wire, sent, received, reports, uptime: uptime ?? 0, modem }) === false)
    throw new Error(`${id} is not to be seen`);
  if (wanted > 0 && reports.at(-1)?.ok !== true) throw new Error(`${id} had no good session`);
}
