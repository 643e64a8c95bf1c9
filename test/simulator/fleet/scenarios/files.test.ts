import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { ModemlabError } from '../../../../protocol/errors.ts';
import { parseScenario } from '../../../../simulator/fleet/scenarios/index.ts';
import type { ScenarioOptions, ScenarioRun } from '../../../../simulator/index.ts';
import { listScenarios, loadScenario, runScenario } from '../../../../simulator/index.ts';
import type { TestAcs } from '../../../support/acs/run-acs.ts';
import { runAcs } from '../../../support/acs/run-acs.ts';
import { SEED } from '../../../support/seed.ts';
import { ROOT } from '../../../support/tree.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

const PAGE = readFileSync(path.join(ROOT, 'docs/scenarios.md'), 'utf8');
const EXAMPLE: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '');

/** The message of the error. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ModemlabError) return `${error.code} ${error.place}`;
    throw error;
  }
  return 'taken';
}

t.test(
  'each scenario that comes with modemlab loads, says what it is about, and is on the page',
  async (t) => {
    const listed = listScenarios();
    t.strictSame(
      listed.map(({ name }) => name),
      [
        'boot-storm',
        'factory-fresh',
        'firmware-upgrade',
        'line-drop',
        'moved-acs',
        'reboot-while-configured',
        'slow-modem',
        'wrong-credentials',
      ],
    );
    for (const { name, title, shows, parameters } of listed) {
      const set = Object.fromEntries(
        parameters
          .filter(({ value }) => value === undefined)
          .map((parameter) => [parameter.name, 'http://b/']),
      );
      const scenario = loadScenario(name, set);
      t.ok(title !== '' && shows !== '' && parameters.every(({ says }) => says !== ''), name);
      t.ok(scenario.ends.each.length > 0 && scenario.ends.withinSeconds > 0, `${name} ends`);
      t.ok(PAGE.includes(`\n| \`${name}\` |`), `docs/scenarios.md has ${name}`);
    }
  },
);

t.test('parameters are set by name, and errors in them are reported', async (t) => {
  t.match(loadScenario('line-drop', { minutes: '2' }).steps, [{ trigger: { is: 'every', seconds: 120 } }]);
  t.match(loadScenario('line-drop', { minutes: 1.5 }).steps, [{ trigger: { is: 'every', seconds: 90 } }]);
  for (const [set, says] of [
    [{ minutes: 'few' }, /E_USAGE line-drop: minutes wants a number, not few/],
    [{ minute: 2 }, /E_USAGE line-drop has no parameter minute; it has: minutes, seconds, drops, interval/],
    [{ toString: '2' }, /no parameter toString/],
    [{ minutes: '0' }, /E_FILE_INVALID line-drop.json: steps\[0\]: every wants a time above 0/],
    [{ drops: '1.5' }, /E_FILE_INVALID .*ends: each: sessions wants a whole number/],
  ] as const)
    t.match(
      refusal(() => loadScenario('line-drop', set)),
      says,
    );
  t.match(
    refusal(() => loadScenario('moved-acs')),
    /E_USAGE moved-acs wants to: URL of the other ACS/,
  );
  t.match(
    refusal(() => loadScenario('moved', {})),
    /E_USAGE no scenario moved; there are boot-storm, /,
  );
});

/** The example of the page with one member, by its path, replaced or (`undefined`) removed. */
function changed(at: readonly (string | number)[], value: unknown): unknown {
  const change = (json: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return value;
    if (Array.isArray(json)) return json.map((item, index) => (index === key ? change(item, rest) : item));
    const entries = new Map(Object.entries(typeof json === 'object' && json !== null ? json : {}));
    const made = change(entries.get(String(key)), rest);
    if (made === undefined) entries.delete(String(key));
    else entries.set(String(key), made);
    return Object.fromEntries(entries);
  };
  return change(EXAMPLE, at);
}

