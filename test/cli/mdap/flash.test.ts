import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { startAnts } from '../../support/lan/mdap-ants.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

const PLAN =
  'version: 1\ncounters: { n: { from: 7 } }\n' +
  'rules: [{ image: keep, name: "b\x24{n}", commands: [ip iplist] }]\n';

/** Two modems that keep their firmware, and a plan for them. */
async function bench(t: Test, plan: string) {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'plan.yaml');
  await writeFile(file, plan);
  const { argv, ran } = await startAnts(t, [
    { antId: '0644JTSGR', mac: '00-14-7F-00-00-01' },
    { antId: '0636JTSGS', mac: '00-14-7F-00-00-02' },
  ]);
  const flash = ['mdap', 'flash', ...argv, '--plan', file, '--bootp-port', '0', '--tftp-port', '0'];
  return { folder, flash, ran };
}

t.test('the report is a table, a file, and on request the one JSON document', async (t) => {
  const { folder, flash } = await bench(t, PLAN);
  const report = path.join(folder, 'report.json');
  const table = await run([...flash, '--expect', '2', '--report', report]);
  t.equal(table.code, 0, table.err);
  t.match(table.out, /^MODEM +NAME +STATE/);
  t.match(table.out, /0636JTSGS +b7 +done/);
  t.match(table.out, /2 done\n$/);
  t.match(table.err, /0644JTSGR b8: configuring\n/, 'each step is a line');
  t.match(JSON.parse(await readFile(report, 'utf8')), { done: 2, modems: [{ serial: '0636JTSGS' }, {}] });
  const program = await run([...flash, '--expect', '2', '--json', '--resume']);
  t.match(json(program), { done: 2, failed: 0, modems: [{ state: 'done' }, { state: 'done' }] });
});

t.test('a missing modem makes the command fail, and is reported with a remedy', async (t) => {
  const { flash } = await bench(
    t,
    `${PLAN.replace('[{', '[{ serial: 0799ZZZZZ }, {')}times: { discover: 2 }\n`,
  );
  const { code, out } = await run(flash);
  t.equal(code, 1);
  t.match(out, /0799ZZZZZ: the plan names it, but it was not found\n {2}make sure that it is plugged in/);
  t.match(out, /2 done, 1 failed\n$/);
});

t.test('--dry-run tells what would be done, and has nothing carried out', async (t) => {
  const { flash, ran } = await bench(t, PLAN);
  const { code, out } = await run([...flash, '--expect', '2', '--dry-run']);
  t.equal(code, 0);
  t.match(out, /0636JTSGS .*keeps its firmware +b7/);
  t.match(out, /0644JTSGR:\n {2}ip iplist\n/);
  t.strictSame(
    ran.filter((line) => line.includes('iplist')),
    [],
  );
  const program = await run([...flash, '--expect', '2', '--dry-run', '--json']);
  t.match(json(program), { planned: [{ is: 'planned', job: { name: 'b7' } }, {}], failed: [] });
});

t.test('a wrong plan is refused with all of its errors before anything is touched', async (t) => {
  const { flash, ran } = await bench(t, 'version: 1\nrules: [{ imge: keep, name: "b\x24{n}" }]\n');
  const { code, err } = await run(flash);
  t.equal(code, 2);
  t.match(
    err,
    /^E_PLAN: .*\n.*plan.yaml:2: rules\[1\].imge: no such member; known .*\n.*:2: name uses the value n/,
  );
  t.strictSame(ran, []);
});

t.test('a terminal gets a table with a row a modem, drawn over and over', async (t) => {
  const { flash } = await bench(t, `${PLAN}times: { discover: 1 }\n`);
  const shown = await run(flash, { columns: 100, colours: true });
  t.equal(shown.code, 0);
  t.match(shown.err, /2 modems, \d done, 0 failed, 0 transfers/);
  t.match(shown.err, /0644JTSGR/);
});

t.test('an interruption ends it gently, and --resume goes on', async (t) => {
  const { flash } = await bench(t, `${PLAN}times: { discover: 60 }\n`);
  const command = start(flash);
  await command.untilErr((err) =>
    ['0644JTSGR', '0636JTSGS'].every((ant) => err.includes(`${ant}: discovered`)),
  );
  command.signal();
  const { code, out } = await command.end;
  t.equal(code, 1);
  t.match(out, /2 stopped\n$/);
  t.equal((await run([...flash, '--resume', '--expect', '2'])).code, 0);
});
