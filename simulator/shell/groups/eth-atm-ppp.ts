/** `:eth`, `:atm` and `:ppp`: the layers below IP. Their lists are in record-tables.ts. */
import type { Box } from '../box.ts';
import { done, group, lines, showCommand } from '../definition.ts';

const DSL_LINK = 'WANDevice.1.WANConnectionDevice.1.WANDSLLinkConfig.';

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

function circuit(box: Box): string {
  const address = box.parameter(`${DSL_LINK}DestinationAddress`) ?? 'PVC:8/35';
  return address.replace('PVC:', '').replace('/', '.');
}

export const atm = group(
  'atm',
  [],
  group('phonebook', [
    showCommand('list', 'Shows the circuits.', (box) =>
      done(lines('Name           Type  Use  Address', `Internet       any   1    ${circuit(box)}`)),
    ),
  ]),
);

const isConnected = (box: Box): boolean => box.modem.device.fact('connectionStatus') === 'Connected';

export const ppp = group('ppp', [
  showCommand('iflist', 'Shows the interfaces.', (box) =>
    done(
      lines(
        'Internet       : dest : Internet',
        `                 oper state : ${isConnected(box) ? 'up' : 'down'}`,
      ),
    ),
  ),
]);
