/** Help that every command has in the same form: what it does, its options, and examples that work as printed. */
import type { Argument, Command, Option } from 'commander';

/** The serial number of the first modem of `modemlab lab`: with the lab running, the examples work as printed. */
export const EXAMPLE_DEVICE = 'CP0644JTSGR';

/** The ANT-ID of the same modem seen from its LAN side: the serial number without its first two letters. */
export const EXAMPLE_ANT = '0644JTSGR';

export interface CommandText {
  /** Name and arguments, as commander writes them: `show <device>`. */
  readonly usage: string;
  readonly summary: string;
  /** What the summary does not say; paragraphs. */
  readonly more?: string;
  /** Command lines without `modemlab`, and what each does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
}

/** A command of commands, such as `device`. Without one of them it prints its help and ends as misuse. */
export function group(parent: Command, name: string, summary: string): Command {
  return parent
    .command(name)
    .description(`${capital(summary)}.`)
    .summary(summary)
    .helpCommand(false);
}

/** Adds one command; its action is the caller's. */
export function command(parent: Command, text: CommandText): Command {
  const created = parent.command(text.usage).summary(text.summary).allowExcessArguments(false);
  created.description(`${capital(text.summary)}.${text.more === undefined ? '' : `\n\n${text.more}`}`);
  for (const argument of text.arguments ?? []) created.addArgument(argument);
  for (const option of text.options ?? []) created.addOption(option);
  const lines = text.examples.map(([line, does]) => `  $ modemlab ${line}\n      ${does}`);
  return created.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
