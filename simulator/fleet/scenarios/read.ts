/** Reads a scenario from its file. */
import { type CpeMethod, isRpcName, RPCS } from '../../../protocol/cwmp/messages.ts';
import { isQuirkKey } from '../../../protocol/quirks.ts';
import { readLine } from '../../line/faults.ts';
import { Fields } from '../../profile/fields.ts';
import type { Speed } from '../../time/scheduler.ts';
import { bind, fillIn, readParameters, textsOf } from './parameters.ts';
import { readChecks } from './read-checks.ts';
import type { Action, EventName, Scenario, ScenarioModem, Step, Trigger } from './types.ts';
import { EVENTS } from './types.ts';

/** Longer than any timer can wait: a month. */
const LONGEST_SECONDS = 31 * 86_400;
const MAX_STEPS = 1000;
const MAX_MODEMS = 100_000;

/** Throws ModemlabError: E_FILE_INVALID with file and member, or E_USAGE for an error in `set`. */
export function parseScenario(
  json: unknown,
  name: string,
  place: string,
  set: Readonly<Record<string, string | number>> = {},
): Scenario {
  const parameters = readParameters(new Fields(json, place));
  const file = new Fields(fillIn(json, bind(name, parameters, set), place), place);
  file.fields('parameters');
  const steps = file.list('steps', []);
  if (steps.length > MAX_STEPS) file.refuse('steps', `at most ${MAX_STEPS} steps`);
  const ends = file.fields('ends');
  const scenario: Scenario = {
    name,
    title: file.string('title'),
    shows: file.string('shows'),
    asks: file.string('asks', ''),
    parameters,
    modem: readModem(file.fields('modem')),
    count: whole(file, 'count', 1, 1, MAX_MODEMS),
    speed: readSpeed(file),
    image: given(file, 'image') ? readImage(file.fields('image')) : undefined,
    steps: steps.map((step, at) => readStep(new Fields(step, `${place}: steps[${at}]`))),
    ends: {
      each: readChecks(ends.fields('each')),
      never: readChecks(ends.fields('never')),
      withinSeconds: seconds(ends, 'within'),
    },
  };
  if (scenario.ends.each.length === 0) ends.refuse('each', 'at least one check that each modem must pass');
  ends.done();
  file.done();
  return scenario;
}

function readModem(file: Fields): ScenarioModem {
  const line = given(file, 'line') ? file.string('line') : undefined;
  const read = line === undefined ? undefined : readLine(line);
  if (read?.ok === false) file.refuse('line', `faults of the line: ${read.why}`);
  const quirks = file
    .strings('quirks', [])
    .map((id) => (isQuirkKey(id) ? id : file.refuse('quirks', `ids of quirks, not ${id}`)));
  const modem: ScenarioModem = {
    settings: Object.fromEntries(textsOf(file, 'settings')),
    ...(line === undefined ? {} : { line }),
    ...(quirks.length === 0 ? {} : { quirks }),
    ...(given(file, 'profile') ? { profile: file.string('profile') } : {}),
    ...(given(file, 'credentials') ? { credentials: readCredentials(file.fields('credentials')) } : {}),
    ...(given(file, 'bootSeconds') ? { bootSeconds: seconds(file, 'bootSeconds') } : {}),
    ...(given(file, 'externalAddress') ? { externalAddress: file.string('externalAddress') } : {}),
    ...(given(file, 'timeoutMs') ? { timeoutMs: file.number('timeoutMs') } : {}),
  };
  file.done();
  return modem;
}

function readCredentials(file: Fields): { readonly username: string; readonly password: string } {
  const credentials = { username: file.string('username'), password: file.string('password') };
  file.done();
  return credentials;
}

function readSpeed(file: Fields): Speed {
  const speed = file.get('speed') ?? 1;
  if (speed === 'max' || (typeof speed === 'number' && speed > 0)) return speed;
  return file.refuse('speed', 'a number above 0, or max');
}

function readImage(file: Fields): { readonly version: string; readonly bytes: number } {
  const image = { version: file.string('version'), bytes: whole(file, 'bytes', 20_000, 1, 64_000_000) };
  file.done();
  return image;
}

