import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Test } from 'tap';
import t from 'tap';
import { decode } from '../../../../protocol/cwmp/decode.ts';
import { encode } from '../../../../protocol/cwmp/encode.ts';
import type { CpeMethod, Envelope, Inform, Message, Request } from '../../../../protocol/cwmp/messages.ts';
import { writeImage } from '../../../../protocol/datamodel/firmware-image.ts';
import type { Modem, ScenarioOptions, ScenarioResult, ScenarioRun } from '../../../../simulator/index.ts';
import { runScenario } from '../../../../simulator/index.ts';
import type { TestAcs } from '../../../support/acs/run-acs.ts';
import { runAcs } from '../../../support/acs/run-acs.ts';
import { SEED } from '../../../support/seed.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

const IGD = 'InternetGatewayDevice.';

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

/** The reaction of a small ACS to a POST: its session goes on well, or this status. */
type Word = 'well' | Request<CpeMethod> | number;

const INFORM_RESPONSE: Message = { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } };

async function envelopeOf(request: AsyncIterable<Buffer>): Promise<Envelope | undefined> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const decoded = body.length === 0 ? undefined : decode(body);
  return decoded?.ok === true ? decoded.value.envelope : undefined;
}

/** An ACS controlled by a function: for an Inform, and then for each POST without a body. */
async function oddAcs(
  t: Test,
  answer: (inform: Inform, turn: 'inform' | 'asks') => Word,
): Promise<{ url: string; server: Server }> {
  const informs = new WeakMap<object, Inform>();
  const server = createServer(async (request, response) => {
    const envelope = await envelopeOf(request);
    const begins = envelope?.message.kind === 'request' && envelope.message.rpc === 'Inform';
    if (begins) informs.set(request.socket, envelope.message.args);
    const inform = informs.get(request.socket);
    const reply = inform === undefined ? 500 : answer(inform, begins ? 'inform' : 'asks');
    if (typeof reply === 'number') return response.writeHead(reply).end();
    const message: Message | undefined = begins ? INFORM_RESPONSE : reply === 'well' ? undefined : reply;
    if (message === undefined) return response.writeHead(204).end();
    response.setHeader('Content-Type', 'text/xml; charset=utf-8');
    const id = begins ? envelope.id : 'asked';
    return response.end(encode({ id, namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, server };
}

function run(t: Test, options: ScenarioOptions): ScenarioRun {
  const played = runScenario({ seed: SEED, speed: 'max', count: 3, profile: 'st706wl', ...options });
  t.teardown(() => played.stop());
  return played;
}

const keyOf = ({ id }: Modem): string =>
  [id.OUI, id.ProductClass, id.SerialNumber].map((part) => encodeURIComponent(part)).join('-');

async function plays(t: Test, played: ScenarioRun): Promise<ScenarioResult> {
  const result = await played.done;
  t.match(result, { ok: true, why: 'ended', reached: played.modems.length, wrong: [] });
  return result;
}

/** It has to fail, and to report why. */
async function fails(
  t: Test,
  played: ScenarioRun,
  why: ScenarioResult['why'],
  what: RegExp,
): Promise<ScenarioResult> {
  const result = await played.done;
  t.match(result, { ok: false, why });
  t.match(result.wrong.flatMap((modem) => modem.what).join('; '), what);
  await played.stop();
  return result;
}

t.test('factory-fresh: goes well; not where the ACS refuses, nor where it resets the modems', async (t) => {
  const acs = await acsFor(t);
  const result = await plays(t, run(t, { scenario: 'factory-fresh', acs: acs.url }));
  t.ok(result.requests >= 9, 'they were discovered meanwhile');
  const refusing = await oddAcs(t, () => 503);
  await fails(t, run(t, { scenario: 'factory-fresh', acs: refusing.url }), 'late', /0 of 2 good sessions/);
  let resets = 0;
  const again = await oddAcs(t, (inform, turn) => {
    if (turn === 'inform' || resets > 0 || inform.DeviceId.SerialNumber === '') return 'well';
    resets += 1;
    return { kind: 'request', rpc: 'FactoryReset', args: {} };
  });
  await fails(
    t,
    run(t, { scenario: 'factory-fresh', acs: again.url, set: { sessions: 5 } }),
    'broken',
    /2 of 2 good sessions with 0 BOOTSTRAP/,
  );
});

t.test('firmware-upgrade: the offered image gets on; one for other hardware does not', async (t) => {
  for (const good of [true, false]) {
    const acs = await acsFor(t, { transferMs: 60_000 });
    const played = run(t, {
      scenario: 'firmware-upgrade',
      acs: acs.url,
      profile: ['st706wl', 'st585v6'],
      set: { version: '6.9.9.9', minutes: 30, interval: 60 },
    });
    // Before the first modem has booted.
    const images = await played.ready;
    const other = createServer((_request, response) =>
      response.end(writeImage({ family: 'XX', board: 'OTHER', version: '6.9.9.9' })),
    ).listen(0, '127.0.0.1');
    t.teardown(() => other.close());
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const tasks = await Promise.all(
      played.modems.map((modem) => {
        const URL = good ? (images.get(modem.device.profile.name) ?? '') : `http://127.0.0.1:${port}/x.bli`;
        return acs.queue.add(keyOf(modem), {
          kind: 'request',
          rpc: 'Download',
          args: {
            CommandKey: '',
            FileType: '1 Firmware Upgrade Image',
            URL,
            Username: '',
            Password: '',
            FileSize: 0,
            TargetFileName: '',
            DelaySeconds: 0,
            SuccessURL: '',
            FailureURL: '',
          },
        });
      }),
    );
    if (good) await plays(t, played);
    else await fails(t, played, 'late', /firmware "[^"]+" instead of "6.9.9.9"; 0 of 1 transfers/);
    const ended = await Promise.all(tasks.map(({ id }) => acs.queue.wait(id, 5000)));
    t.ok(ended.every((task) => task?.state === (good ? 'done' : 'failed')));
    await played.stop();
  }
});

t.test('boot-storm: all come back; an ACS that does not know them a second time loses them', async (t) => {
  const acs = await acsFor(t);
  const played = run(t, { scenario: 'boot-storm', acs: acs.url, count: 25 });
  const restarts: number[] = [];
  for (const modem of played.modems) modem.events.on('rebooted', () => restarts.push(modem.device.uptime));
  const result = await plays(t, played);
  t.equal(restarts.length, 25);
  t.equal(result.sessionsFailed, 0);
  const seen = new Set<string>();
  const forgetful = await oddAcs(t, ({ DeviceId: { SerialNumber } }, turn) => {
    if (turn === 'asks') return 'well';
    const known = seen.has(SerialNumber);
    seen.add(SerialNumber);
    return known ? 503 : 'well';
  });
  const lost = await fails(
    t,
    run(t, { scenario: 'boot-storm', acs: forgetful.url, count: 5 }),
    'late',
    /1 of 2 good sessions with 1 BOOT/,
  );
  t.equal(lost.wrong.length, 5);
});

t.test('line-drop: modems come back after each; not where a RetryCount is refused', async (t) => {
  const acs = await acsFor(t);
  const result = await plays(t, run(t, { scenario: 'line-drop', acs: acs.url }));
  t.ok(result.simulatedSeconds >= 15 * 60 && result.sessionsFailed >= 9);
  const stubborn = await oddAcs(t, ({ RetryCount }) => (RetryCount > 0 ? 503 : 'well'));
  await fails(
    t,
    run(t, {
      scenario: 'line-drop',
      acs: stubborn.url,
      count: 1,
      set: { interval: 600, seconds: 900, minutes: 60 },
    }),
    'late',
    /0 of 3 recoveries/,
  );
});

t.test('reboot-while-configured: it is done again; not by an ACS that thinks it was done', async (t) => {
  const set: Request<'SetParameterValues'> = {
    kind: 'request',
    rpc: 'SetParameterValues',
    args: {
      ParameterList: [{ Name: `${IGD}DeviceInfo.ProvisioningCode`, Value: 'x', Type: 'string' }],
      ParameterKey: '',
    },
  };
  for (const point of ['request-received', 'performed']) {
    const acs = await acsFor(t);
    const played = run(t, { scenario: 'reboot-while-configured', acs: acs.url, set: { point } });
    const tasks = await Promise.all(played.modems.map((modem) => acs.queue.add(keyOf(modem), set)));
    await plays(t, played);
    for (const { id } of tasks) t.match(await acs.queue.wait(id, 5000), { state: 'done', attempts: 2 });
    await played.stop();
  }
  const reported = new Set<string>();
  const trusting = await oddAcs(t, ({ DeviceId: { SerialNumber } }, turn) => {
    if (turn === 'inform' || reported.has(SerialNumber)) return 'well';
    reported.add(SerialNumber);
    return set;
  });
  await fails(
    t,
    run(t, { scenario: 'reboot-while-configured', acs: trusting.url, count: 1 }),
    'late',
    /0 of 1 SetParameterValues carried out in good sessions/,
  );
});

t.test('moved-acs: the other ACS takes them up; not when it refuses', async (t) => {
  const [from, to] = [await acsFor(t), await acsFor(t)];
  await plays(t, run(t, { scenario: 'moved-acs', acs: from.url, set: { to: to.url } }));
  const there = await to.until(({ is }) => is === 'session-began');
  t.match(there, { events: ['0 BOOTSTRAP'] });
  const refusing = await oddAcs(t, () => 403);
  await fails(
    t,
    run(t, { scenario: 'moved-acs', acs: from.url, count: 1, set: { to: refusing.url } }),
    'late',
    /last good session with/,
  );
});

t.test('wrong-credentials: refused for ever; broken by an ACS that asks nobody', async (t) => {
  const acs = await acsFor(t, { auth: 'digest', credentials: () => 'right' });
  const result = await plays(t, run(t, { scenario: 'wrong-credentials', acs: acs.url }));
  t.equal(result.sessionsOk, 0);
  const open = await acsFor(t);
  await fails(t, run(t, { scenario: 'wrong-credentials', acs: open.url }), 'broken', /1 of 1 good sessions/);
});

t.test('slow-modem: an ACS with patience waits; one without loses it', async (t) => {
  const set = { ms: 30, bytes: 100_000 };
  const acs = await acsFor(t);
  await plays(t, run(t, { scenario: 'slow-modem', acs: acs.url, set }));
  const hasty = await oddAcs(t, () => 'well');
  hasty.server.on('connection', (socket) => {
    const timer = setTimeout(() => socket.destroy(), 25);
    socket.once('close', () => clearTimeout(timer));
  });
  await fails(t, run(t, { scenario: 'slow-modem', acs: hasty.url, set }), 'broken', /1 of 1 failed sessions/);
});
