import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import t, { type Test } from 'tap';
import type { Script } from '../../peers/acs.ts';
import type { Answer } from '../../peers/answer.ts';
import { HANG_UP, INFORM_RESPONSE, NO_CONTENT, reply } from '../../peers/answer.ts';
import type { Turn } from '../../peers/turn.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Args, CpeMethod, Message, Request } from '../../protocol/cwmp/messages.ts';
import { writeImage } from '../../protocol/datamodel/firmware-image.ts';
import type { Modem, ModemOptions, SessionReport } from '../../simulator/index.ts';
import { createModem, createSwarm, loadProfile } from '../../simulator/index.ts';
import { createScheduler } from '../../simulator/time/scheduler.ts';
import { scriptedAcs } from '../support/acs/scripted-acs.ts';
import { fixture as fixturePath } from '../support/tree.ts';

const IGD = 'InternetGatewayDevice.';
/**
 * Simulated seconds per second: a minute of the retry ladder is 60 ms, and no period of 12 hours ends within
 * a test.
 */
const SPEED = 1000;

const informResponse = (turn: Turn): Answer => turn.soap(INFORM_RESPONSE);
const request = (turn: Turn, asked: Request<CpeMethod>, id = 'acs-1'): Answer => turn.soap(asked, { id });

/** The URL of an ACS to which every POST is an envelope or empty, and is answered by this script. */
async function acsOf(t: Test, script: Script): Promise<string> {
  const { url } = await scriptedAcs(t, {
    script: (turn) => {
      if (turn.body !== '' && turn.envelope === undefined) t.fail(`the modem sent no envelope: ${turn.body}`);
      return script(turn);
    },
  });
  return url;
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The ACS of most tests: answers Inform, then asks these, one a session turn, then nothing. */
function asks(requests: readonly Request<CpeMethod>[], seen: Turn[] = []): (turn: Turn) => Answer {
  const left = [...requests];
  return (turn) => {
    seen.push(turn);
    if (turn.asks('Inform')) return informResponse(turn);
    if (turn.asks('TransferComplete'))
      return turn.soap({ kind: 'response', rpc: 'TransferComplete', args: {} });
    const next = left.shift();
    return next === undefined ? NO_CONTENT : request(turn, next);
  };
}

function modemOf(
  t: Test,
  options: Omit<ModemOptions, 'profile'> & { profile?: ModemOptions['profile'] },
): Modem {
  const modem = createModem({ profile: 'st585v6', seed: 3, speed: SPEED, timeoutMs: 5000, ...options });
  t.teardown(() => modem.stop());
  return modem;
}

function session(modem: Modem): Promise<SessionReport> {
  return new Promise((resolve) => modem.events.once('session-ended', resolve));
}

const headersOf = ({ request }: Turn): string[] => request.headerLines.map(([name]) => name);

t.test('a whole session: inform, hand over the turn, answer what is asked, end on 204', async (t) => {
  const seen: Turn[] = [];
  const acs = await acsOf(
    t,
    asks(
      [
        { kind: 'request', rpc: 'GetParameterNames', args: { ParameterPath: IGD, NextLevel: false } },
        { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [IGD] } },
        { kind: 'request', rpc: 'GetRPCMethods', args: {} },
      ],
      seen,
    ),
  );
  const modem = modemOf(t, { acs, profile: 'st780wl' });
  const asked: string[] = [];
  modem.events.on('rpc', ({ rpc }) => asked.push(rpc));
  modem.start();
  t.match(await session(modem), {
    ok: true,
    why: 'done',
    events: ['0 BOOTSTRAP', '1 BOOT', '4 VALUE CHANGE'],
    requests: ['GetParameterNames', 'GetParameterValues', 'GetRPCMethods'],
    retryCount: 0,
  });
  t.strictSame(asked, ['GetParameterNames', 'GetParameterValues', 'GetRPCMethods']);
  const [inform, empty, names, values, methods, ...more] = seen;
  t.strictSame(more, [], 'after 204 it is silent');
  t.match(inform?.envelope?.message, { rpc: 'Inform', args: { DeviceId: modem.id, RetryCount: 0 } });
  t.equal(empty?.body.length, 0);
  t.match(names?.envelope, { id: 'acs-1', message: { rpc: 'GetParameterNames' } });
  const list = names?.envelope?.message;
  t.equal(
    list?.kind === 'response' && list.rpc === 'GetParameterNames' && list.args.ParameterList.length,
    3343,
  );
  const read = values?.envelope?.message;
  t.equal(
    read?.kind === 'response' && read.rpc === 'GetParameterValues' && read.args.ParameterList.length,
    3343,
  );
  t.match(methods?.envelope?.message, { args: { MethodList: loadProfile('st780wl').cwmp.methods } });
  t.equal(new Set(seen.map(({ connection }) => connection)).size, 1, 'on one connection');
});

