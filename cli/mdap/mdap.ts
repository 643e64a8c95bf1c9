/** `modemlab mdap`: SpeedTouch modems from their LAN side. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, EXAMPLE_ANT, subcommand } from '../support/help.ts';
import { jsonOption, wholeNumber } from '../support/options.ts';
import { defineFlash, defineServe } from './boot-commands.ts';
import type { DiscoverOptions } from './discover.ts';
import type { ExecOptions } from './exec.ts';
import type { HostOptions, LoginOptions } from './host-options.ts';
import { COMMAND_SECONDS, hostOptions, loginOptions, SEARCH_SECONDS } from './host-options.ts';

export function defineMdap(mdap: Command, cli: CliContext): void {
  describeGroup(mdap);
  defineDiscover(mdap, cli);
  defineInfo(mdap, cli);
  defineExec(mdap, cli);
  defineRun(mdap, cli);
  defineShell(mdap, cli);
  defineListen(mdap, cli);
  defineFlash(mdap, cli);
  defineServe(mdap, cli);
}

function defineDiscover(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'discover',
    summary: 'find all modems on the line by MDAP, whatever their IP addresses',
    more:
      'Searches several times, because answers get lost when many arrive at once. All modems may have ' +
      'the same IP address: modemlab distinguishes them by their ANT-ID, the serial number without its first two ' +
      'letters.',
    options: [
      ...hostOptions('how long to search', SEARCH_SECONDS),
      new Option('--expect <number>', 'stop when this many are found; finding fewer is a failure').argParser(
        wholeNumber(1, 4096),
      ),
      jsonOption(),
    ],
    examples: [
      ['mdap discover --iface 127.0.0.1', 'every modem on that interface'],
      ['mdap discover --iface 127.0.0.1 --expect 2 --json', 'stop when two are found; for programs'],
    ],
  }).action(async (options: DiscoverOptions) => {
    const { discover } = await import('./discover.ts');
    await discover(cli, options);
  });
}

function defineInfo(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'info <ant>',
    summary: 'ask one modem by MDAP to identify itself',
    options: [...hostOptions('how long to wait', COMMAND_SECONDS), ...loginOptions(), jsonOption()],
    examples: [
      [`mdap info ${EXAMPLE_ANT} --iface 127.0.0.1`, 'what the modem reports about itself'],
      [`mdap info ${EXAMPLE_ANT} --iface 127.0.0.1 --json`, 'the same for programs'],
    ],
  }).action(async (name: string, options: HostOptions & LoginOptions) => {
    const { info } = await import('./info.ts');
    await info(cli, name, options);
  });
}

const commandOptions = (): readonly Option[] => [
  ...hostOptions('how long one command may take', COMMAND_SECONDS),
  ...loginOptions(),
];

function defineExec(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'exec [words...]',
    summary: 'run a command line or a script on one, some or all modems',
    more:
      'The words are ANT-IDs or serial numbers followed by one quoted command line; with --script only the ' +
      'modems, with --all only the command line. A script has one command line per line: "#" begins a ' +
      'comment, "ask(prompt|default)" is asked for once, ' +
      `"\${n}" is the number of the modem, and "\${ant}", "\${mac}", "\${name}" and "\${address}" are what ` +
      'is known about it. If a command fails, its modem gets no more of the script; the others continue. ' +
      'Commands that take a modem down count as done once they are sent.',
    options: [
      ...commandOptions(),
      new Option('--all', 'on every modem that answers the search').default(false),
      new Option('--script <file>', 'a file of command lines; - reads standard input'),
      new Option('--first <number>', 'the number of the first modem in a script')
        .argParser(wholeNumber(0, 65535))
        .default(1),
      new Option('--defaults', 'do not ask: use the default of every ask(prompt|default)').default(false),
      new Option('--keep-going', 'continue the script after a command that fails').default(false),
      new Option('--silent', 'the command may take the modem down: treat no answer as success').default(
        false,
      ),
      jsonOption(),
    ],
    examples: [
      [`mdap exec ${EXAMPLE_ANT} 'ip iplist' --iface 127.0.0.1`, 'one command on one modem'],
      ["mdap exec --all 'software version' --iface 127.0.0.1 --json", 'on all of them, for programs'],
      [
        'mdap exec --all --script renumber.txt --defaults --iface 127.0.0.1',
        'a script on all of them, each with its own number',
      ],
    ],
  }).action(async (words: readonly string[], options: ExecOptions) => {
    const { exec } = await import('./exec.ts');
    await exec(cli, words, options);
  });
}

function defineRun(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'run <module...>',
    summary: 'run your own rules, JavaScript or TypeScript modules, on the modems they match',
    more:
      'A module has "export default rules((on) => { on.ant(FILTER, async (ant) => { await ' +
      'ant.exec(LINE); }); })"; rules is imported from modemlab/mdap, but a plain function works too. ' +
      'TypeScript needs tsx installed beside the module.',
    options: [...commandOptions(), jsonOption()],
    examples: [['mdap run rules.mjs --iface 127.0.0.1', 'on every modem that answers and matches a rule']],
  }).action(async (modules: readonly string[], options: HostOptions & LoginOptions) => {
    const { run } = await import('./run.ts');
    await run(cli, modules, options);
  });
}

function defineShell(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'shell <ant>',
    summary: 'open an interactive command line on one modem by MDAP',
    more:
      'With history and line editing. Lines that begin with a dot and a letter are for the shell itself; ' +
      '.help lists them. If standard input is not a terminal, its lines are executed one after another. ' +
      'With --json each answer is one line of JSON.',
    options: [...commandOptions(), jsonOption()],
    examples: [[`mdap shell ${EXAMPLE_ANT} --iface 127.0.0.1`, 'a shell on that modem']],
  }).action(async (name: string, options: HostOptions & LoginOptions) => {
    const { shell } = await import('./shell.ts');
    await shell(cli, name, options);
  });
}

function defineListen(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'listen',
    summary: 'show every MDAP message on the line, from all hosts and modems',
    more: 'Sends nothing. Passwords are not shown. Runs until the time is up, or until SIGINT or SIGTERM.',
    options: [...hostOptions('how long to listen', 86_400), jsonOption()],
    examples: [
      ['mdap listen --iface 127.0.0.1 --timeout 5', 'all messages for five seconds'],
      [
        'mdap listen --iface 127.0.0.1 --timeout 5 --record line.pcapng',
        'also record them for Wireshark, or for: modemlab capture show line.pcapng',
      ],
    ],
  }).action(async (options: HostOptions) => {
    const { listen } = await import('./listen.ts');
    await listen(cli, options);
  });
}
