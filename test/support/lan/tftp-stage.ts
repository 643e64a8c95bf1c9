/** A TFTP server on a free port of loopback, and its events. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { PublishedFiles } from '../../../mdap/published.ts';
import type { TftpServer } from '../../../mdap/tftp-server.ts';
import { startTftpServer } from '../../../mdap/tftp-server.ts';
import type { TftpServerEvent, TftpServerOptions } from '../../../mdap/tftp-types.ts';

export const LOOPBACK = '127.0.0.1';

export interface TftpStage {
  readonly server: TftpServer;
  readonly files: PublishedFiles;
  readonly events: TftpServerEvent[];
  /** The first event of this kind, already emitted or still to come. */
  readonly event: <Is extends TftpServerEvent['is']>(is: Is) => Promise<Extract<TftpServerEvent, { is: Is }>>;
}

/** Ends with the test. */
export async function tftpStage(
  t: Test,
  options: Partial<TftpServerOptions> & { readonly root?: string } = {},
): Promise<TftpStage> {
  const events: TftpServerEvent[] = [];
  const waiting = new Set<() => void>();
  const files = options.files ?? new PublishedFiles(options.root === undefined ? {} : { root: options.root });
  const server = await startTftpServer({
    listen: { address: LOOPBACK, port: 0 },
    allows: () => true,
    ...options,
    files,
    onEvent: (event) => {
      events.push(event);
      for (const look of [...waiting]) look();
    },
  });
  t.teardown(() => server.stop());
  const event = <Is extends TftpServerEvent['is']>(is: Is): Promise<Extract<TftpServerEvent, { is: Is }>> =>
    new Promise((resolve) => {
      const look = (): void => {
        for (const event of events) {
          if (!isOf(event, is)) continue;
          waiting.delete(look);
          resolve(event);
          return;
        }
      };
      waiting.add(look);
      look();
    });
  return { server, files, events, event };
}

function isOf<Is extends TftpServerEvent['is']>(
  event: TftpServerEvent,
  is: Is,
): event is Extract<TftpServerEvent, { is: Is }> {
  return event.is === is;
}

/** A folder that goes away with the test. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-tftp-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Bytes of a file that says at each place which one it is. */
export const patterned = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 24);
