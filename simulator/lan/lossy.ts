/**
 * A wire that loses, repeats and delays datagrams, in both directions: wraps any other wire, with randomness
 * of its own.
 */
import type { Random } from '../../protocol/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Heard, Lan } from './lan.ts';

export interface Lossiness {
  /** Shares of all datagrams, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /**
   * Each is delayed by up to this many milliseconds of this clock, so that one may overtake another; without
   * it none is.
   */
  readonly jitter?: { readonly ms: number; readonly scheduler: Scheduler };
}

export function createLossyLan(lan: Lan, { loss, duplication, jitter }: Lossiness, random: Random): Lan {
  const late = (deliver: () => void): void => {
    if (jitter === undefined) deliver();
    else jitter.scheduler.after(random() * jitter.ms, deliver);
  };
  /** What is in flight when a socket closes reaches nobody. */
  const lossy = (carry: Heard) => {
    let open = true;
    return {
      carry: (bytes: Uint8Array, peer: Parameters<Heard>[1]): void => {
        if (random() < loss) return;
        const copy = new Uint8Array(bytes);
        const deliver = (): void => {
          if (open) carry(copy, peer);
        };
        late(deliver);
        if (random() < duplication) late(deliver);
      },
      close: () => {
        open = false;
      },
    };
  };
  return {
    ...lan,
    open: async (at, heard) => {
      const inward = lossy(heard);
      const socket = await lan.open(at, inward.carry);
      const outward = lossy((bytes, to) => socket.send(bytes, to));
      return {
        local: socket.local,
        send: outward.carry,
        close: () => {
          inward.close();
          outward.close();
          socket.close();
        },
      };
    },
    join: async (group, heard) => {
      const inward = lossy(heard);
      const joined = await lan.join(group, inward.carry);
      return {
        close: () => {
          inward.close();
          joined.close();
        },
      };
    },
  };
}
