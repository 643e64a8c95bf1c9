/** A wire that somebody watches, such as one who records what is said on it: around any other wire. */
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Heard, Lan } from './lan.ts';

export interface LanObserver {
  sent(bytes: Uint8Array, to: Endpoint): void;
  heard(bytes: Uint8Array, from: Endpoint): void;
}

/** Called for each socket when it is bound, with its address: `0.0.0.0` and a group too. */
export type ObserveLan = (local: Endpoint) => LanObserver;

/** The observer is told of each datagram before it goes out, and before it is acted on. */
export function createObservedLan(lan: Lan, observe: ObserveLan): Lan {
  const through = (heard: Heard, observer: () => LanObserver | undefined): Heard => {
    return (bytes, from) => {
      observer()?.heard(bytes, from);
      heard(bytes, from);
    };
  };
  return {
    ...lan,
    open: async (at, heard) => {
      let observer: LanObserver | undefined;
      const socket = await lan.open(
        at,
        through(heard, () => observer),
      );
      observer = observe(socket.local);
      return {
        ...socket,
        send: (bytes, to) => {
          observer?.sent(bytes, to);
          socket.send(bytes, to);
        },
      };
    },
    join: (group, heard) => {
      const observer = observe(group);
      return lan.join(
        group,
        through(heard, () => observer),
      );
    },
  };
}
