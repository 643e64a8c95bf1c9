/** Any manner in which a conversation becomes packets, and what networks and captures do to packets. */
import fc from 'fast-check';
import type { Manner } from '../../../scripts/captures/packets.ts';

export const manner = (): fc.Arbitrary<Manner> =>
  fc.record(
    {
      handshake: fc.boolean(),
      ending: fc.constantFrom('fin', 'none'),
      cuts: fc.array(
        fc.record({ length: fc.integer({ min: 1, max: 700 }), back: fc.nat(40) }, { noNullPrototype: true }),
        { minLength: 1, maxLength: 6 },
      ),
      initial: fc.tuple(
        fc.oneof(
          fc.nat(0xffffffff),
          fc.constant(0xffffffff),
          fc.integer({ min: 0xffffff00, max: 0xffffffff }),
        ),
        fc.oneof(fc.nat(0xffffffff), fc.constant(0xfffffffe)),
      ),
      v6: fc.boolean(),
      clientPort: fc.constant(50000),
    },
    { noNullPrototype: true },
  );

/** How packets are disturbed: each moves back by at most this many places, or comes twice. */
export type Disturbance = readonly { readonly late: number; readonly twice: boolean }[];

export const disturbance = (): fc.Arbitrary<Disturbance> =>
  fc.array(fc.record({ late: fc.nat(6), twice: fc.boolean() }, { noNullPrototype: true }), {
    minLength: 1,
    maxLength: 20,
  });

export function disturb(packets: readonly Uint8Array[], how: Disturbance): Uint8Array[] {
  return packets
    .flatMap((packet, index) => {
      const { late, twice } = how[index % how.length] ?? { late: 0, twice: false };
      const one = { packet, place: index + late };
      return twice ? [one, { packet, place: index + 3 }] : [one];
    })
    .sort((a, b) => a.place - b.place)
    .map(({ packet }) => packet);
}
