/** The modems of a capture, played to an ACS. */
import http from 'node:http';
import t from 'tap';
import { recordSocket } from '../../captures/record/record-socket.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import { cloneStandIns } from '../../replay/index.ts';
import { INFORM } from '../../scripts/captures/cwmp-texts.ts';
import { createModem, Device, loadProfile } from '../../simulator/index.ts';
import { runAcs } from '../support/acs/run-acs.ts';
import { recordToMemory } from '../support/capture/record-memory.ts';
import {
  alteringRelay,
  firstContact,
  recordingOf,
  scriptedAcs,
  sessionCapture,
  toAcs,
} from '../support/capture/replay-parts.ts';

const get = (...ParameterNames: string[]): Message => ({
  kind: 'request',
  rpc: 'GetParameterValues',
  args: { ParameterNames },
});
const values = (...pairs: (readonly [string, string])[]): Message => ({
  kind: 'response',
  rpc: 'GetParameterValues',
  args: { ParameterList: pairs.map(([Name, Value]) => ({ Name, Value, Type: 'string' })) },
});
const reboot: Message = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } };
const rebooted: Message = { kind: 'response', rpc: 'Reboot', args: {} };

t.test('a first contact played to a fresh ACS differs in nothing, and is the same to the byte', async (t) => {
  for (const profile of ['st706', 'st585v6', 'generic-tr181']) {
    const [acs, other] = [await runAcs(), await runAcs()];
    t.teardown(() => Promise.all([acs.stop(), other.stop()]));
    const recording = await recordingOf(await firstContact(t, acs.url, { profile }));
    const again = recordToMemory();
    const report = await toAcs(recording, other.url, {
      onSocket: (socket) => {
        recordSocket(again.recorder, socket, 'client');
      },
    });
    t.match(report, { same: true, differences: [], played: 1, notes: [] }, profile);
    t.ok(report.answers.capture > 3, `${profile}: ${report.answers.capture} requests were answered`);
    const played = await recordingOf(again.bytes());
    const sent = ({ sessions }: typeof recording) =>
      (sessions[0]?.exchanges ?? []).map(({ request: { http } }) => [
        http.headText.replace(/^(Host|Cookie): .*$/gim, '$1').replace(/^Content-Length: .*$/im, ''),
        Buffer.from(http.body)
          .toString('latin1')
          .replace(/(<\w+:ID[^>]*>)[^<]*/, '$1'),
      ]);
    t.strictSame(sent(played), sent(recording), `${profile}: what was sent`);
  }
});

t.test('one altered value in what the ACS says is found at its place', async (t) => {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const recording = await recordingOf(await firstContact(t, acs.url));
  const asked = recording.sessions[0]?.exchanges.flatMap(({ response }) =>
    response?.content.is === 'message' ? [response.content.envelope.message] : [],
  );
  const first = asked?.find((message) => message.kind === 'request' && message.rpc === 'GetParameterValues');
  const name =
    first?.kind === 'request' && first.rpc === 'GetParameterValues' ? first.args.ParameterNames[3] : '';
  t.ok(name);
  const other = `${name?.slice(0, -1)}_`;
  for (const [path, recorded, live, alter] of [
    [
      'GetParameterNames.NextLevel',
      'false',
      'true',
      (text: string) => text.replace('<NextLevel>0', '<NextLevel>1'),
    ],
    [
      'GetParameterValues.ParameterNames[3]',
      name,
      other,
      (text: string) => text.replace(`>${name}<`, `>${other}<`),
    ],
    [
      'InformResponse.MaxEnvelopes',
      '1',
      '2',
      (text: string) => text.replace('<MaxEnvelopes>1', '<MaxEnvelopes>2'),
    ],
  ] as const) {
    const fresh = await runAcs();
    t.teardown(() => fresh.stop());
    const report = await toAcs(recording, await alteringRelay(t, fresh.port, alter));
    const found = report.differences.filter((one) => one.path === path);
    t.match(found, [{ kind: 'field', session: 1, path, recorded, live, times: 1 }], path);
    t.equal(report.same, false);
    if (path.startsWith('Inform')) t.equal(report.differences.length, 1, 'and nothing else is');
  }
});

