import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { openUdp } from '../../../mdap/datagram-port.ts';
import { fetchByTftp, sendByTftp } from '../../../mdap/tftp-client.ts';
import {
  BOOTP_CLIENT_DEFAULTS,
  initialBootpClient,
  stepBootpClient,
} from '../../../protocol/bootp/client.ts';
import { decodeBootp } from '../../../protocol/bootp/message.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { Endpoint } from '../../../protocol/ipv4.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

const FREE = ['--bootp-port', '0', '--tftp-port', '0'];
const LOOPBACK = ['mdap', 'serve', '--iface', '127.0.0.1', ...FREE];

interface Listening {
  readonly event: string;
  readonly bootp: Endpoint;
  readonly tftp: Endpoint;
}

/** The first request of a boot loader. */
function bootRequest(mac: string, board: string): Uint8Array {
  const settings = { ...BOOTP_CLIENT_DEFAULTS, mac, xid: 5, board, random: () => 0.5 };
  const { state } = stepBootpClient(settings, initialBootpClient(), { is: 'start' });
  const { effects } = stepBootpClient(settings, state, { is: 'due' });
  const [request] = effects.flatMap((effect) => (effect.do === 'send' ? [effect.bytes] : []));
  if (request === undefined) throw new Error('no request');
  return request;
}

/** Sends a request from a port of its own; `answer` is what comes first. */
async function ask(t: Test, server: Endpoint, request: Uint8Array): Promise<{ answer: Promise<Uint8Array> }> {
  let came = (_: Uint8Array): void => undefined;
  const answer = new Promise<Uint8Array>((resolve) => {
    came = resolve;
  });
  const onError = (error: Error): void => {
    t.fail(error.message);
  };
  const port = await openUdp(
    { listen: { address: '127.0.0.1', port: 0 } },
    { onDatagram: (bytes) => came(bytes), onError },
  );
  t.teardown(() => port.close());
  port.send(request, server);
  return { answer };
}

t.test('a modem in boot mode gets its image, and each step is one line of JSON', async (t) => {
  const folder = await temporaryFolder(t);
  const image = writeImage({ family: 'QH', board: 'BANT-R', version: '6.2.17.5' }, 20_000);
  await writeFile(path.join(folder, 'bant-r.bli'), image);
  await writeFile(path.join(folder, 'other'), 'free for all');
  const servers = start([
    ...[...LOOPBACK, '--json', '--image', `BANT-R=${path.join(folder, 'bant-r.bli')}`],
    ...['--pool', '10.0.0.100-10.0.0.119', '--router', '10.0.0.99', '--root', folder, '--upload', folder],
    ...['--record', path.join(folder, 'said.pcapng')],
  ]);
  const listening: Listening = JSON.parse((await servers.firstLine).split('\n')[0] ?? '');
  t.match(listening, { event: 'listening', bootp: { address: '127.0.0.1' } });
  const { answer } = await ask(t, listening.bootp, bootRequest('00-14-7F-12-34-56', 'BANT-R'));
  const reply = decodeBootp(await answer);
  t.match(reply, { value: { yiaddr: '10.0.0.100', siaddr: '127.0.0.1', file: 'bant-r.bli' } });
  const receiver = { lingerMs: 0 };
  const server = listening.tftp;
  t.ok(Buffer.from(await fetchByTftp({ server, file: '/bant-r.bli', receiver })).equals(image));
  t.equal(Buffer.from(await fetchByTftp({ server, file: 'other', receiver })).toString(), 'free for all');
  await sendByTftp({ server, file: 'up' }, image);
  await t.rejects(fetchByTftp({ server, file: 'nothing', receiver }), { code: 'E_TFTP_FAILED' });
  servers.signal();
  const { code, out } = await servers.end;
  t.equal(code, 0);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(events[1], { event: 'boot-request', mac: '00-14-7F-12-34-56', board: 'BANT-R' });
  t.match(events[2], { event: 'boot-reply', address: '10.0.0.100', file: 'bant-r.bli' });
  const kinds = events.map(({ event }) => event);
  t.equal(kinds.filter((kind) => kind === 'tftp-done').length, 3);
  t.ok(
    kinds.filter((kind) => kind === 'tftp-progress').length <= 2 * 10,
    'progress is reported at most ten times per file',
  );
  t.match(
    events.find(({ event }) => event === 'tftp-refused'),
    { file: 'nothing', code: 1 },
  );
  t.equal(kinds.at(-1), 'stopped');
  const { records } = Object(
    json(await run(['capture', 'show', path.join(folder, 'said.pcapng'), '--json'])),
  );
  t.strictSame(
    records.map(({ protocol, what }: StoryRecord) => `${protocol} ${what}`),
    [
      ...['BOOTP BOOTREQUEST', 'BOOTP BOOTREPLY', 'TFTP RRQ', 'TFTP transfer done', 'TFTP RRQ'],
      ...[
        'TFTP transfer done',
        'TFTP WRQ',
        'TFTP transfer done',
        'TFTP RRQ',
        'TFTP ERROR',
        'TFTP transfer refused',
      ],
    ],
    '--record has the same story',
  );
});

t.test('for a person each step is a line of text', async (t) => {
  const servers = start([...LOOPBACK, '--any-mac']);
  await servers.untilErr((err) => err.includes('TFTP on'));
  const [, address = '', port = ''] = /BOOTP on ([\d.]+):(\d+)/.exec(servers.errSoFar()) ?? [];
  await ask(t, { address, port: Number(port) }, bootRequest('02-00-00-00-00-01', 'BANT-\u001b'));
  await servers.untilErr((err) => err.includes('gets no answer'));
  servers.signal();
  const { code, out, err } = await servers.end;
  t.equal(code, 0);
  t.equal(out, '');
  t.match(err, /02-00-00-00-00-01 asks for an image \(board BANT-\\u\{1b\}\)\n.* gets no answer: no-image\n/);
});

t.test('what cannot be served is refused before anything listens', async (t) => {
  const folder = await temporaryFolder(t);
  const image = path.join(folder, 'a.bli');
  await writeFile(image, writeImage({ family: 'QH', board: 'BANT-R', version: '6.2.17.5' }));
  await writeFile(path.join(folder, 'text'), 'text');
  for (const [args, says] of [
    [['--image', `BANT-W=${image}`], /for board BANT-R, not BANT-W/],
    [['--image', `BANT-W=${path.join(folder, 'text')}`], /E_FILE_INVALID.*not-an-image/],
    [['--image', `BANT-W=${path.join(folder, 'none')}`], /E_FILE_INVALID/],
    [['--image', 'BANT-W'], /BOARD=FILE/],
    [['--pool', '10.0.0.9-10.0.0.1'], /two addresses/],
    [['--allow', '10.0.0.0/33'], /192\.168\.1\.0\/24/],
    [['--iface', 'none0'], /no interface none0.*127\.0\.0\.1/],
  ] as const) {
    const { code, err } = await run([...LOOPBACK, ...args]);
    t.equal(code, 2, args.join(' '));
    t.match(err, says);
  }
});