/** The bytes of a modem's first Inform, in chunks. */
async function firstPost(t: Test, profile: string): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const modem = modemOf(t, { acs: `http://127.0.0.1:${portOf(server.address())}/`, profile });
  const received = new Promise<string>((resolve) => {
    server.once('connection', (socket) => {
      let text = '';
      socket
        .on('error', () => {})
        .on('data', (bytes) => {
          text += bytes.toString('latin1');
          if (!text.endsWith('\r\n0\r\n\r\n')) return;
          socket.end('HTTP/1.1 204 No Content\r\n\r\n');
          resolve(text);
        });
    });
  });
  modem.start();
  const text = await received;
  await modem.stop();
  server.close();
  return text;
}

function unchunked(text: string): { readonly body: string; readonly chunks: readonly number[] } {
  const chunks: number[] = [];
  const body = text.replace(/(?:^|\r\n)([0-9a-f]{1,3})\r\n/g, (_, size: string) => {
    chunks.push(Number.parseInt(size, 16));
    return '';
  });
  return { body, chunks };
}

t.test(
  'the bytes of the first exchange are those of a SpeedTouch with 6.2, and of one with 7.4',
  async (t) => {
    for (const [profile, userAgent, starts, parameter] of [
      [
        'st780wl',
        'r6.2.15.5',
        '<cwmp:Inform>\r\n<DeviceId>\r\n <Manufacturer>THOMSON</Manufacturer>\r\n <OUI>',
        '\r\n<ParameterValueStruct>\r\n <Name>',
      ],
      [
        'st780v74',
        'r7.4.1.7',
        '<cwmp:Inform><DeviceId> <Manufacturer>THOMSON</Manufacturer>\r\n <OUI>',
        '\r\n     <ParameterValueStruct>      <Name>',
      ],
    ] as const) {
      const text = await firstPost(t, profile);
      const [head = '', ...rest] = text.split('\r\n\r\n');
      t.strictSame(head.split('\r\n'), [
        'POST / HTTP/1.1',
        'Content-Type: text/xml; charset=ISO-8859-1',
        'Host: 127.0.0.1',
        `User-Agent: Thomson_cwmp-engine/${userAgent}`,
        'SOAPAction:',
        'Transfer-Encoding: chunked',
      ]);
      const { body, chunks } = unchunked(rest.join('\r\n\r\n'));
      t.ok(
        chunks.length >= 3 && chunks.slice(0, -2).every((size) => size > 1380 && size <= 1430),
        `chunks ${chunks}`,
      );
      t.ok(body.includes(starts), 'how containers begin');
      t.ok(body.includes(parameter), 'how values are indented');
      t.match(
        body,
        /<cwmp:ID soapenv:mustUnderstand="1">0_THOM_TR69_ID<\/cwmp:ID>\r\n <\/soapenv:Header>\r\n/,
      );
      t.match(body, /<Event soap:arrayType="cwmp:EventStruct\[03\]">/);
      t.match(body, /<RetryCount>00<\/RetryCount>\r\n/);
      t.match(body, /<CurrentTime>1970-01-\d\dT\d\d:\d\d:\d\dZ</);
      t.match(body, /<Name>\.ExternalIPAddress<\/Name>/);
      const order = [...body.matchAll(/<Name>(?:InternetGatewayDevice)?(\.[^<]+)</g)].map(([, name]) => name);
      t.strictSame(
        order.slice(0, 2),
        profile === 'st780wl'
          ? ['.DeviceSummary', '.DeviceInfo.SpecVersion']
          : ['.ExternalIPAddress', '.DeviceInfo.HardwareVersion'],
      );
      t.equal(order.length, profile === 'st780wl' ? 12 : 8);
    }
  },
);

t.test('ids, header lines and cookies follow the generation', async (t) => {
  const seen: Turn[] = [];
  let sessions = 0;
  const acs = await acsOf(t, (turn) => {
    seen.push(turn);
    if (turn.asks('Inform')) {
      sessions += 1;
      const headers = ['Set-Cookie: session=a b; Path=/', 'Set-Cookie: other=2'];
      return turn.soap(INFORM_RESPONSE, { headers });
    }
    return turn.body === '' && sessions === 1
      ? request(turn, { kind: 'request', rpc: 'GetRPCMethods', args: {} }, 'asked')
      : NO_CONTENT;
  });
  const modem = modemOf(t, { acs, profile: 'st706wl' });
  modem.start();
  await session(modem);
  modem.inform('2 PERIODIC');
  await session(modem);
  t.strictSame(
    seen.map(({ envelope }) => envelope?.id),
    ['THOM_CPE_ALC_ID_1', undefined, 'THOM_CPE_ALC_ID_2', 'THOM_CPE_ALC_ID_3', undefined],
    '5.4 answers with its own next number',
  );
  t.ok(seen.filter(({ envelope }) => envelope?.header.NoMoreRequests === true).length === 3);
  const cookies = seen.map(({ request }) => request.headers.get('cookie'));
  const old = '$Version="0"; session=a b;$Path=/; other=2';
  t.strictSame(cookies, [undefined, old, old, undefined, old], 'cookies last for a session');
  const [, empty] = seen;
  t.strictSame(empty && headersOf(empty), ['Host', 'User-Agent', 'Cookie', 'SOAPAction', 'Content-Length']);
});

