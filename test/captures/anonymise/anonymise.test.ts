/** An anonymised capture has the same story, and nothing about whose it was. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Anonymised } from '../../../captures/anonymise/anonymise.ts';
import { anonymise } from '../../../captures/anonymise/anonymise.ts';
import { anonymisedFile } from '../../../captures/anonymise/file.ts';
import type { CapturedFrame } from '../../../captures/file/frame.ts';
import { LINK_TYPES } from '../../../captures/file/frame.ts';
import { createStory } from '../../../captures/story/story.ts';
import { framesOf, packetsOf } from '../../../scripts/captures/packets.ts';
import { noTshark, readAll, wireshark } from '../../support/capture/capture-files.ts';
import { SECRETS, secretFile, secretSession, traces } from '../../support/capture/capture-secrets.ts';
import { disturb, disturbance, manner } from '../../support/capture/packet-arbitraries.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { property } from '../../support/seed.ts';

const KEY = Buffer.from('a key of tests');

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

interface Done {
  readonly frames: readonly CapturedFrame[];
  readonly report: Anonymised['report'];
}

async function anonymised(frames: readonly CapturedFrame[], key: Uint8Array = KEY): Promise<Done> {
  const done = await anonymise(() => each(frames), key);
  const others: CapturedFrame[] = [];
  for await (const frame of done.frames) others.push(frame);
  return { frames: others, report: done.report };
}

function storyOf(frames: readonly CapturedFrame[]) {
  const story = createStory();
  return [...frames.flatMap((frame) => [...story.push(frame)]), ...story.end()];
}

const IPV4 = String.raw`(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])`;

/** What is left of a text when classes of characters count, and not which. */
const shape = (text: string): string =>
  text
    .replace(/^[\da-f]+$/, ({ length }) => 'h'.repeat(length))
    .replace(new RegExp(IPV4, 'g'), (address) => '9'.repeat(address.length))
    .replace(/&#x[\dA-F]+;/gi, '&#x;')
    .replace(/\b[\da-f]{2}(?:[-:][\da-f]{2}){5}\b/gi, 'MAC')
    .replace(/(?<![\w:])[\da-f]{1,4}(?::[\da-f]{0,4}){2,7}/g, ({ length }) => 'v'.repeat(length))
    .replace(/Basic [\w+/=]+/g, 'Basic')
    .replace(/\d/g, '0')
    .replace(/[a-z\u00c0-\u00ff]/g, 'a')
    .replace(/[A-Z]/g, 'A');

/** The texts of two stories side by side; every difference of another kind is an error. */
function sameBut(
  before: unknown,
  after: unknown,
  place = '',
): readonly (readonly [string, string, string])[] {
  if (typeof before === 'string' && typeof after === 'string') {
    // The last of MDAP are check values.
    const end = before.includes(' MDAP/') ? -4 : undefined;
    assert.equal(shape(after.slice(0, end)), shape(before.slice(0, end)), place);
    return [[before.slice(0, end), after.slice(0, end), place]];
  }
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
    assert.deepEqual(after, before, place);
    return [];
  }
  const [left, right] = [Object.entries(before), Object.entries(after)];
  assert.deepEqual(
    right.map(([name]) => name),
    left.map(([name]) => name),
    place,
  );
  return left.flatMap(([name, value], index) => sameBut(value, right[index]?.[1], `${place}.${name}`));
}

const WORD = new RegExp(`${IPV4}|[A-Za-z0-9]{6,}`, 'g');

