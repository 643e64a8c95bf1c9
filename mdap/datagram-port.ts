/**
 * A UDP socket as the servers need it. They are given how to open one, so that tests run them without a
 * network.
 */
import { createSocket } from 'node:dgram';
import type { Endpoint } from '../protocol/ipv4.ts';

export interface DatagramPort {
  /** Where it is bound. */
  readonly local: Endpoint;
  /** Sends a datagram. Errors go to `onError`; the datagram then counts as lost. */
  readonly send: (bytes: Uint8Array, to: Endpoint) => void;
  readonly close: () => Promise<void>;
}

export interface PortHandlers {
  readonly onDatagram: (bytes: Uint8Array, from: Endpoint) => void;
  readonly onError: (error: Error) => void;
}

export interface PortOptions {
  /** Port 0 picks a free one. */
  readonly listen: Endpoint;
  /** Share the port with other sockets of this machine. */
  readonly shared?: boolean;
  /** Allow sending to broadcast addresses. */
  readonly broadcast?: boolean;
  /** Groups to join, each on the interface of this address. */
  readonly join?: readonly { readonly group: string; readonly on: string }[];
  /**
   * Send to groups over the interface of this address, no further than its own network, and to this machine
   * as well.
   */
  readonly multicastFrom?: string;
}

export type OpenPort = (options: PortOptions, handlers: PortHandlers) => Promise<DatagramPort>;

/** RFC 1350 servers meet many modems that start at once: their first packets wait here. */
const RECEIVE_BYTES = 1024 * 1024;

/** A real socket. Rejects when it cannot be bound. */
export const openUdp: OpenPort = async (options, handlers) => {
  const { listen, shared = false, broadcast = false, join = [], multicastFrom } = options;
  const socket = createSocket({
    type: 'udp4',
    reuseAddr: shared,
    recvBufferSize: RECEIVE_BYTES,
    // Addresses are numbers here. Looked up at once, what is sent right before the end still leaves.
    lookup: (address, _options, callback) => callback(null, address, 4),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: listen.address, port: listen.port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  if (broadcast) socket.setBroadcast(true);
  try {
    for (const { group, on } of join) socket.addMembership(group, on);
    if (multicastFrom !== undefined) {
      socket.setMulticastInterface(multicastFrom);
      socket.setMulticastTTL(1);
      socket.setMulticastLoopback(true);
    }
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', handlers.onError);
  socket.on('message', (bytes, { address, port }) => handlers.onDatagram(bytes, { address, port }));
  const { address, port } = socket.address();
  let open = true;
  return {
    local: { address, port },
    send: (bytes, to) => {
      if (!open) return;
      socket.send(bytes, to.port, to.address, (error) => {
        if (error !== null && open) handlers.onError(error);
      });
    },
    close: () => {
      if (!open) return Promise.resolve();
      open = false;
      return new Promise((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
};