t.test('a reboot waits for the end of the session and is reported by its CommandKey', async (t) => {
  const reboot = (CommandKey: string): Request<CpeMethod> => ({
    kind: 'request',
    rpc: 'Reboot',
    args: { CommandKey },
  });
  const seen: Turn[] = [];
  const acs = await acsOf(t, asks([reboot('one'), reboot('two')], seen));
  const modem = modemOf(t, { acs });
  const restarts: unknown[] = [];
  modem.events.on('rebooted', (restart) => restarts.push(restart));
  modem.start();
  t.match(await session(modem), { ok: true, requests: ['Reboot', 'Reboot'] });
  const next = await session(modem);
  t.strictSame(next.events, ['1 BOOT', '4 VALUE CHANGE', 'M Reboot', 'M Reboot']);
  t.strictSame(restarts, [{ cause: 'reboot', commandKeys: ['one', 'two'] }], 'one restart for both');
  const inform = seen.findLast((turn) => turn.asks('Inform'))?.envelope?.message;
  t.match(inform, { args: { Event: [{}, {}, { CommandKey: 'one' }, { CommandKey: 'two' }] } });
});

t.test('a reboot of which the answer was lost happened, and the next Inform tells', async (t) => {
  const acs = await acsOf(t, asks([{ kind: 'request', rpc: 'Reboot', args: { CommandKey: 'once' } }]));
  const modem = modemOf(t, { acs });
  modem.cutNextSession('performed', 'Reboot');
  modem.start();
  t.match(await session(modem), { ok: false, why: 'lost', requests: ['Reboot'] });
  t.match(await session(modem), {
    ok: true,
    events: ['1 BOOT', '4 VALUE CHANGE', 'M Reboot'],
    retryCount: 1,
  });
});

t.test('settings outlive a restart but not a factory reset, after which it bootstraps again', async (t) => {
  const set: Args<'SetParameterValues'> = {
    ParameterList: [{ Name: `${IGD}DeviceInfo.ProvisioningCode`, Value: 'mine', Type: 'string' }],
    ParameterKey: 'pk',
  };
  const acs = await acsOf(
    t,
    asks([
      { kind: 'request', rpc: 'SetParameterValues', args: set },
      { kind: 'request', rpc: 'FactoryReset', args: {} },
    ]),
  );
  const modem = modemOf(t, { acs });
  const changes: unknown[] = [];
  modem.events.on('parameter-set', (change) => changes.push(change));
  modem.start();
  await session(modem);
  t.strictSame(changes, [{ name: `${IGD}DeviceInfo.ProvisioningCode`, value: 'mine' }]);
  t.strictSame((await session(modem)).events, ['0 BOOTSTRAP', '1 BOOT', '4 VALUE CHANGE']);
  t.equal(modem.device.setting('DeviceInfo.ProvisioningCode'), '');
  t.equal(modem.device.setting('ManagementServer.ParameterKey'), '');
  t.equal(modem.device.setting('ManagementServer.URL'), acs, 'the factory knows the ACS');
});

t.test('it informs at its interval, and a new interval counts at once', async (t) => {
  const interval = {
    Name: `${IGD}ManagementServer.PeriodicInformInterval`,
    Value: '60',
    Type: 'unsignedInt',
  };
  const args = { ParameterList: [interval], ParameterKey: '' };
  const acs = await acsOf(t, asks([{ kind: 'request', rpc: 'SetParameterValues', args }]));
  const modem = modemOf(t, { acs });
  modem.start();
  await session(modem);
  for (let round = 0; round < 3; round++) t.strictSame((await session(modem)).events, ['2 PERIODIC']);
});

t.test(
  'a session that fails is tried again with its events and a RetryCount, until it gets through',
  async (t) => {
    const seen: Turn[] = [];
    const acs = await acsOf(t, (turn) => {
      seen.push(turn);
      if (turn.number === 1) return reply(503, { body: 'later' });
      if (turn.number === 2) return HANG_UP;
      if (turn.number === 3) return reply(200, { body: '<html>no ACS' });
      return turn.asks('Inform') ? informResponse(turn) : NO_CONTENT;
    });
    const modem = modemOf(t, { acs });
    modem.start();
    const reports = [await session(modem), await session(modem), await session(modem), await session(modem)];
    t.strictSame(
      reports.map(({ why }) => why),
      ['http-status', 'lost', 'unreadable', 'done'],
    );
    for (const { events } of reports) t.strictSame(events, ['0 BOOTSTRAP', '1 BOOT', '4 VALUE CHANGE']);
    const counts = seen.flatMap(({ envelope }) =>
      envelope?.message.kind === 'request' && envelope.message.rpc === 'Inform'
        ? [envelope.message.args.RetryCount]
        : [],
    );
    t.strictSame(counts, [0, 1, 2, 3]);
    modem.inform('2 PERIODIC');
    t.match(
      await session(modem),
      { ok: true, retryCount: 0, events: ['2 PERIODIC'] },
      'what was delivered is not said again',
    );
  },
);

