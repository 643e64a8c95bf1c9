import t from 'tap';
import { ImportGraph } from '../../../scripts/test/imports.ts';
import { readersOf } from '../../../scripts/test/readers.ts';
import { listProject } from '../../support/house/files.ts';
import { builtPath, ROOT } from '../../support/tree.ts';

const texts = new Map([
  ['a/load.ts', 'const folder = new URL("./profiles/", import.meta.url);'],
  ['a/page.ts', 'readFileSync(path.join(ROOT, "docs", "a.md"));'],
  ['a/walk.ts', 'readdirSync(ROOT + "/docs");'],
  ['a/scenes/play.ts', 'export const a = 1;'],
  ['a/other.ts', 'const profilesOf = "profiles and docs";'],
]);

t.test('a data file is read by who names it, names its folder, or lies beside it', async (t) => {
  t.strictSame(readersOf('a/profiles/x.json', texts), ['a/load.ts']);
  t.strictSame(readersOf('a/profiles/trees/x.json', texts), ['a/load.ts']);
  t.strictSame(readersOf('docs/a.md', texts), ['a/page.ts', 'a/walk.ts']);
  t.strictSame(readersOf('docs/decisions/0001.md', texts), ['a/page.ts', 'a/walk.ts']);
  t.strictSame(readersOf('a/scenes/x.json', texts), ['a/scenes/play.ts']);
  t.strictSame(readersOf('LICENSE', texts), []);
});

t.test('of this package, the tests that a profile or a page concerns are found', async (t) => {
  const sources = listProject(ROOT).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  const graph = new ImportGraph({ sources, builtPath });
  for (const [changed, seen, unseen] of [
    ['simulator/profiles/st585v6.json', 'test/simulator/profile/profiles.test.ts', 'test/mdap/host.test.ts'],
    ['docs/quirks.md', 'test/docs.test.ts', 'test/protocol/result.test.ts'],
    ['README.md', 'test/readme.test.ts', 'test/protocol/result.test.ts'],
    ['protocol/result.ts', 'test/protocol/result.test.ts', 'test/protocol/counted.test.ts'],
  ] as const) {
    const isSeen = graph.watcherOf([changed]);
    t.ok(isSeen(seen), `${changed}: ${seen}`);
    t.notOk(isSeen(unseen), `${changed}: ${unseen}`);
  }
  t.ok(graph.watcherOf(['LICENSE'])('test/house/lines.test.ts'), 'whoever lists the tree sees each file');
  t.notOk(graph.watcherOf([])('test/house/lines.test.ts'), 'nothing has changed');
});
