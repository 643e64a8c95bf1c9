/** Valid datagrams for a BOOTP server to mutate: of boot loaders, DHCP clients, relays, other servers. */
import type { BootpMessage } from '../../protocol/bootp/message.ts';
import { encodeBootp, hardwareAddress } from '../../protocol/bootp/message.ts';
import {
  addressAsOption,
  DHCP_TYPES,
  OPTION,
  option,
  textAsOption,
  writeOptions,
} from '../../protocol/bootp/options.ts';
import { encodeStOptions } from '../../protocol/bootp/st-options.ts';
import { macBytes } from '../../protocol/ipv4.ts';

const NONE = '0.0.0.0';

/** Modems number 0 to 9 have these addresses, with another last digit. */
const mac = (index: number): Uint8Array => hardwareAddress(macBytes(`00-14-7F-00-00-0${index}`));

export function bootpSamples(board: string, server: string): Uint8Array[] {
  const plain: BootpMessage = {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x1234,
    secs: 0,
    flags: 0x8000,
    ciaddr: NONE,
    yiaddr: NONE,
    siaddr: NONE,
    giaddr: NONE,
    chaddr: mac(0),
    sname: '',
    file: board,
    vend: writeOptions([]),
  };
  const data = encodeStOptions({
    serial: '0626JTRAS',
    bootVersion: '1.0.6',
    reason: 'button',
    chip: 1,
    board,
  });
  const requested = addressAsOption(OPTION.requestedAddress, '192.168.1.64');
  const id = addressAsOption(OPTION.serverIdentifier, server);
  const dhcp = Object.values(DHCP_TYPES).flatMap((type, index) => [
    { ...plain, chaddr: mac(index), vend: writeOptions([option(OPTION.messageType, type), requested, id]) },
    { ...plain, chaddr: mac(index), vend: writeOptions([option(OPTION.messageType, type)]) },
  ]);
  const messages: BootpMessage[] = [
    ...Array.from({ length: 10 }, (_, index) => ({ ...plain, chaddr: mac(index), xid: index })),
    { ...plain, vend: writeOptions([{ code: OPTION.vendorSpecific, data }]) },
    {
      ...plain,
      vend: writeOptions([
        textAsOption(OPTION.hostName, 'x'.repeat(255)),
        option(OPTION.maximumSize, 5, 220),
      ]),
    },
    { ...plain, giaddr: '10.0.0.1', hops: 1 },
    { ...plain, ciaddr: '192.168.1.64', flags: 0 },
    { ...plain, sname: 'other' },
    { ...plain, op: 2, yiaddr: '192.168.1.64', siaddr: '192.168.1.99' },
    ...dhcp,
  ];
  return messages.map(encodeBootp);
}
