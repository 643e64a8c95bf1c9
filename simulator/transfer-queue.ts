/** Transfers that a modem accepted: when they are due, carried out, told. They outlive a restart (TR-069a6 A.3.2.8). */
import type { TransferTask } from './file-work.ts';
import { carryTransfer } from './file-work.ts';
import type { Inside, Part } from './inside.ts';
import { TIMEOUT_MS } from './session-parts.ts';

interface Transfers {
  /** Accepted, and the simulated time at which each is due. */
  readonly accepted: Map<TransferTask, number>;
  readonly running: Set<Promise<void>>;
  abort: AbortController;
}

const of = new WeakMap<Inside, Transfers>();

export const transferQueue: Part = {
  afterwards(modem, task) {
    if (task.do !== 'download' && task.do !== 'upload') return false;
    const transfers = of.get(modem) ?? {
      accepted: new Map(),
      running: new Set(),
      abort: new AbortController(),
    };
    of.set(modem, transfers);
    transfers.accepted.set(task, modem.scheduler.now() + task.args.DelaySeconds * 1000);
    if (modem.on) arm(modem, transfers);
    return true;
  },

  booted(modem) {
    const transfers = of.get(modem);
    if (transfers !== undefined) arm(modem, transfers);
  },

  down(modem, cause) {
    if (cause === 'factory-reset') of.get(modem)?.accepted.clear();
  },

  async stop(modem) {
    const transfers = of.get(modem);
    if (transfers === undefined) return;
    transfers.abort.abort();
    transfers.abort = new AbortController();
    await Promise.allSettled(transfers.running);
  },
};

function arm(modem: Inside, transfers: Transfers): void {
  let number = 0;
  for (const [task, due] of transfers.accepted) {
    number += 1;
    modem.timers.set(`transfer ${number}`, due - modem.scheduler.now(), () => {
      if (!transfers.accepted.delete(task)) return;
      const run = modem
        .busy(carry(modem, task, transfers.abort.signal))
        .finally(() => transfers.running.delete(run));
      transfers.running.add(run);
    });
  }
}

async function carry(modem: Inside, task: TransferTask, signal: AbortSignal): Promise<void> {
  const { report, complete, restarts } = await carryTransfer(modem.device, task, {
    timeoutMs: modem.options.timeoutMs ?? TIMEOUT_MS,
    random: modem.random,
    signal,
  });
  if (!modem.powered) return;
  modem.emit('transferred', report);
  modem.raise(task.do === 'download' ? 'M Download' : 'M Upload', task.args.CommandKey);
  modem.wish({ kind: 'request', rpc: 'TransferComplete', args: complete });
  if (restarts) modem.restart('upgrade');
  else modem.go();
}
