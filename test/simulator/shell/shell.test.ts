import assert from 'node:assert/strict';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { dispatch } from '../../../simulator/device/rpc/dispatch.ts';
import type { Modem } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { Box } from '../../../simulator/shell/box.ts';
import { playConfiguration } from '../../../simulator/shell/configuration.ts';
import { readLine } from '../../../simulator/shell/line.ts';
import { Shell } from '../../../simulator/shell/shell.ts';
import type { Scheduler } from '../../../simulator/time/scheduler.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { property } from '../../support/seed.ts';

const IGD = 'InternetGatewayDevice.';
const HOSTS = `${IGD}LANDevice.1.LANHostConfigManagement.`;

interface Bench {
  readonly modem: Modem;
  readonly box: Box;
  readonly shell: Shell;
  readonly cwmp: boolean[];
}

function bench(t: Test, profile = 'st585v6', user = 'Administrator', scheduler?: Scheduler): Bench {
  const modem = createModem({
    acs: 'http://127.0.0.1:1/',
    profile,
    seed: 8,
    cwmp: false,
    ...(scheduler === undefined ? {} : { scheduler }),
  });
  t.teardown(() => modem.stop());
  const cwmp: boolean[] = [];
  const box = new Box(modem, { cwmpChanged: (enabled) => cwmp.push(enabled) });
  return { modem, box, shell: new Shell(box, user), cwmp };
}

const text = (shell: Shell, line: string): string => shell.run(line).text;

/** Lines, whether they are from the top, and their tokens: a pair is a name and its value. */
const LINES: readonly (readonly [string, boolean, readonly (string | readonly string[])[]])[] = [
  ['', false, []],
  ['  :ip  iplist ', true, ['ip', 'iplist']],
  ['a b=c', false, ['a', ['b', 'c']]],
  ['a b=', false, ['a', ['b', '']]],
  ['a b="c d" e', false, ['a', ['b', 'c d'], 'e']],
  ['a "" x', false, ['a', '', 'x']],
  [
    'a="say \\"no\\"" b=c=d',
    false,
    [
      ['a', 'say "no"'],
      ['b', 'c=d'],
    ],
  ],
  ['a\\"b c" d', false, ['a\\b c', 'd']],
];

t.test('a line is words, with values behind an equals sign, in quotes or not', (t) => {
  for (const [line, absolute, expected] of LINES) {
    const read = readLine(line);
    t.match(read, { ok: true, absolute }, line);
    const tokens = read.ok ? read.tokens : [];
    t.same(
      tokens.map(({ text, value }) => (value === undefined ? text : [text, value])),
      expected,
      line,
    );
  }
  t.match(readLine('a "b'), { ok: false, why: 'open-quote' });
  t.match(readLine('a'.repeat(2000)), { ok: false, why: 'too-long' });
  t.end();
});

t.test('groups are entered, left, and passed over from the top', (t) => {
  const { shell } = bench(t);
  t.equal(shell.prompt, '{Administrator}=>');
  t.equal(text(shell, 'dhcp'), '');
  t.equal(shell.prompt, '{Administrator}[dhcp]=>');
  text(shell, 'server pool');
  t.equal(shell.prompt, '{Administrator}[dhcp server pool]=>');
  t.match(text(shell, 'list'), /LAN_private/);
  t.match(text(shell, ':ip iplist'), /192\.168\.1\.254/);
  t.equal(
    shell.prompt,
    '{Administrator}[dhcp server pool]=>',
    'a command from the top leaves the session where it is',
  );
  text(shell, '..');
  t.equal(shell.prompt, '{Administrator}[dhcp server]=>');
  t.match(shell.run('exit'), { code: 'ok', effects: [{ do: 'logout' }] });
  t.match(text(shell, 'help'), /config +: .*\r\n[\s\S]*lease +pool/);
  t.match(text(shell, 'config ?'), /Syntax : config \[state = <\{disabled \| enabled\}>\]/);
  t.equal(bench(t, 'st780v74').shell.prompt, '_{Administrator}=>');
  t.end();
});

