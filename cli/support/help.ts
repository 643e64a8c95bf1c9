/**
 * Help that every command has in the same form: what it does, its options, and examples that work as printed.
 */
import type { Command, Option } from 'commander';

/**
 * The serial number of the first modem of `modemlab lab`: with the lab running, the examples work as printed.
 */
export const EXAMPLE_DEVICE = 'CP0644JTSGR';

/** The ANT-ID of the same modem seen from its LAN side: the serial number without its first two letters. */
export const EXAMPLE_ANT = '0644JTSGR';

export interface CommandText {
  /** What the summary leaves out; paragraphs. */
  readonly more?: string;
  /** Command lines without `modemlab`, and what each does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** What the arguments of the usage are, by name. */
  readonly arguments?: Readonly<Record<string, string>>;
  readonly options?: readonly Option[];
}

export interface SubcommandText extends CommandText {
  /** Name and arguments, as commander writes them: `show <device>`. */
  readonly usage: string;
  readonly summary: string;
}

/**
 * Makes this a command of commands, such as `device`. Without one of them it prints its help and exits as
 * misuse.
 */
export function describeGroup(group: Command): Command {
  return group.description(`${capitalise(group.summary())}.`).helpCommand(false);
}

/** Gives a command, which has its usage and summary, the rest of its help; its action is the caller's. */
export function describeCommand(command: Command, text: CommandText): Command {
  const more = text.more === undefined ? '' : `\n\n${text.more}`;
  command.description(`${capitalise(command.summary())}.${more}`).allowExcessArguments(false);
  for (const argument of command.registeredArguments)
    argument.description = text.arguments?.[argument.name()] ?? '';
  for (const option of text.options ?? []) command.addOption(option);
  const lines = text.examples.map(([line, does]) => `  $ modemlab ${line}\n      ${does}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Adds a command to a group. */
export const subcommand = (group: Command, text: SubcommandText): Command =>
  describeCommand(group.command(text.usage).summary(text.summary), text);

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
