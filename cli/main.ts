/** The command line: finds the command, loads it, and turns its outcome into an exit code. */
import { createRequire } from 'node:module';
import type { Option } from 'commander';
import { Command, CommanderError } from 'commander';
import { ERRORS } from '../protocol/errors.ts';
import type { CliContext } from './support/cli-context.ts';
import type { Io } from './support/io.ts';
import { EXIT, reportError } from './support/report.ts';

/** The version of the package: both the sources and dist/ find package.json by the package's own name. */
function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('modemlab/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}

/** Completes a command whose usage and summary are known. */
type Define = (command: Command, cli: CliContext) => void;

interface TopCommand {
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<Define>;
}

const queueCommands = () => import('./task/queue-commands.ts');

/**
 * In the order of the help, which needs nothing but this table. The rest of a command is loaded when it is
 * called.
 */
const COMMANDS: readonly TopCommand[] = [
  {
    usage: 'lab',
    summary: 'run an ACS with four simulated modems, one of which is found by MDAP',
    load: async () => (await import('./lab/lab.ts')).defineLab,
  },
  {
    usage: 'acs',
    summary: 'run an auto-configuration server (ACS)',
    load: async () => (await import('./acs/acs.ts')).defineAcs,
  },
  {
    usage: 'device',
    summary: 'show the known devices and their parameter trees',
    load: async () => (await import('./device/device.ts')).defineDevice,
  },
  {
    usage: 'get <device> <names...>',
    summary: 'read parameters of a device (GetParameterValues)',
    load: async () => (await queueCommands()).defineGet,
  },
  {
    usage: 'set <device> <assignments...>',
    summary: 'write parameters of a device, all or none of them (SetParameterValues)',
    load: async () => (await queueCommands()).defineSet,
  },
  {
    usage: 'add <device> <object>',
    summary: 'create an instance of an object (AddObject)',
    load: async () => (await queueCommands()).defineAdd,
  },
  {
    usage: 'delete <device> <object>',
    summary: 'delete an instance of an object (DeleteObject)',
    load: async () => (await queueCommands()).defineDelete,
  },
  {
    usage: 'reboot <device>',
    summary: 'restart a device (Reboot)',
    load: async () => (await queueCommands()).defineReboot,
  },
  {
    usage: 'factory-reset <device>',
    summary: 'reset a device to its factory defaults (FactoryReset)',
    load: async () => (await queueCommands()).defineFactoryReset,
  },
  {
    usage: 'download <device> <file>',
    summary: 'have a device fetch a file (Download)',
    load: async () => (await queueCommands()).defineDownload,
  },
  {
    usage: 'upload <device>',
    summary: 'have a device send its configuration or log (Upload)',
    load: async () => (await queueCommands()).defineUpload,
  },
  {
    usage: 'call <device> <method> [arguments]',
    summary: 'send any RPC that modems answer, with its arguments as JSON',
    load: async () => (await import('./task/call-command.ts')).defineCall,
  },
  {
    usage: 'task',
    summary: 'show and manage the tasks queued for devices',
    load: async () => (await import('./task/task.ts')).defineTask,
  },
  {
    usage: 'file',
    summary: 'make and inspect firmware images for SpeedTouch modems',
    load: async () => (await import('./file/file.ts')).defineFile,
  },
  {
    usage: 'mdap',
    summary: 'manage SpeedTouch modems from their LAN side',
    load: async () => (await import('./mdap/mdap.ts')).defineMdap,
  },
  {
    usage: 'simulate',
    summary: 'run simulated modems against any server',
    load: async () => (await import('./simulate/simulate.ts')).defineSimulate,
  },
  {
    usage: 'capture',
    summary: 'show, record, replay and anonymise packet captures, or clone the modems in them',
    load: async () => (await import('./capture/capture.ts')).defineCapture,
  },
];

/** With the choices and the default, where there are any. */
function describeOption({ description, argChoices, defaultValue, hidden }: Option): string {
  const extra: string[] = [];
  if (argChoices !== undefined) extra.push(argChoices.join(', '));
  if (defaultValue !== undefined && defaultValue !== false && String(defaultValue) !== '')
    extra.push(`default: ${defaultValue}`);
  return hidden || extra.length === 0 ? description : `${description} (${extra.join('; ')})`;
}

/**
 * A command in the help of its parent: without `[options]`, which nearly all have, and which is known only
 * once loaded.
 */
const describeTerm = (command: Command): string =>
  [
    command.name(),
    ...command.registeredArguments.map((argument) => {
      const name = argument.name() + (argument.variadic ? '...' : '');
      return argument.required ? `<${name}>` : `[${name}]`;
    }),
  ].join(' ');

/** The tree of commands: all of them by name and summary, complete those that `loads` picks. */
export async function createProgram(cli: CliContext, loads: (name: string) => boolean): Promise<Command> {
  const { io } = cli;
  const program = new Command('modemlab')
    .description(
      'A modem test lab that needs no real modems: a CWMP (TR-069) server and simulated SpeedTouch modems.',
    )
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // A command may have a --version of its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ optionDescription: describeOption, subcommandTerm: describeTerm })
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) =>
        write(`${text.replace(/^error: /, 'E_USAGE: ').trimEnd()}\n  ${ERRORS.E_USAGE.remedy}\n`),
      getOutHelpWidth: () => Math.min(io.columns ?? 100, 110),
      getErrHelpWidth: () => 100,
      getOutHasColors: () => io.colours.out,
      getErrHasColors: () => io.colours.err,
    });
  for (const { usage, summary, load } of COMMANDS) {
    const command = program.command(usage).summary(summary);
    if (loads(command.name())) (await load())(command, cli);
  }
  return program;
}

/**
 * Runs one command line (without `node` and the script). Resolves with the exit code: 0 success, 1 the peer
 * failed or there are findings, 2 misuse. Never rejects.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const cli: CliContext = { io, exitCode: EXIT.success };
  // The program's own options take no values: the first other word is the command.
  const word = argv.find((text) => !text.startsWith('-'));
  try {
    const program = await createProgram(cli, (name) => name === word);
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // Commander has printed its message already: --help and --version succeed, all else is misuse.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.misuse;
    return reportError(io, error);
  }
}
