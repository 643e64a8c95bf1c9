/** `modemlab mdap info` */
import { factsOf, outcomeError } from '../../mdap/outcome.ts';
import type { CliContext } from '../support/cli-context.ts';
import { writeFields, writeJson } from '../support/table.ts';
import { locate, withHost } from './host.ts';
import type { HostOptions, LoginOptions } from './host-options.ts';

export async function info(
  cli: CliContext,
  name: string,
  options: HostOptions & LoginOptions,
): Promise<void> {
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
}
