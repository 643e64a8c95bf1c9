/**
 * A process of another PID namespace, which `unshare` starts. Arguments: what it does, and a folder.
 *
 * - `turns-write`: takes a turn to write to a device store, and gives it back when standard input ends
 * - `turns-open`: takes a turn to open the store; says whether it had to wait
 * - `register`: is a running server of the data folder until standard input ends
 */
import { setTimeout as pause } from 'node:timers/promises';
import { registerServer } from '../../../acs/running-servers.ts';
import { Turns } from '../../../acs/store/lmdb-turns.ts';

const [what = '', folder = ''] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function untilInputEnds(): Promise<void> {
  for await (const _ of process.stdin);
}

/**
 * Says `waits` if the promise has not resolved after 50 turns of the loop, which is more than Turns needs.
 */
async function saysWhetherItWaits(opened: Promise<unknown>): Promise<void> {
  let isOpen = false;
  const done = opened.then(() => {
    isOpen = true;
    say('opened');
  });
  for (let turn = 0; turn < 50 && !isOpen; turn += 1) await pause(1);
  if (!isOpen) say('waits');
  await done;
}

if (what === 'turns-write') {
  await new Turns(folder, 0).write(async () => {
    say('writes');
    await untilInputEnds();
  });
} else if (what === 'turns-open') {
  await saysWhetherItWaits(new Turns(folder, 0).open(() => undefined));
} else {
  const unregister = await registerServer(folder, `http://${what}:7547/`);
  say('registered');
  await untilInputEnds();
  await unregister();
}