t.test('the line can be cut at each point of a session, and what was done stays done', async (t) => {
  const add: Request<CpeMethod> = {
    kind: 'request',
    rpc: 'AddObject',
    args: { ObjectName: `${IGD}Layer3Forwarding.Forwarding.`, ParameterKey: '' },
  };
  for (const [where, entries, requests] of [
    ['inform-sent', '2', []],
    ['request-received', '2', []],
    ['performed', '3', ['AddObject']],
    ['answered', '3', ['AddObject']],
  ] as const) {
    const seen: Turn[] = [];
    const acs = await acsOf(t, asks([add], seen));
    const modem = modemOf(t, { acs });
    if (where === 'inform-sent') modem.cutNextSession(where);
    else modem.cutNextSession(where, 'AddObject');
    modem.start();
    t.match(await session(modem), { ok: false, why: 'lost', requests }, where);
    t.equal(modem.device.setting('Layer3Forwarding.ForwardNumberOfEntries'), entries, where);
    t.match(await session(modem), { ok: true, retryCount: 1 }, `${where}: the next session is whole`);
    const answers = seen.filter(({ envelope }) => envelope?.message.kind === 'response').length;
    t.equal(
      answers,
      where === 'answered' || where === 'inform-sent' ? 1 : 0,
      `${where}: answers that arrived`,
    );
    await modem.stop();
  }
});

/** A file server that keeps uploads. */
async function fileServer(t: Test, files: ReadonlyMap<string, Uint8Array>, password?: string) {
  const put: { readonly url: string; readonly bytes: Buffer }[] = [];
  const server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (password !== undefined && request.headers.authorization !== `Basic ${btoa(`user:${password}`)}`)
      return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="files"' }).end();
    const url = request.url ?? '';
    if (request.method === 'PUT') {
      put.push({ url, bytes: Buffer.concat(parts) });
      return response.writeHead(201).end();
    }
    const file = files.get(url);
    return file === undefined ? response.writeHead(404).end() : response.end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${portOf(server.address())}`, put };
}

const downloadOf = (URL: string, FileType = '1 Firmware Upgrade Image'): Request<'Download'> => ({
  kind: 'request',
  rpc: 'Download',
  args: {
    CommandKey: 'dl-7',
    FileType,
    URL,
    Username: 'user',
    Password: 'pass',
    FileSize: 0,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
  },
});

t.test(
  'a firmware image of its own kind is fetched and runs after a restart; TransferComplete tells',
  async (t) => {
    const image = writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' });
    const files = await fileServer(t, new Map([['/new.bin', image]]), 'pass');
    const seen: Turn[] = [];
    const acs = await acsOf(t, asks([downloadOf(`${files.url}/new.bin`)], seen));
    const modem = modemOf(t, { acs });
    modem.start();
    await session(modem);
    const next = await session(modem);
    t.match(next, { ok: true, events: ['1 BOOT', '4 VALUE CHANGE', '7 TRANSFER COMPLETE', 'M Download'] });
    t.equal(modem.device.setting('DeviceInfo.SoftwareVersion'), '6.2.29.2');
    const answer = seen.find(({ envelope }) => envelope?.message.kind === 'response')?.envelope?.message;
    t.match(answer, { rpc: 'Download', args: { Status: 1, CompleteTime: '0001-01-01T00:00:00Z' } });
    const reported = seen.filter((turn) => turn.asks('TransferComplete'));
    t.equal(reported.length, 1);
    t.match(reported[0]?.envelope?.message, {
      args: { CommandKey: 'dl-7', FaultStruct: { FaultCode: 0, FaultString: '' } },
    });
    modem.inform('2 PERIODIC');
    t.strictSame((await session(modem)).events, ['2 PERIODIC'], 'and once only');
  },
);

t.test('a failed transfer is reported by its fault, and changes nothing', async (t) => {
  const other = writeImage({ family: 'QH', board: 'BANT-R', version: '9.9.9.9' });
  const files = await fileServer(
    t,
    new Map([
      ['/other.bin', other],
      ['/text.bin', Buffer.from('no image')],
      ['/cut.bin', other.subarray(0, 400)],
    ]),
  );
  const dead = net.createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const nowhere = `http://127.0.0.1:${portOf(dead.address())}/x`;
  dead.close();
  for (const [url, code] of [
    [`${files.url}/other.bin`, 9018],
    [`${files.url}/text.bin`, 9018],
    [`${files.url}/cut.bin`, 9018],
    [`${files.url}/absent.bin`, 9016],
    [nowhere, 9015],
  ] as const) {
    const seen: Turn[] = [];
    const acs = await acsOf(t, asks([downloadOf(url)], seen));
    const modem = modemOf(t, { acs });
    modem.start();
    await session(modem);
    t.strictSame((await session(modem)).events, ['7 TRANSFER COMPLETE', 'M Download']);
    const reported = seen.find((turn) => turn.asks('TransferComplete'))?.envelope?.message;
    t.match(reported, { args: { FaultStruct: { FaultCode: code } } }, url);
    t.equal(modem.device.setting('DeviceInfo.SoftwareVersion'), '6.2.17.5');
    await modem.stop();
  }
});

