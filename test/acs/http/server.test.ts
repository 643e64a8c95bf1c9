import { gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import t from 'tap';
import type { ScriptedCpe } from '../../../peers/cpe.ts';
import { connectCpe, cookieOf, envelopeOf, post } from '../../../peers/cpe.ts';
import { envelopeText, faultText, informText, responseText } from '../../../peers/samples/invented-modem.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';

const KEY = '00A1B2-Gateway%201-S0001';
const EMPTY = 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n';

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

async function clientOf(t: Test, acs: TestAcs): Promise<ScriptedCpe> {
  const client = await connectCpe(acs.port);
  t.teardown(() => client.close());
  return client;
}

/** Answers what the ACS asks until 204 comes; refuses all. Gives the RPCs asked. */
async function refuseAll(client: ScriptedCpe, headers: readonly string[] = []): Promise<readonly string[]> {
  const asked: string[] = [];
  client.send(post('', headers));
  for (let turns = 0; turns < 200; turns++) {
    const answer = await client.response();
    if (answer.status === 204) return asked;
    const { message, id } = envelopeOf(answer);
    if (message.kind !== 'request') throw new Error(`not a request: ${message.kind}`);
    asked.push(message.rpc);
    client.send(post(faultText(9000, 'Method not supported', id), headers));
  }
  throw new Error('no end');
}

t.test(
  'an Inform is answered with its ID in its namespace and with a cookie, and the device is kept',
  async (t) => {
    const acs = await acsFor(t);
    const client = await clientOf(t, acs);
    client.send(post(informText()));
    const answer = await client.response();
    t.equal(answer.status, 200);
    t.match(answer.headers.get('set-cookie'), /^session=[\w-]{1,64}; Path=\/$/);
    t.match(answer.headers.get('content-type'), /^text\/xml/);
    const { id, namespace, message } = envelopeOf(answer);
    t.equal(id, '1');
    t.equal(namespace, 'urn:dslforum-org:cwmp-1-0');
    t.strictSame(message, { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } });
    const record = await acs.store.get(KEY);
    t.equal(record?.softwareVersion, '1.0.0');
    t.equal((await acs.store.parameter(KEY, 'InternetGatewayDevice.DeviceInfo.HardwareVersion'))?.value, 'B');
  },
);

t.test(
  'an empty POST without any header hands over the turn, and 204 has neither type nor length',
  async (t) => {
    const acs = await acsFor(t);
    const client = await clientOf(t, acs);
    client.send(post(informText()));
    await client.response();
    client.send('POST / HTTP/1.1\r\n\r\n');
    let answer = await client.response();
    for (let turns = 0; answer.status === 200 && turns < 20; turns++) {
      client.send(post(faultText(9000)));
      answer = await client.response();
    }
    t.equal(answer.status, 204);
    t.notOk(answer.headers.has('content-type'));
    t.notOk(answer.headers.has('content-length'));
    await acs.until((o) => o.is === 'session-ended' && o.why === 'done');
  },
);

t.test('HTTP as modems write it is understood', async (t) => {
  const acs = await acsFor(t);
  const inform = informText();
  const lines = ['POST / HTTP/1.1', 'Host: x', 'Content-Type: text/xml'];
  const head = (...more: string[]) => `${[...lines, ...more].join('\r\n')}\r\n\r\n`;
  const chunked = [inform.slice(0, 100), inform.slice(100, 117), inform.slice(117)]
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join('');
  const latin = Buffer.from(
    informText({}, { ...CANONICAL, nonAscii: 'raw' }).replace('>Example<', '>Ex\u00e9mple<'),
    'latin1',
  );
  const zipped = gzipSync(inform);
  const cases: Record<string, string | Buffer> = {
    'HTTP/1.0': `POST / HTTP/1.0\r\nContent-Length: ${inform.length}\r\n\r\n${inform}`,
    'chunked, cut inside tokens': `${head('Transfer-Encoding: chunked')}${chunked}0\r\n\r\n`,
    'lines that end with LF': `POST / HTTP/1.1\nHost: x\nContent-Length: ${inform.length}\n\n${inform}`,
    gzip: Buffer.concat([
      Buffer.from(head('Content-Encoding: gzip', `Content-Length: ${zipped.length}`)),
      zipped,
    ]),
    'a byte order mark': post(`\ufeff${inform}`),
    'bytes after the envelope': post(`${inform}\r\n\0\0`),
    'ISO-8859-1': post(latin, ['Content-Type: text/xml; charset=ISO-8859-1']),
    'Latin-1 that claims to be UTF-8': post(latin, ['Content-Type: text/xml; charset="utf-8"']),
    'no Content-Type and no SOAPAction': post(inform),
    'text/html': post(inform, ['Content-Type: text/html', 'SOAPAction: "urn:dslforum-org:cwmp-1-0#Inform"']),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const client = await clientOf(t, acs);
    client.send(bytes);
    const answer = await client.response();
    t.equal(answer.status, 200, name);
    t.equal(envelopeOf(answer).id, '1', name);
  }
});