t.test('an ACS that asks the same in another order differs once', async (t) => {
  const asks = [get('A.B'), get('A.C'), reboot];
  const capture = sessionCapture([
    [get('A.B'), values(['A.B', '1'])],
    [get('A.C'), values(['A.C', '2'])],
    [reboot, rebooted],
  ]);
  const acs = await scriptedAcs(t, [...asks].reverse());
  const report = await toAcs(await recordingOf(capture), acs.url, { ignore: ['*.HTTP.*'] });
  t.match(report.differences, [
    {
      kind: 'order',
      path: 'Requests.order',
      recorded: 'GetParameterValues, GetParameterValues, Reboot',
      live: 'Reboot, GetParameterValues, GetParameterValues',
    },
  ]);
  t.match(acs.bodies.slice(2).join(), /live2.*RebootResponse.*live3.*<Value[^>]*>2<.*live4.*<Value[^>]*>1</s);
  t.match((await toAcs(await recordingOf(capture), (await scriptedAcs(t, asks)).url)).differences, []);
});

t.test(
  'what the capture holds no answer to is put together, asked of a profile, or refused and reported',
  async (t) => {
    const capture = await recordingOf(sessionCapture([[get('A.'), values(['A.B', '1'], ['A.C.D', '2'])]]));
    const methods: Message = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
    const acs = await scriptedAcs(t, [get('A.C.'), get('A.B'), methods]);
    const report = await toAcs(capture, acs.url, { ignore: ['*.HTTP.*'] });
    t.strictSame(report.answers, { capture: 0, values: 2, clone: 0, profile: 0, nobody: 1 });
    t.match(acs.bodies[2], /A\.C\.D/);
    t.notMatch(acs.bodies[2], /A\.B/);
    t.match(acs.bodies[3], /A\.B/);
    t.match(acs.bodies[4], /live4.*<FaultCode>9002</s);
    const [altered, second, third] = report.differences;
    t.match(altered, {
      kind: 'field',
      path: 'GetParameterValues.ParameterNames[0]',
      recorded: 'A.',
      live: 'A.C.',
    });
    t.match(second, { kind: 'added', path: 'GetParameterValues', note: 'answered from recorded values' });
    t.match(third, { kind: 'added', path: 'GetRPCMethods', note: /fault/ });
    const other = await scriptedAcs(t, [methods]);
    const profile = loadProfile('st706');
    const helped = await toAcs(capture, other.url, {
      ignore: ['*.HTTP.*'],
      standIns: () => ({
        from: 'profile',
        note: undefined,
        device: new Device({ profile, acs: other.url, now: () => 0 }),
      }),
    });
    t.match(helped.answers, { profile: 1, nobody: 0 });
    t.match(other.bodies[2], /<string>SetParameterValues</);
  },
);

