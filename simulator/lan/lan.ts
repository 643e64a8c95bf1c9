/**
 * The wire that a simulated modem's LAN side is plugged into: UDP over IPv4, with a multicast group and
 * broadcast.
 */
import type { Endpoint } from '../../protocol/ipv4.ts';

export interface LanSocket {
  /** Where it is bound; its port is never 0. */
  readonly local: Endpoint;
  /** A datagram may be lost without notice. */
  send(bytes: Uint8Array, to: Endpoint): void;
  close(): void;
}

export type Heard = (bytes: Uint8Array, from: Endpoint) => void;

export interface Lan {
  /**
   * A port on one of the modem's own addresses. Port 0 picks a free one. Broadcasts to the port are received
   * as well.
   */
  open(at: Endpoint, heard: Heard): Promise<LanSocket>;
  /** Receives what is sent to a group on this port. */
  join(group: Endpoint, heard: Heard): Promise<{ close(): void }>;
  /** Sets the addresses of this modem; for wires that need to know them. */
  addresses?(all: readonly { readonly address: string; readonly mask: string }[]): Promise<void>;
}
