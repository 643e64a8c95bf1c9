/** The ACS of this project and simulated modems, on a stage. */
import { setImmediate } from 'node:timers/promises';
import type { Acs, AcsOptions } from '../../acs/acs.ts';
import { startAcs } from '../../acs/acs.ts';
import { openQueue } from '../../acs/queue/open.ts';
import type { TaskQueue } from '../../acs/queue/queue.ts';
import { openStore } from '../../acs/store/open.ts';
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import type { Modem, ModemOptions } from '../../simulator/index.ts';
import { createModem } from '../../simulator/index.ts';
import type { Address } from './memory-socket.ts';
import type { Stage } from './stage.ts';

/** An address of documentation (RFC 5737). */
export const ACS_AT: Address = { host: '192.0.2.1', port: 7547 };
export const ACS_URL = `http://${ACS_AT.host}:${ACS_AT.port}/`;

export interface PlayedAcs {
  readonly acs: Acs;
  readonly queue: TaskQueue;
  stop(): Promise<void>;
}

/** Turns of the event loop in which what is under way comes to its end. */
const LAST_TURNS = 200;

/** It is reached at `ACS_URL`. The port that it opens on this machine is not used. */
export async function playAcs(stage: Stage, options: Partial<AcsOptions> = {}): Promise<PlayedAcs> {
  const now = (): number => stage.now();
  const chance = (below: number) => Buffer.from(stage.random(4)).readUInt32BE() % below;
  const queue = await openQueue('memory', '', { owner: 'acs', now, random: chance });
  const acs = await startAcs({
    host: '127.0.0.1',
    port: 0,
    graceMs: 0,
    now,
    random: (bytes) => stage.random(bytes),
    ...options,
    data: { store: await openStore('memory', ''), queue },
  });
  stage.listen(ACS_AT, (socket) => acs.accept(socket));
  return {
    acs,
    queue,
    async stop() {
      // Node closes what is left open in no order that could be foretold.
      for (let turn = 0; turn < LAST_TURNS && acs.openConnections > 0; turn++) await setImmediate();
      await acs.stop();
    },
  };
}

export function playModem(
  stage: Stage,
  options: Partial<ModemOptions> & Pick<ModemOptions, 'profile'>,
): Modem {
  const address = stage.modemAddress(options.index ?? 0);
  return createModem({
    acs: ACS_URL,
    seed: 'library',
    scheduler: stage.scheduler,
    externalAddress: address,
    connect: stage.connector(address),
    ...options,
  });
}

export const download = (URL: string, FileType: string, FileSize: number): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'Download',
  args: {
    CommandKey: '',
    FileType,
    URL,
    Username: '',
    Password: '',
    FileSize,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
  },
});