t.test('errors have the wording of the modem, and a code', (t) => {
  const { shell } = bench(t);
  t.match(shell.run('frobnicate'), { code: 'unknown', text: 'Unknown command.\r\n' });
  t.match(shell.run('ip nothing'), { code: 'unknown' });
  t.match(shell.run('cwmp config period=5'), { code: 'syntax', text: 'Invalid option => period\r\n' });
  t.match(shell.run('ip ipadd'), { code: 'syntax', text: 'Missing parameter : addr\r\n' });
  t.match(shell.run('ip ipadd addr=300.1.1.1'), {
    code: 'syntax',
    text: 'Invalid value for parameter addr\r\n',
  });
  t.match(shell.run('ip ipadd addr=192.168.1.254'), { code: 'refused', text: 'Address already exists\r\n' });
  t.match(shell.run('ip ipadd intf=Moon addr=1.2.3.4'), { code: 'refused', text: 'Invalid interface.\r\n' });
  t.match(shell.run('say "no'), { code: 'syntax' });
  t.end();
});

t.test(
  'a lab setup: a new address before the old ones go, and all of it survives a restart once saved',
  (t) => {
    const { shell, box, modem } = bench(t);
    for (const line of [
      ':dhcp server config state=disabled',
      ':ip ipadd intf=LocalNetwork addr=192.168.1.241/24',
      ':ip ipdelete addr=192.168.1.254',
      ':ip ipdelete addr=10.0.0.138',
      ':system config led flash',
    ])
      t.match(shell.run(line), { code: 'ok', text: '' }, line);
    t.same(box.addresses(), [{ address: '192.168.1.241', mask: '255.255.255.0' }]);
    t.match(
      text(shell, ':ip iplist'),
      /\n1 {3}LocalNetwork(?: \.)+ Ethernet +\*192\.168\.1\.241 +255\.255\.255\.0\r\n/,
    );
    t.equal(modem.get(`${HOSTS}DHCPServerEnable`), '0', 'the ACS sees it');
    box.reload();
    t.match(box.addresses(), [{ address: '192.168.1.254' }, { address: '10.0.0.138' }], 'it was not saved');
    t.equal(modem.get(`${HOSTS}DHCPServerEnable`), '1');
    shell.run(':ip ipadd addr=192.168.1.242 netmask=255.255.255.0');
    shell.run(':ip ipdelete addr=192.168.1.254');
    shell.run('saveall');
    box.reload();
    t.match(box.addresses(), [{ address: '10.0.0.138' }, { address: '192.168.1.242' }]);
    box.factoryReset();
    modem.device.factoryReset();
    t.match(box.addresses(), [{ address: '192.168.1.254' }, { address: '10.0.0.138' }]);
    t.end();
  },
);

t.test('an address without a mask has that of its class', (t) => {
  const { shell, box } = bench(t);
  shell.run('ip ipadd addr=10.1.2.3');
  shell.run('ip ipadd addr=192.168.7.1');
  const masks = new Map(box.addresses().map(({ address, mask }) => [address, mask]));
  t.equal(masks.get('10.1.2.3'), '255.0.0.0');
  t.equal(masks.get('192.168.7.1'), '255.255.255.0');
  t.match(text(shell, 'ip rtlist'), /10\.0\.0\.0\/8 +10\.1\.2\.3/);
  t.end();
});

t.test('what one side of the modem changes the other sees', (t) => {
  const { shell, modem, cwmp } = bench(t);
  shell.run('cwmp server config url=http://10.0.0.100:3333/ username=u');
  shell.run('cwmp config state=enabled mode=full periodicInform=enabled periodicInfInt=15');
  t.same(cwmp, [false, true], 'the owner of the CWMP client is notified');
  t.equal(modem.get(`${IGD}ManagementServer.URL`), 'http://10.0.0.100:3333/');
  t.equal(modem.get(`${IGD}ManagementServer.PeriodicInformInterval`), '15');
  modem.change(`${IGD}ManagementServer.PeriodicInformInterval`, '77');
  t.match(text(shell, 'cwmp config'), /^Periodic Inform Interval +: 77 s\r$/m);
  t.match(text(shell, 'cwmp server config'), /^ACS Url {6}: http:\/\/10\.0\.0\.100:3333\/\r$/m);
  t.match(shell.run('cwmp server config url=nonsense'), { code: 'refused' });
  modem.change(`${HOSTS}MinAddress`, '192.168.1.99');
  t.match(text(shell, 'dhcp server pool list'), /192\.168\.1\.99/);
  t.end();
});

