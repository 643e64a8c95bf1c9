import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Facts, Job } from '../../../mdap/flash/modem.ts';
import type { Plan } from '../../../mdap/flash/plan.ts';
import { problemText } from '../../../mdap/flash/plan.ts';
import { CounterNumbers, planJob } from '../../../mdap/flash/plan-job.ts';
import { readPlan } from '../../../mdap/flash/plan-read.ts';
import { boardSerial } from '../../../protocol/bootp/image-rules.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const HOST = '192.168.1.5';

/** A folder with two images, the plan in it, and the CSV files that are given. */
async function folderWith(
  t: Test,
  plan: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'images'));
  const image = (family: string, board: string, version: string) => writeImage({ family, board, version });
  await writeFile(path.join(folder, 'images/bant-w-6.2.29.2.bli'), image('QK', 'BANT-W', '6.2.29.2'));
  await writeFile(path.join(folder, 'images/bant-r-7.4.1.7.bli'), image('QH', 'BANT-R', '7.4.1.7'));
  await writeFile(path.join(folder, 'images/bare.bli'), image('QH', '', '7.4.1.7'));
  await writeFile(path.join(folder, 'images/cut.bli'), image('QH', 'BANT-R', '7.4.1.7').subarray(0, 600));
  await writeFile(path.join(folder, 'plan.yaml'), plan);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return path.join(folder, 'plan.yaml');
}

/** What is wrong with a plan: its lines and sentences, without the folder. */
async function flaws(t: Test, plan: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const file = await folderWith(t, plan, files);
  const read = await readPlan(file, HOST);
  const folder = `${path.dirname(file)}/`;
  return read.ok ? [] : read.error.map((problem) => problemText(problem).replaceAll(folder, ''));
}

async function good(t: Test, text: string, files: Readonly<Record<string, string>> = {}): Promise<Plan> {
  const read = await readPlan(await folderWith(t, text, files), HOST);
  if (!read.ok) throw new Error(read.error.map(problemText).join('\n'));
  return read.value;
}

const ant = (serial: string | undefined, change: Partial<Facts> = {}): Facts => ({
  serial,
  mac: '00-14-7F-00-00-01',
  product: 'SpeedTouch 585',
  board: 'BANT-W',
  version: '6.2.17.5',
  address: '192.168.1.254',
  ...change,
});

function jobFor(plan: Plan, facts: Facts, numbers = new CounterNumbers()): Job {
  const decision = planJob(plan, facts, numbers);
  if (decision.is !== 'planned') throw new Error(decision.note);
  return decision.job;
}

