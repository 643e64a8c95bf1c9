/** `modemlab mdap listen` */
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { MdapMessage } from '../../protocol/mdap/messages.ts';
import { describeMessage } from '../../protocol/mdap/messages.ts';
import type { CliContext } from '../support/cli-context.ts';
import { safe } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { withHost } from './host.ts';
import type { HostOptions } from './host-options.ts';

export async function listen({ io }: CliContext, options: HostOptions): Promise<void> {
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
}
