/** The ACS under measurement: store lmdb, queue dir, one log line a session into a file. */
import { join } from 'node:path';
import { pino } from 'pino';
import { startAcs } from '../acs/acs.ts';
import { openData } from '../acs/data-folder.ts';
import { answerCpu } from './child.ts';

const folder = process.argv[2] ?? '';
const data = await openData(folder, { owner: `bench-${process.pid}`, create: true });
const log = pino(
  { level: 'info' },
  pino.destination({ dest: join(folder, 'acs.log'), sync: false, minLength: 4096 }),
);
const acs = await startAcs({ data, host: '127.0.0.1', port: 0, log, sessionTimeoutMs: 600_000 });
answerCpu();
process.send?.({ port: acs.port });
