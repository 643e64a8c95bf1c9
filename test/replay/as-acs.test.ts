/** The ACS of a capture, played to modems. */

import net from 'node:net';
import t, { type Test } from 'tap';
import { connectCpe } from '../../peers/cpe.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import { envelopeOf, INFORM, post } from '../../scripts/captures/cwmp-texts.ts';
import type { Modem, ModemOptions } from '../../simulator/index.ts';
import { createModem } from '../../simulator/index.ts';
import { runAcs } from '../support/acs/run-acs.ts';
import { firstContact, recordingOf, sessionCapture, toModems } from '../support/capture/replay-parts.ts';

function startModem(t: Test, acs: string, options: Partial<ModemOptions> = {}): Modem {
  const modem = createModem({ acs, profile: 'st706', seed: 5, speed: 1000, ...options });
  t.teardown(() => modem.stop());
  modem.start();
  return modem;
}

async function recorded(t: Test, options: Partial<ModemOptions> = {}, acs = {}) {
  const { stop, url } = await runAcs(acs);
  t.teardown(() => stop());
  return recordingOf(await firstContact(t, url, options));
}

const reboot: Message = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } };
const rebooted: Message = { kind: 'response', rpc: 'Reboot', args: {} };

/** What a simulated modem measures is another with each restart. */
const ignore = ['*Rate].Value', '*.WANDSLInterfaceConfig.*', '*.Hosts.*'];

t.test('the same modem answers what was asked as it did; another of its kind too', async (t) => {
  const recording = await recorded(t);
  const same = await toModems(recording, (url) => startModem(t, url), { ignore });
  t.match(same, { role: 'ACS', same: true, differences: [], recorded: 1, played: 1, sent: 14 });
  const other = await toModems(recording, (url) => startModem(t, url, { seed: 'another' }), { ignore });
  t.equal(other.played, 1);
  const paths = other.differences.map(({ path }) => path);
  t.notOk(paths.some((path) => /SerialNumber|MACAddress|UpTime|\.HTTP\.|^Inform\./.test(path)));
});

t.test('one value of the modem that is other is found at its place', async (t) => {
  const recording = await recorded(t);
  const report = await toModems(
    recording,
    (url) => startModem(t, url, { settings: { 'DeviceInfo.ProvisioningCode': 'other' } }),
    { ignore },
  );
  const name = 'InternetGatewayDevice.DeviceInfo.ProvisioningCode';
  t.match(
    report.differences.filter(({ path }) => path.startsWith('GetParameterValuesResponse')),
    [{ kind: 'field', path: `GetParameterValuesResponse.ParameterList[${name}].Value`, live: 'other' }],
  );
  const quirky = await toModems(recording, (url) => startModem(t, url, { profile: 'st585v6' }));
  t.ok(quirky.differences.some(({ path }) => path === 'Inform.DeviceId.ProductClass'));
});

t.test('a challenge is made again, and answered', async (t) => {
  const credentials = { username: 'modem', password: 'secret' };
  const recording = await recorded(t, { credentials }, { auth: 'digest', credentials: () => 'secret' });
  const report = await toModems(recording, (url) => startModem(t, url, { credentials }), { ignore });
  t.match(report, { same: true, differences: [], played: 1 });
});

t.test('a modem that stops, or never comes, is a difference after the time that is given', async (t) => {
  const recording = await recordingOf(sessionCapture([[reboot, rebooted]]));
  const never = await toModems(recording, () => undefined, { timeoutMs: 50 });
  t.match(never, { same: false, played: 0 });
  t.match(never.differences, [{ kind: 'broken', path: 'Session', live: 'no Inform: nothing within 0.05 s' }]);
  const inform = post(encode(envelopeOf(INFORM)));
  const stopped = await toModems(
    recording,
    async (url) => {
      const client = await connectCpe(Number(new URL(url).port));
      client.send(inform);
      t.match((await client.response()).body, /InformResponse/);
      client.send(post(undefined));
      t.match((await client.response()).body, /Reboot/);
    },
    { timeoutMs: 2000 },
  );
  t.match(stopped.differences, [{ kind: 'broken', path: 'Reboot.Answer', live: 'nothing within 2 s' }]);
});

t.test(
  'IDs are echoed; other requests of the modem are answered and reported; no HTTP is no session',
  async (t) => {
    const recording = await recordingOf(sessionCapture([[reboot, rebooted]], { cookie: undefined }));
    const methods: Message = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
    const report = await toModems(
      recording,
      async (url) => {
        const port = Number(new URL(url).port);
        net.connect(port, '127.0.0.1', function (this: net.Socket) {
          this.end('no HTTP\r\n\r\n');
        });
        const client = await connectCpe(port);
        const say = async (message: Message | undefined, id: string) => {
          client.send(post(message === undefined ? undefined : encode(envelopeOf(message, id))));
          return client.response();
        };
        t.match((await say(INFORM, 'mine')).body, />mine<.*InformResponse/);
        t.match((await say(methods, 'own2')).body, />own2<.*GetRPCMethodsResponse/);
        const asked = await say(undefined, '');
        t.match(asked.body, />acs0<.*Reboot/);
        t.match(await say(rebooted, 'acs0'), { status: 204 });
      },
      { ignore: ['*.HTTP.*'] },
    );
    t.match(report.differences, [{ kind: 'added', path: 'GetRPCMethods', session: 1 }]);
    t.equal(report.played, 1);
  },
);

t.test('several sessions are played in their order, each to its own device', async (t) => {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const parts = [
    await firstContact(t, acs.url, { profile: 'st706' }),
    await firstContact(t, acs.url, { profile: 'st585v6' }),
  ];
  const recordings = await Promise.all(parts.map(recordingOf));
  const sessions = recordings.flatMap((recording) => recording.sessions);
  const report = await toModems(
    { sessions, mdap: [] },
    (url) => {
      startModem(t, url, { profile: 'st585v6' });
      startModem(t, url, { profile: 'st706' });
    },
    { ignore },
  );
  t.match(report, { same: true, differences: [], recorded: 2, played: 2 });
});
