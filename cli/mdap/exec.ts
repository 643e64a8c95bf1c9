/** `modemlab mdap exec` */
import { readFile } from 'node:fs/promises';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import type { MdapHost } from '../../mdap/host.ts';
import { outcomeError, outputOf } from '../../mdap/outcome.ts';
import type { Script } from '../../mdap/script.ts';
import { readScript, scriptFor } from '../../mdap/script.ts';
import { counted } from '../../protocol/counted.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { HostOutcome } from '../../protocol/mdap/host-conversation.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson } from '../support/table.ts';
import { heading, locate, locateAll, withHost, writeOutput } from './host.ts';
import type { HostOptions, LoginOptions } from './host-options.ts';

export interface ExecOptions extends HostOptions, LoginOptions {
  readonly all: boolean;
  readonly script?: string;
  readonly first: number;
  readonly defaults: boolean;
  readonly keepGoing: boolean;
  readonly silent: boolean;
}

/** Which lines to run on which ants; `ants` undefined: on all. */
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

export async function exec(cli: CliContext, words: readonly string[], options: ExecOptions): Promise<void> {
  const work = await workOf(cli.io, words, options);
  const answers = await answersTo(cli.io, work.script, options);
  const results = await withHost(cli.io, options, {}, async (host) => {
    const ants = work.ants === undefined ? await locateAll(host) : await locate(host, work.ants);
    let ended = 0;
    const progress = createProgress(cli.io, () => `${ended} of ${counted(ants.length, 'modem')}`);
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
  writeResults(cli.io, results, options.json);
  if (results.some(({ ok }) => !ok)) cli.exitCode = EXIT.failed;
}

async function workOf(io: Io, words: readonly string[], { all, script }: ExecOptions): Promise<Work> {
  if (script !== undefined) {
    if (all && words.length > 0)
      throw new ModemlabError('E_USAGE', 'with --all and --script there must be no other words');
    if (!all && words.length === 0) throw new ModemlabError('E_USAGE', 'name the modems, or use --all');
    return { ants: all ? undefined : words, script: readScript(await textOf(io, script), script) };
  }
  const line = words.at(-1);
  if (line === undefined) throw new ModemlabError('E_USAGE', 'expected a command line or --script');
  const ants = words.slice(0, -1);
  if (all && ants.length > 0)
    throw new ModemlabError('E_USAGE', 'with --all the command line must be one word: put it in quotes');
  if (!all && ants.length === 0)
    throw new ModemlabError('E_USAGE', 'name the modems before the command, or use --all');
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
  // A script from standard input leaves no way to ask.
  if (defaults || questions.length === 0 || script === '-') return answers;
  const prompt = await io.openPrompt();
  try {
    for (const { prompt: text, fallback } of questions) {
      const answer = await prompt.ask(`${text}${fallback === '' ? '' : ` [${fallback}]`}: `);
      if (answer === undefined) throw new ModemlabError('E_USAGE', `no answer to "${text}"; see --defaults`);
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
      command: line,
      outcome: outcome.is,
      output: outputOf(outcome),
      ...(outcome.is === 'refused' ? { code: outcome.code } : {}),
      ...(error === undefined ? {} : { error }),
    };
  } catch (error) {
    if (!(error instanceof ModemlabError)) throw error;
    return { command: line, outcome: 'cancelled', output: '', error: error.message };
  }
}

function writeResults(io: Io, results: readonly AntResult[], json: boolean): void {
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
        io.err(`${safe(ant.antId)}: sent; the result shows when the modem is back\n`);
    }
  }
}
