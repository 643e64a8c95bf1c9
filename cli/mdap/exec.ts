/** `modemlab mdap exec` */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import type { MdapHost } from '../../mdap/host.ts';
import { outcomeError, outputOf } from '../../mdap/outcome.ts';
import type { Script } from '../../mdap/script.ts';
import { readScript, scriptFor } from '../../mdap/script.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { HostOutcome } from '../../protocol/mdap/host-conversation.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_ANT } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import { jsonOption, wholeNumber } from '../support/options.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson } from '../support/table.ts';
import type { HostOptions, LoginOptions } from './host.ts';
import {
  COMMAND_SECONDS,
  heading,
  hostOptions,
  locate,
  locateAll,
  loginOptions,
  withHost,
  writeOutput,
} from './host.ts';

interface ExecOptions extends HostOptions, LoginOptions {
  readonly all: boolean;
  readonly script?: string;
  readonly first: number;
  readonly defaults: boolean;
  readonly keepGoing: boolean;
  readonly silent: boolean;
}

/** What is to be done: on which ants, and which lines. `ants` undefined: all. */
interface Work {
  readonly ants: readonly string[] | undefined;
  readonly script: Script;
}

interface Step {
  readonly command: string;
  readonly outcome: HostOutcome['is'];
  readonly code?: number;
  readonly output: string;
  readonly error?: string;
}

interface AntResult {
  readonly ant: AntRecord;
  readonly steps: readonly Step[];
  readonly ok: boolean;
}

export function addMdapExec(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'exec [words...]',
    summary: 'run a command line or a script on one, some or all modems',
    more:
      'The words are ANT-IDs or serial numbers and then one command line in quotes; with --script the modems only, with ' +
      '--all the command line only. A script has one command line a line: "#" begins a comment, "ask(prompt|default)" is ' +
      `asked for once, "\${n}" is the number of the modem, "\${ant}", "\${mac}", "\${name}" and "\${address}" what is known of it. ` +
      'A modem whose command fails gets no more of the script; the others go on. Commands that take a modem down count as ' +
      'carried out when they were sent.',
    options: [
      ...hostOptions('how long one command may take', COMMAND_SECONDS),
      ...loginOptions(),
      new Option('--all', 'on every modem that answers the search').default(false),
      new Option('--script <file>', 'a file of command lines; - reads standard input'),
      new Option('--first <number>', 'the number of the first modem in a script')
        .argParser(wholeNumber(0, 65535))
        .default(1),
      new Option('--defaults', 'do not ask: take the default of every ask(prompt|default)').default(false),
      new Option('--keep-going', 'go on with the script after a command that fails').default(false),
      new Option('--silent', 'the command may take the modem down: no answer is as good as one').default(
        false,
      ),
      jsonOption(),
    ],
    examples: [
      [`mdap exec ${EXAMPLE_ANT} 'ip iplist' --iface 127.0.0.1`, 'one command on one modem'],
      ["mdap exec --all 'software version' --iface 127.0.0.1 --json", 'on all of them, for programs'],
      [
        'mdap exec --all --script renumber.txt --defaults --iface 127.0.0.1',
        'a script on all, each with its number',
      ],
    ],
  }).action((words: readonly string[], options: ExecOptions) => execute(cli, words, options));
}

async function execute(cli: CliContext, words: readonly string[], options: ExecOptions): Promise<void> {
  const work = await workOf(cli.io, words, options);
  const answers = await answersTo(cli.io, work.script, options);
  const results = await withHost(cli.io, options, {}, async (host) => {
    const ants = work.ants === undefined ? await locateAll(host) : await locate(host, work.ants);
    let ended = 0;
    const progress = createProgress(cli.io, () => `${ended} of ${ants.length} modems`);
    try {
      return await Promise.all(
        ants.map(async (ant, index) => {
          const lines = scriptFor(work.script, ant, options.first + index, answers);
          const result = await runLines(
            host,
            ant,
            lines.map(({ text }) => text),
            options,
          );
          ended += 1;
          return result;
        }),
      );
    } finally {
      progress.stop();
    }
  });
  tell(cli.io, results, options.json);
  if (results.some(({ ok }) => !ok)) cli.exitCode = EXIT.failed;
}

