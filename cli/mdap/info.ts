/** `modemlab mdap info` */
import type { Command } from 'commander';
import { factsOf, outcomeError } from '../../mdap/outcome.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_ANT } from '../support/help.ts';
import { jsonOption } from '../support/options.ts';
import { writeFields, writeJson } from '../support/table.ts';
import type { HostOptions, LoginOptions } from './host.ts';
import { COMMAND_SECONDS, hostOptions, locate, loginOptions, withHost } from './host.ts';

export function addMdapInfo(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'info <ant>',
    summary: 'ask one modem what it is, by MDAP',
    options: [...hostOptions('how long it may take', COMMAND_SECONDS), ...loginOptions(), jsonOption()],
    examples: [
      [`mdap info ${EXAMPLE_ANT} --iface 127.0.0.1`, 'what the modem tells of itself'],
      [`mdap info ${EXAMPLE_ANT} --iface 127.0.0.1 --json`, 'the same for programs'],
    ],
  }).action(async (name: string, options: HostOptions & LoginOptions) => {
    await withHost(cli.io, options, {}, async (host) => {
      const [ant] = await locate(host, [name]);
      if (ant === undefined) return;
      const outcome = await host.info(ant.antId, options, options.force);
      const error = outcomeError(ant.antId, outcome);
      if (error !== undefined) throw error;
      const facts = factsOf(outcome);
      if (options.json) {
        const { antId, name: product, macs, address } = ant;
        writeJson(cli.io, { ant: antId, name: product, mac: macs[0], address, facts });
        return;
      }
      writeFields(cli.io, [
        ['ANT-ID', ant.antId],
        ['ANT-NAME', ant.name],
        ['ANT-MAC', ant.macs.join(' ')],
        ['address', ant.address],
        ...facts
          .filter(({ key }) => !['ANT-ID', 'ANT-NAME', 'ANT-MAC'].includes(key.toUpperCase()))
          .map(({ key, value }) => [key, value] as const),
      ]);
    });
  });
}
