/**
 * Speed and memory of reading and anonymising a large capture, beside tshark, which only counts its packets.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pcapHeader, pcapRecord } from '../captures/file/pcap-write.ts';
import { answer, sessionOf } from '../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf } from '../scripts/captures/packets.ts';
import type { Figure } from './report.ts';

const SIZE = 2 ** 30;
const LIMIT_MIB = 300;

export async function captureFigures(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-bench-'));
  const file = path.join(folder, 'large.pcap');
  try {
    await pipeline(Readable.from(pieces()), createWriteStream(file));
    const own = await command('show', file, '--json');
    const anonymised = await command('anonymise', file, '-o', path.join(folder, 'anonymous.pcap'), '--json');
    const hasTshark = spawnSync('tshark', ['--version']).status === 0;
    const other = hasTshark ? await measured('tshark', ['-r', file, '-q', '-z', 'io,stat,0']) : undefined;
    const mib = Math.round(own.peak / 2 ** 20);
    const rate = ({ ms }: Measured): string => `${Math.round(SIZE / 2 ** 20 / (ms / 1000))} MiB/s`;
    return [
      {
        question: 'peak memory while a capture of 1 GiB is shown (capture show --json)',
        baseline:
          other === undefined
            ? 'no tshark'
            : `tshark io,stat: ${rate(other)}, ${Math.round(other.peak / 2 ** 20)} MiB`,
        own: `${rate(own)}, ${mib} MiB`,
        ratio: undefined,
        limit: LIMIT_MIB,
        kept: mib <= LIMIT_MIB,
      },
      {
        question: 'peak memory while the same capture is anonymised, which reads it three times',
        baseline: `capture show --json: ${rate(own)}, ${mib} MiB`,
        own: `${rate(anonymised)}, ${Math.round(anonymised.peak / 2 ** 20)} MiB`,
        ratio: anonymised.ms / own.ms,
        limit: undefined,
        kept: true,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sessions, each over a connection of its own and followed by a file of 256 KiB. */
function* pieces(): Generator<Uint8Array> {
  yield pcapHeader(1);
  const image = answer('<'.repeat(2 ** 18));
  const said = [
    ...sessionOf([]),
    { from: 'client' as const, bytes: Buffer.from('GET /image HTTP/1.1\r\n\r\n') },
  ];
  const all = [...said, { from: 'server' as const, bytes: Buffer.from(image) }];
  for (let sent = 0, turn = 0; sent < SIZE; turn += 1) {
    // The same ports again are another connection by their sequence numbers.
    const initial = [turn * 100_003, turn * 300_007] as const;
    const how = { ...PLAIN, clientPort: 40_000 + (turn % 64), initial };
    const piece = Buffer.concat(framesOf(packetsOf(all, how)).map((frame) => pcapRecord(frame)));
    sent += piece.length;
    yield piece;
  }
}

interface Measured {
  readonly ms: number;
  /** Peak bytes of resident memory. */
  readonly peak: number;
}

const command = (...words: readonly string[]): Promise<Measured> =>
  measured(process.execPath, ['--import', 'tsx', 'cli/bin.ts', 'capture', ...words]);

/** Runs a program to its end, its output thrown away. */
function measured(program: string, args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, [...args], { stdio: 'ignore' });
    let peak = 0;
    const look = setInterval(() => {
      peak = Math.max(peak, residentPeak(child.pid));
    }, 100);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(look);
      if (code === 0) resolve({ ms: performance.now() - began, peak });
      else reject(new Error(`${program} ended with ${code}`));
    });
  });
}

/** The high water mark of Linux; 0 where the process has ended. */
function residentPeak(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
