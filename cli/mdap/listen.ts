/** `modemlab mdap listen` */
import type { Command } from 'commander';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { MdapMessage } from '../../protocol/mdap/messages.ts';
import { describeMessage } from '../../protocol/mdap/messages.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { jsonOption } from '../support/options.ts';
import { safe } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';
import type { HostOptions } from './host.ts';
import { hostOptions, withHost } from './host.ts';

export function addMdapListen(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'listen',
    summary: 'show every MDAP message on the line, of all hosts and modems',
    more: 'Sends nothing. Passwords are not shown. Runs until its time is over, or SIGINT or SIGTERM.',
    options: [...hostOptions('how long', 86_400), jsonOption()],
    examples: [
      ['mdap listen --iface 127.0.0.1 --timeout 5', 'what is said in five seconds'],
      [
        'mdap listen --iface 127.0.0.1 --timeout 5 --record line.pcapng',
        'keep it for Wireshark, or for: modemlab capture show line.pcapng',
      ],
    ],
  }).action(async (options: HostOptions) => {
    const { io } = cli;
    const onMessage = (message: MdapMessage, from: Endpoint): void => {
      const text = describeMessage(message);
      const at = new Date().toISOString();
      const place = `${from.address}:${from.port}`;
      io.out(
        options.json
          ? `${JSON.stringify({ at, from: place, message: text })}\n`
          : `${at.slice(11, 23)} ${place} ${safe(text)}\n`,
      );
    };
    const onTrouble = (trouble: string): void => io.err(`${safe(trouble)}\n`);
    await withHost(io, options, { onMessage, onTrouble }, async () => {
      if (options.json)
        io.out(`${JSON.stringify({ event: 'listening', group: options.group, port: options.port })}\n`);
      else io.err(`listening on ${options.group}:${options.port}\n`);
      let end: () => void = () => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      const timer = setTimeout(end, options.timeout * 1000);
      await untilStopped(io, async () => clearTimeout(timer), over);
    });
  });
}
