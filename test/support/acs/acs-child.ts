/**
 * An ACS on a data folder, as a process of its own: loads everything, reports `ready`, and starts when asked
 * to.
 */
import { createHash } from 'node:crypto';
import { startAcs } from '../../../acs/acs.ts';
import { openData } from '../../../acs/data-folder.ts';
import type { DeviceStore } from '../../../acs/store/store.ts';
import { isStart } from './acs-process.ts';

const folder = process.argv[2] ?? '';

process.on('disconnect', () => process.exit(0));
process.once('message', (message) => {
  if (!isStart(message)) throw new Error(`unexpected: ${JSON.stringify(message)}`);
  serve(message.port, message.transferMs).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`, () => process.exit(1));
  });
});
process.send?.({ is: 'ready' });

async function serve(port: number, transferMs: number): Promise<void> {
  const data = await openData(folder, { owner: `acs-${process.pid}`, create: true });
  const acs = await startAcs({
    data,
    host: '127.0.0.1',
    port,
    transferMs,
    sessionTimeoutMs: 2000,
    graceMs: 500,
  });
  process.on('message', (message) => {
    const work = message === 'trees' ? tellTrees(data.store) : acs.stop().then(() => process.disconnect());
    work.catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`, () => process.exit(1));
    });
  });
  process.send?.({ is: 'listening' });
}

async function tellTrees(store: DeviceStore): Promise<void> {
  const digests: [string, string][] = [];
  for await (const { key } of store.list()) {
    const hash = createHash('sha256');
    for await (const parameter of store.tree(key)) hash.update(JSON.stringify(parameter));
    digests.push([key, hash.digest('hex')]);
  }
  process.send?.({ is: 'trees', digests: Object.fromEntries(digests) });
}