t.test('a client that waits for 100 Continue gets it before it sends its body', async (t) => {
  const acs = await acsFor(t);
  const client = await clientOf(t, acs);
  const inform = informText();
  const seen = new Promise<string>((resolve) =>
    client.socket.once('data', (d: Buffer) => resolve(d.toString('latin1'))),
  );
  client.send(
    `POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${inform.length}\r\n\r\n`,
  );
  t.match(await seen, /^HTTP\/1.1 100 /);
  client.send(inform);
  t.equal((await client.response()).status, 200);
});

for (const [name, headersOf] of Object.entries({
  'plain cookies': (cookie: string) => [`Cookie: ${cookie}`],
  'RFC 2109 cookies with $Version and $Path': (cookie: string) => [`Cookie: $Version="0"; ${cookie};$Path=/`],
  'two cookies in two lines': (cookie: string) => ['Cookie: other=1', `Cookie: ${cookie}`],
  'no cookies': () => [],
})) {
  t.test(`a modem that makes a new connection for every request keeps its session: ${name}`, async (t) => {
    const acs = await acsFor(t);
    const first = await clientOf(t, acs);
    first.send(post(informText()));
    const cookie = cookieOf(await first.response());
    first.close();
    await first.closed;
    let body = '';
    for (let turns = 0; turns < 20; turns++) {
      const client = await clientOf(t, acs);
      client.send(post(body, headersOf(cookie)));
      const answer = await client.response();
      client.close();
      if (answer.status === 204) break;
      body = faultText(9000, 'Method not supported', envelopeOf(answer).id);
    }
    const ended = await acs.until((o) => o.is === 'session-ended');
    t.match(ended, { why: 'done' });
  });
}

t.test('a second Inform ends the older session of its device, and no other', async (t) => {
  const acs = await acsFor(t);
  const [first, second, other] = [await clientOf(t, acs), await clientOf(t, acs), await clientOf(t, acs)];
  first.send(post(informText()));
  const old = cookieOf(await first.response());
  other.send(post(informText({ serial: 'S0002' })));
  await other.response();
  second.send(post(informText()));
  await second.response();
  t.match(
    acs.seen.filter((o) => o.is === 'session-ended'),
    [{ device: KEY, why: 'superseded' }],
  );
  const late = await clientOf(t, acs);
  late.send(post(faultText(9000), [`Cookie: ${old}`]));
  t.equal((await late.response()).status, 400, 'the old session is over');
  t.ok((await refuseAll(second)).length > 0);
  t.ok((await refuseAll(other)).length > 0);
});

t.test('a session that says nothing for its time is over, and its task goes back to the queue', async (t) => {
  const acs = await acsFor(t, { sessionTimeoutMs: 40 });
  const task = await acs.queue.add(KEY, {
    kind: 'request',
    rpc: 'GetParameterValues',
    args: { ParameterNames: ['InternetGatewayDevice.DeviceInfo.UpTime'] },
  });
  const client = await clientOf(t, acs);
  client.send(post(informText()));
  await client.response();
  client.send(EMPTY);
  const { message } = envelopeOf(await client.response());
  t.match(message, { rpc: 'GetParameterValues' });
  await acs.until((o) => o.is === 'session-ended' && o.why === 'timeout');
  t.match(await acs.queue.get(task.id), { state: 'new', attempts: 1 });
});

