/** What a BOOTP or DHCP reply says, and where it goes. */
import type { Endpoint } from '../ipv4.ts';
import { EVERYBODY, isSameNetwork, NO_ADDRESS, networkBroadcast } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import type { BootpMessage } from './message.ts';
import { BOOT_REPLY, BOOTP_CLIENT_PORT, BOOTP_SERVER_PORT, BROADCAST_FLAG, encodeBootp } from './message.ts';
import type { BootpOption } from './options.ts';
import { addressAsOption, DHCP_TYPES, numberAsOption, OPTION, option, writeOptions } from './options.ts';
import type {
  BootImage,
  BootpServerEffect,
  BootpServerSettings,
  BootRequest,
  Destination,
} from './server-types.ts';

export interface Given {
  readonly request: BootRequest;
  readonly image: BootImage;
  readonly address: string;
  /** Where the request came from. */
  readonly from: Endpoint;
}

const ANSWERS = { bootp: 'bootp', discover: 'offer', request: 'ack' } as const;

/** The reply that gives a modem its address and its file. */
export function reply(
  settings: BootpServerSettings,
  asked: BootpMessage,
  { request, image, address, from }: Given,
): BootpServerEffect {
  const answer = ANSWERS[request.kind];
  const { mask, router } = settings;
  const options: BootpOption[] = [
    ...(answer === 'bootp' ? [] : dhcpOptions(settings, DHCP_TYPES[answer])),
    addressAsOption(OPTION.subnetMask, mask),
    ...(router === undefined ? [] : [addressAsOption(OPTION.router, router)]),
    ...sizeOption(settings, image),
    addressAsOption(OPTION.broadcastAddress, networkBroadcast(address, mask)),
  ];
  const message: BootpMessage = {
    ...answerTo(asked),
    yiaddr: address,
    siaddr: settings.address,
    sname: settings.names[0] ?? '',
    file: image.file,
    vend: writeOptions(options),
  };
  const to = destinationOf(settings, asked, address, from);
  return { do: 'reply', to, bytes: encodeBootp(message), message, request, answer, image };
}

/** DHCPNAK: the modem asks for an address that is not its own (RFC 2131 4.3.2). */
export function refusal(
  settings: BootpServerSettings,
  asked: BootpMessage,
  request: BootRequest,
  from: Endpoint,
): BootpServerEffect {
  const message: BootpMessage = {
    ...answerTo(asked),
    ciaddr: NO_ADDRESS,
    vend: writeOptions([
      option(OPTION.messageType, DHCP_TYPES.nak),
      addressAsOption(OPTION.serverIdentifier, settings.address),
    ]),
  };
  // The modem must not be asked under an address that is not its own: a NAK is broadcast.
  const to = destinationOf(
    settings,
    { ...asked, ciaddr: NO_ADDRESS, flags: BROADCAST_FLAG },
    EVERYBODY,
    from,
  );
  return { do: 'reply', to, bytes: encodeBootp(message), message, request, answer: 'nak', image: undefined };
}

/** What every answer copies of its request. */
function answerTo(asked: BootpMessage): BootpMessage {
  const none = { yiaddr: NO_ADDRESS, siaddr: NO_ADDRESS, sname: '', file: '' };
  return { ...asked, op: BOOT_REPLY, hops: 0, ...none };
}

function dhcpOptions({ address, leaseSeconds }: BootpServerSettings, type: number): BootpOption[] {
  return [
    option(OPTION.messageType, type),
    addressAsOption(OPTION.serverIdentifier, address),
    numberAsOption(OPTION.leaseTime, leaseSeconds),
  ];
}

function sizeOption({ tellSize }: BootpServerSettings, { size }: BootImage): BootpOption[] {
  if (!tellSize || size === undefined) return [];
  const blocks = Math.min(Math.ceil(size / 512), 0xffff);
  return [option(OPTION.bootFileSize, blocks >>> 8, blocks & 0xff)];
}

/**
 * RFC 1542 4.1.2: to the relay, else to an address that the client has, else to its new one or to everybody.
 * An address that the client says it has is used only inside our network: else anybody could send our replies
 * anywhere.
 */
function destinationOf(
  { replyMode, address: own, mask, allowRelays }: BootpServerSettings,
  { giaddr, ciaddr, flags }: BootpMessage,
  address: string,
  from: Endpoint,
): Destination {
  if (replyMode === 'loopback') return { how: 'loopback', ...from };
  if (allowRelays && giaddr !== NO_ADDRESS) return { how: 'relay', address: giaddr, port: BOOTP_SERVER_PORT };
  const port = BOOTP_CLIENT_PORT;
  if (ciaddr !== NO_ADDRESS && isSameNetwork(ciaddr, own, mask))
    return { how: 'client', address: ciaddr, port };
  switch (replyMode) {
    case 'unicast-arp':
      return (flags & BROADCAST_FLAG) === 0
        ? { how: 'unicast-arp', address, port }
        : { how: 'broadcast', address: EVERYBODY, port };
    case 'broadcast':
      return { how: 'broadcast', address: EVERYBODY, port };
    case 'subnet-broadcast':
      return { how: 'broadcast', address: networkBroadcast(own, mask), port };
    default:
      return assertNever(replyMode);
  }
}
