/** The command line as a page of docs/, made from the commands themselves so that the two cannot differ. */
import type { Command } from 'commander';
import { createProgram } from './main.ts';
import type { CliContext } from './support/cli-context.ts';

/** No command runs: only the tree of commands is read. */
const NOBODY: CliContext = {
  io: {
    out: () => undefined,
    err: () => undefined,
    columns: undefined,
    rows: undefined,
    colours: { out: false, err: false },
    readInput: async () => '',
    openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
    inputBytes: async function* () {},
    onSignal: () => () => undefined,
    abort: () => undefined,
  },
  exitCode: 0,
};

export interface NamedCommand {
  /** Without `modemlab`: `device list`. */
  readonly name: string;
  readonly command: Command;
}

/** Every command that does something, in the order of the help. */
export async function listCommands(): Promise<readonly NamedCommand[]> {
  const walk = (command: Command, names: readonly string[]): NamedCommand[] =>
    command.commands.flatMap((child) => {
      const path = [...names, child.name()];
      return child.commands.length > 0 ? walk(child, path) : [{ name: path.join(' '), command: child }];
    });
  return walk(await createProgram(NOBODY, () => true), []);
}

/** What a command prints with --help. */
export function helpOf(command: Command): string {
  let text = '';
  const before = command.configureOutput();
  command.configureOutput({
    ...before,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}

/** docs/cli.md */
export async function cliPage(): Promise<string> {
  const commands = await listCommands();
  const parts = [
    '# Commands',
    'This page is generated from the commands by `npm run docs`; change them, not the page.',
    [
      'From a clone the command is `npm run -s modemlab -- ARGS`, from the package `modemlab ARGS`.',
      'Exit codes: 0 success, 1 the peer failed or there are findings, 2 misuse. With `--json`, standard ' +
        'output',
      'is pure JSON; logs and errors go to standard error. An error has a code, the place where it ' +
        'occurred, and a',
      'remedy ([errors](errors.md)).',
    ].join('\n'),
    ...commands.map(({ name, command }) => `## ${name}\n\n\`\`\`text\n${helpOf(command).trimEnd()}\n\`\`\``),
  ];
  return `${parts.join('\n\n')}\n`;
}
