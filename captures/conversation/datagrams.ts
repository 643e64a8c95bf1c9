/**
 * MDAP, BOOTP, DHCP and TFTP out of UDP. Of a TFTP transfer its request, its errors and its end are reported.
 */
import type { BootpMessage } from '../../protocol/bootp/message.ts';
import { BOOTP_CLIENT_PORT, BOOTP_SERVER_PORT, decodeBootp } from '../../protocol/bootp/message.ts';
import { dhcpTypeOf, readOptions } from '../../protocol/bootp/options.ts';
import type { WireError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ReadMessage } from '../../protocol/mdap/messages.ts';
import { decodeMessage } from '../../protocol/mdap/messages.ts';
import { LEGACY_PORT, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { Result } from '../../protocol/result.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { decodeTftp, TFTP_PORT } from '../../protocol/tftp/packet.ts';
import type { Datagram } from '../packet/flow.ts';

/** A TFTP transfer that has ended, or whose end the capture lacks. */
export interface TftpTransfer {
  readonly is: 'tftp-transfer';
  readonly time: bigint;
  readonly began: bigint;
  /** `address:port` of the side that asked, and of the one that answered from a port of its own. */
  readonly client: string;
  readonly server: string;
  readonly file: string;
  readonly direction: 'read' | 'write';
  /** Bytes of data in different blocks. */
  readonly bytes: number;
  readonly blocks: number;
  /** Blocks that were sent again. */
  readonly repeated: number;
  readonly outcome: 'done' | 'refused' | 'unfinished';
  /** Text of the error that ended the transfer. */
  readonly error: string | undefined;
}

export type DatagramEvent =
  | { readonly is: 'mdap'; readonly datagram: Datagram; readonly read: Result<ReadMessage, WireError> }
  | {
      readonly is: 'bootp';
      readonly datagram: Datagram;
      readonly read: Result<BootpMessage, WireError>;
      /** DHCP message type; `undefined`: plain BOOTP. */
      readonly type: number | undefined;
    }
  | { readonly is: 'tftp'; readonly datagram: Datagram; readonly read: Result<TftpPacket, WireError> }
  | TftpTransfer
  /** Of another protocol. */
  | { readonly is: 'other-datagram'; readonly datagram: Datagram };

export interface Datagrams {
  push(datagram: Datagram): readonly DatagramEvent[];
  /** The capture has ended: returns the transfers that have not. */
  end(): readonly DatagramEvent[];
}

interface Transfer {
  readonly began: bigint;
  readonly client: string;
  readonly file: string;
  readonly direction: 'read' | 'write';
  server: string;
  last: bigint;
  bytes: number;
  blocks: number;
  repeated: number;
  lastBlock: number;
  blockBytes: number;
  final: boolean;
  /** The client has answered the server: a request that comes again later starts another transfer. */
  answered: boolean;
}

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
const hostOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'));

const isBetween = ({ from, to }: Datagram, ...ports: readonly number[]): boolean =>
  ports.includes(portOf(from)) || ports.includes(portOf(to));

/** Whether a payload begins like an MDAP message; group and port are configurable. */
const isMdap = (payload: Uint8Array): boolean =>
  /^(ANT-SEARCH|REPLY-ANT-SEARCH|INFO|REPLY-INFO|EXEC-CLI|REPLY-EXEC-CLI) MDAP\//.test(
    Buffer.from(payload.subarray(0, 32)).toString('latin1'),
  );

/**
 * Whether a payload is a request at another port: zero-terminated texts, the second one a mode (RFC 1350
 * section 5).
 */
const isTftpRequest = (payload: Uint8Array): boolean =>
  payload[0] === 0 &&
  /^\0[\x01\x02][^\0]{1,255}\0(?:octet|netascii|mail)\0/i.test(
    Buffer.from(payload.subarray(0, 270)).toString('latin1'),
  );

/**
 * Whether a payload is BOOTP at other ports: an Ethernet address, and after the fixed part the magic cookie
 * (RFC 1497).
 */
const isBootp = (payload: Uint8Array): boolean => {
  const [op = 0, htype, hlen] = payload;
  return (op === 1 || op === 2) && htype === 1 && hlen === 6 && readOptions(payload.subarray(236)).magic;
};

export const createDatagrams = (): Datagrams => new DatagramReader();

class DatagramReader implements Datagrams {
  /** Transfers by the client's endpoint: the server answers from any port. */
  readonly #transfers = new Map<string, Transfer>();
  /** The last finished transfer of each client: what still arrives for it was sent again. */
  readonly #finished = new Map<string, Transfer>();

