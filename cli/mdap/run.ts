/** `modemlab mdap run` */
import { runRules } from '../../mdap/rules.ts';
import { loadRules } from '../../mdap/rules-file.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';
import { locateAll, withHost } from './host.ts';
import type { HostOptions, LoginOptions } from './host-options.ts';

interface CommandRun {
  readonly command: string;
  readonly output: string;
}

export async function run(
  cli: CliContext,
  modules: readonly string[],
  options: HostOptions & LoginOptions,
): Promise<void> {
  const all = (await Promise.all(modules.map(loadRules))).flat();
  const results = await withHost(cli.io, options, {}, async (host) =>
    Promise.all(
      (await locateAll(host)).map(async (ant) => {
        const commands: CommandRun[] = [];
        const observe = (line: string, output: string): void => {
          commands.push({ command: line, output });
          if (!options.json) cli.io.err(`${safe(ant.antId)}: ${safe(line)}\n`);
        };
        return { ...(await runRules(host, all, ant, options, observe)), commands };
      }),
    ),
  );
  const rows = results.map(({ ant, rules, error, commands }) => ({
    ant: ant.antId,
    name: ant.name,
    rules,
    commands,
    ...(error === undefined ? {} : { error: messageOf(error) }),
  }));
  if (options.json) writeJson(cli.io, rows);
  else
    writeTable(
      cli.io,
      [
        { title: 'ANT', cell: ({ ant }) => ant },
        { title: 'NAME', cell: ({ name }) => name },
        { title: 'RULES', align: 'right', cell: ({ rules }) => rules },
        { title: 'COMMANDS', align: 'right', cell: ({ commands }) => commands.length },
        { title: 'RESULT', cell: (row) => ('error' in row ? row.error : 'ok') },
      ],
      rows,
    );
  if (rows.some((row) => 'error' in row)) cli.exitCode = EXIT.failed;
}

const messageOf = (error: unknown): string =>
  error instanceof ModemlabError || error instanceof Error ? error.message : String(error);
