/** All captures of the library, and the page that lists them. */
import { cliSession, flashing } from './bench.ts';
import { bootStorm } from './boot-storm.ts';
import type { Entry } from './entry.ts';
import { firmwareUpgrade } from './firmware-upgrade.ts';
import { firstContacts } from './first-contacts.ts';
import { quirkCaptures } from './quirks.ts';

export const library = (): readonly Entry[] => [
  ...firstContacts(),
  firmwareUpgrade,
  bootStorm,
  cliSession,
  flashing,
  ...quirkCaptures(),
];

/** captures/library/README.md */
export const indexPage = (entries: readonly Entry[]): string =>
  `${[
    '# Captures',
    [
      'Recorded by modemlab itself: simulated modems, and the ACS and the MDAP host of this project, in',
      'simulated time on a network in memory. Each capture has a folder with the file (pcapng, packed with',
      'gzip), a page on what it shows, and the events that `modemlab capture show --json` prints.',
      '`npm run captures` makes them again, with the same bytes; `npm run captures -- --check` compares.',
      'All addresses are private or set aside for documentation (RFC 5737) and tests (RFC 2544), and all',
      'devices are made up.',
    ].join('\n'),
    [
      '| folder | what it shows |',
      '|---|---|',
      ...entries.map(
        ({ name, title }) => `| [${name}](${name}/README.md) | ${title.replaceAll('|', '\\|')} |`,
      ),
    ].join('\n'),
  ].join('\n\n')}\n`;