t.test('a modem that was sold without management calls the ACS once its command line says so', async (t) => {
  const scheduler = createScheduler({ speed: 'max' });
  t.teardown(() => scheduler.stop());
  const { shell, modem, box } = bench(t, 'st585v6', 'Administrator', scheduler);
  const said: string[] = [];
  modem.events.on('session-ended', ({ url, events }) => said.push([url, ...events].join(' ')));
  modem.start();
  modem.change(`${IGD}ManagementServer.PeriodicInformInterval`, '30');
  await new Promise<void>((resolve) => scheduler.after(600_000, resolve));
  t.same(said, [], 'ten minutes brings no session');
  shell.run('cwmp server config url=http://127.0.0.1:1/first');
  const first = modem.next('session-ended');
  shell.run('cwmp config state=enabled');
  t.match(await first, [{ url: 'http://127.0.0.1:1/first', events: ['0 BOOTSTRAP', '1 BOOT'] }]);
  const second = modem.next('session-ended', { where: ({ url }) => url.endsWith('/second') });
  shell.run('cwmp server config url=http://127.0.0.1:1/second');
  await second;
  shell.run('cwmp config state=disabled');
  const sessions = said.length;
  await new Promise<void>((resolve) => scheduler.after(600_000, resolve));
  t.equal(said.length, sessions, 'switched off it is silent');
  shell.run('saveall');
  shell.run('cwmp config state=enabled');
  t.equal(modem.device.client.on, true);
  box.perform({ do: 'reboot' });
  t.equal(modem.device.client.on, false, 'what was not saved is lost with the restart');
});

t.test('a client that may only read refuses what would change the modem', (t) => {
  const { shell, modem } = bench(t);
  const set: Request<CpeMethod> = {
    kind: 'request',
    rpc: 'SetParameterValues',
    args: {
      ParameterList: [
        { Name: `${IGD}ManagementServer.PeriodicInformInterval`, Value: '61', Type: 'unsignedInt' },
      ],
      ParameterKey: '',
    },
  };
  t.match(dispatch(modem.device, set), { ok: false, fault: { FaultCode: 9001 } });
  shell.run('cwmp config mode=full');
  t.match(dispatch(modem.device, set), { ok: true });
  t.end();
});

t.test('users have passwords and roles, and only some may change the modem', (t) => {
  const { box, shell } = bench(t);
  t.match(shell.run('user add name=guest password=x role=User'), { code: 'ok' });
  t.match(shell.run('user add name=guest role=User'), { code: 'refused', text: 'User already exists\r\n' });
  const guest = new Shell(box, 'guest');
  t.match(guest.run('ip iplist'), { code: 'ok' });
  t.match(guest.run('ip ipdelete addr=10.0.0.138'), { code: 'denied' });
  t.match(guest.run('system reboot'), { code: 'denied', effects: [] });
  t.match(text(shell, 'user list'), /Administrator +U +Administrator[\s\S]*guest +User/);
  t.equal(box.check('Administrator', ''), true);
  t.equal(box.check('guest', 'x'), true);
  t.equal(box.check('guest', ''), false);
  t.equal(box.check('nobody', ''), false);
  t.end();
});

t.test('the effects after the output are returned to whoever runs the shell', (t) => {
  const { shell } = bench(t);
  t.match(shell.run('system reboot').effects, [{ do: 'reboot' }]);
  t.match(shell.run('software upgrade').effects, [{ do: 'boot-mode' }]);
  t.match(shell.run('system reset factory=yes proceed=yes').effects, [{ do: 'factory-reset' }]);
  t.match(shell.run('system reset factory yes proceed no').effects, []);
  t.end();
});

