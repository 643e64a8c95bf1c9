/**
 * The clone law: of each profile the first contact is recorded and cloned, and the clone's first contact
 * has the same story, apart from an ignore list that is printed.
 */
import type { Test } from 'tap';
import t from 'tap';
import { createStory } from '../../../captures/story/story.ts';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { cloneOf } from '../../../replay/clone/clone.ts';
import type { Evidence } from '../../../replay/clone/evidence.ts';
import { createObservationCollector } from '../../../replay/clone/observation-collector.ts';
import { releaseNames } from '../../../simulator/index.ts';
import { recordFirstContact } from '../../support/acs/first-contact.ts';
import { readAll } from '../../support/capture/capture-files.ts';
import { sampled } from '../../support/seed.ts';

/** What may differ, and why. Each is replaced by the same text on both sides. */
const IGNORED: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly to: string;
  readonly why: string;
}[] = [
  { what: 'ports', pattern: /127\.0\.0\.1:\d+/g, to: 'HOST', why: 'each run has ports of its own' },
  {
    what: 'cookie',
    pattern: /session=[0-9a-f-]{36}/g,
    to: 'session=1',
    why: 'the ACS draws one for each session; how it is sent back is held',
  },
  {
    what: 'ids of the ACS',
    pattern: /(?<=>)[0-9a-f]{8}(?=-\d+<\/)/g,
    to: 'acs',
    why: 'drawn for each session; that they are sent back is held',
  },
  { what: 'Date', pattern: /(?<=\nDate: ).*/g, to: 'now', why: 'the clock of the ACS' },
];

/** A fixed time in place of the calendar's. */
const START = Date.UTC(2026, 0, 5, 12);

async function witnessed(bytes: Uint8Array): Promise<Evidence> {
  const witness = createObservationCollector(undefined);
  witness.begin();
  for (const frame of (await readAll(bytes)).frames) witness.push(frame);
  witness.end();
  const [evidence] = witness.seen;
  if (evidence === undefined) throw new Error('no device was seen');
  return evidence;
}

async function storyOf(bytes: Uint8Array): Promise<readonly string[]> {
  const story = createStory();
  const { frames } = await readAll(bytes);
  return [...frames.flatMap((frame) => story.push(frame)), ...story.end()].map(plain);
}

/** A record without its time; the decoded message is what the raw one says. */
function plain({ decoded: _, time: __, ...record }: StoryRecord): string {
  return IGNORED.reduce(
    (text, { pattern, to }) => text.replace(pattern, to),
    Object.values(record).map(textOf).join('\n'),
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function sameStory(t: Test, name: string, first: readonly string[], second: readonly string[]): void {
  const differs = first.findIndex((record, index) => record !== second[index]);
  // The one that differs alone: a whole story has megabytes.
  if (differs >= 0)
    t.equal(around(second[differs], first[differs]), around(first[differs], second[differs]), name);
  else t.equal(second.length, first.length, `${name}: ${first.length} records`);
}

function around(text = '', other = ''): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  return text.slice(Math.max(0, at - 80), at + 80);
}

for (const { what, why } of IGNORED) t.comment(`ignored: ${what}: ${why}`);

for (const profile of sampled(releaseNames(), 12))
  t.test(`the clone of ${profile} makes the same first contact`, async (t) => {
    const first = await recordFirstContact({ profile, seed: 3 }, START);
    const clone = cloneOf(await witnessed(first), profile);
    t.equal(clone.spelling.alike, clone.spelling.of, 'every message can be spelt');
    const second = await recordFirstContact({ profile: clone.profile, seed: 'another' }, START);
    sameStory(t, 'the story is the same', await storyOf(first), await storyOf(second));
  });
