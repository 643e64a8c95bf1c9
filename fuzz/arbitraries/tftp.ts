/** TFTP packets and the terms of transfers as values. */
import fc from 'fast-check';
import type { TftpOption, TftpPacket } from '../../protocol/tftp/packet.ts';
import { byteText } from './bytes.ts';

const word = fc.nat({ max: 0xffff });

export function tftpOption(): fc.Arbitrary<TftpOption> {
  const name = fc.oneof(
    fc.constantFrom('blksize', 'BLKSIZE', 'timeout', 'tsize', 'windowsize', 'multicast'),
    byteText(8),
  );
  const value = fc.oneof(
    fc.nat({ max: 70_000 }).map(String),
    fc.constantFrom('0', '8', '512', '1428', '65464', '-1', '1e3', ''),
    byteText(8),
  );
  return fc.record({ name, value }, { noNullPrototype: true });
}

export function tftpPacket(): fc.Arbitrary<TftpPacket> {
  const options = fc.array(tftpOption(), { maxLength: 9 });
  const file = fc.oneof(fc.constantFrom('ZZQIAA6.2H5', '//ZZQIAA6.2H5', '../../etc/passwd'), byteText(60));
  const mode = fc.oneof(fc.constantFrom('octet', 'OCTET', 'netascii', 'mail'), byteText(8));
  const noProto = { noNullPrototype: true } as const;
  return fc.oneof(
    fc.record({ kind: fc.constantFrom('read', 'write'), file, mode, options }, noProto),
    fc.record({ kind: fc.constant('oack'), options }, noProto),
    fc.record({ kind: fc.constant('ack'), block: word }, noProto),
    fc.record({ kind: fc.constant('data'), block: word, data: fc.uint8Array({ maxLength: 520 }) }, noProto),
    fc.record({ kind: fc.constant('error'), code: word, text: byteText(60) }, noProto),
  );
}