t.test('an upload goes to the requested URL', async (t) => {
  const files = await fileServer(t, new Map(), 'pass');
  const args: Args<'Upload'> = {
    CommandKey: 'up',
    FileType: '1 Vendor Configuration File',
    URL: `${files.url}/conf`,
    Username: 'user',
    Password: 'pass',
    DelaySeconds: 30,
  };
  const acs = await acsOf(t, asks([{ kind: 'request', rpc: 'Upload', args }]));
  const modem = modemOf(t, { acs, profile: 'st706wl' });
  modem.start();
  await session(modem);
  t.strictSame((await session(modem)).events, ['7 TRANSFER COMPLETE', 'M Upload']);
  t.equal(files.put.length, 1);
  t.match(files.put[0]?.bytes.toString(), /\[ SpeedTouch 706 CP0636JT\w{3} 5\.4\.0\.14 \]\r\n/);
});

t.test('Digest is answered with the settings of the device, and not twice when it is refused', async (t) => {
  const seen: Turn[] = [];
  const acs = await acsOf(t, (turn) => {
    seen.push(turn);
    const given = turn.request.headers.get('authorization') ?? '';
    const headers = ['WWW-Authenticate: Digest realm="lab", nonce="n1", qop="auth", algorithm=MD5'];
    if (!given.startsWith('Digest ')) return reply(401, { headers });
    if (given.includes('username="wrong"')) return reply(401, { headers });
    return turn.asks('Inform') ? informResponse(turn) : NO_CONTENT;
  });
  const modem = modemOf(t, { acs, settings: { 'ManagementServer.Password': 'secret' } });
  modem.start();
  t.match(await session(modem), { ok: true });
  t.equal(seen.length, 3);
  t.match(
    seen[1]?.request.headers.get('authorization'),
    /username="00147F-CP0703KT\w{3}".*uri="\/cwmp".*nc=00000001/,
  );
  t.match(seen[2]?.request.headers.get('authorization'), /nc=00000002/, 'later requests bring it unasked');
  await modem.stop();
  seen.length = 0;
  const wrong = modemOf(t, { acs, credentials: { username: 'wrong', password: '' } });
  wrong.start();
  t.match(await session(wrong), { ok: false, why: 'http-status' });
  t.equal(seen.length, 2);
  await wrong.stop();
});

t.test('redirects are followed with the same POST for the rest of the session', async (t) => {
  const seen: Turn[] = [];
  const real = await acsOf(t, asks([], seen));
  const front = await acsOf(t, (turn) => {
    seen.push(turn);
    return reply(302, { headers: [`Location: ${real}`, 'Set-Cookie: from=front'] });
  });
  const modem = modemOf(t, { acs: front });
  modem.start();
  t.match(await session(modem), { ok: true });
  t.strictSame(
    seen.map(({ body }) => body.length > 0),
    [true, true, false],
  );
  t.ok(seen[0]?.request.bodyBytes.equals(seen[1]?.request.bodyBytes ?? Buffer.alloc(0)), 'the same Inform');
  t.match(seen[1]?.request.headers.get('cookie'), /from=front/, 'cookies go with it');
  const loop = await acsOf(t, () => reply(307, { headers: ['Location: /again'] }));
  const lost = modemOf(t, { acs: loop });
  lost.start();
  t.match(await session(lost), { ok: false, why: 'http-status' }, 'but not for ever');
  await lost.stop();
});

t.test(
  'a client that refuses an XML declaration hangs up on it, one that needs it hangs up without it',
  async (t) => {
    for (const [xmlDeclaration, declared, ok] of [
      ['refuses', true, false],
      ['refuses', false, true],
      ['needs', true, true],
      ['needs', false, false],
    ] as const) {
      const acs = await acsOf(t, (turn) =>
        turn.asks('Inform')
          ? turn.soap(INFORM_RESPONSE, { prolog: declared ? '<?xml version="1.0" encoding="UTF-8"?>\n' : '' })
          : NO_CONTENT,
      );
      const profile = { ...loadProfile('st585v6'), accepts: { xmlDeclaration } };
      const modem = modemOf(t, { acs, profile });
      modem.start();
      t.match(await session(modem), { ok, why: ok ? 'done' : 'unreadable' }, `${xmlDeclaration} ${declared}`);
      await modem.stop();
    }
  },
);

