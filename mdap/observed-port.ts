/** UDP sockets with an observer, such as a recorder of their traffic. */
import type { Endpoint } from '../protocol/ipv4.ts';
import type { OpenPort } from './datagram-port.ts';

export interface PortObserver {
  sent(bytes: Uint8Array, to: Endpoint): void;
  heard(bytes: Uint8Array, from: Endpoint): void;
}

/** Called for each socket when it is bound, with its address: `0.0.0.0` and a group too. */
export type ObservePort = (local: Endpoint) => PortObserver;

/**
 * Opens what `openPort` opens; the observer gets each datagram before it is sent, or before it is handled.
 */
export function observedPort(openPort: OpenPort, observe: ObservePort): OpenPort {
  return async (options, handlers) => {
    let observer: PortObserver | undefined;
    const port = await openPort(options, {
      ...handlers,
      onDatagram: (bytes, from) => {
        observer?.heard(bytes, from);
        handlers.onDatagram(bytes, from);
      },
    });
    observer = observe(port.local);
    return {
      ...port,
      send: (bytes, to) => {
        observer?.sent(bytes, to);
        port.send(bytes, to);
      },
    };
  };
}
