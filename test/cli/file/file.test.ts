import { readFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { run, temporaryFolder } from '../../support/process/cli.ts';

t.test('an image is made, and tells what it is', async (t) => {
  const out = path.join(await temporaryFolder(t), 'x.bli');
  const made = await run([
    'file',
    'make-image',
    '--board',
    'BANT-R',
    '--version',
    '7.4.1.7',
    '--size',
    '5000',
    '--out',
    out,
    '--json',
  ]);
  t.match(made, { code: 0 });
  t.match(JSON.parse(made.out), {
    file: out,
    family: 'QH',
    board: 'BANT-R',
    version: '7.4.1.7',
    payloadLength: 5000,
  });
  t.equal((await readFile(out)).toString('latin1', 0, 9), 'BLI223QH0');
  t.match(await run(['file', 'show-image', out]), {
    code: 0,
    out: /^board +BANT-R\nfirmware +7\.4\.1\.7\n[\s\S]*simulated modems\n$/,
  });
  const [again, bad] = [`${out}2`, `${out}3`];
  await run([
    'file',
    'make-image',
    '--board',
    'BANT-R',
    '--version',
    '7.4.1.7',
    '--size',
    '5000',
    '--out',
    again,
  ]);
  t.same(await readFile(again), await readFile(out), 'the same arguments, the same bytes');
  await run([
    'file',
    'make-image',
    '--board',
    'BANT-R',
    '--version',
    '7.4.1.7',
    '--flaw',
    'checksum',
    '--out',
    bad,
  ]);
  t.match(await run(['file', 'show-image', bad]), { code: 0, out: /does not match the payload/ });
});

t.test('what is not an image, or cannot become one, is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const make = (...more: string[]) => run(['file', 'make-image', ...more]);
  t.match(await make('--board', 'BANT-R'), { code: 2, err: /--version/ });
  t.match(await make('--board', 'BANT-R', '--version', '7.4'), { code: 2, err: /^E_USAGE.*four parts/ });
  t.match(await make('--board', 'ZANT-9', '--version', '7.4.1.7'), {
    code: 2,
    err: /^E_USAGE.*no profile has this board/,
  });
  const half = path.join(folder, 'half.bli');
  t.match(await make('--board', 'BANT-W', '--version', '6.2.29.2', '--flaw', 'truncated', '--out', half), {
    code: 0,
  });
  t.match(await run(['file', 'show-image', half]), {
    code: 2,
    err: /^E_FILE_INVALID.*shorter than its header says/,
  });
  t.match(await run(['file', 'show-image', path.join(folder, 'none')]), {
    code: 2,
    err: /^E_DATA_UNREADABLE/,
  });
});