t.test('the session goes on over new connections, with whatever traits of HTTP a client has', async (t) => {
  const { http: base } = loadProfile('st585v6');
  const headers = [
    'host',
    'content-length',
    'Cookie',
    'Expect',
    'Content-Type',
    'Transfer-Encoding',
    'Connection',
  ];
  for (const [title, traits, connections] of [
    ['one connection', {}, 1],
    ['a connection for each request', { newConnectionPerRequest: true }, 3],
    ['Connection: close', { connection: 'close' }, 3],
    ['HTTP/1.0', { version: '1.0', chunked: false }, 3],
    [
      'Expect: 100-continue, UTF-8, own spelling',
      { expectContinue: true, chunked: false, charset: 'utf-8', headers },
      1,
    ],
    ['an empty POST without any header', { emptyPost: 'bare' }, 1],
    ['an empty chunked POST', { emptyPost: 'chunked' }, 1],
    [
      'no Host, no SOAPAction, no cookies',
      { version: '1.0', host: 'absent', soapAction: 'never', cookies: 'ignore' },
      3,
    ],
  ] as const) {
    const seen: Turn[] = [];
    const acs = await acsOf(t, asks([{ kind: 'request', rpc: 'GetRPCMethods', args: {} }], seen));
    const modem = modemOf(t, { acs, profile: { ...loadProfile('st585v6'), http: { ...base, ...traits } } });
    modem.start();
    const report = await session(modem);
    if (title.includes('without any header')) t.match(report.why, /http-status|done/, title);
    else {
      t.match(report, { ok: true, requests: ['GetRPCMethods'] }, title);
      t.equal(new Set(seen.map(({ connection }) => connection)).size, connections, `${title}: connections`);
    }
    await modem.stop();
  }
});

t.test(
  'responses are read however they are delimited, and anything but HTTP breaks the session',
  async (t) => {
    const envelope = (id: string): string =>
      encode({
        id,
        namespace: 'urn:dslforum-org:cwmp-1-0',
        header: {},
        message: { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } },
      });
    const text = envelope('0_THOM_TR69_ID');
    const half = text.slice(0, 100);
    const rest = text.slice(100);
    const hex = (part: string): string => part.length.toString(16);
    for (const [title, first, ok] of [
      ['length', `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`, true],
      ['bare line feeds', `HTTP/1.1 200 OK\nContent-Length: ${text.length}\n\n${text}`, true],
      [
        'interim',
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:${text.length}\r\n\r\n${text}`,
        true,
      ],
      [
        'chunks',
        [
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
          `${hex(half)};x=1\r\n${half}\r\n`,
          `${hex(rest).toUpperCase()}\r\n${rest}\r\n0\r\nTrailer: 1\r\n\r\n`,
        ].join(''),
        true,
      ],
      ['close', `HTTP/1.0 200 OK\r\n\r\n${text}`, true],
      ['a length that is none', `HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n${text}`, false],
      ['a chunk size that is none', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, false],
      ['cut short', `HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${text}`, false],
      ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', false],
      ['endless headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(5000)}`, false],
    ] as const) {
      let connection = 0;
      const server = net.createServer((socket) => {
        connection += 1;
        let asked = 0;
        socket
          .on('error', () => {})
          .on('data', () => {
            asked += 1;
            if (connection === 1 && asked === 1) {
              // In pieces, so that read boundaries do not match those of the format.
              for (let at = 0; at < first.length; at += 700) socket.write(first.slice(at, at + 700));
              if (title === 'close' || title === 'cut short') socket.end();
            } else socket.end('HTTP/1.1 204 No Content\r\n\r\n');
          });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const profile = loadProfile('st585v6');
      const oneWrite = { ...profile, http: { ...profile.http, chunked: false } };
      const modem = modemOf(t, { acs: `http://127.0.0.1:${portOf(server.address())}/`, profile: oneWrite });
      modem.start();
      t.match(await session(modem), { ok }, title);
      await modem.stop();
      server.close();
    }
  },
);

t.test('no answer is a timeout, nobody there is a lost session, and stop ends either at once', async (t) => {
  const silent = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const acs = `http://127.0.0.1:${portOf(silent.address())}/`;
  const patient = modemOf(t, { acs, timeoutMs: 50 });
  patient.start();
  t.match(await session(patient), { ok: false, why: 'timeout' });
  await patient.stop();
  const stopped = modemOf(t, { acs, timeoutMs: 60_000 });
  stopped.start();
  await once(silent, 'connection');
  await stopped.stop();
  t.pass('it does not wait for its timeout');
  silent.close();
  await once(silent, 'close');
  const alone = modemOf(t, { acs });
  alone.start();
  t.match(await session(alone), { ok: false, why: 'lost' });
  await alone.stop();
});

t.test('the same seed gives the same bytes on the wire', async (t) => {
  const play = async (seed: number): Promise<string> => {
    const acs = await acsOf(
      t,
      asks([{ kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [`${IGD}LANDevice.`] } }]),
    );
    const sent: string[] = [];
    const tap = (direction: string, bytes: Uint8Array): void => {
      if (direction === 'sent') sent.push(Buffer.from(bytes).toString('latin1'));
    };
    // Counters vary with time, and should be the same in each run.
    const scheduler = createScheduler({ speed: 'max', start: Date.UTC(2026, 0, 1) });
    const modem = modemOf(t, { acs, seed, tap, bootSeconds: 0, scheduler });
    modem.start();
    await session(modem);
    await modem.stop();
    return sent.join('').replace(/<CurrentTime>[^<]*/, '');
  };
  const [first, again, other] = [await play(1), await play(1), await play(2)];
  t.ok(first === again, 'the same');
  t.ok(first !== other, 'and another seed others');
});

