/** `modemlab mdap run` */
import type { Command } from 'commander';
import { runRules } from '../../mdap/rules.ts';
import { loadRules } from '../../mdap/rules-file.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { jsonOption } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';
import type { HostOptions, LoginOptions } from './host.ts';
import { COMMAND_SECONDS, hostOptions, locateAll, loginOptions, withHost } from './host.ts';

interface Said {
  readonly command: string;
  readonly output: string;
}

export function addMdapRun(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'run <module...>',
    summary: 'run rules of your own, modules in JavaScript or TypeScript, on the modems that they fit',
    more:
      'A module has "export default rules((on) => { on.ant(FILTER, async (ant) => { await ant.exec(LINE); }); })"; rules comes ' +
      'from modemlab/mdap, and a plain function does as well. TypeScript needs tsx beside the module.',
    options: [
      ...hostOptions('how long one command may take', COMMAND_SECONDS),
      ...loginOptions(),
      jsonOption(),
    ],
    examples: [['mdap run rules.mjs --iface 127.0.0.1', 'on every modem that answers and that a rule fits']],
  }).action(async (modules: readonly string[], options: HostOptions & LoginOptions) => {
    const all = (await Promise.all(modules.map(loadRules))).flat();
    const results = await withHost(cli.io, options, {}, async (host) =>
      Promise.all(
        (await locateAll(host)).map(async (ant) => {
          const said: Said[] = [];
          const tell = (line: string, output: string): void => {
            said.push({ command: line, output });
            if (!options.json) cli.io.err(`${safe(ant.antId)}: ${safe(line)}\n`);
          };
          return { ...(await runRules(host, all, ant, options, tell)), said };
        }),
      ),
    );
    const rows = results.map(({ ant, rules, error, said }) => ({
      ...{ ant: ant.antId, name: ant.name, rules, commands: said },
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
          { title: 'ENDED', cell: (row) => ('error' in row ? row.error : 'fine') },
        ],
        rows,
      );
    if (rows.some((row) => 'error' in row)) cli.exitCode = EXIT.failed;
  });
}

const messageOf = (error: unknown): string =>
  error instanceof ModemlabError || error instanceof Error ? error.message : String(error);
