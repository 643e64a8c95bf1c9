import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import t, { type Test } from 'tap';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { CpeMethod, Message, Request } from '../../../protocol/cwmp/messages.ts';
import { answerChallenge, readChallenges } from '../../../protocol/http/digest.ts';
import type { QuirkKey } from '../../../protocol/quirks.ts';
import { BY_HAND, IGD, LIST_ONE_LEVEL, METHODS, SET_CODE } from '../../../scripts/captures/quirk-cases.ts';
import type { Modem, ModemOptions, SessionReport } from '../../../simulator/index.ts';
import { createConnectionRequestListener, createModem, createScheduler } from '../../../simulator/index.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';

interface Connection {
  readonly requests: string[];
  /** What arrived: text, FIN and how it closed, in order. */
  readonly log: string[];
}

interface Server {
  readonly url: string;
  readonly connections: readonly Connection[];
  /** Heads and bodies of all requests, in order. */
  readonly requests: readonly string[];
}

type Answer = (request: string, number: number) => string;

/**
 * A server that sees what its sockets do. One answer per request, as text: at once, or when the client's FIN
 * has come.
 */
async function serve(t: Test, answer: Answer, when: 'at once' | 'after FIN' = 'at once'): Promise<Server> {
  const connections: Connection[] = [];
  const requests: string[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const connection: Connection = { requests: [], log: [] };
    connections.push(connection);
    let text = '';
    let owed: string | undefined;
    const pay = (): void => {
      if (owed === undefined) return;
      connection.log.push('answer');
      socket.write(owed);
      if (/^connection: close/im.test(owed)) socket.end();
      owed = undefined;
    };
    socket
      .setNoDelay()
      .on('error', (error) => connection.log.push('code' in error ? String(error.code) : error.message))
      .on('end', () => {
        connection.log.push('FIN');
        pay();
        socket.end();
      })
      .on('data', (bytes) => {
        text += bytes.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
        if (head < 0 || text.length < head + 4 + length) return;
        requests.push(text);
        connection.requests.push(text);
        owed = answer(text, requests.length);
        text = '';
        if (when === 'at once') pay();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, connections, requests };
}

const reply = (status: string, lines: readonly string[], body = ''): string =>
  [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
const NOTHING = 'HTTP/1.1 204 No Content\r\n\r\n';

const xml = (message: Message, id: string | undefined = 'asked'): string =>
  encode({ id, namespace: 'urn:dslforum-org:cwmp-1-2', header: {}, message });

const informed = (lines: readonly string[] = []): string =>
  reply('200 OK', lines, xml({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } }));
const isInform = (request: string): boolean => request.includes('<cwmp:Inform>');
const isEmpty = (request: string): boolean => /^Content-Length: 0\r\n/im.test(request);

/** Answers an Inform, sends the given request as text, and then nothing more. */
const asks = (...bodies: readonly string[]): Answer => {
  const left = [...bodies];
  return (request) => {
    if (isInform(request)) return informed();
    const body = left.shift();
    return body === undefined ? NOTHING : reply('200 OK', [], body);
  };
};

function modemOf(t: Test, acs: string, quirks: readonly QuirkKey[], more: Partial<ModemOptions> = {}): Modem {
  const options = { profile: 'generic-tr098', seed: 'by hand', speed: 1000, bootSeconds: 1, timeoutMs: 5000 };
  const modem = createModem({ ...options, acs, quirks, ...more });
  t.teardown(() => modem.stop());
  return modem;
}

/** The first session of a modem, which stays on. */
async function first(modem: Modem): Promise<SessionReport> {
  modem.start();
  const [report] = await modem.next('session-ended');
  return report;
}

/** What each quirk shows, compared with a modem that has none: `true` for the one with only this quirk. */
const SHOWS: Readonly<Partial<Record<QuirkKey, (t: Test, quirks: readonly QuirkKey[]) => Promise<boolean>>>> =
  {
    'Q-AT-17': async (t, quirks) => {
      const surplus = xml(LIST_ONE_LEVEL).replace(
        '</NextLevel>',
        '</NextLevel><ParameterNames></ParameterNames>',
      );
      const acs = await serve(t, asks(surplus));
      await first(modemOf(t, acs.url, quirks));
      return acs.requests[2]?.includes('<FaultCode>9003<') === true;
    },
    'Q-AT-18': async (t, quirks) => {
      const acs = await serve(t, asks(xml(SET_CODE).replace(/<ParameterKey.*<\/cwmp/, '</cwmp')));
      await first(modemOf(t, acs.url, quirks));
      return isEmpty(acs.requests[2] ?? '');
    },
    'Q-ID-12': async (t, quirks) => {
      const acs = await serve(t, asks(xml(METHODS).replace(/<SOAP-ENV:Header>.*<\/SOAP-ENV:Header>/, '')));
      await first(modemOf(t, acs.url, quirks));
      return isEmpty(acs.requests[2] ?? '');
    },
    'Q-HT-10': async (t, quirks) => {
      const acs = await serve(t, (request) =>
        isInform(request) ? informed(['Connection: close']) : NOTHING,
      );
      const report = await first(modemOf(t, acs.url, quirks));
      return !report.ok && acs.requests.length === 1;
    },
    'Q-HT-11': async (t, quirks) => {
      const acs = await serve(t, asks());
      await first(modemOf(t, acs.url, quirks));
      return acs.connections.filter(({ requests }) => requests.length === 0).length === 3;
    },
    'Q-HT-13': async (t, quirks) => {
      const acs = await serve(t, (request) =>
        isInform(request) ? informed() : 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
      );
      // The one with the quirk waits in vain.
      const timeoutMs = quirks.length === 0 ? 20_000 : 500;
      return (await first(modemOf(t, acs.url, quirks, { timeoutMs }))).why === 'timeout';
    },
    'Q-HT-14': async (t, quirks) => {
      const asked: string[] = [];
      const files = http.createServer(({ method = '' }, response) => {
        asked.push(method);
        response.end('text');
      });
      files.listen(0, '127.0.0.1');
      await once(files, 'listening');
      t.teardown(() => files.close());
      const address = files.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const download: Request<CpeMethod> = {
        kind: 'request',
        rpc: 'Download',
        args: {
          CommandKey: '',
          FileType: '3 Vendor Configuration File',
          URL: `http://127.0.0.1:${port}/file`,
          Username: '',
          Password: '',
          FileSize: 0,
          TargetFileName: '',
          DelaySeconds: 0,
          SuccessURL: '',
          FailureURL: '',
        },
      };
      const acs = await serve(t, asks(xml(download)));
      const modem = modemOf(t, acs.url, quirks);
      modem.start();
      await modem.next('transferred');
      return asked.join() === 'HEAD,GET';
    },
    'Q-HT-16': async (t, quirks) => {
      const both = [
        'WWW-Authenticate: Digest realm="acs", nonce="n", qop="auth"',
        'WWW-Authenticate: Basic realm="acs"',
      ];
      const acs = await serve(t, (request, number) =>
        number === 1 ? reply('401 Unauthorized', both) : asks()(request, number),
      );
      await first(modemOf(t, acs.url, quirks, { credentials: { username: 'u', password: 'p' } }));
      return /^Authorization: Basic /m.test(acs.requests[1] ?? '');
    },
    'Q-CK-06': async (t, quirks) => {
      const cookies = ['a=1', 'b=2; Path=/; SameSite=Lax', 'c=3; Path=/'].map(
        (text) => `Set-Cookie: ${text}`,
      );
      const acs = await serve(t, (request) => (isInform(request) ? informed(cookies) : NOTHING));
      await first(modemOf(t, acs.url, quirks));
      return /^Cookie: c=3\r\n/m.test(acs.requests[1] ?? '');
    },
    'Q-AU-06': async (t, quirks) => {
      const challenge = 'WWW-Authenticate: Basic realm="acs"';
      const acs = await serve(t, (request, number) =>
        number === 1 ? reply('401 Unauthorized', [challenge]) : asks()(request, number),
      );
      await first(modemOf(t, acs.url, quirks, { credentials: { username: 'u', password: 'p' } }));
      return acs.connections.map(({ requests }) => requests.length).join() === '1,2';
    },
    'Q-XT-01': async (t, quirks) => {
      const acs = await serve(t, asks(), 'after FIN');
      // The one without the quirk waits in vain.
      const timeoutMs = quirks.length === 0 ? 500 : 20_000;
      return (await first(modemOf(t, acs.url, quirks, { timeoutMs }))).ok;
    },
    'Q-XT-06': async (t, quirks) => {
      const acs = await serve(t, asks());
      const { ok } = await first(modemOf(t, acs.url, quirks));
      return ok && acs.connections.length === 2 && acs.connections.every(({ log }) => !log.includes('FIN'));
    },
    'Q-EV-06': async (t, quirks) => {
      const acs = await serve(t, asks());
      const scheduler = createScheduler({ speed: 'max' });
      t.teardown(() => scheduler.stop());
      const settings = { 'ManagementServer.PeriodicInformInterval': '600' };
      const modem = modemOf(t, acs.url, quirks, { scheduler, settings });
      const calls: string[] = [];
      const times: number[] = [];
      modem.events.on('session-ended', ({ events }) => {
        calls.push(...events);
        times.push(scheduler.now());
        if (times.length === 1) scheduler.after(300_000, () => modem.inform('6 CONNECTION REQUEST'));
      });
      modem.start();
      await modem.next('session-ended', {
        where: () => calls.filter((code) => code === '2 PERIODIC').length === 1,
      });
      const called =
        times[calls.filter((code) => !/^[01] /.test(code)).indexOf('6 CONNECTION REQUEST') + 1] ?? 0;
      return Math.round(((times.at(-1) ?? 0) - called) / 1000) === 600;
    },
    'Q-AU-01': async (t, quirks) => {
      const { challenge } = await call(t, quirks);
      return /algorithm="MD5"/.test(challenge) && !/qop/.test(challenge);
    },
    'Q-AU-08': async (t, quirks) => (await call(t, quirks)).closes,
    'Q-CR-01': async (t, quirks) => (await call(t, quirks)).order === 'session,answer',
    'Q-CR-02': async (t, quirks) => (await call(t, quirks)).order === 'answer',
  };

/** Calls a modem, first without credentials and then with the right ones. */
async function call(
  t: Test,
  quirks: readonly QuirkKey[],
): Promise<{ challenge: string; closes: boolean; order: string }> {
  const listener = await createConnectionRequestListener();
  t.teardown(() => listener.close());
  const acs = await serve(t, asks());
  // Time stands still while a session is under way: it comes before an answer that is simulated seconds late.
  const time = simulatedTime();
  t.teardown(() => time.scheduler.stop());
  const settings = { 'ManagementServer.PeriodicInformEnable': '0' };
  const { scheduler } = time;
  const modem = modemOf(t, acs.url, quirks, { connectionRequests: { listener }, scheduler, settings });
  await time.until(first(modem));
  const order: string[] = [];
  modem.events.on('session-ended', ({ events }) => {
    if (events.includes('6 CONNECTION REQUEST')) order.push('session');
  });
  const url = listener.urlOf(modem.device);
  const challenged = await fetch(url);
  const challenge = challenged.headers.get('www-authenticate') ?? '';
  const closes = challenged.headers.get('connection') === 'close';
  await challenged.arrayBuffer();
  const authorization = answerChallenge(readChallenges(challenge), {
    method: 'GET',
    uri: new URL(url).pathname,
    cnonce: 'c',
    nc: 1,
    username: modem.get(`${IGD}ManagementServer.ConnectionRequestUsername`) ?? '',
    password: modem.get(`${IGD}ManagementServer.ConnectionRequestPassword`) ?? '',
    hash: (name, text) => createHash(name).update(text, 'latin1').digest('hex'),
  });
  const accepted = await time.until(fetch(url, { headers: { authorization: authorization ?? '' } }));
  await accepted.arrayBuffer();
  if (accepted.ok) order.push('answer');
  await time.pass(60_000);
  return { challenge, closes, order: order.join() };
}

for (const [id, why] of BY_HAND)
  t.test(`${id} is seen where ${why}, and on no modem without it`, async (t) => {
    const shows = SHOWS[id];
    if (shows === undefined) {
      t.fail('it is looked for here');
      return;
    }
    t.ok(await shows(t, [id]), 'with the quirk');
    t.notOk(await shows(t, []), 'without');
  });
