/** A client under measurement: plays two-request sessions against a port, the way its first argument says. */
import { createSwarm } from '../simulator/index.ts';
import { answerOrders } from './child.ts';
import type { Loop } from './client-loops.ts';
import { httpLoop, netLoop, undiciLoop } from './client-loops.ts';
import { playMany } from './driver.ts';

const PARALLEL = 16;
const [kind = '', port = ''] = process.argv.slice(2);

const loops: Readonly<Record<string, Loop>> = { net: netLoop, http: httpLoop, undici: undiciLoop };

/** Modems that inform again when their session is over, until there were enough. */
function swarmRunner(profile: string): (sessions: number) => Promise<void> {
  let left = 0;
  let open = 0;
  let finish: () => void = () => undefined;
  const swarm = createSwarm({
    acs: `http://127.0.0.1:${port}/`,
    profile,
    count: PARALLEL,
    bootSeconds: 0,
    onSession: (modem, { ok, why }) => {
      if (!ok) throw new Error(`a session failed: ${why}`);
      open -= 1;
      if (left > 0) {
        left -= 1;
        open += 1;
        modem.inform('2 PERIODIC');
      } else if (open === 0) finish();
    },
  });
  open = PARALLEL;
  const booted = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return async (sessions) => {
    await booted;
    await new Promise<void>((resolve) => {
      finish = resolve;
      left = sessions - PARALLEL;
      open = PARALLEL;
      for (const modem of swarm.modems) modem.inform('2 PERIODIC');
    });
  };
}

function loopRunner(loop: Loop | undefined): (sessions: number) => Promise<void> {
  if (loop === undefined) throw new Error(`no client ${kind}`);
  return async (sessions) => {
    await playMany(sessions, PARALLEL, async (index) => {
      await loop(Number(port), index);
      return 2;
    });
  };
}

const [means = '', profile = ''] = kind.split(':');
answerOrders(means === 'swarm' ? swarmRunner(profile) : loopRunner(loops[means]));
process.send?.({ port: Number(port) });