t.test('the example of the page is a scenario; each wrong member is refused with its place', async (t) => {
  const { modem, steps } = parseScenario(EXAMPLE, 'example', 'example.json');
  t.match(modem, { profile: 'st706wl', bootSeconds: 20, quirks: ['Q-HT-15'], line: 'latency:5,jitter:5' });
  t.match(steps[2], { afterSeconds: 60, action: { do: 'change', value: 'mine' } });
  for (const [at, value, says] of [
    [['title'], undefined, 'example.json: title wants a text'],
    [['shwos'], 'x', 'example.json: shwos wants no such member; known are '],
    [['count'], 0, 'example.json: count wants a whole number from 1'],
    [['speed'], 'fast', 'example.json: speed wants a number above 0, or max'],
    [['parameters', 'minutes', 'says'], undefined, 'parameters: minutes: says wants a text'],
    [['parameters', 'minutes', 'default'], true, 'minutes: default wants a text or a number'],
    [['parameters', 'a b'], {}, 'parameters: a b wants a name of letters'],
    [['shows'], ['$', '{nothing}'].join(''), 'example.json: shows: no parameter nothing is declared'],
    [['modem', 'line'], 'latncy:5', 'modem: line wants faults of the line: line fault "latncy" in'],
    [['modem', 'quirks'], ['Q-XX-99'], 'modem: quirks wants ids of quirks, not Q-XX-99'],
    [['modem', 'credentials', 'password'], undefined, 'credentials: password wants a text'],
    [['modem', 'bootSeconds'], '3 weeks', 'modem: bootSeconds wants seconds, or a time'],
    [['steps'], {}, 'example.json: steps wants a list'],
    [['steps', 0, 'at'], 5, 'steps[0]: at wants exactly one of at, every, on, when'],
    [['steps', 0, 'every'], undefined, 'steps[0]: at wants exactly one of'],
    [['steps', 0, 'every'], '60 d', 'steps[0]: every wants seconds'],
    [['steps', 0, 'do'], 'explode', 'steps[0]: do wants one of power-cycle, factory-reset'],
    [['steps', 0, 'seconds'], undefined, 'steps[0]: seconds wants seconds'],
    [['steps', 0, 'name'], 'x', 'steps[0]: name wants no such member'],
    [['steps', 1, 'on'], 'rain', 'steps[1]: on wants one of good-session'],
    [['steps', 1, 'where'], { name: 'x' }, 'steps[1]: where wants of good-session only event, rpc'],
    [['steps', 1, 'times'], 0, 'steps[1]: times wants a whole number'],
    [['steps', 2, 'when', 'restart'], 1, 'steps[2]: when: restart wants no such member'],
    [['steps', 2, 'value'], undefined, 'steps[2]: value wants a text'],
    [['ends', 'each'], undefined, 'ends: each wants at least one check'],
    [['ends', 'within'], undefined, 'ends: within wants seconds'],
    [['ends', 'each', 'sessions'], -1, 'ends: each: sessions wants a number of at least 0'],
    [['ends', 'each', 'informed', '1 BOOT'], 0.5, 'each: informed: 1 BOOT wants a whole number'],
    [['ends', 'never', 'contacted'], 'here', 'ends: never: contacted wants a URL'],
    [['image'], { bytes: 5 }, 'example.json: image: version wants a text'],
  ] as const) {
    const reported = refusal(() => parseScenario(changed(at, value), 'example', 'example.json'));
    t.ok(reported.startsWith('E_FILE_INVALID example.json') && reported.includes(says), reported);
  }
});

t.test('a user file is given by its path', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'modemlab-scenario-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'own.json');
  writeFileSync(file, JSON.stringify(EXAMPLE));
  t.match(loadScenario(file, { minutes: 1 }), { name: file, count: 3 });
  writeFileSync(file, '{ "title": ');
  t.match(
    refusal(() => loadScenario(file)),
    /E_FILE_INVALID .*own.json/,
  );
  t.match(
    refusal(() => loadScenario(path.join(folder, 'none.json'))),
    /E_DATA_UNREADABLE .*none.json/,
  );
});

