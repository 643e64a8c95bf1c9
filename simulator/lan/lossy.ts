/** A wire that loses and repeats datagrams, in both directions: around any other wire, with chance of its own. */
import type { Random } from '../random.ts';
import type { Heard, Lan } from './lan.ts';

export interface Lossiness {
  /** Shares of all datagrams, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
}

export function createLossyLan(lan: Lan, { loss, duplication }: Lossiness, random: Random): Lan {
  const carry = (deliver: () => void): void => {
    if (random() < loss) return;
    deliver();
    if (random() < duplication) deliver();
  };
  const through =
    (heard: Heard): Heard =>
    (bytes, from) =>
      carry(() => heard(bytes, from));
  return {
    ...lan,
    open: async (at, heard) => {
      const socket = await lan.open(at, through(heard));
      return { ...socket, send: (bytes, to) => carry(() => socket.send(bytes, to)) };
    },
    join: (group, heard) => lan.join(group, through(heard)),
  };
}