/** The blocks of a language in the documentation. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile('docs/flash-plan.md', 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

t.test('the plan of the documentation is one, and does what its text says', async (t) => {
  const [yaml = ''] = await blocks('yaml');
  const [csv = ''] = await blocks('csv');
  const plan = await good(t, yaml, { 'modems.csv': csv });
  const numbers = new CounterNumbers();
  t.match(jobFor(plan, ant('0633EHPSL'), numbers), {
    name: 'counter-left',
    address: '192.168.1.11',
    image: { board: 'BANT-W', version: '6.2.29.2' },
    commands: [
      { line: 'dhcp server config state=disabled', silent: false, onFailure: { is: 'stop' } },
      { line: 'ip ipadd intf=LocalNetwork addr=192.168.1.11/24' },
      { line: 'ip ipdelete addr=192.168.1.254', silent: true, onFailure: { is: 'continue' } },
      { line: 'ip ipdelete addr=10.0.0.138' },
      { line: 'saveall', onFailure: { is: 'retry', times: 2 } },
    ],
    checks: [{ line: 'ip iplist', shows: '192.168.1.11' }],
  });
  t.match(jobFor(plan, ant('0641JTLRQ'), numbers), { name: 'counter-right' }, 'with or without CP');
  t.match(jobFor(plan, ant('0712KTHJ9'), numbers), {
    image: undefined,
    name: 'reference',
    commands: { length: 1 },
  });
  const bench = { product: 'SpeedTouch 780', board: 'BANT-R' };
  t.match(jobFor(plan, ant('0644JTHJ4', bench), numbers), {
    name: 'bench-01',
    address: '192.168.1.20',
    image: { version: '7.4.1.7' },
    numbers: { n: 20, label: 1 },
  });
  t.match(jobFor(plan, ant('0703KT3PP'), numbers), { name: 'spare-02', address: '192.168.1.21' });
  t.match(jobFor(plan, ant('0644JTHJ4', bench), numbers), { name: 'bench-01' }, 'the same number again');
  t.match(planJob(plan, ant('0599AAAAA', bench), numbers), { is: 'unplanned' });
  t.equal(plan.credentials.length, 4);
  t.notOk(plan.boot.pool.includes('192.168.1.5'), 'our own address is nobody else’s');
});

t.test('every time and limit of the documentation is one, with its value', async (t) => {
  const text = await readFile('docs/flash-plan.md', 'utf8');
  const { settings } = await good(t, 'version: 1\nrules: [{}]\n');
  for (const member of ['times', 'limits']) {
    const [, list = ''] = new RegExp(`^\\| \`${member}\` \\| (.*) \\|$`, 'm').exec(text) ?? [];
    const known = [...list.matchAll(/`([a-z-]+)` (\d+)/g)];
    t.ok(known.length > 5);
    const lines = known.map(([, name, value]) => `  ${name}: ${value}\n`).join('');
    const plan = await good(t, `version: 1\nrules: [{}]\n${member}:\n${lines}`);
    t.strictSame(plan.settings, settings);
  }
});

const RULES = 'version: 1\nnetwork: 192.168.1.0/24\nrules:\n';

/** A title, the plan, the problems reported; files beside it. */
const WRONG: readonly (readonly [string, string, string[], Record<string, string>?])[] = [
  [
    'YAML that is none',
    'version: 1\nrules: [',
    [
      'plan.yaml:2: Flow sequence in block collection must be sufficiently indented and end with a ]; mend the YAML',
    ],
  ],
  [
    'a list in place of members',
    '- 1',
    [
      'plan.yaml:1: wants members; write them as "name: value", one a line',
      'plan.yaml:1: version: wants 1; write "version: 1"',
      'plan.yaml:1: rules: there is no rule; write one; "rules: [{}]" is for every modem',
    ],
  ],
  [
    'a member that is misspelt',
    'version: 1\nrule: []\nrules: [{}]',
    [
      'plan.yaml:2: rule: no such member; known are version, network, credentials, images, counters, commands, rules, verify, boot, missing, times, limits',
    ],
  ],
  [
    'an image that is not there',
    'version: 1\nimages:\n  - none.bli\nrules: [{}]',
    [
      'plan.yaml:3: images[1]: none.bli cannot be read (ENOENT); give the path of an image, from the folder of the plan',
    ],
  ],
  [
    'a file that is no image',
    'version: 1\nimages: [plan.yaml]\nrules: [{}]',
    [
      'plan.yaml:2: images[1]: plan.yaml is no firmware image; give an image that begins with BLI2, as its maker published it',
    ],
  ],
  [
    'an image that is cut',
    'version: 1\nimages: [images/cut.bli]\nrules: [{}]',
    [
      'plan.yaml:2: images[1]: images/cut.bli is cut: it is shorter than its header says; give an image that begins with BLI2, as its maker published it',
    ],
  ],
  [
    'an image for another board',
    'version: 1\nimages:\n  - file: images/bant-r-7.4.1.7.bli\n    board: BANT-W\nrules: [{}]',
    ['plan.yaml:4: images[1].board: the image is for board BANT-R; name an image for BANT-W'],
  ],
  [
    'an image without a board, by board',
    'version: 1\nimages: [images/bare.bli]\nrules: [{}]',
    [
      'plan.yaml:2: images[1]: the image does not say for which board it is; name it at a rule for certain modems instead',
    ],
  ],
  [
    'two images for one board',
    'version: 1\nimages:\n  - images/bant-r-7.4.1.7.bli\n  - images/bant-r-7.4.1.7.bli\nrules: [{}]',
    ['plan.yaml:4: images[2]: an image for BANT-R is named in line 3; keep one of the two'],
  ],
  [
    'a rule whose image is for another board',
    `${RULES}  - board: BANT-W\n    image: images/bant-r-7.4.1.7.bli`,
    ['plan.yaml:5: the image is for board BANT-R, the rule for BANT-W; name an image for BANT-W'],
  ],
  [
    'a modem that is named twice',
    `${RULES}  - serial: 0633EHPSL\n  - serial: CP0633EHPSL`,
    ['plan.yaml:5: CP0633EHPSL is named in plan.yaml:4 already; name each modem once'],
  ],
  [
    'an address that is given twice',
    `${RULES}  - { serial: 0633EHPSL, address: 192.168.1.9 }\n  - { serial: 0641JTLRQ, address: 192.168.1.9 }`,
    ['plan.yaml:5: 192.168.1.9 is the address of 0633EHPSL already; give each modem an address of its own'],
  ],
  [
    'an address outside of the network',
    `${RULES}  - { serial: 0633EHPSL, address: 192.168.2.9 }`,
    ['plan.yaml:4: 192.168.2.9 lies outside 192.168.1.0/24; give an address of its own in the network'],
  ],
  [
    'the broadcast address',
    `${RULES}  - { serial: 0633EHPSL, address: 192.168.1.255 }`,
    [
      'plan.yaml:4: 192.168.1.255 cannot be the address of a modem in 192.168.1.0/24; give an address of its own in the network',
    ],
  ],
  [
    'our own address',
    `${RULES}  - { serial: 0633EHPSL, address: 192.168.1.5 }`,
    ['plan.yaml:4: 192.168.1.5 is the address of this computer; give an address of its own in the network'],
  ],
  [
    'one address for many',
    `${RULES}  - { serials: [0633EHPSL, 0641JTLRQ], address: 192.168.1.9 }`,
    ['plan.yaml:4: 192.168.1.9 is the address of 0633EHPSL already; give each modem an address of its own'],
  ],
  [
    'a counter that runs out of the network',
    `${RULES}  - address: 192.168.1.\${n}\ncounters: { n: { from: 250, to: 300 } }`,
    [
      'plan.yaml:4: 192.168.1.255 cannot be the address of a modem in 192.168.1.0/24; give an address of its own in the network',
    ],
  ],
  [
    'a counter with too few numbers',
    `${RULES}  - { serials: [0633EHPSL, 0641JTLRQ], name: 'b\${n}' }\ncounters: { n: { from: 1, to: 1 } }`,
    ['plan.yaml:4: counter n has no number left for 0641JTLRQ; raise its "to"'],
  ],
  [
    'a counter backwards',
    `${RULES}  - {}\ncounters: { n: { from: 9, to: 1 } }`,
    ['plan.yaml:5: counters.n.to: 1 is less than 9; write a number that is not'],
  ],
  [
    'a value that is not defined',
    `${RULES}  - name: 'at \${place}'`,
    [
      'plan.yaml:4: name uses the value place, which is not defined; define it as a column of the CSV file, under `set` or as a counter',
    ],
  ],
  [
    'a value that refers to itself',
    `${RULES}  - set: { a: 'x\${b}', b: 'y\${a}' }`,
    ['plan.yaml:4: the value a refers to itself; give it a text of its own'],
  ],
  [
    'a template that is open',
    `${RULES}  - name: 'b\${n'`,
    [
      'plan.yaml:4: rules[1].name: a value begins with $ and a brace, and is not closed; write a value as $ and its name in braces, and $$ for a dollar sign',
    ],
  ],
  [
    'a command that is empty',
    `${RULES}  - commands: ['']`,
    ['plan.yaml:4: rules[1].commands[1]: the command is empty; leave the line out'],
  ],
  [
    'a command of two lines',
    `${RULES}  - commands: ["saveall\\nip iplist"]`,
    [
      'plan.yaml:4: rules[1].commands[1]: the command holds characters that a modem does not have; write it in one line of ISO 8859-1',
    ],
  ],
  [
    'a serial number that is none',
    `${RULES}  - serial: 'CP-1'`,
    ['plan.yaml:4: rules[1].serial: CP-1 is no serial number; write it as `mdap discover` shows it'],
  ],
  [
    'a CSV file that is not there',
    `${RULES}  - csv: m.csv`,
    [
      'plan.yaml:4: rules[1].csv: m.csv cannot be read; give the path of a CSV file, from the folder of the plan',
    ],
  ],
  [
    'a CSV file without serial numbers',
    `${RULES}  - csv: m.csv`,
    [
      'plan.yaml:4: rules[1].csv: m.csv has no column "serial"; name the columns in its first line, one of them serial',
    ],
    { 'm.csv': 'name,address\na,b\n' },
  ],
  [
    'a CSV file that is none',
    `${RULES}  - csv: m.csv`,
    [
      'plan.yaml:4: rules[1].csv: m.csv, line 2: a quotation mark is out of place, or never closed; write one modem a line, its columns separated by commas',
    ],
    { 'm.csv': 'serial\n"0633' },
  ],
  [
    'a row with the address of another',
    `${RULES}  - csv: m.csv`,
    ['m.csv:3: 192.168.1.9 is the address of 0633EHPSL already; give each modem an address of its own'],
    { 'm.csv': 'serial,address\n0633EHPSL,192.168.1.9\n0641JTLRQ,192.168.1.9\n' },
  ],
  [
    'a network that is none',
    'version: 1\nnetwork: 192.168.1.5/24\nrules: [{}]',
    [
      'plan.yaml:2: network: 192.168.1.5/24 is no network; write its first address and its bits, as in 192.168.1.0/24',
    ],
  ],
  [
    'a time that is none',
    'version: 1\ntimes: { write: soon }\nrules: [{}]',
    ['plan.yaml:2: times.write: soon is no number of seconds; write a number above 0, at most 99999'],
  ],
  [
    'a pool of addresses that the modems have',
    `${RULES}  - { serial: 0633EHPSL, address: 192.168.1.9 }\nboot: { pool: 192.168.1.9-192.168.1.9 }`,
    ['plan.yaml:5: boot: no address is left for boot mode; give a pool beside the addresses of the modems'],
  ],
  [
    'credentials with a value that is not known yet',
    `${RULES}  - {}\ncredentials: [{ user: 'u\${n}' }]`,
    ['plan.yaml:1: credentials use the value n; known there are serial, mac, product, board, product-serial'],
  ],
];