t.test('tasks are sent in their order, and their answers are kept with them and in the tree', async (t) => {
  const acs = await acsFor(t);
  const name = 'InternetGatewayDevice.DeviceInfo.UpTime';
  const first = await acs.queue.add(KEY, {
    kind: 'request',
    rpc: 'GetParameterValues',
    args: { ParameterNames: [name] },
  });
  const second = await acs.queue.add(KEY, { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } });
  const client = await clientOf(t, acs);
  client.send(post(informText()));
  await client.response();
  client.send(EMPTY);
  const asked = envelopeOf(await client.response());
  t.match(asked.message, { rpc: 'GetParameterValues', args: { ParameterNames: [name] } });
  client.send(
    post(
      responseText({
        kind: 'response',
        rpc: 'GetParameterValues',
        args: { ParameterList: [{ Name: name, Value: '77', Type: 'unsignedInt' }] },
      }),
    ),
  );
  t.match(envelopeOf(await client.response()).message, { rpc: 'Reboot', args: { CommandKey: second.id } });
  client.send(post(faultText(9001)));
  t.match(envelopeOf(await client.response()).message, { rpc: 'GetRPCMethods' }, 'then the first contact');
  t.match(await acs.queue.get(first.id), { state: 'done', answer: { ParameterList: [{ Value: '77' }] } });
  t.match(await acs.queue.get(second.id), { state: 'failed', fault: { FaultCode: 9001 } });
  t.match(await acs.store.parameter(KEY, name), { value: '77', type: 'unsignedInt' });
});

t.test(
  'an old client that sends one more empty POST after the end hears 204 again, and both are noted of it',
  async (t) => {
    const acs = await acsFor(t);
    const client = await clientOf(t, acs);
    client.send(post(informText()));
    await client.response();
    client.send(EMPTY);
    await client.response();
    client.send(EMPTY);
    for (let answer = await client.response(); answer.status === 200; answer = await client.response())
      client.send(post(faultText(9000, 'Method not supported', envelopeOf(answer).id)));
    client.send(EMPTY);
    t.equal((await client.response()).status, 204);
    await acs.store.durable();
    const { quirks = {} } = (await acs.store.get(KEY)) ?? {};
    t.equal(quirks['Q-HT-08'], 1, 'an empty POST instead of an answer');
    t.equal(quirks['Q-EV-11'], 1, 'one more empty POST');
  },
);

t.test(
  'a disk that is full ends one session with 503, and the modem is served again when it is not',
  async (t) => {
    const acs = await acsFor(t);
    const task = await acs.queue.add(KEY, { kind: 'request', rpc: 'GetRPCMethods', args: {} });
    const { queue } = acs;
    const { end } = queue;
    queue.end = () => Promise.reject(new Error('no space left on device'));
    const client = await clientOf(t, acs);
    client.send(post(informText()));
    await client.response();
    client.send(EMPTY);
    await client.response();
    client.send(post(faultText(9001)));
    t.equal((await client.response()).status, 503);
    t.equal(acs.acs.openSessions, 0, 'the session is over');
    queue.end = end;
    const again = await clientOf(t, acs);
    again.send(post(informText()));
    t.equal((await again.response()).status, 200);
    t.equal((await refuseAll(again))[0], 'GetRPCMethods', 'nothing is lost');
    t.match(await queue.get(task.id), { state: 'failed', fault: { FaultCode: 9000 } });
  },
);

t.test('what a modem asks is answered before and after its empty POST', async (t) => {
  const acs = await acsFor(t);
  const client = await clientOf(t, acs);
  client.send(post(informText()));
  await client.response();
  client.send(post(envelopeText({ kind: 'request', rpc: 'GetRPCMethods', args: {} }, 'm')));
  const methods = envelopeOf(await client.response());
  t.equal(methods.id, 'm');
  t.match(methods.message, { kind: 'response', rpc: 'GetRPCMethods' });
  client.send(post(envelopeText({ kind: 'unknown', name: 'X_00A1B2_Hello' }, 'v')));
  t.match(envelopeOf(await client.response()).message, { kind: 'fault', fault: { FaultCode: 8000 } });
  t.ok((await refuseAll(client)).includes('GetRPCMethods'));
});

t.test('what is no message gets 400 with its error and place, and disturbs nobody', async (t) => {
  const acs = await acsFor(t);
  for (const [body, code] of [
    ['<not', 'E_XML_'],
    ['<html></html>', 'E_SOAP_NOT_ENVELOPE'],
    [`${informText()}${informText()}`, 'E_SOAP_SEVERAL_ENVELOPES'],
    [faultText(9000), 'E_SESSION_UNKNOWN'],
  ] as const) {
    const client = await clientOf(t, acs);
    client.send(post(body));
    const answer = await client.response();
    t.equal(answer.status, 400, code);
    t.match(answer.body, code);
  }
  const client = await clientOf(t, acs);
  client.send('\x16\x03\x01 hello?\r\n\r\n');
  t.equal((await client.response()).status, 400);
  const fine = await clientOf(t, acs);
  fine.send(post(informText()));
  t.equal((await fine.response()).status, 200);
});

