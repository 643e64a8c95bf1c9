import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import type { DatagramPort } from '../../mdap/datagram-port.ts';
import { openUdp } from '../../mdap/datagram-port.ts';
import type { TftpClientOptions } from '../../mdap/tftp-client.ts';
import { fetchByTftp, sendByTftp } from '../../mdap/tftp-client.ts';
import { TFTP_SERVER_DEFAULTS } from '../../mdap/tftp-types.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp } from '../../protocol/tftp/packet.ts';
import { LOOPBACK, patterned, temporaryFolder, tftpStage } from '../support/lan/tftp-stage.ts';

const IMAGE = patterned(300_000);

/** Without the second in which a client would say its last ACK again. */
const fetchQuickly = (options: TftpClientOptions): Promise<Uint8Array> =>
  fetchByTftp({ ...options, receiver: { lingerMs: 0, ...options.receiver } });

/** A client driven packet by packet. */
async function rawClient(t: Test): Promise<{
  readonly port: DatagramPort;
  readonly send: (packet: TftpPacket, to: Endpoint) => void;
  readonly next: () => Promise<{ packet: TftpPacket; from: Endpoint }>;
  readonly came: () => number;
}> {
  const queue: { packet: TftpPacket; from: Endpoint }[] = [];
  let wake: (() => void) | undefined;
  let count = 0;
  const port = await openUdp(
    { listen: { address: LOOPBACK, port: 0 } },
    {
      onDatagram: (bytes, from) => {
        const packet = decodeTftp(Uint8Array.from(bytes));
        if (packet.ok) queue.push({ packet: packet.value, from });
        count += 1;
        wake?.();
      },
      onError: (error) => t.fail(error.message),
    },
  );
  t.teardown(() => port.close());
  return {
    port,
    send: (packet, to) => port.send(encodeTftp(packet), to),
    came: () => count,
    next: async () => {
      for (;;) {
        const first = queue.shift();
        if (first !== undefined) return first;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
const read = (file: string, mode = 'octet', options: { name: string; value: string }[] = []): TftpPacket => ({
  kind: 'read',
  file,
  mode,
  options,
});

t.test('an image is fetched, with and without options, and its progress is reported', async (t) => {
  const { server, files, events, event } = await tftpStage(t);
  files.publish('ZZQIAA6.2H5', IMAGE);
  const plain = await fetchByTftp({ server: server.local, file: '//ZZQIAA6.2H5', local: LOOPBACK });
  t.ok(Buffer.from(plain).equals(IMAGE));
  const done = await event('done');
  t.match(done, { way: 'read', bytes: 300_000, file: '//ZZQIAA6.2H5', peer: { address: LOOPBACK } });
  t.match(await event('begun'), { size: 300_000, transfer: done.transfer, terms: { blksize: 512 } });
  const progress = events.flatMap((event) => (event.is === 'progress' ? [event.bytes] : []));
  t.equal(progress.length, 586, 'one an ACK');
  t.equal(progress.at(-1), 300_000);
  let size: number | undefined;
  const terms = { blksize: 1024, windowsize: 8, tsize: 0, timeoutMs: 2000 };
  const onProgress = (_: number, total: number | undefined): void => {
    size = total;
  };
  const windowed = await fetchByTftp({ server: server.local, file: 'ZZQIAA6.2H5', terms, onProgress });
  t.ok(Buffer.from(windowed).equals(IMAGE));
  t.equal(size, 300_000);
});

t.test('many clients fetch at once, also above the number of transfers that run at a time', async (t) => {
  const { server, files } = await tftpStage(t, { settings: { maxSessions: 4 } });
  files.publish('image', IMAGE);
  const retry = { firstTimeoutMs: 50, lastTimeoutMs: 50, maxSends: 100 };
  const all = Array.from({ length: 10 }, () =>
    fetchQuickly({ server: server.local, file: 'image', receiver: retry }),
  );
  for (const bytes of await Promise.all(all)) t.ok(Buffer.from(bytes).equals(IMAGE));
});

t.test('a folder is served, but nothing outside of it, hidden, or by a link that leads out', async (t) => {
  const root = await temporaryFolder(t);
  await mkdir(path.join(root, 'open/images'), { recursive: true });
  await mkdir(path.join(root, 'open/.git'));
  await writeFile(path.join(root, 'secret'), 'secret');
  await writeFile(path.join(root, 'open/images/a.bin'), 'image');
  await writeFile(path.join(root, 'open/.git/config'), 'hidden');
  await symlink('../secret', path.join(root, 'open/link'));
  await symlink('images/a.bin', path.join(root, 'open/inside'));
  await symlink('.git/config', path.join(root, 'open/unhidden'));
  await symlink('..', path.join(root, 'open/up'));
  const { server } = await tftpStage(t, { root: path.join(root, 'open') });
  const code = async (file: string): Promise<number | string> => {
    const { send, next } = await rawClient(t);
    send(read(file), server.local);
    const { packet } = await next();
    return packet.kind === 'error' ? packet.code : String(packet.kind === 'data' && Buffer.from(packet.data));
  };
  t.equal(await code('/images//./a.bin'), 'image');
  t.equal(await code('inside'), 'image');
  t.equal(await code('nothing'), 1);
  t.equal(await code('a.bin/x'), 1);
  for (const name of [
    '../secret',
    'images/../../secret',
    'link',
    'up/secret',
    '.git/config',
    'unhidden',
    'images',
    '',
    '/',
    'C:secret',
    '..\\secret',
    'images/a.bin\n',
    'images\x01',
  ])
    t.equal(await code(name), 2, JSON.stringify(name));
});

t.test('only what is on the list is given when no folder is open', async (t) => {
  const root = await temporaryFolder(t);
  await writeFile(path.join(root, 'a.bin'), IMAGE);
  const { server, files } = await tftpStage(t);
  files.publish('image', path.join(root, 'a.bin'));
  files.publish('gone', path.join(root, 'none'));
  t.ok(Buffer.from(await fetchQuickly({ server: server.local, file: 'image' })).equals(IMAGE));
  await t.rejects(
    fetchQuickly({ server: server.local, file: path.join(root, 'a.bin') }),
    /file not found \(error 1\)/,
  );
  await t.rejects(fetchQuickly({ server: server.local, file: 'gone' }), { code: 'E_TFTP_FAILED' });
  files.withdraw('image');
  await t.rejects(fetchQuickly({ server: server.local, file: 'image' }), /error 1/);
  t.throws(() => files.publish('../x', IMAGE), RangeError);
});

t.test('a file that changes on the disk is read again by the next transfer', async (t) => {
  const root = await temporaryFolder(t);
  const file = path.join(root, 'a.bin');
  await writeFile(file, 'old');
  const { server } = await tftpStage(t, { root });
  t.equal(Buffer.from(await fetchQuickly({ server: server.local, file: 'a.bin' })).toString(), 'old');
  await writeFile(file, 'newer');
  t.equal(Buffer.from(await fetchQuickly({ server: server.local, file: 'a.bin' })).toString(), 'newer');
});

t.test('netascii is refused unless it is allowed, mail always', async (t) => {
  const { server, files } = await tftpStage(t);
  const text = Buffer.from('one\ntwo\rthree');
  files.publish('text', text);
  await t.rejects(fetchQuickly({ server: server.local, file: 'text', mode: 'netascii' }), /error 0/);
  const other = await tftpStage(t, { files, settings: { netascii: true } });
  const got = await fetchQuickly({ server: other.server.local, file: 'text', mode: 'netascii' });
  t.equal(Buffer.from(got).toString(), 'one\ntwo\rthree');
  const { send, next } = await rawClient(t);
  send(read('text', 'NetASCII'), other.server.local);
  t.match((await next()).packet, { data: Buffer.from('one\r\ntwo\r\0three') });
  const mail = await rawClient(t);
  mail.send(read('text', 'mail'), other.server.local);
  t.match((await mail.next()).packet, { kind: 'error', code: 0 });
});

t.test('files are not taken unless there is a folder for them, and never overwritten', async (t) => {
  const refusing = await tftpStage(t);
  await t.rejects(sendByTftp({ server: refusing.server.local, file: 'up' }, IMAGE), /error 2/);
  const folder = await temporaryFolder(t);
  const upload = { folder, maxBytes: 400_000 };
  const { server, event } = await tftpStage(t, { settings: { upload, lingerMs: 1 } });
  await sendByTftp({ server: server.local, file: 'up', terms: { blksize: 1024, tsize: 0 } }, IMAGE);
  t.match(await event('done'), { way: 'write', bytes: 300_000 });
  t.ok((await readFile(path.join(folder, 'up'))).equals(IMAGE));
  await t.rejects(sendByTftp({ server: server.local, file: 'up' }, IMAGE), /error 6/);
  await t.rejects(sendByTftp({ server: server.local, file: 'a/b' }, IMAGE), /error 2/);
  await t.rejects(sendByTftp({ server: server.local, file: '../b' }, IMAGE), /error 2/);
  const large = patterned(400_001);
  await t.rejects(sendByTftp({ server: server.local, file: 'large', terms: { tsize: 0 } }, large), /error 3/);
  await t.rejects(sendByTftp({ server: server.local, file: 'large' }, large), /error 3/);
  await server.stop();
  t.strictSame(await readdir(folder), ['up'], 'what did not come whole is gone');
});

t.test('who is not allowed gets no answer at all', async (t) => {
  const { server, files, event } = await tftpStage(t, { allows: () => false });
  files.publish('image', IMAGE);
  const { send, came } = await rawClient(t);
  send(read('image'), server.local);
  t.match(await event('ignored'), { why: 'not-allowed' });
  t.equal(came(), 0);
});

t.test('a stranger gets ERROR 5 once a second at most, and does not disturb the transfer', async (t) => {
  const { server, files, event } = await tftpStage(t);
  files.publish('image', patterned(1000));
  const [client, stranger] = [await rawClient(t), await rawClient(t)];
  client.send(read('image'), server.local);
  const { from } = await client.next();
  t.not(from.port, server.local.port, 'the server answers from another port');
  for (let time = 0; time < 5; time++) stranger.send({ kind: 'ack', block: 1 }, from);
  t.match((await stranger.next()).packet, { kind: 'error', code: 5 });
  client.send({ kind: 'ack', block: 1 }, from);
  t.match((await client.next()).packet, { kind: 'data', block: 2 });
  client.send({ kind: 'ack', block: 2 }, from);
  t.match(await event('done'), { bytes: 1000 });
  t.equal(stranger.came(), 1);
});

t.test('a request that comes again while it is answered makes no second transfer', async (t) => {
  const { server, files, events, event } = await tftpStage(t);
  files.publish('image', patterned(100));
  const { send, next } = await rawClient(t);
  send(read('image'), server.local);
  const { from } = await next();
  send(read('image'), server.local);
  t.match(await next(), { from, packet: { kind: 'data', block: 1 } });
  t.equal(server.transfers(), 1);
  send({ kind: 'ack', block: 1 }, from);
  t.match(await event('done'), { repeated: 1 });
  t.equal(events.filter(({ is }) => is === 'begun').length, 1);
  t.equal(server.transfers(), 0);
});

t.test('a late copy of a request makes no second transfer while nothing was acknowledged', async (t) => {
  const { server, files, events, event } = await tftpStage(t, { settings: { restartAfterMs: 0 } });
  files.publish('image', patterned(100));
  const { send, next } = await rawClient(t);
  send(read('image'), server.local);
  const { from } = await next();
  send(read('image'), server.local);
  t.match(await next(), { from, packet: { kind: 'data', block: 1 } }, 'from the port that it may know');
  send({ kind: 'ack', block: 1 }, from);
  await event('done');
  t.equal(events.filter(({ is }) => is === 'failed').length, 0);
});

t.test('a loader that starts again from its old port gets a new transfer', async (t) => {
  const { server, files, event } = await tftpStage(t, { settings: { restartAfterMs: 0 } });
  files.publish('image', IMAGE);
  const { send, next } = await rawClient(t);
  send(read('image'), server.local);
  const first = await next();
  send({ kind: 'ack', block: 1 }, first.from);
  await next();
  send(read('image'), server.local);
  const second = await next();
  t.match(second.packet, { kind: 'data', block: 1 });
  t.not(second.from.port, first.from.port);
  t.match(await event('failed'), { bytes: 512, failure: { text: 'the client started again' } });
  t.equal(server.transfers(), 1);
});

t.test('a transfer that is aborted, and one that the stop of the server ends, tell the client', async (t) => {
  const { server, files, event } = await tftpStage(t);
  files.publish('image', IMAGE);
  const [one, two] = [await rawClient(t), await rawClient(t)];
  one.send(read('image'), server.local);
  await one.next();
  t.ok(server.abort((await event('begun')).transfer, 'wrong board'));
  t.match((await one.next()).packet, { kind: 'error', text: 'wrong board' });
  t.notOk(server.abort('nothing', ''));
  two.send(read('image'), server.local);
  await two.next();
  await server.stop();
  t.match((await two.next()).packet, { kind: 'error', text: 'the server stops' });
});

t.test('what is no request on the port of requests is not answered', async (t) => {
  const { server, events } = await tftpStage(t);
  const { port, send, came } = await rawClient(t);
  send({ kind: 'ack', block: 1 }, server.local);
  port.send(Buffer.from('\0\x09'), server.local);
  port.send(Buffer.from('\0\x01file'), server.local);
  send(read('nothing'), server.local);
  while (events.length < 4) await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(
    events.map((event) => (event.is === 'ignored' ? event.why : event.is)),
    ['no-request', 'unreadable', 'unreadable', 'refused'],
  );
  t.ok(came() <= 1);
});

t.test('packets are shared out evenly and not faster than the settings say', async (t) => {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const ticker = {
    now: () => now,
    after: (ms: number, callback: () => void) => {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const { Deadlines } = await import('../../mdap/deadlines.ts');
  const { Pacer } = await import('../../mdap/pacer.ts');
  const pacer = new Pacer(ticker, new Deadlines(ticker), 1000);
  const sent: string[] = [];
  const empty: string[] = [];
  for (const name of ['a', 'b'])
    pacer.add(
      { name },
      Array(10).fill(() => sent.push(name)),
      () => empty.push(name),
    );
  const first = sent.length;
  t.ok(first <= 6, `${first} at once`);
  for (let step = 0; step < 100 && sent.length < 20; step++) {
    now += 1;
    for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.callback();
  }
  t.equal(sent.length, 20);
  t.ok(now >= 14, `${now} ms for the rest`);
  t.match(sent.slice(5, 15).join(''), /^(ab){5}$|^(ba){5}$/, 'while both have something to send');
  t.strictSame(empty.sort(), ['a', 'b']);
  t.equal(TFTP_SERVER_DEFAULTS.maxPacketsPerSecond, 20_000);
});
