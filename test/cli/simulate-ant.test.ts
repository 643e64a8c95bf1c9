import t from 'tap';
import { run, start } from '../support/cli.ts';

/** A group and port of this test's own. */
const WHERE = ['--group', '239.255.44.7', '--port', String(20_000 + (process.pid % 20_000))];
const HERE = ['--iface', '127.0.0.1', ...WHERE];

t.test('ants are found and commanded from another process, and end when they are told to', async (t) => {
  const ants = start([
    'simulate',
    'ant',
    '--count',
    '3',
    '--speed',
    '50',
    '--json',
    '--client-port',
    '0',
    ...WHERE,
  ]);
  t.teardown(() => ants.signal());
  const first = JSON.parse(await ants.firstLine);
  t.match(first, { event: 'listening', ants: [/^0703KT/, /^0703KT/, /^0703KT/] });
  // They answer once they have started: the search goes on until all have.
  let found: { antId: string }[] = [];
  for (let search = 0; search < 20 && found.length < 3; search++)
    found = JSON.parse((await run(['mdap', 'discover', '--json', ...HERE])).out);
  t.same(found.map(({ antId }) => antId).sort(), [...first.ants].sort());
  const id = first.ants[0];
  const told = await run(['mdap', 'exec', id, 'software version', ...HERE]);
  t.match(told, { code: 0, out: /Flash image : 6\.2\.17\.5\.0/ });
  ants.signal();
  t.match(await ants.end, { code: 0, err: '' });
});

t.test('what is no fault, no profile and no port is told', async (t) => {
  t.match(await run(['simulate', 'ant', '--fault', 'gremlins']), { code: 2, err: /^E_USAGE.*--list faults/ });
  t.match(await run(['simulate', 'ant', '--profile', 'st9000']), {
    code: 2,
    err: /^E_CONFIG.*no profile st9000/,
  });
  t.match(await run(['simulate', 'ant', '--port', '70000']), { code: 2, err: /--port/ });
  t.match(JSON.parse((await run(['simulate', 'ant', '--list', 'faults', '--json'])).out), [
    { name: 'no-boot-mode' },
  ]);
});
