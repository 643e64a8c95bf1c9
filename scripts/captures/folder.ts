/** The content of a capture's folder: the file, a page on it, and the events that are read from it. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { counted } from '../../protocol/counted.ts';
import { runCommand } from './command.ts';
import type { Entry } from './entry.ts';

export const CAPTURE = 'capture.pcapng.gz';
export const EVENTS = 'events.json';
export const README = 'README.md';

/** The files of a folder by their names. */
export type Folder = ReadonlyMap<string, Buffer>;

export async function folderOf(entry: Entry): Promise<Folder> {
  const bytes = await entry.make();
  const events = await eventsOf(bytes);
  return new Map([
    [CAPTURE, gzipSync(bytes, { level: 9 })],
    [EVENTS, Buffer.from(events.text)],
    [README, Buffer.from(readme(entry, events))],
  ]);
}

/** Another release of zlib packs the same bytes otherwise. */
export function isSame(name: string, one: Buffer, other: Buffer): boolean {
  return name.endsWith('.gz') ? gunzipSync(one).equals(gunzipSync(other)) : one.equals(other);
}

export interface Events {
  /** The text of events.json. */
  readonly text: string;
  /** Ids of the quirks that were noted. */
  readonly quirks: ReadonlySet<string>;
  readonly frames: number;
}

interface Shown {
  readonly records: readonly {
    readonly quirks: readonly { readonly id: string }[];
    readonly decoded?: unknown;
    readonly raw?: string;
  }[];
  readonly sessions: readonly unknown[];
  readonly capture: { readonly frames: { readonly frames: number } };
}

/**
 * The output of `capture show --json` without the messages as data and as text, which a checksum of the whole
 * document stands for.
 */
export async function eventsOf(bytes: Uint8Array): Promise<Events> {
  const { code, err, out } = await runCommand(['capture', 'show', '-', '--json'], bytes);
  if (code !== 0) throw new Error(`capture show ended with ${code}: ${err}`);
  const shown: Shown = JSON.parse(out);
  const { capture, records, sessions } = shown;
  const lines = records.map(({ decoded, raw, ...record }) => JSON.stringify(record));
  const text = [
    `{"records":[\n${lines.join(',\n')}\n],`,
    `"sessions":[\n${sessions.map((session) => JSON.stringify(session)).join(',\n')}\n],`,
    `"capture":${JSON.stringify(capture)},`,
    `"sha256":"${createHash('sha256').update(out).digest('hex')}"}\n`,
  ].join('\n');
  return {
    text,
    quirks: new Set(records.flatMap(({ quirks }) => quirks.map(({ id }) => id))),
    frames: capture.frames.frames,
  };
}

function readme({ name, quirk, shows, title }: Entry, { frames, quirks }: Events): string {
  const seen =
    quirk === undefined
      ? []
      : [
          quirks.has(quirk)
            ? `\`modemlab capture show\` names ${quirk} at the messages that show it.`
            : `\`modemlab capture show\` does not name ${quirk}: it shows in what is said, or when.`,
        ];
  return [
    `# ${title}`,
    shows,
    ...seen,
    [
      `\`${CAPTURE}\` has ${counted(frames, 'packet')}. Wireshark opens it, and ` +
        `\`modemlab capture show captures/library/${name}/${CAPTURE}\``,
      `tells what happened. \`${EVENTS}\` holds what that command says with \`--json\`.`,
    ].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}
