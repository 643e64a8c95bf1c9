/** Records of MDAP, BOOTP, DHCP and TFTP. */
import type { BootpMessage } from '../../protocol/bootp/message.ts';
import { BOOT_REQUEST, macOf } from '../../protocol/bootp/message.ts';
import { addressOption, DHCP_TYPES, OPTION, readOptions } from '../../protocol/bootp/options.ts';
import { NO_ADDRESS } from '../../protocol/ipv4.ts';
import { latin1Text } from '../../protocol/latin1.ts';
import type { MdapMessage } from '../../protocol/mdap/messages.ts';
import { describeMessage } from '../../protocol/mdap/messages.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import type { DatagramEvent, TftpTransfer } from '../conversation/datagrams.ts';
import { SECOND } from '../file/frame.ts';
import type { Mark, StoryRecord } from './story-record.ts';
import { mark, markError, plain } from './story-record.ts';

export function recordDatagram(event: DatagramEvent): StoryRecord | undefined {
  switch (event.is) {
    case 'other-datagram':
      return undefined;
    case 'tftp-transfer':
      return recordTransfer(event);
    case 'mdap': {
      const { datagram, read } = event;
      const base = {
        ...plain(datagram.time, 'MDAP', datagram.from, datagram.to),
        raw: latin1Text(datagram.payload),
      };
      if (!read.ok) return { ...base, what: 'unreadable', telling: '', breaches: [markError(read.error)] };
      const { message, odd } = read.value;
      const breaches = odd
        .map((oddity): Mark => mark('E_MDAP_CHECK', oddity))
        .filter(({ detail }) => detail === 'bad-check');
      const [what = '', ...rest] = describeMessage(message).split(' ');
      const fault = mdapFault(message);
      const record = { ...base, what, telling: rest.join(' '), breaches, decoded: message };
      return fault === undefined ? record : { ...record, fault };
    }
    case 'bootp': {
      const { datagram, read, type } = event;
      const base = plain(datagram.time, type === undefined ? 'BOOTP' : 'DHCP', datagram.from, datagram.to);
      if (!read.ok) return { ...base, what: 'unreadable', telling: '', breaches: [markError(read.error)] };
      const message = read.value;
      return {
        ...base,
        what: bootpName(message, type),
        telling: bootpTelling(message),
        decoded: bootpData(message),
      };
    }
    case 'tftp': {
      const { datagram, read } = event;
      const base = plain(datagram.time, 'TFTP', datagram.from, datagram.to);
      if (!read.ok) return { ...base, what: 'unreadable', telling: '', breaches: [markError(read.error)] };
      const packet = read.value;
      const record = { ...base, ...tftpWords(packet), decoded: packet };
      return packet.kind === 'error'
        ? { ...record, fault: { code: packet.code, text: packet.text } }
        : record;
    }
  }
}

function mdapFault(message: MdapMessage): StoryRecord['fault'] {
  if (message.kind !== 'REPLY-INFO' && message.kind !== 'REPLY-EXEC-CLI') return undefined;
  return message.seq.is === 'error' ? { code: message.seq.code, text: message.body ?? '' } : undefined;
}

function bootpName({ op }: BootpMessage, type: number | undefined): string {
  const dhcp = Object.entries(DHCP_TYPES).find(([, value]) => value === type)?.[0];
  return dhcp?.toUpperCase() ?? (op === BOOT_REQUEST ? 'BOOTREQUEST' : 'BOOTREPLY');
}

function bootpTelling(message: BootpMessage): string {
  const { options } = readOptions(message.vend);
  const asked = addressOption(options, OPTION.requestedAddress);
  return [
    macOf(message) ?? '',
    message.yiaddr === NO_ADDRESS ? '' : `gets ${message.yiaddr}`,
    asked === undefined ? '' : `asks for ${asked}`,
    message.siaddr === NO_ADDRESS ? '' : `from ${message.siaddr}`,
    message.file === '' ? '' : `file ${message.file}`,
    message.giaddr === NO_ADDRESS ? '' : `by relay ${message.giaddr}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Binary fields become hexadecimal text. */
function bootpData({ chaddr, vend, ...fields }: BootpMessage): unknown {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const options = readOptions(vend).options.map(({ code, data }) => ({ code, data: hex(data) }));
  return { ...fields, chaddr: hex(chaddr), options };
}

function tftpWords(packet: TftpPacket): Pick<StoryRecord, 'what' | 'telling'> {
  switch (packet.kind) {
    case 'read':
    case 'write': {
      const options = packet.options.map(({ name, value }) => `${name}=${value}`);
      return {
        what: packet.kind === 'read' ? 'RRQ' : 'WRQ',
        telling: [packet.file, packet.mode, ...options].join(', '),
      };
    }
    case 'oack':
      return {
        what: 'OACK',
        telling: packet.options.map(({ name, value }) => `${name}=${value}`).join(', '),
      };
    case 'error':
      return { what: 'ERROR', telling: `${packet.code} ${packet.text}` };
    case 'data':
      return { what: 'DATA', telling: `block ${packet.block}, ${packet.data.length} bytes` };
    case 'ack':
      return { what: 'ACK', telling: `block ${packet.block}` };
  }
}

function recordTransfer(transfer: TftpTransfer): StoryRecord {
  const { began, blocks, bytes, client, direction, error, file, outcome, repeated, server, time } = transfer;
  const [from, to] = direction === 'read' ? [server, client] : [client, server];
  const took = Number(time - began) / Number(SECOND);
  const parts = [file, `${bytes} bytes`, `${blocks} blocks`, `${took.toFixed(3)} s`];
  if (repeated > 0) parts.push(`${repeated} sent again`);
  if (error !== undefined && outcome !== 'done') parts.push(error);
  return { ...plain(time, 'TFTP', from, to), what: `transfer ${outcome}`, telling: parts.join(', ') };
}
