import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { Violation } from './support/house/boundaries.ts';
import { findViolations, ROOMS, unusedGrants } from './support/house/boundaries.ts';
import { listRooms, parseSource, readSources } from './support/house/sources.ts';
import { ROOT } from './support/tree.ts';

const textOf = ({ rule, file, line, what }: Violation): string => `${rule} ${file}:${line} ${what}`;

t.test('no source breaks a rule of the house', async (t) => {
  const sources = readSources(ROOT, ['index.ts', ...listRooms(ROOT)]);
  t.ok(sources.length > 20, `${sources.length} sources are looked at`);
  t.ok(
    sources.some(({ file, imports }) => file.startsWith('protocol/') && imports.some(({ target }) => target)),
    'their imports are seen',
  );
  t.strictSame(findViolations(sources).map(textOf), []);
});

t.test('every room uses each package and room that it may import', async (t) => {
  t.strictSame(unusedGrants(readSources(ROOT, listRooms(ROOT))), []);
  const [unused] = unusedGrants([parseSource('peers/a.ts', "import 'node:net';")]).filter((grant) =>
    grant.startsWith('peers'),
  );
  t.equal(unused, 'peers: protocol', 'a grant without a use is found');
});

t.test('the table of docs/architecture.md is that of the rules', async (t) => {
  const page = readFileSync(path.join(ROOT, 'docs', 'architecture.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)\/` \|[^|]*\| ([^|]*) \| ([^|]*) \|$/gm)];
  const listed = (names: readonly string[]): string => names.join(', ') || 'none';
  t.strictSame(
    rows.map(([, room, imports, packages]) => [room, imports, packages]),
    [...ROOMS].map(([room, { imports, packages }]) => [
      room,
      'allBut' in imports ? ['all', ...imports.allBut].join(', ').replace(',', ' but') : listed(imports),
      listed(packages),
    ]),
  );
});

/** One wrong source a rule: a rule that nothing can break holds nothing. */
const wrong: readonly (readonly [title: string, file: string, text: string, expected: readonly string[]])[] =
  [
    [
      'protocol imports node:',
      'protocol/a.ts',
      "import 'node:fs';",
      ['pure protocol/a.ts:1 imports node:fs'],
    ],
    [
      'protocol imports another room',
      'protocol/a.ts',
      "import type { A } from '../acs/a.ts';",
      ['room protocol/a.ts:1 protocol imports acs/a.ts'],
    ],
    [
      'the simulator imports the ACS',
      'simulator/deep/a.ts',
      "export * from '../../acs/a.ts';",
      ['room simulator/deep/a.ts:1 simulator imports acs/a.ts'],
    ],
    [
      'the file formats of captures import what reads packets',
      'captures/file/a.ts',
      "import type { A } from '../packet/a.ts';",
      ['layer captures/file/a.ts:1 file imports captures/packet/a.ts'],
    ],
    [
      'what records captures imports what anonymises them',
      'captures/record/a.ts',
      "import '../anonymise/a.ts';",
      ['layer captures/record/a.ts:1 record imports captures/anonymise/a.ts'],
    ],
    [
      'a folder of the simulator imports one above it',
      'simulator/time/a.ts',
      "import type { A } from '../device/a.ts';",
      ['layer simulator/time/a.ts:1 time imports simulator/device/a.ts'],
    ],
    [
      'a folder of the simulator imports one beside it',
      'simulator/ant/a.ts',
      "import '../fleet/a.ts';",
      ['layer simulator/ant/a.ts:1 ant imports simulator/fleet/a.ts'],
    ],
    [
      'a folder of the simulator imports a file above it',
      'simulator/quirks/a.ts',
      "import '../session.ts';",
      ['layer simulator/quirks/a.ts:1 quirks imports simulator/session.ts'],
    ],
    [
      'a folder of the simulator without a layer',
      'simulator/utils/a.ts',
      "import '../time/a.ts';",
      ['layer simulator/utils/a.ts:1 simulator/utils/a.ts is in no layer of simulator/'],
    ],
    [
      'a folder of the simulator imports one without a layer',
      'simulator/fleet/a.ts',
      "import '../utils/a.ts';",
      ['layer simulator/fleet/a.ts:1 fleet imports simulator/utils/a.ts'],
    ],
    [
      'a dynamic import crosses',
      'acs/a.ts',
      "\nconst a = await import('../simulator/a.ts');",
      ['room acs/a.ts:2 acs imports simulator/a.ts'],
    ],
    [
      'an import of a type inside a type crosses',
      'acs/a.ts',
      "type A = import('../cli/a.ts').A;",
      ['room acs/a.ts:1 acs imports cli/a.ts'],
    ],
    [
      'the command line reaches into the ACS',
      'cli/task/a.ts',
      "import type { A } from '../../acs/queue/a.ts';",
      ['room cli/task/a.ts:1 cli imports acs/queue/a.ts'],
    ],
    [
      'a folder of the command line imports another',
      'cli/capture/a.ts',
      "const a = await import('../simulate/a.ts');",
      ['room cli/capture/a.ts:1 cli imports cli/simulate/a.ts'],
    ],
    [
      'what commands share imports a command',
      'cli/support/a.ts',
      "import '../mdap/a.ts';",
      ['room cli/support/a.ts:1 cli imports cli/mdap/a.ts'],
    ],
    [
      'a folder of the command line imports the program',
      'cli/mdap/a.ts',
      "import '../main.ts';",
      ['room cli/mdap/a.ts:1 cli imports cli/main.ts'],
    ],
    [
      'the bench is imported by the command line',
      'cli/a.ts',
      "import '../bench/a.ts';",
      ['room cli/a.ts:1 cli imports bench/a.ts'],
    ],
    [
      'a script imports a test',
      'scripts/a.ts',
      "import '../test/a.ts';",
      ['room scripts/a.ts:1 scripts imports test/a.ts'],
    ],
    [
      'a bench imports a test',
      'bench/a.ts',
      "import '../test/support/a.ts';",
      ['room bench/a.ts:1 bench imports test/support/a.ts'],
    ],
    [
      'a package of another room',
      'simulator/a.ts',
      "import 'lmdb';",
      ['package simulator/a.ts:1 simulator imports lmdb'],
    ],
    [
      'fast-xml-parser outside of xml/',
      'protocol/cwmp/a.ts',
      "import { XMLParser } from 'fast-xml-parser';",
      ['package protocol/cwmp/a.ts:1 protocol imports fast-xml-parser'],
    ],
    [
      'a room without rules',
      'utils/a.ts',
      "import 'node:fs';",
      ['room utils/a.ts:1 utils is no room of the house'],
    ],
    ['an import without its ending', 'acs/a.ts', "import './b';", ['extension acs/a.ts:1 ./b']],
    ['a clock', 'protocol/a.ts', 'const a = Date.now();', ['pure protocol/a.ts:1 Date.now']],
    ['the time of day', 'protocol/a.ts', 'const a = new Date();', ['pure protocol/a.ts:1 new Date()']],
    ['randomness', 'protocol/a.ts', 'const a = Math.random();', ['pure protocol/a.ts:1 Math.random']],
    ['a timer', 'protocol/a.ts', 'const a = { run: setTimeout };', ['pure protocol/a.ts:1 setTimeout']],
    ['secrets of the platform', 'protocol/a.ts', 'crypto.randomUUID();', ['pure protocol/a.ts:1 crypto']],
    ['a cast', 'acs/a.ts', 'const a = b as unknown;', ['cast acs/a.ts:1 unknown']],
    ['the compiler switched off', 'acs/a.ts', `\n// @ts-${'ignore'}\n`, ['cast acs/a.ts:2 // @ts-ignore']],
  ];

for (const [title, file, text, expected] of wrong) {
  t.test(`${title}: it is found`, async (t) => {
    t.strictSame(findViolations([parseSource(file, text)]).map(textOf), expected);
  });
}

t.test('what is allowed is not found', async (t) => {
  const sources = [
    parseSource('protocol/a.ts', 'const a = new Date(0); const b = { process: 1 }; const c = b.process;'),
    parseSource('protocol/xml/a.ts', "import { XMLParser } from 'fast-xml-parser';"),
    parseSource('cli/main.ts', "import './mdap/a.ts'; import { Command } from 'commander';"),
    parseSource(
      'cli/mdap/a.ts',
      "import '../../acs/index.ts'; import '../../acs/app/a.ts'; import '../support/a.ts';",
    ),
    parseSource('cli/mdap/b.ts', "import './a.ts'; import '../../mdap/deep/a.ts';"),
    parseSource('bench/a.ts', "import '../acs/a.ts'; import 'node:fs';"),
    parseSource('captures/story/a.ts', "import '../http/a.ts'; import './b.ts';"),
    parseSource('simulator/device/a.ts', "import '../time/a.ts'; import './b.ts';"),
    parseSource('simulator/modem.ts', "import './services/stun.ts'; import './session.ts';"),
    parseSource('acs/a.ts', "const a = ['x'] as const; import '../protocol/a.ts';"),
  ];
  t.strictSame(findViolations(sources).map(textOf), []);
});

t.test('a ring of imports is found once, also one of types', async (t) => {
  const sources = [
    parseSource('acs/a.ts', "import type { B } from './b.ts';"),
    parseSource('acs/b.ts', "import { c } from './c.ts';"),
    parseSource('acs/c.ts', "import './a.ts'; import './d.ts';"),
    parseSource('acs/d.ts', ''),
  ];
  t.strictSame(findViolations(sources).map(textOf), [
    'cycle acs/c.ts:1 acs/a.ts -> acs/b.ts -> acs/c.ts -> acs/a.ts',
  ]);
});