t.test('what the modem is can be read', (t) => {
  const { shell, modem } = bench(t);
  t.equal(text(shell, 'software version'), 'Flash image : 6.2.17.5.0\r\nBuild name  : ZZQIAA6.2H5\r\n');
  t.equal(text(shell, 'env get var=_BOARD_NAME'), 'BANT-W\r\n');
  t.equal(text(shell, 'env get var=_BOARD_SERIAL_NBR'), `${modem.device.unit.boardSerial}\r\n`);
  t.match(text(shell, 'env list'), /^CONF_DESCRIPTION="Factory Defaults"\r$/m);
  shell.run('env set var=HOST_SETUP value="by hand"');
  t.equal(text(shell, 'env get var=HOST_SETUP'), 'by hand\r\n');
  t.match(text(shell, 'adsl info expand=enabled'), /^Modemstate +: up\r$/m);
  t.match(shell.run('xdsl info'), { code: 'unknown' });
  t.match(text(bench(t, 'st780v74').shell, 'xdsl info'), /^Modem state: +up\r$/m);
  t.match(text(shell, 'config dump'), /\[ ip\.ini \]\r\nipadd intf=LocalNetwork addr=192\.168\.1\.254/);
  t.match(text(shell, 'service system list'), / 11 MDAP +udp +3235 +lan +enabled\r\n/);
  t.match(
    text(shell, 'ping addr=192.168.1.10 count=2'),
    /^(9 bytes from 192\.168\.1\.10: Echo Reply\r\n){2}$/,
  );
  t.match(text(shell, 'systemlog show'), /KERNEL Cold restart/);
  t.end();
});

t.test('either switch makes MDAP silent', (t) => {
  const { shell, box } = bench(t);
  t.equal(box.mdapEnabled, true);
  shell.run('system config mdap=disabled');
  t.equal(box.mdapEnabled, false);
  shell.run('system config mdap=enabled');
  shell.run('service system modify name=MDAP state=disabled');
  t.equal(box.mdapEnabled, false);
  t.end();
});

t.test('every command that help names answers, and help tells its parameters', (t) => {
  const { shell } = bench(t);
  const visit = (place: string): number => {
    const help = text(shell, `:${place} help`.replace(': ', ':'));
    const commands = [...help.matchAll(/^(\S+) *: /gm)].map(([, name]) => name);
    const groups = (/groups are available :\r\n\r\n([\s\S]*)/.exec(help)?.[1] ?? '')
      .split(/\s+/)
      .filter(Boolean);
    for (const name of commands) {
      t.match(shell.run(`:${place} ${name} ?`), { code: 'ok', text: /Syntax : / }, `${place} ${name}`);
      t.not(shell.run(`:${place} ${name}`).code, 'unknown', `${place} ${name}`);
    }
    return commands.length + groups.reduce((sum, group) => sum + visit(`${place} ${group}`.trim()), 0);
  };
  t.ok(visit('') > 50, 'there are many');
  t.end();
});

t.test(
  'what is kept in lists is added, changed, attached, listed and deleted, and lasts once it is saved',
  (t) => {
    const { shell, box } = bench(t);
    for (const line of [
      'atm phonebook add name=pvc835 addr=8.35',
      'atm ifadd intf=atm1 dest=pvc835',
      'atm ifconfig intf=atm1 encaps=llc ulp=mac',
      'atm ifattach intf=atm1',
      'ip arpadd intf=LocalNetwork ip=192.168.1.77 hwaddr=00:0e:50:11:22:33',
      'dns server route add dns=10.9.8.7 metric=3 intf=Internet',
      'firewall rule add chain=sink index=1 srcintf=lan action=accept',
      'nat ifconfig intf=Internet translation=enabled',
      'wireless macacl add hwaddr=00:11:22:33:44:55 permission=deny',
    ])
      t.match(shell.run(line), { code: 'ok', text: '' }, line);
    t.match(shell.run('atm phonebook add name=pvc835 addr=0.35'), {
      code: 'refused',
      text: 'Entry already exists\r\n',
    });
    t.match(text(shell, 'atm iflist'), /^atm1 +pvc835 .*llc/m);
    t.match(shell.run('atm ifdelete intf=atm1'), { code: 'refused', text: 'Interface is attached\r\n' });
    t.match(shell.run('atm ifconfig intf=atm1 dest=other'), {
      code: 'refused',
      text: 'Interface is attached\r\n',
    });
    t.match(shell.run('atm ifattach intf=atm9'), { code: 'refused', text: 'Invalid interface.\r\n' });
    t.match(
      text(shell, 'ip arplist'),
      /^1 {3}LocalNetwork {4}192\.168\.1\.77 {11}00:0e:50:11:22:33 STATIC\r$/m,
    );
    t.match(text(shell, 'dns server route list'), /^ {2}S 10\.9\.8\.7 +3 +Internet +UP {6}\*\r$/m);
    t.match(shell.run('firewall rule add chain=sink index=2'), {
      code: 'syntax',
      text: 'Missing parameter : action\r\n',
    });
    shell.run('saveall');
    shell.run('atm ifdetach intf=atm1');
    t.match(shell.run('atm ifdelete intf=atm1'), { code: 'ok' });
    box.reload();
    t.match(
      shell.run('atm ifdelete intf=atm1'),
      { code: 'refused' },
      'it is attached again, as it was saved',
    );
    t.end();
  },
);