function readStep(file: Fields): Step {
  const step = {
    trigger: readTrigger(file),
    afterSeconds: seconds(file, 'after', 0),
    withinSeconds: seconds(file, 'within', 0),
    action: readAction(file),
  };
  file.done();
  return step;
}

const TRIGGERS = ['at', 'every', 'on', 'when'] as const;

function readTrigger(file: Fields): Trigger {
  const found = TRIGGERS.filter((name) => file.has(name));
  const [kind] = found;
  if (kind === undefined || found.length > 1)
    return file.refuse(kind ?? 'at', `exactly one of ${TRIGGERS.join(', ')}`);
  switch (kind) {
    case 'at':
      return { is: 'at', seconds: seconds(file, 'at') };
    case 'every': {
      const every = seconds(file, 'every');
      if (every === 0) file.refuse('every', 'a time above 0');
      return { is: 'every', seconds: every, times: whole(file, 'times', 1_000_000, 1, 1_000_000) };
    }
    case 'on': {
      const event = file.choice('on', eventNames());
      const where = textsOf(file, 'where');
      for (const key of where.keys())
        if (!EVENTS[event].some((known) => known === key))
          file.refuse('where', `of ${event} only ${EVENTS[event].join(', ')}`);
      return { is: 'on', event, where, times: whole(file, 'times', 1, 1, 1_000_000) };
    }
    case 'when':
      return { is: 'when', each: readChecks(file.fields('when')) };
  }
}

const eventNames = (): EventName[] => Object.keys(EVENTS).filter((name) => isEventName(name));
const isEventName = (name: string): name is EventName => Object.hasOwn(EVENTS, name);

const ACTIONS = [
  'power-cycle',
  'factory-reset',
  'power-off',
  'drop-line',
  'change',
  'credentials',
  'inform',
  'cut',
] as const satisfies readonly Action['do'][];

function readAction(file: Fields): Action {
  const action = file.choice('do', ACTIONS);
  switch (action) {
    case 'power-cycle':
    case 'factory-reset':
      return { do: action };
    case 'power-off':
    case 'drop-line':
      return { do: action, seconds: seconds(file, 'seconds') };
    case 'change':
      return {
        do: action,
        name: file.string('name'),
        value: String(file.get('value') ?? file.refuse('value', 'a text')),
      };
    case 'credentials':
      return { do: action, username: file.string('username'), password: file.string('password') };
    case 'inform':
      return { do: action, event: file.string('event') };
    case 'cut':
      return {
        do: action,
        point: file.choice('point', ['inform-sent', 'request-received', 'performed', 'answered']),
        rpc: given(file, 'rpc') ? readRpc(file) : undefined,
      };
  }
}

function readRpc(file: Fields): CpeMethod {
  const name = file.string('rpc');
  return isCpeMethod(name) ? name : file.refuse('rpc', 'a method of a CPE');
}

const isCpeMethod = (name: string): name is CpeMethod => isRpcName(name) && RPCS[name].by !== 'ACS';

/** Whether it is present; it then counts as a known member. */
const given = (file: Fields, key: string): boolean => file.get(key) !== undefined;

/** Simulated seconds: a number, or a text with a unit. */
function seconds(file: Fields, key: string, fallback?: number): number {
  const value = file.get(key) ?? fallback;
  const wants = 'seconds, or a time such as "90 s", "5 min", "2 h", "1 d"; 31 d at most';
  const [, number, unit] =
    typeof value === 'number'
      ? [undefined, String(value), 's']
      : (/^(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h|d)?$/.exec(String(value)) ?? []);
  const read = Number(number) * (UNITS.get(unit ?? 's') ?? 1);
  return read >= 0 && read <= LONGEST_SECONDS ? read : file.refuse(key, wants);
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['min', 60],
  ['h', 3600],
  ['d', 86_400],
]);

function whole(file: Fields, key: string, fallback: number, least: number, most: number): number {
  const value = file.number(key, fallback);
  return Number.isInteger(value) && value >= least && value <= most
    ? value
    : file.refuse(key, `a whole number from ${least} to ${most}`);
}