t.test('each modem of a capture has a clone, which answers in its place what it was not asked', async (t) => {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const profiles = ['st706', 'generic-tr181'] as const;
  const contacts = await Promise.all(profiles.map((profile) => firstContact(t, acs.url, { profile })));
  const recordings = await Promise.all(contacts.map(recordingOf));
  const recording = { sessions: recordings.flatMap(({ sessions }) => sessions), mdap: [] };
  const root = (profile: string): string => (profile === 'st706' ? 'InternetGatewayDevice.' : 'Device.');
  const bodies: string[][] = [];
  // To each modem the same is said once more, in a recording of two.
  for (const [index, profile] of profiles.entries()) {
    const set: Message = {
      kind: 'request',
      rpc: 'SetParameterValues',
      args: {
        ParameterList: [
          {
            Name: `${root(profile)}ManagementServer.PeriodicInformInterval`,
            Value: '77',
            Type: 'unsignedInt',
          },
        ],
        ParameterKey: '',
      },
    };
    const attributes: Message = {
      kind: 'request',
      rpc: 'GetParameterAttributes',
      args: { ParameterNames: [`${root(profile)}ManagementServer.URL`] },
    };
    const { sessions } = recording;
    const one = { sessions: sessions.slice(index, index + 1), mdap: [] };
    const asked = await scriptedAcs(t, [set, attributes]);
    const report = await toAcs(one, asked.url, { standIns: cloneStandIns(recording, asked.url, () => 0) });
    t.match(report, { answers: { clone: 2, nobody: 0, profile: 0 }, notes: [] }, profile);
    t.match(
      report.differences.filter(({ kind }) => kind === 'added'),
      [{ path: 'SetParameterValues', note: 'answered by the clone' }, { path: 'GetParameterAttributes' }],
    );
    bodies.push([...asked.bodies]);
  }
  const [older = [], newer = []] = bodies;
  const opening = (text = '') => /^.*?Body>/s.exec(text)?.[0].replace(/(?<=:ID[^>]*>)[^<]*/, 'id');
  for (const [index, asked] of bodies.entries()) {
    const recorded = recording.sessions[index]?.exchanges.find(({ request: { content } }) => {
      return content.is === 'message' && content.envelope.message.kind === 'response';
    });
    const text = Buffer.from(recorded?.request.http.body ?? []).toString();
    t.equal(opening(asked[2]), opening(text), 'and is spelt as it was');
  }
  // A SpeedTouch of that firmware knows no attributes.
  t.match(older[3], /<FaultCode[^>]*>9000</);
  t.match(newer[3], /<Name>Device\.ManagementServer\.URL<.*<Notification/s);
});

t.test(
  'a capture that is not enough for a clone says so, and how little a clone knows is reported',
  async (t) => {
    const methods: Message = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
    const play = async (capture: Uint8Array) => {
      const recording = await recordingOf(capture);
      const acs = await scriptedAcs(t, [methods]);
      return toAcs(recording, acs.url, { standIns: cloneStandIns(recording, acs.url, () => 0) });
    };
    const little = await play(sessionCapture([]));
    t.match(little, {
      answers: { clone: 1 },
      notes: [
        'the clone of 00147F-SpeedTouch%20780-CP0644JTSGR has only the parameters that the capture shows',
      ],
    });
    if (INFORM.kind !== 'request' || INFORM.rpc !== 'Inform') throw new Error('unreachable');
    const silent: Message = { ...INFORM, args: { ...INFORM.args, ParameterList: [] } };
    const nothing = await play(sessionCapture([], {}, silent));
    t.match(nothing, {
      answers: { clone: 0, nobody: 1 },
      notes: [/not enough for a clone: .*no names of parameters/],
    });
  },
);

t.test('cookies of this ACS go back to it, in the place of the recorded ones', async (t) => {
  const capture = await recordingOf(sessionCapture([[reboot, rebooted]]));
  const acs = await scriptedAcs(t, [reboot], {
    'Content-Type': 'text/xml',
    'Set-Cookie': 'other=xyz; Path=/',
  });
  const report = await toAcs(capture, acs.url);
  t.match(report, { same: true });
  const cookies = acs.heads.map((head) => head[head.indexOf('Cookie') + 1]);
  t.strictSame(cookies, [acs.heads[0]?.[0], 'other=xyz', 'other=xyz']);
});

t.test('the credentials that an ACS asks for are sent; a challenge that is new is reported', async (t) => {
  const credentials = { username: 'modem', password: 'secret' };
  for (const auth of ['digest', 'basic'] as const) {
    const guarded = async () => {
      const acs = await runAcs({ auth, credentials: () => 'secret' });
      t.teardown(() => acs.stop());
      return acs;
    };
    const capture = await recordingOf(await firstContact(t, (await guarded()).url, { credentials }));
    const same = await toAcs(capture, (await guarded()).url, { credentials });
    t.match(same, { same: true, differences: [] }, auth);
    const refused = await toAcs(capture, (await guarded()).url);
    t.match(refused.notes, ['the ACS asks for credentials: give --username and --password']);
    t.match(refused.differences[0], { kind: 'field', path: 'InformResponse', live: '401' }, auth);
    const open = await runAcs();
    t.teardown(() => open.stop());
    const unasked = await toAcs(capture, open.url, { credentials });
    t.match(unasked.differences, [{ path: 'Inform.Attempts', recorded: '401', live: '' }], auth);
    t.equal(unasked.differences.length, 1);
  }
});

