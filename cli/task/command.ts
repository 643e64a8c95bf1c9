/** The form of all commands that queue one task for a device: same options, same answers. */
import type { Argument, Command, Option } from 'commander';
import type { CommandText } from '../support/help.ts';
import { command } from '../support/help.ts';
import { dataOption, jsonOption, timeoutOption, waitOption } from '../support/options.ts';

const MORE =
  'The task is queued in the data folder, and done at the next contact of the device, whether or not a server runs now. ' +
  'Its id is printed; with --wait its answer.';

export interface TaskCommandText extends Omit<CommandText, 'more' | 'options' | 'arguments'> {
  readonly more?: string;
  readonly options?: readonly Option[];
  readonly arguments?: readonly Argument[];
}

export function taskCommand(program: Command, text: TaskCommandText): Command {
  return command(program, {
    ...text,
    more: text.more === undefined ? MORE : `${text.more}\n\n${MORE}`,
    options: [...(text.options ?? []), waitOption(), timeoutOption(), dataOption(), jsonOption()],
  });
}
