/**
 * Modems that wait for their next periodic inform: a swarm in a process of its own, run with --expose-gc.
 * `from` and `to` of an order are how many modems there are before and after it.
 */
import { createSwarm } from '../simulator/index.ts';
import { answerOrders } from './child.ts';

const [profile = '', port = ''] = process.argv.slice(2);
/** Sessions of the first contact that run at once. */
const MAX_OPEN = 32;

let first = 0;
/** Keeps what was made: idle modems are held by their timers, and by us. */
const swarms: unknown[] = [];

answerOrders(async (count) => {
  const swarm = createSwarm({
    acs: `http://127.0.0.1:${port}/`,
    profile,
    count,
    first,
    bootSeconds: 0,
    maxOpen: MAX_OPEN,
    settings: {
      'ManagementServer.PeriodicInformEnable': '1',
      'ManagementServer.PeriodicInformInterval': '86400',
    },
  });
  first += count;
  swarms.push(swarm);
  const { ok, failures } = await swarm.done;
  if (!ok) throw new Error(`not every modem had its session: ${JSON.stringify(failures)}`);
  await settle();
});

/** What is garbage is given back to the system, and connections that are closed are gone. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
    globalThis.gc?.();
  }
}

process.send?.({ port: Number(port) });
