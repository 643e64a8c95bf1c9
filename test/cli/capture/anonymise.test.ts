/** `modemlab capture anonymise`: what a person and a program get of it. */
import { link, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { captureFile, readAll } from '../../support/capture/capture-files.ts';
import { SECRETS, secretFile, traces } from '../../support/capture/capture-secrets.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

const latin1 = async (name: string): Promise<string> => (await readFile(name)).toString('latin1');

t.test('the copy has no secret, the list tells none, and the capture stays as it was', async (t) => {
  const folder = await temporaryFolder(t);
  const [name, out] = [path.join(folder, 'a.pcapng'), path.join(folder, 'b.pcapng')];
  await writeFile(name, secretFile());
  const ran = await run(['capture', 'anonymise', name, '-o', out]);
  t.equal(ran.code, 0, ran.err);
  t.match(ran.out, /^REPLACED +DIFFERENT +PLACES\nserial number +2 +\d+\n/);
  t.match(ran.out, /\nBLANKED +PLACES +BYTES\n/);
  t.match(ran.err, /b\.pcapng: pcapng, \d+ frames\n/);
  const [before, after] = [await latin1(name), await latin1(out)];
  for (const trace of traces()) {
    t.notOk(after.includes(trace), `${JSON.stringify(trace)} is not in the file`);
    t.notOk(ran.out.includes(trace));
  }
  t.equal(before, Buffer.from(secretFile()).toString('latin1'));
  t.strictSame((await readdir(folder)).sort(), ['a.pcapng', 'b.pcapng']);
  const shown = await Promise.all([name, out].map((one) => run(['capture', 'show', one])));
  const lines = shown.map(({ out }) => out.split('\n').length);
  t.equal(lines[0], lines[1], 'as many lines are shown');
});

t.test('--json is one document; --seed gives the same copy again, without it each is another', async (t) => {
  const folder = await temporaryFolder(t);
  const name = path.join(folder, 'a.pcapng');
  await writeFile(name, secretFile());
  const copy = async (out: string, ...options: string[]): Promise<string> => {
    const ran = await run(['capture', 'anonymise', name, '-o', path.join(folder, out), '--json', ...options]);
    t.match(json(ran), {
      format: 'pcapng',
      replaced: [{ kind: 'serial number', different: 2 }],
      fault: null,
    });
    return latin1(path.join(folder, out));
  };
  const seeded = await copy('b', '--seed', 'long and secret');
  t.equal(await copy('c', '--seed', 'long and secret'), seeded);
  t.not(await copy('d', '--seed', 'another'), seeded);
  t.not(await copy('e'), await copy('e'));
});

t.test(
  'pcap stays pcap, with the unit of its times; a cut file gives what could be read, and a note',
  async (t) => {
    const folder = await temporaryFolder(t);
    const [name, out] = [path.join(folder, 'a.pcap'), path.join(folder, 'b.pcap')];
    const { frames } = await readAll(secretFile());
    for (const microseconds of [true, false]) {
      const file = captureFile(frames, { format: 'pcap', order: 'big', microseconds, gzip: false });
      await writeFile(name, file.subarray(0, file.length - 3));
      const ran = await run(['capture', 'anonymise', name, '-o', out]);
      t.equal(ran.code, 1);
      t.match(ran.err, /E_CAPTURE_CUT: .* at byte \d+/);
      const bytes = await readFile(out);
      t.equal(bytes.readUInt32LE(0), microseconds ? 0xa1b2c3d4 : 0xa1b23c4d);
      const copy = await readAll(bytes);
      t.equal(copy.fault, undefined);
      t.equal(copy.frames.length, frames.length - 1);
      t.equal(bytes.includes(SECRETS.serial), false);
    }
  },
);

t.test('the capture itself is never written over, by no name; what is no capture is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const [name, other] = [path.join(folder, 'a.pcapng'), path.join(folder, 'link.pcapng')];
  await writeFile(name, secretFile());
  await link(name, other);
  for (const out of [name, other, path.join(folder, '.', 'a.pcapng')])
    t.match(await run(['capture', 'anonymise', name, '-o', out]), {
      code: 2,
      err: /E_FILE_INVALID.*the capture itself/,
    });
  t.equal(await latin1(name), Buffer.from(secretFile()).toString('latin1'));
  await writeFile(path.join(folder, 'text'), 'no capture');
  const out = path.join(folder, 'out');
  const refuse = (file: string, to = out) => run(['capture', 'anonymise', file, '-o', to]);
  t.match(await refuse(path.join(folder, 'text')), { code: 2, err: /^E_CAPTURE_FORMAT/ });
  t.match(await refuse(path.join(folder, 'none')), { code: 2, err: /E_FILE_INVALID.*no such file/ });
  t.match(await refuse(name, path.join(folder, 'none', 'out')), { code: 2, err: /E_FILE_INVALID/ });
  t.match(await refuse('-'), { code: 2, err: /E_FILE_INVALID.*standard input/ });
  t.notOk((await readdir(folder)).includes('out'));
});

t.test('a signal ends it, and leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const name = path.join(folder, 'a.pcapng');
  await writeFile(name, secretFile());
  const running = start(['capture', 'anonymise', name, '-o', path.join(folder, 'out')]);
  let ended = false;
  const end = running.end.finally(() => {
    ended = true;
  });
  // It listens from some turn of the loop on.
  while (!ended) {
    running.signal();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { code, err } = await end;
  t.equal(code, 1);
  t.match(err, /nothing was written/);
  t.strictSame(await readdir(folder), ['a.pcapng']);
});