for (const [title, plan, expected, files] of WRONG)
  t.test(`${title} is reported with its place`, async (t) => {
    t.strictSame(await flaws(t, plan, files), expected);
  });

t.test('all problems are reported at once, in the order of their lines', async (t) => {
  const found = await flaws(t, 'version: 2\nimages: [none.bli]\nnetwork: x\nrules:\n  - serial: "?"\n');
  t.strictSame(
    found.map((text) => text.split(':')[1]),
    ['1', '2', '3', '5'],
  );
});

t.test('a missing plan is reported', async (t) => {
  t.match(await readPlan('/nowhere/plan.yaml', HOST), {
    ok: false,
    error: [{ says: 'the plan cannot be read' }],
  });
});

t.test('aliases of YAML stand for what they name', async (t) => {
  const plan = await good(
    t,
    'version: 1\ncommands: &all [saveall]\nrules:\n  - { board: BANT-R, commands: *all }\n  - {}\n',
  );
  t.equal(plan.rules[0]?.commands[0]?.line.text, 'saveall');
});

t.test('serial numbers and passwords of digits stay what is written', async (t) => {
  const plan = await good(
    t,
    'version: 1\ncredentials: [{ user: 0123, password: 1e3 }]\nrules: [{ serial: 071200012 }]\n',
  );
  t.match(plan, {
    credentials: [{ user: { text: '0123' }, password: { text: '1e3' } }],
    rules: [{ modems: [{ serial: '071200012' }] }],
  });
});

