/** `modemlab call` */
import { completeArguments } from '../../acs/app/call-arguments.ts';
import { parseJson } from '../../acs/app/device-file.ts';
import { CPE_METHODS } from '../../acs/app/tasks.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { TaskOptions } from '../support/options.ts';
import { queueTask } from './queue-task.ts';

export async function call(
  cli: CliContext,
  device: string,
  method: string,
  text: string,
  options: TaskOptions,
): Promise<void> {
  const rpc = CPE_METHODS.find((name) => name === method);
  if (rpc === undefined)
    throw new ModemlabError('E_TASK_INVALID', `${method}: expected one of ${CPE_METHODS.join(', ')}`);
  const fromInput = text === '-';
  const args = parseJson(fromInput ? await cli.io.readInput() : text, fromInput ? '-' : 'arguments');
  await queueTask(cli, options, device, async ({ key }, { store }) => ({
    rpc,
    args: await completeArguments(store, key, rpc, args),
  }));
}