t.test('keys that this ACS makes come back to it, so that it knows what it asked for', async (t) => {
  const key = '00147F-SpeedTouch%20706-CP0636JTPUR';
  const settings = {
    'ManagementServer.PeriodicInformEnable': '1',
    'ManagementServer.PeriodicInformInterval': '600',
  };
  const [acs, other] = [await runAcs(), await runAcs()];
  t.teardown(() => Promise.all([acs.stop(), other.stop()]));
  const { bytes, recorder } = recordToMemory();
  const onSocket = (socket: Parameters<typeof recordSocket>[1]): void => {
    recordSocket(recorder, socket, 'client');
  };
  const modem = createModem({ acs: acs.url, profile: 'st706', seed: 5, speed: 1000, settings, onSocket });
  t.teardown(() => modem.stop());
  const first = modem.next('session-ended');
  modem.start();
  await first;
  const task = await acs.queue.add(key, { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } });
  await modem.next('session-ended', { where: ({ events }) => events.includes('M Reboot') });
  await modem.stop();
  const { mdap, sessions } = await recordingOf(bytes());
  const [contact, ...later] = sessions;
  t.match(await toAcs({ sessions: contact === undefined ? [] : [contact], mdap }, other.url), { same: true });
  const again = await other.queue.add(key, { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } });
  t.not(again.id, task.id);
  const said = recordToMemory();
  const report = await toAcs({ sessions: later, mdap }, other.url, {
    onSocket: (socket) => {
      recordSocket(said.recorder, socket, 'client');
    },
  });
  t.match(report, { same: true, differences: [], played: later.length });
  const commandKeys = (await recordingOf(said.bytes())).sessions.flatMap(({ exchanges }) => {
    const content = exchanges[0]?.request.content;
    const message = content?.is === 'message' ? content.envelope.message : undefined;
    if (message?.kind !== 'request' || message.rpc !== 'Inform') return [];
    return message.args.Event.flatMap(({ CommandKey }) => (CommandKey === '' ? [] : [CommandKey]));
  });
  t.strictSame(commandKeys, [again.id]);
  const ended = await other.until(
    (one) => one.is === 'task' && one.task.id === again.id && one.task.state === 'done',
  );
  t.match(ended, { task: { state: 'done' } });
});

t.test('a URL that names the ACS itself may name this one', async (t) => {
  const download = (URL: string): Message => ({
    kind: 'request',
    rpc: 'Download',
    args: {
      CommandKey: 'k',
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
  const answer: Message = {
    kind: 'response',
    rpc: 'Download',
    args: { Status: 1, StartTime: '0001-01-01T00:00:00Z', CompleteTime: '0001-01-01T00:00:00Z' },
  };
  const recording = await recordingOf(sessionCapture([[download('http://192.0.2.1:7547/files/a'), answer]]));
  const acs = await scriptedAcs(t, []);
  for (const [path, differences] of [
    ['files/a', []],
    [
      'files/b',
      [{ path: 'Download.URL', recorded: 'http://192.0.2.1:7547/files/a', live: `${acs.url}files/b` }],
    ],
  ] as const) {
    acs.asks.push(download(acs.url + path));
    t.match((await toAcs(recording, acs.url)).differences, differences, path);
  }
});

t.test(
  'an ACS that never answers, hangs up or cannot be reached ends the session with a difference',
  async (t) => {
    const capture = await recordingOf(sessionCapture([[reboot, rebooted]]));
    const server = http.createServer((request) => {
      if (request.url === '/gone') request.socket.destroy();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.teardown(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    const at = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    for (const [url, timeoutMs, live] of [
      [`${at}/silent`, 200, 'no response within 0.2 s'],
      [`${at}/gone`, 20_000, /ended|broke|hang up/],
      ['http://127.0.0.1:1/', 20_000, /ECONNREFUSED/],
    ] as const) {
      const report = await toAcs(capture, url, { timeoutMs });
      t.match(report.differences[0], { kind: 'broken', path: 'Inform.Response', live }, url);
      t.match(report.differences[1], { kind: 'missing', path: 'Reboot' }, url);
    }
  },
);
