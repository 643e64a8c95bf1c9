/** The definition of `modemlab acs`. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { AUTH_MODES, QUEUE_KINDS, REPLY_STYLE_NAMES, STORE_KINDS } from '../../acs/app/server-settings.ts';
import type { CliContext } from '../support/cli-context.ts';
import { describeCommand } from '../support/help.ts';
import { LOG_LEVELS } from '../support/log-levels.ts';
import {
  dataOption,
  eventsOption,
  positiveNumber,
  recordOption,
  tlsServerOptions,
  wholeNumber,
} from '../support/options.ts';
import type { ServerOptions } from './run.ts';

const options = (): readonly Option[] => [
  new Option('--host <address>', 'the address to listen on').default('0.0.0.0'),
  new Option('--port <number>', 'the port to listen on; 0 picks a free one')
    .argParser(wholeNumber(0, 65535))
    .default(7547),
  dataOption(),
  new Option(
    '--store <kind>',
    'where devices are stored; by default what the data folder already uses, or else lmdb',
  ).choices(STORE_KINDS),
  new Option(
    '--queue <kind>',
    'where tasks are queued; by default what the data folder already uses, or else dir',
  ).choices(QUEUE_KINDS),
  new Option('--auth <mode>', 'how modems must authenticate').choices(AUTH_MODES).default('none'),
  new Option('--username <name>', 'with --auth: one user name for all modems').conflicts('credentials'),
  new Option('--password <text>', 'with --auth: one password for all modems').conflicts('credentials'),
  new Option('--credentials <file>', 'with --auth: a file of username:password lines'),
  ...tlsServerOptions(),
  new Option('--session-timeout <seconds>', 'how long a session stays open when the modem is silent')
    .argParser(positiveNumber(0, 86_400))
    .default(60),
  new Option('--max-body <bytes>', 'the largest request body that is accepted (default: 16 MiB)').argParser(
    wholeNumber(1024, 1024 * 1024 * 1024),
  ),
  new Option('--reply-style <style>', 'how replies are written: learned for each model, or one style for all')
    .choices(['learn', ...REPLY_STYLE_NAMES])
    .default('learn'),
  recordOption(),
  new Option('--log-level <level>', 'what is logged to standard error').choices(LOG_LEVELS).default('info'),
  eventsOption(),
];

export function defineAcs(command: Command, cli: CliContext): void {
  describeCommand(command, {
    more:
      'Modems may POST to any path at its address. On SIGINT or SIGTERM it lets open sessions finish; a ' +
      'second signal stops it at once. With --store memory and --queue memory nothing is written to ' +
      'disk, and no other command can act on the data.',
    options: options(),
    examples: [
      ['acs', 'listen on port 7547, and keep everything in ./modemlab-data'],
      ['acs --port 0 --json --data lab', 'on a free port, which the first line of JSON contains'],
      ['acs --record lab.pcapng', 'record all traffic, for: modemlab capture show lab.pcapng'],
      ['acs --auth digest --credentials modems.txt', 'require a password from every modem'],
    ],
  }).action(async (given: ServerOptions) => {
    const { runAcs } = await import('./run.ts');
    await runAcs(cli, given);
  });
}
