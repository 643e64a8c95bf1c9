/**
 * A server of the queue as a process of its own: claims, sends and ends the tasks of the given devices, until
 * none is left (`drain`) or for ever (`serve`). It writes each step at once as one line, so that the lines
 * are true whenever it dies.
 *
 * Arguments: folder, drain or serve, devices.
 */
import { writeSync } from 'node:fs';
import { openQueue } from '../../../acs/queue/open.ts';

const [folder = '', mode = '', ...devices] = process.argv.slice(2);
const say = (what: string, id: string): void => {
  writeSync(1, `${what} ${id}\n`);
};

const queue = await openQueue('dir', folder, { owner: `child-${process.pid}` });
say('ready', `${process.pid}`);
for (let found = true; found || mode === 'serve'; ) {
  found = false;
  for (const device of devices) {
    for (const task of await queue.open(device)) say('open', task.id);
    const task = await queue.claim(device);
    if (task === undefined) continue;
    found = true;
    say('claimed', task.id);
    const sent = await queue.markSent(task);
    say('sent', task.id);
    await queue.end(sent, { is: 'done', answer: { by: process.pid } });
    say('ended', task.id);
  }
  if (!found && mode === 'serve') await new Promise((resolve) => setTimeout(resolve, 5));
}
await queue.close();
