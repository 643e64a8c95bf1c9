/** What a process records of itself is read by us and followed by Wireshark. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { createConversation } from '../../../captures/conversation/conversation.ts';
import { createFlow } from '../../../captures/packet/flow.ts';
import { recordToFile } from '../../../captures/record/record-file.ts';
import { recordSocket } from '../../../captures/record/record-socket.ts';
import { createStory } from '../../../captures/story/story.ts';
import { OWN_COMMENT } from '../../../captures/story/story-record.ts';
import { sessionOf } from '../../../scripts/captures/cwmp-texts.ts';
import { noTshark, readAll, wireshark } from '../../support/capture/capture-files.ts';
import { recordToMemory } from '../../support/capture/record-memory.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { property } from '../../support/seed.ts';

const CPE = { address: '::ffff:192.0.2.2', port: 50_000 };
const ACS = { address: '192.0.2.1', port: 7547 };

property(
  t,
  'what was said on connections at the same time is read as it was said',
  fc.asyncProperty(
    fc.array(
      fc.tuple(
        fc.nat(2),
        fc.constantFrom('client' as const, 'server' as const),
        fc.uint8Array({ maxLength: 4000 }),
      ),
      { maxLength: 12 },
    ),
    async (said) => {
      const { bytes, recorder } = recordToMemory();
      const open = [0, 1, 2].map((index) => recorder.connection({ ...CPE, port: 50_000 + index }, ACS));
      for (const [index, from, part] of said) open[index]?.said(from, part);
      for (const connection of open) {
        connection.closed('client', 'finished');
        connection.closed('server', 'finished');
      }
      const flow = createFlow();
      const { fault, frames } = await readAll(bytes());
      assert.equal(fault, undefined);
      const events = [...frames.flatMap((frame) => [...flow.push(frame)]), ...flow.end()];
      for (const index of [0, 1, 2]) {
        for (const side of ['client', 'server'] as const) {
          const heard = events.flatMap((event) =>
            event.is === 'data' &&
            event.from === side &&
            event.stream.client === `192.0.2.2:${50_000 + index}`
              ? [...event.bytes]
              : [],
          );
          const wanted = said.flatMap(([of, from, part]) => (of === index && from === side ? [...part] : []));
          assert.deepEqual(heard, wanted);
        }
      }
      assert.equal(events.filter((event) => event.is === 'closed' && event.how === 'finished').length, 3);
    },
  ),
  60,
);

t.test('comments stand at the packets they are of, and ours are no part of the story', async (t) => {
  const { bytes, recorder } = recordToMemory();
  const connection = recorder.connection(CPE, ACS);
  connection.comment(`${OWN_COMMENT}session 1, Inform`);
  connection.said('client', Buffer.from('x'));
  recorder.datagram(
    { address: '10.0.0.1', port: 3235 },
    { address: '224.0.0.103', port: 3235 },
    Buffer.from('y'),
    'a search',
  );
  connection.closed('server', 'reset');
  const { frames } = await readAll(bytes());
  t.strictSame(
    frames.flatMap(({ comments }, index) => (comments.length === 0 ? [] : [[index, ...comments]])),
    [
      [3, 'modemlab: session 1, Inform'],
      [5, 'a search'],
    ],
  );
  const story = createStory();
  const records = [...frames.flatMap((frame) => [...story.push(frame)]), ...story.end()];
  t.match(
    records.filter(({ protocol }) => protocol === 'comment'),
    [{ what: 'a search' }],
  );
  t.match(records.at(-1), { what: 'connection reset', from: '192.0.2.1:7547' });
});

t.test('ends of two families are of one on the record, and what is not known is no address', async (t) => {
  const { bytes, recorder } = recordToMemory();
  recorder.connection(CPE, { address: '2001:db8::1', port: 443 }).over();
  recorder.connection({ address: undefined, port: undefined }, ACS).over();
  const flow = createFlow();
  const { frames } = await readAll(bytes());
  const opened = frames.flatMap((each) => [...flow.push(each)]).filter(({ is }) => is === 'opened');
  t.match(opened, [
    { stream: { client: '::ffff:192.0.2.2:50000', server: '2001:db8::1:443' } },
    { stream: { client: '0.0.0.0:0', server: '192.0.2.1:7547' } },
  ]);
});

t.test('an HTTP server and its client record the same session, with their real ports', async (t) => {
  const folder = await temporaryFolder(t);
  const files = { server: path.join(folder, 'server.pcapng'), client: path.join(folder, 'client.pcapng') };
  const ofServer = await recordToFile(files.server);
  const ofClient = await recordToFile(files.client);
  const said = sessionOf([]).map(({ bytes, from }) => ({ from, text: Buffer.from(bytes).toString() }));
  const answers = said
    .filter(({ from }) => from === 'server')
    .map(({ text }) => text.slice(text.indexOf('\r\n\r\n') + 4));
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () =>
      response.setHeader('Set-Cookie', 'session=abc; Path=/').end(answers.shift() ?? ''),
    );
  });
  server.on('connection', (socket: net.Socket) => recordSocket(ofServer, socket, 'server'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { localPort } = socket;
  recordSocket(ofClient, socket, 'client');
  for (const { from, text } of said) {
    if (from !== 'client') continue;
    socket.write(text);
    await once(socket, 'data');
  }
  socket.end();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
  await ofServer.close();
  await ofClient.close();
  for (const [side, file] of Object.entries(files)) {
    const conversation = createConversation();
    const { fault, frames } = await readAll(await readFile(file));
    t.equal(fault, undefined);
    const events = [...frames.flatMap((frame) => [...conversation.push(frame)]), ...conversation.end()];
    const cwmp = events.filter((event) => event.is === 'cwmp');
    t.strictSame(
      cwmp.map(({ content }) => content.is),
      ['message', 'message', 'empty', 'empty'],
      side,
    );
    t.match(cwmp[0]?.http.stream, { client: `127.0.0.1:${localPort}`, server: `127.0.0.1:${port}` }, side);
    t.equal(cwmp[0]?.session.state, 'ended', side);
  }
  if (noTshark !== false) return t.comment(noTshark);
  for (const file of Object.values(files)) {
    const tshark = (...args: string[]) =>
      wireshark('tshark', ['-r', file, '-d', `tcp.port==${port},http`, ...args]);
    t.equal(await tshark('-Y', '_ws.malformed || tcp.analysis.flags'), '', 'nothing is wrong');
    t.equal((await tshark('-Y', 'http.request')).trim().split('\n').length, 2);
    t.equal((await tshark('-Y', 'http.response')).trim().split('\n').length, 2);
    t.match(await tshark('-q', '-z', 'follow,tcp,ascii,0'), /POST \/cwmp HTTP\/1\.1[\s\S]*InformResponse/);
  }
});

t.test('a file that cannot be written is reported', async (t) => {
  await t.rejects(recordToFile('/no/such/folder/a.pcapng'), { code: 'ENOENT' });
});
