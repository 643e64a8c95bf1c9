import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import t from 'tap';
import type { Modem, ModemOptions } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { SEED } from '../../support/seed.ts';
import { fixture } from '../../support/tree.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

const IGD = 'InternetGatewayDevice.';
const cert = readFileSync(fixture('tls-cert.pem'));
const key = readFileSync(fixture('tls-key.pem'));

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

function modemsOn(t: Test, acs: TestAcs, count: number, options: Partial<ModemOptions>): Modem[] {
  return Array.from({ length: count }, (_, index) => {
    const modem = createModem({
      acs: acs.url,
      profile: 'st706wl',
      seed: SEED,
      index,
      speed: 1000,
      timeoutMs: 5000,
      ...options,
    });
    t.teardown(() => modem.stop());
    return modem;
  });
}

const keyOf = ({ id }: Modem): string =>
  [id.OUI, id.ProductClass, id.SerialNumber].map((part) => encodeURIComponent(part)).join('-');

/** Gives each modem two tasks, and waits until all are done: what each answered, and the resulting values. */
async function provision(t: Test, acs: TestAcs, modems: readonly Modem[]): Promise<void> {
  const failed: string[] = [];
  for (const modem of modems)
    modem.events.on('session-ended', ({ ok, why }) => (ok ? undefined : failed.push(why)));
  const tasks = await Promise.all(
    modems.flatMap((modem, index) => {
      const Name = `${IGD}DeviceInfo.ProvisioningCode`;
      const ParameterList = [{ Name, Value: `code-${index}`, Type: 'string' as const }];
      return [
        acs.queue.add(keyOf(modem), {
          kind: 'request',
          rpc: 'SetParameterValues',
          args: { ParameterList, ParameterKey: `key-${index}` },
        }),
        acs.queue.add(keyOf(modem), {
          kind: 'request',
          rpc: 'GetParameterValues',
          args: { ParameterNames: [`${IGD}LANDevice.`] },
        }),
      ];
    }),
  );
  for (const modem of modems) modem.start();
  const ended = await Promise.all(tasks.map(({ id }) => acs.queue.wait(id, 30_000)));
  t.strictSame(
    ended.map((task) => task?.state),
    tasks.map(() => 'done'),
  );
  t.strictSame(
    modems.map((modem) => modem.get(`${IGD}DeviceInfo.ProvisioningCode`)),
    modems.map((_, index) => `code-${index}`),
  );
  t.comment(`${failed.length} sessions failed: ${[...new Set(failed)].join(', ')}`);
}

t.test('sessions over a line that loses nothing go well, each of them', async (t) => {
  const acs = await acsFor(t);
  const modems = modemsOn(t, acs, 6, { line: 'latency:3,jitter:4,slice:300,bandwidth:2M,stall:5,p=5%' });
  const reports: boolean[] = [];
  for (const modem of modems) modem.events.on('session-ended', ({ ok }) => reports.push(ok));
  await provision(t, acs, modems);
  t.notOk(reports.includes(false));
});

t.test('connections are reset and packets are lost: sessions recover, and nothing is lost', async (t) => {
  const acs = await acsFor(t, { sessionTimeoutMs: 1000 });
  for (const line of [
    'reset:p=2%,reset:after=2k,dir=up,times=1,jitter:2,slice:700',
    'reset:after=5k,dir=down,times=2,reset:after=20ms,times=1',
    'stall:forever,p=1%,times=2,stall:after=2k,dir=up,times=1',
    'drop:1%,size=1000,times=3,drop:after=1k,size=1000,dir=up,times=1',
  ]) {
    await t.test(line, async (t) => {
      const modems = modemsOn(t, acs, 5, { line, timeoutMs: 400, seed: `${SEED}/${line}` });
      let failed = 0;
      for (const modem of modems) modem.events.on('session-ended', ({ ok }) => (failed += ok ? 0 : 1));
      await provision(t, acs, modems);
      t.ok(failed > 0, `the line did harm ${failed} times`);
      await Promise.all(modems.map((modem) => modem.stop()));
    });
  }
});

t.test('damaged bytes harm neither the modem nor the ACS', async (t) => {
  const acs = await acsFor(t, { sessionTimeoutMs: 500 });
  const line = 'corrupt:5%,size=200,times=12';
  const modems = modemsOn(t, acs, 4, { line, timeoutMs: 300 });
  const good = modems.map(
    (modem) =>
      new Promise<void>((resolve) => {
        modem.events.on('session-ended', ({ ok }) => (ok ? resolve() : undefined));
      }),
  );
  for (const modem of modems) modem.start();
  await Promise.all(good);
  t.pass('each has had a session in the end');
});

t.test('the line is below TLS', async (t) => {
  const acs = await acsFor(t, { tls: { cert, key } });
  const modems = modemsOn(t, acs, 2, {
    line: 'latency:2,slice:100,reset:after=6k,times=1',
    tls: { ca: cert, servername: 'localhost' },
  });
  await provision(t, acs, modems);
});

t.test('a modem is stopped while its line stands still', async (t) => {
  const acs = await acsFor(t);
  const began = new Set<string>();
  const modems = modemsOn(t, acs, 3, { line: 'stall:forever,after=3k,dir=down' });
  for (const modem of modems) modem.start();
  while (began.size < modems.length) {
    const seen = await acs.until((o) => o.is === 'session-began' && !began.has(o.device));
    if (seen.is === 'session-began') began.add(seen.device);
  }
  await Promise.all(modems.map((modem) => modem.stop()));
  t.pass('it ends');
});

t.throws(
  () => createModem({ acs: 'http://localhost/', profile: 'st706wl', line: 'latncy:5' }),
  { code: 'E_USAGE' },
  'a wrong line is reported when the modem is created',
);
