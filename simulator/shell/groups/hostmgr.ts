/** `:hostmgr` */
import type { Box } from '../box.ts';
import type { Outcome } from '../definition.ts';
import { done, group, lines, showCommand } from '../definition.ts';

function hosts(box: Box): Outcome {
  const rows = box
    .hosts()
    .map(
      (of) =>
        `${of('MACAddress').padEnd(18)}${of('IPAddress').padEnd(16)}${'CDL'.padEnd(8)}${'Generic Device'.padEnd(17)}${'LocalNetwork'.padEnd(21)}${'ethif1'.padEnd(11)}${of('HostName')}`,
    );
  return done(
    lines(
      'MAC-address       IP-address      Flags   Type             Intf                 Hw Intf    Hostname',
      '-'.repeat(97),
      ...rows,
    ),
  );
}

export const hostmgr = group('hostmgr', [showCommand('list', 'Shows the hosts.', hosts)]);
