/** The story of a capture as one self-contained HTML page. */
import type { CwmpSession } from '../conversation/cwmp-types.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { StoryRecord } from './story-record.ts';

export interface PageContent {
  /** Name of the capture. */
  readonly title: string;
  /** Its contents, in one line. */
  readonly summary: string;
  /** Notes for the reader: where the file is cut, what was left out. */
  readonly notes: readonly string[];
  readonly sessions: Iterable<CwmpSession>;
  readonly records: readonly StoryRecord[];
}

/**
 * Writes the page. Bytes from the network are in it as data only: none can become markup or script.
 */
export function writePage({ notes, records, sessions, summary, title }: PageContent): string {
  const shown = [...sessions].map(
    ({ acs, connections, cpe, device, events, firmware, number, posts, state }) => ({
      acs,
      connections,
      cpe,
      device,
      events,
      firmware,
      number,
      posts,
      state,
    }),
  );
  const data = JSON.stringify({ notes, records, sessions: shown }, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header><h1>${escapeText(title)}</h1><span class="sum">${escapeText(summary)}</span><input type="search" placeholder="search all messages ( / )" aria-label="search"></header>
<main><nav></nav><div id="story"></div></main>
<script type="application/json" id="data">${data.replace(/[<\u2028\u2029]/g, escapeUnit)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

const escapeText = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