t.test('a swarm of modems has a good session each, over a few profiles', async (t) => {
  const keys = new Set<string>();
  const acs = await acsOf(t, (turn) => {
    if (!turn.asks('Inform')) return NO_CONTENT;
    keys.add(JSON.stringify(turn.inform().DeviceId));
    return informResponse(turn);
  });
  const swarm = createSwarm({
    acs,
    profile: ['st585v6', 'st706', 'st706wl'],
    count: 60,
    seed: 5,
    speed: 1000,
    rate: 600,
  });
  t.match(await swarm.done, { modems: 60, sessionsOk: 60, sessionsFailed: 0, requests: 0 });
  await swarm.stop();
  t.equal(keys.size, 60, 'each of them another device');
});

t.test(
  'a new ACS URL is a first contact there, and one that is no URL loses the modem no more than its line',
  async (t) => {
    const seen: Turn[] = [];
    const second = await acsOf(t, asks([], seen));
    const set = (Value: string): Request<CpeMethod> => ({
      kind: 'request',
      rpc: 'SetParameterValues',
      args: {
        ParameterList: [{ Name: `${IGD}ManagementServer.URL`, Value, Type: 'string' }],
        ParameterKey: '',
      },
    });
    const first = await acsOf(t, asks([set(second)]));
    const modem = modemOf(t, { acs: first });
    modem.start();
    await session(modem);
    t.match(await session(modem), { ok: true, url: second, events: ['0 BOOTSTRAP'] });
    const stray = modemOf(t, { acs: await acsOf(t, asks([set('gopher://nowhere')])) });
    stray.start();
    await session(stray);
    t.match(await session(stray), { ok: false, why: 'lost', events: ['0 BOOTSTRAP'] });
    await stray.stop();
  },
);

t.test('a transfer that is due later outlives the restarts before it', async (t) => {
  const files = await fileServer(t, new Map([['/conf', Buffer.from('text')]]));
  const late = downloadOf(`${files.url}/conf`, '3 Vendor Configuration File');
  const delayed = { ...late, args: { ...late.args, DelaySeconds: 200 } };
  const reboot: Request<CpeMethod> = { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } };
  const acs = await acsOf(t, asks([delayed, reboot]));
  const modem = modemOf(t, { acs });
  modem.start();
  t.match(await session(modem), { requests: ['Download', 'Reboot'] });
  t.strictSame((await session(modem)).events, ['1 BOOT', '4 VALUE CHANGE', 'M Reboot']);
  t.strictSame((await session(modem)).events, ['7 TRANSFER COMPLETE', 'M Download']);
});

t.test('changes that the ACS subscribed to are reported, and its own are not', async (t) => {
  const change = (Name: string, Notification: number) => ({
    Name,
    Notification,
    NotificationChange: true,
    AccessListChange: false,
    AccessList: [],
  });
  const active = `${IGD}ManagementServer.Username`;
  const passive = `${IGD}ManagementServer.PeriodicInformTime`;
  const seen: Turn[] = [];
  const acs = await acsOf(
    t,
    asks(
      [
        {
          kind: 'request',
          rpc: 'SetParameterAttributes',
          args: { ParameterList: [change(active, 2), change(passive, 1)] },
        },
        {
          kind: 'request',
          rpc: 'SetParameterValues',
          args: { ParameterList: [{ Name: active, Value: 'by the ACS', Type: 'string' }], ParameterKey: '' },
        },
      ],
      seen,
    ),
  );
  const modem = modemOf(t, { acs, profile: 'st780v74' });
  modem.start();
  await session(modem);
  modem.change(passive, '2026-01-01T00:00:00Z');
  modem.change(`${IGD}Time.NTPServer1`, 'ntp.example');
  modem.change(active, 'by hand');
  t.strictSame((await session(modem)).events, ['4 VALUE CHANGE'], 'active opens a session');
  const inform = seen.findLast((turn) => turn.asks('Inform'))?.envelope?.message;
  const reported = inform?.kind === 'request' && inform.rpc === 'Inform' ? inform.args.ParameterList : [];
  t.strictSame(
    reported.slice(8),
    [
      { Name: passive, Value: '2026-01-01T00:00:00Z', Type: 'dateTime' },
      { Name: active, Value: 'by hand', Type: 'string' },
    ],
    'all that changed, behind what it always tells',
  );
  modem.inform('2 PERIODIC');
  await session(modem);
  t.notOk(
    seen.some(({ body, number }) => number > 6 && body.includes('by hand')),
    'and once',
  );
});

t.test('a plug that is pulled in mid-session ends it, and the modem comes back with 1 BOOT', async (t) => {
  const seen: Turn[] = [];
  const acs = await acsOf(t, asks([{ kind: 'request', rpc: 'GetRPCMethods', args: {} }], seen));
  const modem = modemOf(t, { acs });
  const causes: string[] = [];
  modem.events.on('rebooted', ({ cause }) => causes.push(cause));
  modem.events.once('rpc', () => modem.powerCycle());
  modem.start();
  t.match(await session(modem), { ok: false, why: 'lost' });
  t.match(await session(modem), { ok: true, events: ['1 BOOT', '4 VALUE CHANGE'], retryCount: 1 });
  t.strictSame(causes, ['power']);
  t.notOk(
    seen.some(({ envelope }) => envelope?.message.kind === 'response'),
    'nothing was answered',
  );
  await modem.stop();
  modem.start();
  t.match(await session(modem), { ok: true, retryCount: 0 }, 'and it can be switched off and on');
});

