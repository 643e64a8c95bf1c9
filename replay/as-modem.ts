/** Plays the modems of a capture to an ACS, and reports where it differs from the recorded one. */
import { headerOf } from '../captures/http/http-head.ts';
import type { OwnHosts } from './differences.ts';
import { Differences } from './differences.ts';
import type { Ignores } from './ignored.ts';
import { AcsKeys } from './keys.ts';
import type { ModemSettings } from './modem-client.ts';
import { playSession } from './modem-session.ts';
import type { ReplaySpeed } from './pace.ts';
import { createPace } from './pace.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan.ts';
import type { AnswerSource } from './recorded-answers.ts';
import { KnownParameters, RecordedAnswers } from './recorded-answers.ts';
import type { Recording } from './recording.ts';
import type { ReplayReport } from './report.ts';
import { NO_ANSWERS } from './report.ts';
import type { StandIn, StandIns } from './stand-in.ts';

export interface ModemReplay extends ModemSettings {
  readonly ignores: Ignores;
  readonly speed: ReplaySpeed;
  /** Answer what the capture cannot. */
  readonly standIns: StandIns;
  /** Called with the progress. */
  readonly progress?: (played: number, sessions: number, sent: number) => void;
}

/** Resolves when everything was played, or the signal has aborted. Never rejects because of an ACS. */
export async function replayAsModem(recording: Recording, replay: ModemReplay): Promise<ReplayReport> {
  const { ignores, progress, signal, speed } = replay;
  const found = new Differences(ignores, ownHosts(recording, replay.url));
  const notes = new Set<string>();
  const plans = playable(recording, ignores, notes);
  const answers: Record<AnswerSource, number> = { ...NO_ANSWERS };
  const devices = new Map<string, ReplayedDevice>();
  let played = 0;
  let sent = 0;
  const play = async (plan: Plan, of: ReplayedDevice): Promise<void> => {
    const others = of.plans.filter((other) => other !== plan);
    await playSession({
      settings: replay,
      plan,
      answers: new RecordedAnswers(plan, others, of),
      keys: of.keys,
      found,
      pace: createPace(speed, signal),
      onAnswer: (from) => {
        answers[from] += 1;
        const { note } = from === 'clone' || from === 'nobody' ? of.standIn() : { note: undefined };
        if (note !== undefined) notes.add(note);
      },
      onPost: () => {
        sent += 1;
        progress?.(played, plans.length, sent);
      },
      onNote: (text) => notes.add(text),
    });
    played += 1;
  };
  await inTheirTime(plans, replay, async (plan) => {
    const key = plan.device ?? '';
    const of = devices.get(key) ?? deviceOf(plans, plan, replay.standIns);
    devices.set(key, of);
    await play(plan, of);
  });
  if (signal?.aborted === true) notes.add('interrupted');
  return {
    role: 'modem',
    same: found.all.length === 0,
    recorded: recording.sessions.length,
    played,
    sent,
    answers,
    differences: found.all,
    more: found.more,
    notes: [...notes],
  };
}

/** The recorded ACS, by address and by the name that modems use, and the live one. */
function ownHosts({ sessions }: Recording, { host }: URL): OwnHosts {
  const hosts = sessions.flatMap(({ session, exchanges }) => {
    const heads = exchanges.map(({ request }) => headerOf(request.http.head.headers, 'host') ?? '');
    return [session.acs, ...heads];
  });
  return { recorded: new Set(hosts), live: host };
}

interface ReplayedDevice {
  readonly plans: readonly Plan[];
  readonly known: KnownParameters;
  readonly keys: AcsKeys;
  readonly standIn: () => StandIn;
}

function deviceOf(all: readonly Plan[], { device = '' }: Plan, standIns: StandIns): ReplayedDevice {
  const plans = all.filter((plan) => plan.device === device);
  let made: StandIn | undefined;
  const standIn = (): StandIn => {
    made ??= standIns(device);
    return made;
  };
  return { plans, known: new KnownParameters(plans), keys: new AcsKeys(), standIn };
}

/** Sessions that begin with an Inform; one that lacks bytes only up to there. */
export function playable(recording: Recording, ignores: Ignores, notes: Set<string>): readonly Plan[] {
  return recording.sessions.flatMap((recorded) => {
    const { number } = recorded.session;
    const hole = recorded.exchanges.findIndex(({ request: { http } }) => {
      const isCut = http.oddities.includes('cut') || http.oddities.includes('gap');
      return isCut || http.oddities.includes('bad-encoding');
    });
    if (hole >= 0)
      notes.add(`session ${number} is played up to its message ${hole + 1}, of which bytes are missing`);
    const exchanges = hole < 0 ? recorded.exchanges : recorded.exchanges.slice(0, hole);
    const plan = planOf({ ...recorded, exchanges }, ignores);
    if (plan.own[0]?.name === 'Inform') return [plan];
    notes.add(`session ${number} is not played: the capture lacks its Inform`);
    return [];
  });
}

/**
 * Plays sessions one after the other; or in recorded time, each when it began, but one at a time per device.
 */
async function inTheirTime(
  plans: readonly Plan[],
  { signal, speed }: ModemReplay,
  play: (plan: Plan) => Promise<void>,
): Promise<void> {
  const pace = createPace(speed, signal);
  const busy = new Map<string | undefined, Promise<void>>();
  let before: bigint | undefined;
  try {
    for (const plan of plans) {
      const { began } = plan.recorded.session;
      await pace.between(before ?? began, began);
      before = began;
      const earlier = busy.get(plan.device) ?? Promise.resolve();
      const running = earlier.then(() => play(plan));
      busy.set(plan.device, running);
      if (speed === 'max') await running;
      // A failure must end the replay, not the process: it is awaited below.
      else running.catch(() => undefined);
    }
    await Promise.all(busy.values());
  } catch (error) {
    await Promise.allSettled(busy.values());
    if (signal?.aborted !== true) throw error;
  }
}