/** Checks that one word has become one other word everywhere, and gives the words that have. */
function wordsOf(pairs: readonly (readonly [string, string, string])[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const [before, after, place] of pairs) {
    const others = after.match(WORD) ?? [];
    (before.match(WORD) ?? []).forEach((word, index) => {
      const other = others[index] ?? '';
      assert.equal(other, words.get(word) ?? other, `${word} in ${place}`);
      words.set(word, other);
    });
  }
  return words;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

t.test('the story is the same but for the secrets, of which no byte is left in the file', async (t) => {
  const { frames } = await readAll(secretFile());
  const done = await anonymised(frames);
  t.strictSame(
    done.frames.map(({ bytes, time }) => [time, bytes.length]),
    frames.map(({ bytes, time }) => [time, bytes.length]),
  );
  const text = latin1(Buffer.concat(done.frames.map(({ bytes }) => bytes)));
  const comments = done.frames.flatMap(({ comments }) => comments).join('\n');
  for (const trace of traces()) {
    t.notOk(text.includes(trace), `${JSON.stringify(trace)} is not in the frames`);
    t.notOk(comments.includes(trace), `${JSON.stringify(trace)} is not in the comments`);
  }
  const [before, after] = [storyOf(frames), storyOf(done.frames)];
  t.ok(before.length > 20, `${before.length} records`);
  const words = wordsOf(sameBut(before, after));
  for (const kept of ['THOMSON', '00147F', 'SpeedTouch', 'InternetGatewayDevice', 'Administrator'])
    t.equal(words.get(kept), kept === 'Administrator' ? words.get(kept) : kept, `${kept} stays`);
  t.match(words.get(SECRETS.serial), /^[A-Z]{2}\d{4}[A-Z]{5}$/);
  t.ok(
    words.get(SECRETS.serial)?.endsWith(words.get(SECRETS.antId) ?? '?'),
    'the ANT-ID is a part of it still',
  );
  t.match(words.get(SECRETS.wan), /^(10|192|100)\./);
});

t.test('what is short is replaced where it is a secret, and nowhere else', async (t) => {
  const { frames } = await readAll(secretFile());
  const raw = storyOf((await anonymised(frames)).frames)
    .map(({ raw = '' }) => raw)
    .join('');
  const parameter = (name: string): string | undefined =>
    new RegExp(`${name}</Name>\\s*<Value[^>]*>([^<]*)<`).exec(raw)?.[1];
  t.match(parameter('SIM.PIN'), /^\d{4}$/);
  t.not(parameter('SIM.PIN'), SECRETS.pin);
  t.equal(parameter('DeviceInfo.UpTime'), SECRETS.pin);
  t.equal(parameter('SoftwareVersion'), '7.4.1.7', 'a version is no address');
  t.equal(parameter('SubnetMask'), '255.255.255.0');
});

t.test('what was replaced is counted by kinds, and not shown', async (t) => {
  const { frames } = await readAll(secretFile());
  const { report } = await anonymised(frames);
  const { blanked, replaced } = report;
  const kinds = new Map(replaced.map((row) => [row.kind, row]));
  t.match(kinds.get('serial number'), { different: 2 });
  t.match(kinds.get('MAC address'), { different: 1 });
  for (const kind of [
    'password',
    'key',
    'network name',
    'location',
    'phone number',
    'cookie',
    'digest response',
  ] as const)
    t.ok((kinds.get(kind)?.places ?? 0) >= 1, kind);
  t.match(
    blanked.find(({ what }) => what === 'files in TFTP'),
    { places: 1 },
  );
  const shown = JSON.stringify([replaced, blanked]);
  for (const trace of traces()) t.notOk(shown.includes(trace));
});

t.test('another key gives other texts, the same key the same', async (t) => {
  const { frames } = await readAll(secretFile());
  const bytesOf = async (key: string) =>
    latin1(Buffer.concat((await anonymised(frames, Buffer.from(key))).frames.map(({ bytes }) => bytes)));
  const first = await bytesOf('one');
  t.equal(await bytesOf('one'), first);
  t.not(await bytesOf('two'), first);
});

t.test('checksums that were right are right, and Wireshark reads the file', { skip: noTshark }, async (t) => {
  const folder = await temporaryFolder(t);
  const { frames } = await readAll(secretFile());
  const done = await anonymise(() => each(frames), KEY);
  const name = path.join(folder, 'a.pcapng');
  await writeFile(name, anonymisedFile(done.frames, { format: 'pcapng', microseconds: false }));
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const tshark = (filter: string) => wireshark('tshark', ['-r', name, ...checks, '-Y', filter]);
  t.equal(
    await tshark('ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0'),
    '',
  );
  t.equal(
    (await tshark('tcp.checksum.status == 1 || udp.checksum.status == 1')).trim().split('\n').length,
    frames.length,
  );
  t.equal(await tshark('_ws.malformed && !dns'), '');
});

property(
  t,
  'however a session is cut into segments, doubled and put out of order, nothing of it is left',
  fc.asyncProperty(
    manner(),
    disturbance(),
    fc.constantFrom(LINK_TYPES.ethernet, LINK_TYPES.linuxSll, LINK_TYPES.raw),
    async (how, disturbance, linkType) => {
      const cuts = how.cuts.map(({ back, length }) => ({ length: length + 60, back }));
      const frames = framesOf(disturb(packetsOf(secretSession(), { ...how, cuts }), disturbance), linkType);
      const done = await anonymised(frames);
      const after = storyOf(done.frames);
      wordsOf(sameBut(storyOf(frames), after));
      const said = JSON.stringify(after);
      for (const trace of traces()) assert.ok(!said.includes(trace), trace);
    },
  ),
  15,
);

property(
  t,
  'of a capture that is cut anywhere what is there is anonymised',
  fc.asyncProperty(fc.nat(), manner(), async (at, how) => {
    const cuts = how.cuts.map(({ back, length }) => ({ length: length + 120, back }));
    const all = framesOf(packetsOf(secretSession(), { ...how, cuts, handshake: true }));
    const frames = all.slice(0, at % all.length);
    const done = await anonymised(frames);
    assert.equal(done.frames.length, frames.length);
    const said = latin1(Buffer.concat(done.frames.map(({ bytes }) => bytes)));
    for (const secret of [SECRETS.serial, SECRETS.wan, SECRETS.key])
      assert.ok(!said.includes(secret), secret);
  }),
  30,
);
