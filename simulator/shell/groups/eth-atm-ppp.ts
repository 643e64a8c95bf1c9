/** `:eth`, `:atm` and `:ppp`: the layers below IP. Their lists are in record-tables.ts. */
import { done, group, lines, showCommand } from '../definition.ts';

export const eth = group('eth', [
  showCommand('iflist', 'Shows the interfaces.', () =>
    done(
      lines(
        ...[1, 2, 3, 4].flatMap((port) => [
          `ethport${port}        : Dest: ethif${port}`,
          '                  Connection State: connected',
        ]),
      ),
    ),
  ),
]);

export const atm = group(
  'atm',
  [],
  group('phonebook', [
    showCommand('list', 'Shows the circuits.', (box) =>
      done(
        lines(
          'Name           Type  Use  Address',
          `Internet       any   1    ${(box.parameter('WANDevice.1.WANConnectionDevice.1.WANDSLLinkConfig.DestinationAddress') ?? 'PVC:8/35').replace('PVC:', '').replace('/', '.')}`,
        ),
      ),
    ),
  ]),
);

export const ppp = group('ppp', [
  showCommand('iflist', 'Shows the interfaces.', (box) =>
    done(
      lines(
        'Internet       : dest : Internet',
        `                 oper state : ${box.modem.device.fact('connectionStatus') === 'Connected' ? 'up' : 'down'}`,
      ),
    ),
  ),
]);