t.test('the page names every event, action and member of an end', async (t) => {
  const source = (file: string): string =>
    readFileSync(path.join(ROOT, `simulator/fleet/scenarios/${file}.ts`), 'utf8');
  const names = [
    ...[...source('types').matchAll(/readonly do: '([\w-]+)'/g)].map(([, name]) => name),
    ...[...source('types').matchAll(/^ {2}'?([\w-]+)'?: \['/gm)].map(([, name]) => name),
    ...[...source('read-checks').matchAll(/\['(\w+)', (?:'|\()/g)].map(([, name]) => name),
    ...[...source('read-checks').matchAll(/file\.get\('(\w+)'\)/g)].map(([, name]) => name),
  ];
  t.ok(names.length > 20, `${names.length} names`);
  for (const name of names) t.ok(PAGE.includes(`\`${name}\``), `${name}`);
});

async function acsFor(t: Test): Promise<TestAcs> {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  return acs;
}

function play(t: Test, scenario: object, options: Partial<ScenarioOptions> & { acs: string }): ScenarioRun {
  const json = {
    title: 't',
    shows: 's',
    ends: { each: { sessions: 1 }, within: '1 d' },
    modem: { bootSeconds: 1 },
    speed: 'max',
    ...scenario,
  };
  const played = runScenario({
    scenario: parseScenario(json, 'own', 'own.json'),
    seed: SEED,
    profile: 'st706wl',
    ...options,
  });
  t.teardown(() => played.stop());
  return played;
}

t.test('each action does what it says', async (t) => {
  const acs = await acsFor(t);
  let first = 0;
  for (const [steps, each] of [
    [[{ at: 0, do: 'inform', event: '6 CONNECTION REQUEST' }], { informed: { '6 CONNECTION REQUEST': 1 } }],
    [[{ on: 'good-session', do: 'factory-reset' }], { informed: { '0 BOOTSTRAP': 2 }, restarts: 1 }],
    [
      [
        { at: '10 min', do: 'power-off', seconds: 600 },
        { at: '15 min', do: 'inform', event: '2 PERIODIC' },
      ],
      { informed: { '1 BOOT': 2 } },
    ],
    [
      [
        {
          on: 'good-session',
          after: 5,
          do: 'change',
          name: 'ManagementServer.PeriodicInformInterval',
          value: '77',
        },
        {
          on: 'good-session',
          after: 6,
          do: 'change',
          name: 'ManagementServer.PeriodicInformEnable',
          value: '1',
        },
      ],
      { informed: { '2 PERIODIC': 2 }, values: { 'ManagementServer.PeriodicInformInterval': '77' } },
    ],
    [[{ at: 0, do: 'cut', point: 'inform-sent' }], { failed: 1, recovered: 1 }],
    [
      [{ on: 'rpc', where: { rpc: 'GetParameterValues' }, times: 2, do: 'power-cycle' }],
      { restarts: 2, failed: 2, done: { GetParameterValues: 1 } },
    ],
  ] as const) {
    // Another modem each time, which the ACS does not know yet.
    first += 1;
    const played = play(t, { steps, ends: { each, within: '2 h' } }, { acs: acs.url, first });
    const result = await played.done;
    t.match(result, { ok: true, wrong: [] }, `${steps[0]?.do}`);
    await played.stop();
  }
});

t.test('credentials of the scenario, of a step and of the user', async (t) => {
  const acs = await runAcs({ auth: 'basic', credentials: (user) => (user === 'u' ? 'right' : undefined) });
  t.teardown(() => acs.stop());
  const scenario = {
    modem: { bootSeconds: 1, credentials: { username: 'u', password: 'wrong' } },
    steps: [{ on: 'failed-session', do: 'credentials', username: 'u', password: 'right' }],
    ends: { each: { sessions: 1, refused: { 401: 1 } }, within: '1 h' },
  };
  t.match(await play(t, scenario, { acs: acs.url }).done, { ok: true, sessionsFailed: 1 });
  const credentials = { username: 'u', password: 'right' };
  const lacks = await play(t, scenario, { acs: acs.url, credentials, first: 1 }).done;
  t.match(lacks, { ok: false, why: 'late', wrong: [{ what: ['0 of 1 sessions refused with 401'] }] });
});

t.test('a spread follows from the seed', async (t) => {
  const acs = await acsFor(t);
  const order = async (seed: number): Promise<number[]> => {
    const restarts: number[] = [];
    const played = play(
      t,
      {
        steps: [{ when: { sessions: 1 }, within: '1 h', do: 'power-cycle' }],
        ends: { each: { restarts: 1 }, within: '1 d' },
      },
      { acs: acs.url, count: 12, seed },
    );
    for (const modem of played.modems) modem.events.on('rebooted', () => restarts.push(modem.index));
    t.match(await played.done, { ok: true });
    await played.stop();
    return restarts;
  };
  const first = await order(1);
  t.strictSame(await order(1), first);
  t.strictNotSame(await order(2), first);
  t.strictSame(
    [...first].sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, index) => index),
  );
});

t.test('it can be stopped at any time, and says so; a step that fails is reported', async (t) => {
  const acs = await acsFor(t);
  const played = play(t, { ends: { each: { sessions: 99 }, within: '1 d' }, speed: 1 }, { acs: acs.url });
  await played.stop();
  t.match(await played.done, { ok: false, why: 'stopped', reached: 0, modems: 1 });
  const wrong = play(
    t,
    {
      steps: [{ on: 'good-session', do: 'change', name: 'Nothing.Such', value: 'x' }],
      ends: { each: { sessions: 9 }, within: '1 d' },
    },
    { acs: acs.url },
  );
  await t.rejects(wrong.done, { code: 'E_PARAMETER_UNKNOWN' });
  t.throws(() => play(t, {}, { acs: acs.url, profile: 'none' }), { code: 'E_CONFIG' });
});
