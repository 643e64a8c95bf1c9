/** Resident memory of an ACS with ten thousand open sessions, each on a connection of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { informText } from '../peers/samples/invented-modem.ts';
import { startChild } from './child.ts';
import { playMany } from './driver.ts';
import type { Figure } from './report.ts';

const SESSIONS = 10_000;
const LIMIT_MIB = 400;

/** Opens a session and leaves it open: the Inform is answered, the empty POST is never sent. */
function openSession(port: number, index: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const body = informText({ serial: `M${index}` });
    // Several loopback addresses, so that no address runs out of ports.
    const localAddress = `127.0.${1 + (index % 4)}.1`;
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => {
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
  });
}

export async function memoryFigures(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-bench-'));
  const acs = await startChild('./child-acs.ts', [folder]);
  const sockets: Socket[] = [];
  try {
    const { rss: before } = await acs.usage();
    await playMany(SESSIONS, 100, async (index) => {
      sockets.push(await openSession(acs.port, index));
      return 1;
    });
    const { rss: after } = await acs.usage();
    const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024);
    return [
      {
        question: `resident memory of an ACS with ${SESSIONS.toLocaleString('en')} open sessions`,
        baseline: `${mib(before)} MiB with none`,
        own: `${mib(after)} MiB (${((after - before) / SESSIONS / 1024).toFixed(1)} KiB a session)`,
        ratio: undefined,
        limit: LIMIT_MIB,
        kept: mib(after) < LIMIT_MIB,
      },
    ];
  } finally {
    for (const socket of sockets) socket.resetAndDestroy();
    await acs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
