/**
 * The captures of captures/library/: each shows what its folder says, to us and to Wireshark, and is made
 * again to the byte.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { openCaptureFile } from '../../../captures/file/open.ts';
import { createHttp } from '../../../captures/http/http.ts';
import { createFlow } from '../../../captures/packet/flow.ts';
import { QUIRKS } from '../../../protocol/quirks.ts';
import { CAPTURE, EVENTS, eventsOf, folderOf, isSame, README } from '../../../scripts/captures/folder.ts';
import { indexPage, library } from '../../../scripts/captures/library.ts';
import { listQuirks } from '../../../simulator/index.ts';
import { noTshark, wireshark } from '../../support/capture/capture-files.ts';
import { sampled } from '../../support/seed.ts';
import { ROOT } from '../../support/tree.ts';

const LIBRARY = path.join(ROOT, 'captures', 'library');
/** All of it, as it lies on the disk. */
const MAX_BYTES = 3_000_000;

/** What to do when a capture differs on purpose. */
const AGAIN = '`npm run captures`, or `npm run captures -- NAME`';

const entries = library();
const fileOf = (name: string, file: string): string => path.join(LIBRARY, name, file);

t.test('there is a folder for each capture, with three files and no others, and all are small', async (t) => {
  const found = await readdir(LIBRARY, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(LIBRARY, path.join(entry.parentPath, entry.name)));
  const expected = entries.flatMap(({ name }) => [CAPTURE, EVENTS, README].map((file) => `${name}/${file}`));
  t.strictSame(files.sort(), [...expected, README].sort());
  t.equal(await readFile(path.join(LIBRARY, README), 'utf8'), indexPage(entries), 'they are listed');
  const sizes = await Promise.all(
    files.map(async (file) => (await readFile(path.join(LIBRARY, file))).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  t.comment(`${entries.length} captures, ${total} bytes`);
  t.ok(total < MAX_BYTES, `${total} bytes`);
});

t.test('`capture show --json` shows of each what its folder says', async (t) => {
  const others: string[] = [];
  for (const { name } of entries) {
    const { text } = await eventsOf(await readFile(fileOf(name, CAPTURE)));
    if (text !== (await readFile(fileOf(name, EVENTS), 'utf8'))) others.push(name);
  }
  t.strictSame(others, [], `these show other events: is that meant? then run ${AGAIN}`);
});

/** Noted by an ACS, and not by one who reads a capture. */
const NOT_IN_CAPTURES: ReadonlyMap<string, string> = new Map([
  [
    'Q-EV-08',
    'whether the modem has closed the connection of the older session does not follow from the order of packets',
  ],
]);

t.test('the capture of each quirk that is noted names it, at a message that shows it', async (t) => {
  const quirks = entries.flatMap(({ name, quirk }) => (quirk === undefined ? [] : [{ name, quirk }]));
  t.strictSame(
    quirks.map(({ quirk }) => quirk),
    listQuirks().flatMap(({ acted, id }) => (acted ? [id] : [])),
    'there is one for each that a modem can have',
  );
  for (const { name, quirk } of quirks) {
    const { quirks: named } = await eventsOf(await readFile(fileOf(name, CAPTURE)));
    const isNoted = QUIRKS[quirk].noted !== 'no' && !NOT_IN_CAPTURES.has(quirk);
    if (named.has(quirk) !== isNoted) t.fail(`${name}: ${isNoted ? 'not named' : 'named'}`);
  }
});

t.test('each is made again with the same bytes', async (t) => {
  const others: string[] = [];
  for (const entry of sampled(entries, 50))
    for (const [file, bytes] of await folderOf(entry))
      if (!isSame(file, bytes, await readFile(fileOf(entry.name, file))))
        others.push(`${entry.name}/${file}`);
  t.strictSame(others, [], `these are made differently now: is that meant? then run ${AGAIN}`);
});

/** What is counted in a capture, by us and by Wireshark. */
interface Counted {
  readonly packets: number;
  /** TCP connections and UDP conversations. */
  readonly streams: number;
  readonly requests: number;
}

interface CountedCapture extends Counted {
  readonly name: string;
  /** The ends of each. */
  readonly ends: ReadonlySet<string>;
}

async function count(name: string): Promise<CountedCapture> {
  const flow = createFlow();
  const http = createHttp();
  const ends = new Set<string>();
  const pairs = new Set<string>();
  let [streams, requests] = [0, 0];
  const take = (events: ReturnType<typeof flow.push>): void => {
    for (const event of events) {
      if (event.is === 'comment') continue;
      if (event.is === 'datagram') {
        pairs.add([event.from, event.to].sort().join());
        continue;
      }
      if (event.is === 'opened') {
        streams += 1;
        ends.add([event.stream.client, event.stream.server].join());
      }
      for (const shown of http.push(event)) if (shown.is === 'http' && shown.from === 'client') requests += 1;
    }
  };
  for await (const frame of openCaptureFile(fileOf(name, CAPTURE)).frames) take(flow.push(frame));
  take(flow.end());
  for (const pair of pairs) ends.add(pair);
  return { name, packets: flow.counts.frames, streams: streams + pairs.size, requests, ends };
}

interface Batch {
  readonly captures: CountedCapture[];
  readonly ends: Set<string>;
}

/**
 * Captures that have no conversation in common are read as one file: a start of Wireshark costs more than
 * they do.
 */
function batchesOf(captures: readonly CountedCapture[]): readonly Batch[] {
  const batches: Batch[] = [];
  for (const capture of captures) {
    let batch = batches.find(({ ends }) => ![...capture.ends].some((pair) => ends.has(pair)));
    if (batch === undefined) {
      batch = { captures: [], ends: new Set() };
      batches.push(batch);
    }
    batch.captures.push(capture);
    for (const pair of capture.ends) batch.ends.add(pair);
  }
  return batches;
}

/** Requests that Wireshark counts where it does not read what a lenient server reads. */
const WIRESHARK_READS: ReadonlyMap<string, number> = new Map([
  // A body that ends before its Content-Length: it waits for the rest.
  ['quirk/Q-XT-03', 6],
  // Line ends before the request line: it takes the connection for another protocol.
  ['quirk/Q-XT-05', 0],
]);

const FIELDS = ['tcp.stream', 'udp.stream', 'http.request.method', '_ws.malformed'];
const CHECKED = ['ip', 'tcp', 'udp'];

/** One line a packet, in the order of the captures. */
async function dissect(file: string): Promise<readonly (readonly string[])[]> {
  const checks = CHECKED.flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const fields = [...FIELDS, ...CHECKED.map((protocol) => `${protocol}.checksum.status`)];
  const shown = await wireshark('tshark', [
    '-r',
    file,
    '-d',
    'tcp.port==7547,http',
    ...checks,
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  return shown
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t'));
}

const BAD_SUM = '0';

function countDissected(
  packets: readonly (readonly string[])[],
): Counted & { readonly wrong: readonly string[] } {
  const streams = new Set<string>();
  const wrong: string[] = [];
  let requests = 0;
  packets.forEach(([tcp = '', udp = '', methods = '', malformed = '', ...sums], index) => {
    streams.add(tcp === '' ? `udp ${udp}` : `tcp ${tcp}`);
    requests += methods === '' ? 0 : methods.split(',').length;
    if (malformed !== '' || sums.includes(BAD_SUM)) wrong.push(`packet ${index + 1}: ${malformed}`);
  });
  return { packets: packets.length, streams: streams.size, requests, wrong };
}

t.test(
  'Wireshark counts the same packets, streams and HTTP requests, and finds nothing malformed',
  { skip: noTshark },
  async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-library-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const captures: CountedCapture[] = [];
    for (const { name } of entries) captures.push(await count(name));
    const batches = batchesOf(captures);
    t.ok(batches.length < 6, `${batches.length} starts`);
    for (const [index, batch] of batches.entries()) {
      const file = path.join(folder, `${index}.pcapng`);
      const files = batch.captures.map(({ name }) => fileOf(name, CAPTURE));
      await wireshark('mergecap', ['-a', '-w', file, ...files]);
      const packets = await dissect(file);
      let at = 0;
      for (const { name, ends, ...expected } of batch.captures) {
        const found = countDissected(packets.slice(at, at + expected.packets));
        at += expected.packets;
        const requests = WIRESHARK_READS.get(name) ?? expected.requests;
        t.strictSame(found, { ...expected, requests, wrong: [] }, name);
      }
      t.equal(at, packets.length);
    }
  },
);
