// Makes dist/: what is published. JavaScript and declarations by tsc, and the data files that the code reads.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DATA_FOLDERS, filesBelow, ROOT } from './data-folders.js';

const dist = path.join(ROOT, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: ['ignore', 2, 2],
});
for (const file of DATA_FOLDERS.flatMap((folder) => filesBelow(folder, '.json')))
  cpSync(path.join(ROOT, file), path.join(dist, file));
process.exitCode = status === 0 ? 0 : 1;