async function workOf(io: Io, words: readonly string[], { all, script }: ExecOptions): Promise<Work> {
  if (script !== undefined) {
    if (all && words.length > 0) throw new ModemlabError('E_USAGE', '--all and --script leave no words');
    if (!all && words.length === 0) throw new ModemlabError('E_USAGE', 'name modems, or give --all');
    return { ants: all ? undefined : words, script: readScript(await textOf(io, script), script) };
  }
  const line = words.at(-1);
  if (line === undefined) throw new ModemlabError('E_USAGE', 'a command line or --script is wanted');
  const ants = words.slice(0, -1);
  if (all && ants.length > 0)
    throw new ModemlabError('E_USAGE', 'with --all the command line is one word: put it in quotes');
  if (!all && ants.length === 0)
    throw new ModemlabError('E_USAGE', 'name modems before the command, or give --all');
  return { ants: all ? undefined : ants, script: { lines: [{ number: 1, text: line }], questions: [] } };
}

async function textOf(io: Io, file: string): Promise<string> {
  if (file === '-') return io.readInput();
  return readFile(file, 'latin1').catch((error: unknown) => {
    throw new ModemlabError('E_FILE_INVALID', `${file}: cannot be read`, { cause: error });
  });
}

async function answersTo(
  io: Io,
  { questions }: Script,
  { defaults, script }: ExecOptions,
): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>();
  // A script that comes by standard input leaves nobody to ask.
  if (defaults || questions.length === 0 || script === '-') return answers;
  const prompt = await io.openPrompt();
  try {
    for (const { prompt: text, fallback } of questions) {
      const answer = await prompt.ask(`${text}${fallback === '' ? '' : ` [${fallback}]`}: `);
      if (answer === undefined)
        throw new ModemlabError('E_USAGE', `nobody answers "${text}"; see --defaults`);
      if (answer.trim() !== '') answers.set(text, answer.trim());
    }
  } finally {
    prompt.close();
  }
  return answers;
}

async function runLines(
  host: MdapHost,
  ant: AntRecord,
  lines: readonly string[],
  options: ExecOptions,
): Promise<AntResult> {
  const { silent, force, keepGoing } = options;
  const steps: Step[] = [];
  for (const line of lines) {
    const step = await runLine(host, ant, line, options, { force, ...(silent ? { silent } : {}) });
    steps.push(step);
    if (step.error !== undefined && !keepGoing) break;
  }
  return { ant, steps, ok: steps.every(({ error }) => error === undefined) };
}

async function runLine(
  host: MdapHost,
  { antId }: AntRecord,
  line: string,
  login: LoginOptions,
  how: { readonly force: boolean; readonly silent?: boolean },
): Promise<Step> {
  try {
    const outcome = await host.exec(antId, line, login, how);
    const error = outcomeError(antId, outcome)?.message;
    return {
      ...{ command: line, outcome: outcome.is, output: outputOf(outcome) },
      ...(outcome.is === 'refused' ? { code: outcome.code } : {}),
      ...(error === undefined ? {} : { error }),
    };
  } catch (error) {
    if (!(error instanceof ModemlabError)) throw error;
    return { command: line, outcome: 'cancelled', output: '', error: error.message };
  }
}

function tell(io: Io, results: readonly AntResult[], json: boolean): void {
  if (json) {
    const documents = results.map(({ ant, steps, ok }) => ({ ant: ant.antId, name: ant.name, ok, steps }));
    writeJson(io, documents);
    return;
  }
  for (const { ant, steps } of results) {
    if (results.length > 1) io.out(heading(ant));
    for (const { output, error, command: line, outcome } of steps) {
      if (steps.length > 1) io.out(`> ${safe(line)}\n`);
      writeOutput(io, output);
      if (error !== undefined) io.err(`${safe(error)}\n`);
      else if (outcome === 'sent')
        io.err(`${safe(ant.antId)}: sent; whether it is done shows when it is back\n`);
    }
  }
}