t.test('ScheduleInform comes at its time with its CommandKey', async (t) => {
  const { cwmp, ...rest } = loadProfile('st585v6');
  const profile = { ...rest, cwmp: { ...cwmp, methods: [...cwmp.methods, 'ScheduleInform' as const] } };
  const schedule: Request<CpeMethod> = {
    kind: 'request',
    rpc: 'ScheduleInform',
    args: { DelaySeconds: 60, CommandKey: 'sched' },
  };
  const never: Request<CpeMethod> = { ...schedule, args: { DelaySeconds: 0, CommandKey: '' } };
  const seen: Turn[] = [];
  const acs = await acsOf(t, asks([never, schedule], seen));
  const modem = modemOf(t, { acs, profile });
  modem.start();
  await session(modem);
  t.match(seen[2]?.envelope?.message, { kind: 'fault', fault: { FaultCode: 9003 } });
  t.strictSame((await session(modem)).events, ['3 SCHEDULED', 'M ScheduleInform']);
  const inform = seen.findLast((turn) => turn.asks('Inform'))?.envelope?.message;
  t.match(inform, { args: { Event: [{ CommandKey: '' }, { CommandKey: 'sched' }] } });
});

t.test('a TransferComplete that the ACS refuses is sent again in the next session', async (t) => {
  const files = await fileServer(t, new Map([['/conf', Buffer.from('text')]]));
  const plain = asks([downloadOf(`${files.url}/conf`, '3 Vendor Configuration File')]);
  let reported = 0;
  const fault: Message = {
    kind: 'fault',
    fault: { FaultCode: 8002, FaultString: 'Internal error', SetParameterValuesFault: [] },
  };
  const acs = await acsOf(t, (turn) => {
    if (!turn.asks('TransferComplete')) return plain(turn);
    reported += 1;
    return reported === 1 ? turn.soap(fault) : plain(turn);
  });
  const modem = modemOf(t, { acs });
  modem.start();
  await session(modem);
  t.match(await session(modem), { ok: true, events: ['7 TRANSFER COMPLETE', 'M Download'] });
  modem.inform('2 PERIODIC');
  t.strictSame((await session(modem)).events, ['2 PERIODIC', '7 TRANSFER COMPLETE', 'M Download']);
  modem.inform('2 PERIODIC');
  t.strictSame((await session(modem)).events, ['2 PERIODIC']);
  t.equal(reported, 2);
});

t.test('a device of the old rule ends a session with one more empty exchange', async (t) => {
  const { cwmp, ...rest } = loadProfile('st585v6');
  for (const [termination, posts] of [
    ['am1', 2],
    ['v1.0', 3],
  ] as const) {
    const seen: Turn[] = [];
    const modem = modemOf(t, {
      acs: await acsOf(t, asks([], seen)),
      profile: { ...rest, cwmp: { ...cwmp, termination } },
    });
    modem.start();
    t.match(await session(modem), { ok: true });
    await modem.stop();
    t.equal(seen.length, posts, termination);
  }
});

const fixture = (name: string): Buffer => readFileSync(fixturePath(name));
const TLS_IDENTITY = { cert: fixture('tls-cert.pem'), key: fixture('tls-key.pem') };

/**
 * An ACS by TLS that ends a session at once; with `ca` it admits only modems with a certificate signed by it.
 */
async function tlsAcs(t: Test, ca?: Buffer): Promise<string> {
  const asked = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca };
  const { url } = await scriptedAcs(t, { tls: { ...TLS_IDENTITY, ...asked }, script: asks([]) });
  return url;
}

t.test('over TLS it speaks to an ACS whose certificate it trusts, and to no other', async (t) => {
  const acs = await tlsAcs(t);
  const trusting = modemOf(t, { acs, tls: { ca: TLS_IDENTITY.cert } });
  trusting.start();
  t.match(await session(trusting), { ok: true });
  await trusting.stop();
  const wary = modemOf(t, { acs });
  wary.start();
  t.match(await session(wary), { ok: false, why: 'lost' });
  await wary.stop();
});

t.test('an ACS that demands a certificate admits the modem that has one, and no other', async (t) => {
  const { cert } = TLS_IDENTITY;
  const acs = await tlsAcs(t, cert);
  const known = modemOf(t, { acs, tls: { ca: cert, ...TLS_IDENTITY } });
  known.start();
  t.match(await session(known), { ok: true });
  await known.stop();
  const nobody = modemOf(t, { acs, tls: { ca: cert } });
  nobody.start();
  t.match(await session(nobody), { ok: false, why: 'lost' });
  await nobody.stop();
});
