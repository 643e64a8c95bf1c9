/** The wire that a simulated modem's LAN side is plugged into: UDP over IPv4, with a group and with broadcast. */
import type { Endpoint } from '../../protocol/ipv4.ts';

export interface LanSocket {
  /** Where it is bound; its port is never 0. */
  readonly local: Endpoint;
  /** A datagram may be lost; that is told to nobody. */
  send(bytes: Uint8Array, to: Endpoint): void;
  close(): void;
}

export type Heard = (bytes: Uint8Array, from: Endpoint) => void;

export interface Lan {
  /** A port of one of the modem's own addresses. Port 0 picks a free one. Broadcasts to the port are heard as well. */
  open(at: Endpoint, heard: Heard): Promise<LanSocket>;
  /** What is sent to a group on this port. */
  join(group: Endpoint, heard: Heard): Promise<{ close(): void }>;
  /** The addresses of this modem are these from now on; a wire that has to be told is told. */
  addresses?(all: readonly { readonly address: string; readonly mask: string }[]): Promise<void>;
}
