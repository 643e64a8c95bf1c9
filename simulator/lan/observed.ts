/** A wire that is observed, for example to record its traffic: wraps any other wire. */
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Heard, Lan } from './lan.ts';

export interface LanObserver {
  sent(bytes: Uint8Array, to: Endpoint): void;
  heard(bytes: Uint8Array, from: Endpoint): void;
}

/** Called for each socket when it is bound, with its address: also `0.0.0.0` and a group. */
export type ObserveLan = (local: Endpoint) => LanObserver;

/** The observer sees each datagram before it is sent, and before it is handled. */
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
