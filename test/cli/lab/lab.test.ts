import path from 'node:path';
import t from 'tap';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

/** A group of this test's own; ports are free ones. */
const GROUP = ['--mdap-group', '239.255.44.9', '--mdap-port', '0'];

interface Event {
  readonly event: string;
  readonly device?: string;
  readonly events?: readonly string[];
  readonly group?: string;
  readonly port?: number;
}

const eventsOf = (out: string): Event[] =>
  out
    .slice(0, out.lastIndexOf('\n'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Where among the events the ant has its first of this kind; -1: it has none. */
function antSays(out: string, wanted: string): number {
  const events = eventsOf(out);
  const ant = events.find(({ event }) => event === 'ant-on')?.device;
  return events.findIndex(({ event, device }) => event === wanted && device === ant);
}

t.test(
  'an ant from the factory becomes a modem of the ACS: found, configured, informed, discovered',
  async (t) => {
    const data = path.join(await temporaryFolder(t), 'data');
    const once = await run(['lab', '--once', '--json', '--data', data, ...GROUP]);
    t.equal(once.code, 0);
    t.match(json(once), {
      discovered: true,
      devices: [{ complete: true }, { complete: true }, { complete: true }],
      ant: {
        device: /^00147F-SpeedTouch%20516-/,
        complete: true,
        steps: [
          { step: 'on', group: '239.255.44.9' },
          { step: 'found', name: 'SpeedTouch 516' },
          { step: 'ran', line: /^cwmp server config url=http:/ },
          { step: 'ran', line: /^cwmp config state=enabled/ },
          { step: 'ran', line: 'saveall' },
          { step: 'configured' },
        ],
      },
    });
  },
);

t.test(
  'a host at the group of MDAP does not meet the ant, one at the group that the lab tells does',
  async (t) => {
    const data = path.join(await temporaryFolder(t), 'data');
    const lab = start(['lab', '--json', '--port', '0', '--mdap-port', '0', '--data', data]);
    t.teardown(() => lab.signal());
    await lab.until((out) => antSays(out, 'ant-configured') >= 0);
    const on = eventsOf(lab.outSoFar()).find(({ event }) => event === 'ant-on');
    const here = ['mdap', 'discover', '--iface', '127.0.0.1', '--port', String(on?.port), '--json'];
    t.match(await run(here), { code: 1, err: 'no modem answers\n' });
    const found = await run([...here, '--group', String(on?.group), '--expect', '1']);
    t.match(found, { code: 0, err: '' });
    t.match(json(found), [{ name: 'SpeedTouch 516' }]);
    lab.signal();
    t.equal((await lab.end).code, 0);
  },
);

t.test('without an ant there is no MDAP, and where MDAP cannot be spoken the lab goes on', async (t) => {
  const folder = await temporaryFolder(t);
  const data = (name: string): string[] => ['--data', path.join(folder, name)];
  const plain = await run(['lab', '--once', '--json', '--no-ant', ...data('plain')]);
  t.equal(plain.code, 0);
  t.notMatch(json(plain), { ant: {} });

  const wrong = await run(['lab', '--mdap-group', '10.0.0.1', ...data('wrong')]);
  t.match(wrong, { code: 2, err: /--mdap-group.*a multicast address/s });
});

t.test('a person who reads lines sees the steps of the ant', async (t) => {
  const data = path.join(await temporaryFolder(t), 'data');
  const { code, out, err } = await run(['lab', '--once', '--data', data, ...GROUP]);
  t.equal(code, 0);
  t.match(out, /00147F-SpeedTouch%20516-\S+: 2940 parameters, all stored\n/);
  const steps = [
    'switched on without an ACS',
    'found by MDAP',
    'ran cwmp server config',
    'its ACS is configured',
  ];
  const places = steps.map((step) => err.indexOf(step));
  t.ok(
    places.every((place, index) => place > (places[index - 1] ?? -1)),
    'in this order',
  );
});

t.test('a program reads the steps as events; another lab leaves the ant of this one alone', async (t) => {
  const folder = await temporaryFolder(t);
  const lab = start(['lab', '--json', '--port', '0', '--data', path.join(folder, 'a'), ...GROUP]);
  t.teardown(() => lab.signal());
  await lab.until((out) => antSays(out, 'session-ended') >= 0);
  const port = eventsOf(lab.outSoFar()).find(({ event }) => event === 'ant-on')?.port;
  const there = ['--mdap-group', '239.255.44.9', '--mdap-port', String(port)];
  const other = await run(['lab', '--once', '--json', '--data', path.join(folder, 'b'), ...there]);
  t.match(json(other), {
    discovered: true,
    ant: { complete: false, steps: [{ step: 'on' }, { step: 'failed', why: /--mdap-port/ }] },
  });
  const third = await run(['lab', '--once', '--data', path.join(folder, 'c'), ...there]);
  t.match(
    third.out,
    /(: \d+ parameters, all stored\n.*){3}: not reached by MDAP, .*: another ant has this ANT-ID/s,
  );
  lab.signal();
  const { code, out } = await lab.end;
  t.equal(code, 0);
  t.ok(antSays(out, 'ant-found') > antSays(out, 'ant-on'));
  t.ok(
    antSays(out, 'session-began') > antSays(out, 'ant-found'),
    'it does not inform before it is configured',
  );
  t.match(eventsOf(out)[antSays(out, 'session-began')]?.events, ['0 BOOTSTRAP']);
  t.equal(eventsOf(out).filter(({ event }) => event === 'ant-ran').length, 3, 'nobody else configured it');
});
