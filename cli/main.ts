/** The command line: finds the command, and turns whatever it ends with into an exit code. */
import { createRequire } from 'node:module';
import type { Option } from 'commander';
import { Command, CommanderError } from 'commander';
import { ERRORS } from '../protocol/errors.ts';
import { addAcs } from './acs/acs.ts';
import { addCapture } from './capture/capture.ts';
import { addDevice } from './device/device.ts';
import { addFile } from './file/file.ts';
import { addLab } from './lab/lab.ts';
import { addMdap } from './mdap/mdap.ts';
import { addSimulate } from './simulate/simulate.ts';
import type { CliContext } from './support/cli-context.ts';
import type { Io } from './support/io.ts';
import { EXIT, reportError } from './support/report.ts';
import { addAdd } from './task/add.ts';
import { addCall } from './task/call.ts';
import { addDelete } from './task/delete.ts';
import { addDownload } from './task/download.ts';
import { addFactoryReset } from './task/factory-reset.ts';
import { addGet } from './task/get.ts';
import { addReboot } from './task/reboot.ts';
import { addSet } from './task/set.ts';
import { addTask } from './task/task.ts';
import { addUpload } from './task/upload.ts';

/** The version of the package: from the sources and from dist/ its own name finds package.json. */
function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('modemlab/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}

/** In the order of the help. */
const COMMANDS: readonly ((program: Command, cli: CliContext) => void)[] = [
  addLab,
  addAcs,
  addDevice,
  addGet,
  addSet,
  addAdd,
  addDelete,
  addReboot,
  addFactoryReset,
  addDownload,
  addUpload,
  addCall,
  addTask,
  addFile,
  addMdap,
  addSimulate,
  addCapture,
];

/** Choices and default, where they tell something. */
function describeOption({ description, argChoices, defaultValue, hidden }: Option): string {
  const extra: string[] = [];
  if (argChoices !== undefined) extra.push(argChoices.join(', '));
  if (defaultValue !== undefined && defaultValue !== false && defaultValue !== '')
    extra.push(`default: ${defaultValue}`);
  return hidden || extra.length === 0 ? description : `${description} (${extra.join('; ')})`;
}

/** The whole tree of commands. */
export function createProgram(cli: CliContext): Command {
  const { io } = cli;
  const program = new Command('modemlab')
    .description(
      'A laboratory for modems without modems: a CWMP (TR-069) server and simulated SpeedTouch modems.',
    )
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // A command may have a --version of its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
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
  for (const add of COMMANDS) add(program, cli);
  return program;
}

/**
 * Runs one command line (without `node` and the script). Resolves with the exit code: 0 fine, 1 the peer failed or
 * there are findings, 2 misuse. Never rejects.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const cli: CliContext = { io, exitCode: EXIT.fine };
  const program = createProgram(cli);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // Commander has written what it has to say: help and version end well, all else is misuse.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.misuse;
    return reportError(io, error);
  }
}
