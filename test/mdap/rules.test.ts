import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import { openMdapHost } from '../../mdap/host.ts';
import { collectRules, fits, rules, runRules } from '../../mdap/rules.ts';
import { loadRules } from '../../mdap/rules-file.ts';
import { readScript, scriptFor } from '../../mdap/script.ts';
import { startAnts } from '../support/lan/mdap-ants.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { ROOT } from '../support/tree.ts';

const ADMIN = { user: 'Administrator', password: '' };

const record = (change: Partial<AntRecord> = {}): AntRecord => ({
  antId: '0703KT3PP',
  name: 'SpeedTouch 585',
  macs: ['00-14-7F-12-34-56'],
  address: '192.168.1.254',
  via: undefined,
  hostSetup: 'auto',
  tpVersion: '2.0.0',
  mdapVersion: '1.2',
  firstSeen: 0,
  lastSeen: 0,
  ...change,
});

t.test('a filter takes the ants that all of it fits', async (t) => {
  const ant = record();
  t.ok(fits({}, ant));
  t.ok(fits({ id: '0703kt3pp', name: /585$/, mac: '00-14-7f-12-34-56', address: /^192\.168\./ }, ant));
  t.ok(fits({ id: 'CP0703KT3PP' }, ant), 'by its whole serial number');
  t.notOk(fits({ id: '0703KT3PP', name: 'SpeedTouch 780' }, ant));
  t.notOk(fits({ id: /^0644/ }, ant));
  const pattern = /SpeedTouch/g;
  t.strictSame(
    [1, 2, 3].map(() => fits({ name: pattern }, ant)),
    [true, true, true],
  );
});

t.test(
  'rules talk to the ants that fit, one after another, and the first failure ends those of its ant',
  async (t) => {
    const bench = await startAnts(t, [{ antId: 'A' }, { antId: 'B', name: 'SpeedTouch 780' }]);
    const { group, port, ran } = bench;
    const host = await openMdapHost({ interfaces: ['127.0.0.1'], group, port });
    t.teardown(() => host.close());
    const ants = await host.discover({ until: (found) => found.length === 2 });
    const seen: string[] = [];
    const all = collectRules(
      rules((on) => {
        on.ant({}, async (ant) => {
          seen.push(await ant.exec('env get var=X'));
          seen.push((await ant.info()).map(({ key }) => key).join());
        });
        on.ant({ name: /780/ }, async (ant) => {
          await ant.exec('no such command').catch((error) => seen.push(error.code));
          await ant.as({ user: 'x', password: 'y' }).exec('ip iplist');
        });
        on.ant({}, async (ant) => {
          await ant.exec('ip rtlist');
        });
      }),
    );
    const lines: string[] = [];
    for (const ant of [...ants].sort((a, b) => a.antId.localeCompare(b.antId))) {
      const { rules: count, error } = await runRules(host, all, ant, ADMIN, (line) => lines.push(line));
      if (ant.antId === 'A') t.strictSame([count, error], [2, undefined]);
      else t.match([count, error], [3, { code: 'E_MDAP_CREDENTIALS' }]);
    }
    const facts = 'BOARD-NAME,SW-VERSION';
    t.strictSame(seen, ['A env get var=X', facts, 'B env get var=X', facts, 'E_MDAP_REFUSED']);
    t.strictSame(ran, [
      'A env get var=X',
      'A INFO',
      'A ip rtlist',
      'B env get var=X',
      'B INFO',
      'B no such command',
    ]);
    t.strictSame(lines.length, 5, 'every command is reported');
  },
);

t.test('rule modules are JavaScript, or TypeScript where it can be loaded', async (t) => {
  const folder = await temporaryFolder(t);
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const body = 'on.ant({ name: /780/ }, async (ant) => { await ant.exec("ip iplist"); });';
  t.equal((await loadRules(await write('a.mjs', `export default (on) => { ${body} };`))).length, 1);
  t.equal((await loadRules(await write('b.cjs', `module.exports = (on) => { ${body} };`))).length, 1);
  // Where modemlab runs as JavaScript, tsx has to be beside the module.
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const typed = `export default (on: { ant: Function }): void => { ${body.replace('(ant)', '(ant: any)')} };`;
  t.equal((await loadRules(await write('c.ts', typed))).length, 1);
  await t.rejects(loadRules(await write('d.mjs', 'export const a = 1;')), {
    code: 'E_FILE_INVALID',
    message: /d\.mjs/,
  });
  await t.rejects(loadRules(await write('e.mjs', 'export default (on) => { on.modem() };')), {
    code: 'E_FILE_INVALID',
  });
  await t.rejects(loadRules(await write('f.mjs', 'syntax error')), { code: 'E_FILE_INVALID' });
  await t.rejects(loadRules(path.join(folder, 'none.mjs')), { code: 'E_FILE_INVALID' });
});

t.test('a script has comments, blank lines, questions and values', async (t) => {
  const text = [
    '# renumber',
    '',
    ':dhcp server config state=disabled\r',
    `  ip ipadd intf=LocalNetwork addr=ask(network|192.168.1).24\${n}/24`,
    `env set var=WHO value=\${ant}-ask(place)-$HOME # kept`,
    'ip ipdelete addr=ask(network).254',
  ].join('\n');
  const script = readScript(text, 'x.txt');
  t.strictSame(script.questions, [
    { prompt: 'network', fallback: '192.168.1' },
    { prompt: 'place', fallback: '' },
  ]);
  const lines = (answers: ReadonlyMap<string, string>) => scriptFor(script, record(), 3, answers);
  t.strictSame(lines(new Map()), [
    { number: 3, text: ':dhcp server config state=disabled' },
    { number: 4, text: 'ip ipadd intf=LocalNetwork addr=192.168.1.243/24' },
    { number: 5, text: 'env set var=WHO value=0703KT3PP--$HOME # kept' },
    { number: 6, text: 'ip ipdelete addr=192.168.1.254' },
  ]);
  t.match(
    lines(
      new Map([
        ['network', '10.0.0'],
        ['place', `\${n} $1`],
      ]),
    ).map((line) => line.text),
    [
      /disabled/,
      'ip ipadd intf=LocalNetwork addr=10.0.0.243/24',
      `env set var=WHO value=0703KT3PP-\${n} $1-$HOME # kept`,
      'ip ipdelete addr=10.0.0.254',
    ],
  );
  t.throws(() => readScript(`a\nip \${x}`, 'x.txt'), { code: 'E_FILE_INVALID', message: /x\.txt:2/ });
  t.throws(() => readScript('ip ask(what', 'x.txt'), { code: 'E_FILE_INVALID', message: /x\.txt:1/ });
});
