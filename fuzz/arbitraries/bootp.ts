/** BOOTP messages, options and leases as values. */
import fc from 'fast-check';
import type { BootpMessage } from '../../protocol/bootp/message.ts';
import type { BootpOption } from '../../protocol/bootp/options.ts';
import { writeOptions } from '../../protocol/bootp/options.ts';
import type { StOptions } from '../../protocol/bootp/st-options.ts';
import { BOOT_REASONS } from '../../protocol/bootp/st-options.ts';
import { addressText, macText } from '../../protocol/ipv4.ts';
import { byteText } from './bytes.ts';

const byte = fc.nat({ max: 0xff });
const word = fc.nat({ max: 0xffff });
const long = fc.nat({ max: 0xffff_ffff });

export const ipv4Address = (): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom('0.0.0.0', '192.168.1.254', '255.255.255.255'), long.map(addressText));

export const macAddress = (): fc.Arbitrary<string> =>
  fc.oneof(fc.constant('00-14-7F-12-34-56'), fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macText));

export const bootpOption = (): fc.Arbitrary<BootpOption> =>
  fc.record(
    {
      code: fc.oneof(fc.constantFrom(1, 3, 43, 50, 53, 54), fc.integer({ min: 1, max: 254 })),
      data: fc.uint8Array({ maxLength: 40 }),
    },
    { noNullPrototype: true },
  );

/** A whole message; its vendor area has options or random bytes, and is never shorter than what is sent. */
export function bootpMessage(): fc.Arbitrary<BootpMessage> {
  const vend = fc.oneof(
    fc.array(bootpOption(), { maxLength: 6 }).map((options) => writeOptions(options)),
    fc.uint8Array({ minLength: 64, maxLength: 100 }),
  );
  const address = ipv4Address();
  return fc.record(
    {
      op: fc.oneof(fc.constantFrom(1, 2), byte),
      htype: fc.oneof(fc.constant(1), byte),
      hlen: fc.oneof(fc.constant(6), byte),
      hops: byte,
      xid: long,
      secs: word,
      flags: word,
      ciaddr: address,
      yiaddr: address,
      siaddr: address,
      giaddr: address,
      chaddr: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      sname: byteText(64),
      file: byteText(128),
      vend,
    },
    { noNullPrototype: true },
  );
}

export function stOptions(): fc.Arbitrary<StOptions> {
  const version = fc.tuple(byte, byte, byte).map((parts) => parts.join('.'));
  return fc.record(
    {
      serial: byteText(20),
      bootVersion: version,
      reason: fc.constantFrom(...BOOT_REASONS),
      chip: byte,
      board: byteText(20),
    },
    { noNullPrototype: true, requiredKeys: [] },
  );
}