t.test('a body over the limit is refused with 413, and an encoding we do not know with 415', async (t) => {
  const acs = await acsFor(t, { maxBodyBytes: 1000 });
  const large = await clientOf(t, acs);
  large.send(post(informText()));
  t.equal((await large.response()).status, 413);
  const odd = await clientOf(t, acs);
  odd.send(post('x', ['Content-Encoding: compress']));
  t.equal((await odd.response()).status, 415);
});

t.test('with digest a modem must answer the challenge on the same connection', async (t) => {
  const acs = await acsFor(t, { auth: 'digest', credentials: (user) => (user === 'u' ? 'p' : undefined) });
  const client = await clientOf(t, acs);
  client.send(post(informText()));
  const challenged = await client.response();
  t.equal(challenged.status, 401);
  t.match(challenged.headers.get('www-authenticate'), /^Digest .*qop="auth"/);
  client.send(post(informText(), ['Authorization: Digest username="u", nonce="wrong"']));
  t.equal((await client.response()).status, 401);
  t.equal(await acs.store.get(KEY), undefined, 'nothing is kept of a modem that is not authenticated');
});

t.test('a modem that shows Basic credentials unasked is let in with --auth basic', async (t) => {
  const acs = await acsFor(t, { auth: 'basic', credentials: (user) => (user === 'u' ? 'p' : undefined) });
  const client = await clientOf(t, acs);
  client.send(post(informText(), [`Authorization: Basic ${Buffer.from('u:p').toString('base64')}`]));
  t.equal((await client.response()).status, 200);
});

t.test('files are fetched whole and in part, and sent only where they are expected', async (t) => {
  const { mkdtemp, rm, writeFile, readFile } = await import('node:fs/promises');
  const { expectUpload } = await import('../../../acs/http/files.ts');
  const { openQueue } = await import('../../../acs/queue/open.ts');
  const { openStore } = await import('../../../acs/store/open.ts');
  const folder = await mkdtemp('/tmp/modemlab-');
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/image.bin`, 'firmware');
  await writeFile(`${folder}/.secret`, 'secret');
  const data = {
    store: await openStore('memory', ''),
    queue: await openQueue('memory', '', { owner: 'test' }),
    files: folder,
  };
  const acs = await acsFor(t, { data });
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, acs.url), init);
  t.equal(await (await get('files/image.bin')).text(), 'firmware');
  t.equal(await (await get('files/image.bin', { headers: { Range: 'bytes=4-' } })).text(), 'ware');
  t.equal((await get('files/image.bin', { method: 'HEAD' })).headers.get('content-length'), '8');
  for (const path of ['files/.secret', 'files/%2e%2e/x', 'files/none'])
    t.not((await get(path)).status, 200, path);
  const url = await expectUpload(folder, 'config.ini');
  t.equal((await get(url, { method: 'PUT', body: 'settings' })).status, 201);
  t.equal(await readFile(`${folder}/received/config.ini`, 'utf8'), 'settings');
  t.equal((await get(url, { method: 'PUT', body: 'again' })).status, 404, 'once');
  for (const path of ['received/config.ini', '%72eceived/config.ini', './/received/config.ini'])
    t.equal((await get(`files/${path}`)).status, 404, `what a modem sent is not given to others: ${path}`);
  const other = (await expectUpload(folder, 'log.txt')).replace('log.txt', 'config.ini');
  t.equal((await get(other, { method: 'PUT', body: 'lines' })).status, 201);
  t.equal(await readFile(`${folder}/received/config.ini`, 'utf8'), 'settings', 'nothing is written over');
  t.equal(await readFile(`${folder}/received/log.txt`, 'utf8'), 'lines');
});

t.test('stopping lets what is open end, gives tasks back, and takes nothing new', async (t) => {
  const acs = await runAcs({ graceMs: 2000 });
  const task = await acs.queue.add(KEY, { kind: 'request', rpc: 'GetRPCMethods', args: {} });
  const client = await clientOf(t, acs);
  client.send(post(informText()));
  await client.response();
  const stopping = acs.stop();
  const late = await clientOf(t, acs);
  late.send(post(informText({ serial: 'S0009' })));
  t.equal((await late.response()).status, 503);
  const asked = await refuseAll(client, []);
  t.equal(asked[0], 'GetRPCMethods');
  await stopping;
  t.match(acs.seen.at(-1), { is: 'session-ended', why: 'done' });
  t.match(
    acs.seen.find((o) => o.is === 'task' && o.task.id === task.id && o.task.state === 'failed'),
    {},
  );
});