t.test('an unknown modem in boot mode gets the image for its board and no commands', async (t) => {
  const plan = await good(
    t,
    'version: 1\nimages: [images/bant-w-6.2.29.2.bli]\ncommands: [saveall]\nrules: [{}]\n',
  );
  const stranger = { product: undefined, version: undefined, address: undefined };
  t.match(jobFor(plan, ant(undefined, stranger)), {
    image: { board: 'BANT-W' },
    commands: [],
    serial: undefined,
  });
  t.match(planJob(plan, ant(undefined, { ...stranger, board: 'BANT-R' }), new CounterNumbers()), {
    is: 'unplanned',
  });
});

t.test('a modem whose board has no image is refused, not left out', async (t) => {
  const plan = await good(t, 'version: 1\nimages: [images/bant-w-6.2.29.2.bli]\nrules: [{}]\n');
  t.match(planJob(plan, ant('0644JTHJ4', { board: 'BANT-R' }), new CounterNumbers()), {
    is: 'refused',
    reason: 'no-image',
    note: 'no image is for board BANT-R',
  });
});

t.test('numbers of a run before are not given again', async (t) => {
  const numbers = new CounterNumbers();
  numbers.restore('A', { n: 1 });
  const counter = { from: 1, to: 2, width: 1 };
  t.strictSame(
    ['B', 'A', 'C'].map((serial) => numbers.take('n', counter, serial)),
    [2, 1, undefined],
  );
});

t.test('a product serial is a board serial with two letters before it', async (t) => {
  t.strictSame(['CP0633EHPSL', '0633EHPSL', 'cp0633ehpsl', 'AB1'].map(boardSerial), [
    '0633EHPSL',
    '0633EHPSL',
    '0633EHPSL',
    'AB1',
  ]);
});