t.test('the level of the firewall is that of the tree', (t) => {
  const { shell, modem } = bench(t);
  t.match(shell.run('firewall level set name=BlockAll'), { code: 'ok' });
  t.equal(modem.get(`${IGD}X_000E50_Firewall.SelectedLevel`), `${IGD}X_000E50_Firewall.Level.1`);
  t.match(shell.run('firewall level set name=None'), { code: 'refused' });
  t.end();
});

t.test('what a modem prints as its configuration another one takes', (t) => {
  const one = bench(t);
  for (const line of [
    'ip ipadd addr=192.168.7.1/24',
    'system config mdap=disabled',
    'service system modify name=TELNET state=disabled',
    'dhcp server config state=disabled',
    'env set var=HOST_SETUP value="by hand"',
    'atm phonebook add name=x addr=8.36',
    'sntp config poll=30',
  ])
    t.match(one.shell.run(line), { code: 'ok' }, line);
  const dump = text(one.shell, 'config dump');
  const other = bench(t);
  const { failed } = playConfiguration(other.box, dump, 'Administrator');
  t.same(
    failed.map(({ said }) => said),
    ['Address already exists', 'Address already exists', 'User already exists', 'User already exists'],
    'only what is there already is refused',
  );
  t.equal(text(other.shell, 'config dump'), dump);
  t.match(
    playConfiguration(
      other.box,
      "' nothing\n[ ip.ini ]\nfrob\n:system config led=off\n[ endofarch ]\nfrob",
      'Administrator',
    ),
    { done: 1, failed: [{ line: 3, command: ':ip frob', said: 'Unknown command.' }] },
  );
  t.end();
});

t.test('commands that nobody knows are counted', (t) => {
  const { shell, box } = bench(t);
  for (const line of ['upnp config', 'ip frob', 'upnp config state=enabled']) shell.run(line);
  t.same(
    [...box.unknown],
    [
      ['upnp', 2],
      ['ip frob', 1],
    ],
  );
  t.end();
});

const word = fc.oneof(
  fc.constantFrom(
    'ip',
    'ipadd',
    'addr',
    'help',
    '?',
    '..',
    ':',
    '=',
    '"',
    'config',
    'server',
    'dhcp',
    'env',
    'set',
    'var',
    'value',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'user',
    'add',
    'name',
    'role',
    'service',
    'modify',
    'system',
    'cwmp',
    'state',
    'enabled',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

property(
  t,
  'whatever is typed is answered, and never thrown at',
  fc.property(fc.array(fc.array(word, { maxLength: 8 }), { maxLength: 20 }), (typed) => {
    const modem = createModem({ acs: 'http://127.0.0.1:1/', profile: 'st585v6', speed: 'max' });
    const shell = new Shell(new Box(modem), 'Administrator');
    for (const words of typed) {
      const { text, code } = shell.run(words.join(' '));
      assert.ok(text === '' || text.endsWith('\r\n'), `${code}: ${JSON.stringify(text)}`);
      assert.match(shell.prompt, /=>$/);
    }
  }),
  100,
);