  push(datagram: Datagram): readonly DatagramEvent[] {
    const { from, payload, to } = datagram;
    if (portOf(to) === TFTP_PORT || isTftpRequest(payload)) return this.#onRequest(datagram);
    const transfer = this.#transfers.get(from) ?? this.#transfers.get(to);
    if (transfer !== undefined && hostOf(from === transfer.client ? to : from) === hostOf(transfer.server))
      return this.#follow(transfer, datagram);
    if (this.#isLate(datagram)) return [];
    if (isBetween(datagram, BOOTP_SERVER_PORT, BOOTP_CLIENT_PORT) || isBootp(payload)) {
      const read = decodeBootp(payload);
      return [{ is: 'bootp', datagram, read, type: read.ok ? dhcpTypeOf(read.value) : undefined }];
    }
    if (isMdap(payload) || (isBetween(datagram, MDAP_PORT, LEGACY_PORT) && payload.length > 0))
      return [{ is: 'mdap', datagram, read: decodeMessage(payload, { acceptBadChecksum: true }) }];
    return [{ is: 'other-datagram', datagram }];
  }

  end(): readonly DatagramEvent[] {
    const left = [...this.#transfers.values()];
    this.#transfers.clear();
    return left.map(abandoned);
  }

  #onRequest(datagram: Datagram): readonly DatagramEvent[] {
    const read = decodeTftp(datagram.payload);
    const event: DatagramEvent = { is: 'tftp', datagram, read };
    if (!read.ok || (read.value.kind !== 'read' && read.value.kind !== 'write')) return [event];
    const { file, kind } = read.value;
    const { from, to, time } = datagram;
    const older = this.#transfers.get(from);
    const [oldest] = this.#transfers.values();
    // Asked again before the client answered anything, for example when the first block is late: the same
    // transfer.
    if (older !== undefined && !older.answered && older.file === file) return [event];
    const isFull = this.#transfers.size >= LIMITS.captureTransfers;
    const replaced = older ?? (isFull ? oldest : undefined);
    if (replaced !== undefined) this.#transfers.delete(replaced.client);
    this.#finished.delete(from);
    this.#transfers.set(from, newTransfer(from, to, file, kind, time));
    return replaced === undefined ? [event] : [abandoned(replaced), event];
  }

  #follow(transfer: Transfer, datagram: Datagram): readonly DatagramEvent[] {
    const { from, time } = datagram;
    const read = decodeTftp(datagram.payload);
    transfer.last = time;
    if (from === transfer.client) transfer.answered = true;
    else transfer.server = from;
    const event: DatagramEvent = { is: 'tftp', datagram, read };
    if (!read.ok) return [event];
    const packet = read.value;
    switch (packet.kind) {
      case 'data':
        takeBlock(transfer, packet.block, packet.data.length);
        return [];
      case 'error':
        this.#transfers.delete(transfer.client);
        return [event, ended(transfer, time, 'refused', packet.text)];
      case 'ack':
        if (!transfer.final || packet.block !== transfer.lastBlock) return [];
        this.#finish(transfer);
        return [ended(transfer, time, 'done')];
      case 'oack':
        takeOptions(transfer, packet);
        return [event];
      default:
        return [event];
    }
  }

  #finish(transfer: Transfer): void {
    this.#transfers.delete(transfer.client);
    const [oldest] = this.#finished.keys();
    if (this.#finished.size >= LIMITS.captureTransfers && oldest !== undefined) this.#finished.delete(oldest);
    this.#finished.set(transfer.client, transfer);
  }

  /** Whether it is the last block or its ACK once more, from the end that did not see the other's. */
  #isLate({ from, payload, to }: Datagram): boolean {
    const finished = this.#finished.get(from) ?? this.#finished.get(to);
    if (finished === undefined || (from === finished.client ? to : from) !== finished.server) return false;
    const read = decodeTftp(payload);
    return (
      read.ok &&
      (read.value.kind === 'data' || read.value.kind === 'ack') &&
      read.value.block === finished.lastBlock
    );
  }
}

const newTransfer = (
  client: string,
  server: string,
  file: string,
  direction: 'read' | 'write',
  began: bigint,
): Transfer => ({
  client,
  server,
  file,
  direction,
  began,
  last: began,
  bytes: 0,
  blocks: 0,
  repeated: 0,
  lastBlock: 0,
  blockBytes: DEFAULT_BLOCK,
  final: false,
  answered: false,
});

/** A transfer whose end the capture does not show. */
const abandoned = (transfer: Transfer): TftpTransfer =>
  ended(transfer, transfer.last, transfer.final ? 'done' : 'unfinished');

function takeOptions(transfer: Transfer, { options }: Extract<TftpPacket, { kind: 'oack' }>): void {
  const blksize = options.find(({ name }) => name.toLowerCase() === 'blksize')?.value ?? '';
  if (/^\d{1,5}$/.test(blksize)) transfer.blockBytes = Number(blksize);
}

const DEFAULT_BLOCK = 512;

function takeBlock(transfer: Transfer, block: number, length: number): void {
  // Block numbers of 16 bits wrap around: a block a little behind was sent again.
  const behind = (transfer.lastBlock - block) & 0xffff;
  if (transfer.blocks > 0 && behind < 0x8000) {
    transfer.repeated += 1;
    return;
  }
  transfer.lastBlock = block;
  transfer.blocks += 1;
  transfer.bytes += length;
  if (length < transfer.blockBytes) transfer.final = true;
}

function ended(
  { began, blocks, bytes, client, direction, file, repeated, server }: Transfer,
  time: bigint,
  outcome: TftpTransfer['outcome'],
  error?: string,
): TftpTransfer {
  return {
    is: 'tftp-transfer',
    time,
    began,
    client,
    server,
    file,
    direction,
    bytes,
    blocks,
    repeated,
    outcome,
    error,
  };
}
