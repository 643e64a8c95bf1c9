/** `modemlab mdap shell` */
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import type { MdapHost } from '../../mdap/host.ts';
import { factsOf, outcomeError, outputOf } from '../../mdap/outcome.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { EXIT, reportError } from '../support/report.ts';
import { safe, writeFields } from '../support/table.ts';
import { locate, withHost, writeOutput } from './host.ts';
import type { HostOptions, LoginOptions } from './host-options.ts';

type Options = HostOptions & LoginOptions;

const HELP = `Every line is a command line for the modem, except:
  .help   show this text
  .info   show what the modem reports about itself
  .quit   quit, as do exit and Ctrl+D
`;

/** The prompt of a SpeedTouch at the end of an output. */
const PROMPT = /(?:^|\n)(_?(?:\{[^{}\r\n]{0,64}\})?(?:\[[^[\]\r\n]{0,64}\])?=>)[ \r\n]*$/;

export async function shell(cli: CliContext, name: string, options: Options): Promise<void> {
  await withHost(cli.io, options, {}, async (host) => {
    const [ant] = await locate(host, [name]);
    if (ant === undefined) return;
    const succeeded = await talk(cli.io, host, ant, options);
    if (!succeeded) cli.exitCode = EXIT.failed;
  });
}

/** Runs until the lines end. Resolves with whether the last command succeeded. */
async function talk(io: Io, host: MdapHost, ant: AntRecord, options: Options): Promise<boolean> {
  const lines = await io.openPrompt();
  let prompt = `{${options.user}}=>`;
  let succeeded = true;
  try {
    if (!options.json)
      io.err(`${safe(ant.antId)} ${safe(ant.name ?? '')} at ${ant.address}; .help for help\n`);
    for (;;) {
      const line = (await lines.ask(safe(prompt)))?.trim();
      if (line === undefined || line === '.quit' || line === 'exit') return succeeded;
      if (line === '') continue;
      if (line === '.help' || line === '.info' || /^\.[a-z]/i.test(line)) {
        await runDotCommand(io, host, ant, line, options);
        continue;
      }
      const ran = await runLine(io, host, ant, line, options);
      succeeded = ran.succeeded;
      prompt = ran.prompt ?? prompt;
    }
  } finally {
    lines.close();
  }
}

async function runLine(
  io: Io,
  host: MdapHost,
  { antId }: AntRecord,
  line: string,
  options: Options,
): Promise<{ readonly succeeded: boolean; readonly prompt: string | undefined }> {
  try {
    const outcome = await host.exec(antId, line, options, { force: options.force });
    const whole = outputOf(outcome);
    const prompt = PROMPT.exec(whole)?.[1];
    const output = prompt === undefined ? whole : whole.replace(PROMPT, '\n');
    const error = outcomeError(antId, outcome);
    if (options.json) {
      const failed = error === undefined ? {} : { error: error.message };
      io.out(`${JSON.stringify({ command: line, outcome: outcome.is, output, ...failed })}\n`);
    } else {
      writeOutput(io, output);
      if (error !== undefined) reportError(io, error);
      if (outcome.is === 'sent') io.err('sent; the modem may be unreachable for a while\n');
    }
    return { succeeded: error === undefined, prompt };
  } catch (error) {
    if (!(error instanceof ModemlabError)) throw error;
    reportError(io, error);
    return { succeeded: false, prompt: undefined };
  }
}

async function runDotCommand(
  io: Io,
  host: MdapHost,
  ant: AntRecord,
  line: string,
  options: Options,
): Promise<void> {
  if (line !== '.info') {
    io.err(line === '.help' ? HELP : `unknown command ${safe(line)}\n${HELP}`);
    return;
  }
  const outcome = await host.info(ant.antId, options, options.force);
  const error = outcomeError(ant.antId, outcome);
  if (error !== undefined) reportError(io, error);
  else
    writeFields(
      io,
      factsOf(outcome).map(({ key, value }) => [key, value] as const),
    );
}
