/** `modemlab mdap shell` */
import type { Command } from 'commander';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import type { MdapHost } from '../../mdap/host.ts';
import { factsOf, outcomeError, outputOf } from '../../mdap/outcome.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_ANT } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import { jsonOption } from '../support/options.ts';
import { EXIT, reportError } from '../support/report.ts';
import { safe, writeFields } from '../support/table.ts';
import type { HostOptions, LoginOptions } from './host.ts';
import { COMMAND_SECONDS, hostOptions, locate, loginOptions, withHost, writeOutput } from './host.ts';

type Options = HostOptions & LoginOptions;

const HELP = `Every line is a command line of the modem. These are not:
  .help   this text
  .info   what the modem tells of itself
  .quit   the end; so are exit and Ctrl+D
`;

/** The prompt of a SpeedTouch, where an output ends with it. */
const PROMPT = /(?:^|\n)(_?(?:\{[^{}\r\n]{0,64}\})?(?:\[[^[\]\r\n]{0,64}\])?=>)[ \r\n]*$/;

export function addMdapShell(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'shell <ant>',
    summary: 'type command lines of one modem, by MDAP',
    more:
      'With a history and line editing. Lines that begin with a dot and a letter are for the shell; .help tells them. Where ' +
      'standard input is no terminal its lines are carried out one after another. With --json each answer is one line of JSON.',
    options: [
      ...hostOptions('how long one command may take', COMMAND_SECONDS),
      ...loginOptions(),
      jsonOption(),
    ],
    examples: [[`mdap shell ${EXAMPLE_ANT} --iface 127.0.0.1`, 'a shell on that modem']],
  }).action(async (name: string, options: Options) => {
    await withHost(cli.io, options, {}, async (host) => {
      const [ant] = await locate(host, [name]);
      if (ant === undefined) return;
      const fine = await talk(cli.io, host, ant, options);
      if (!fine) cli.exitCode = EXIT.failed;
    });
  });
}

/** Until the lines end. Answers whether the last command was carried out. */
async function talk(io: Io, host: MdapHost, ant: AntRecord, options: Options): Promise<boolean> {
  const lines = await io.openPrompt();
  let prompt = `{${options.user}}=>`;
  let fine = true;
  try {
    if (!options.json)
      io.err(`${safe(ant.antId)} ${safe(ant.name ?? '')} at ${ant.address}; .help for help\n`);
    for (;;) {
      const line = (await lines.ask(safe(prompt)))?.trim();
      if (line === undefined || line === '.quit' || line === 'exit') return fine;
      if (line === '') continue;
      if (line === '.help' || line === '.info' || /^\.[a-z]/i.test(line)) {
        await local(io, host, ant, line, options);
        continue;
      }
      const said = await say(io, host, ant, line, options);
      fine = said.fine;
      prompt = said.prompt ?? prompt;
    }
  } finally {
    lines.close();
  }
}

async function say(
  io: Io,
  host: MdapHost,
  { antId }: AntRecord,
  line: string,
  options: Options,
): Promise<{ readonly fine: boolean; readonly prompt: string | undefined }> {
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
      if (outcome.is === 'sent') io.err('sent; the modem may be away for a while\n');
    }
    return { fine: error === undefined, prompt };
  } catch (error) {
    if (!(error instanceof ModemlabError)) throw error;
    reportError(io, error);
    return { fine: false, prompt: undefined };
  }
}

async function local(io: Io, host: MdapHost, ant: AntRecord, line: string, options: Options): Promise<void> {
  if (line !== '.info') {
    io.err(line === '.help' ? HELP : `there is no ${safe(line)}\n${HELP}`);
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
