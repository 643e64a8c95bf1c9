/** `:hostmgr` */
import type { Box } from '../box.ts';
import type { Outcome } from '../definition.ts';
import { done, group, lines, row, showCommand } from '../definition.ts';

function hosts(box: Box): Outcome {
  const rows = box
    .hosts()
    .map((of) =>
      row(
        [18, 16, 8, 17, 21, 11],
        [
          of('MACAddress'),
          of('IPAddress'),
          'CDL',
          'Generic Device',
          'LocalNetwork',
          'ethif1',
          of('HostName'),
        ],
      ),
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
