/**
 * Valid datagrams for a TFTP server to mutate: requests of all kinds, and packets of a transfer under way.
 */
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { encodeTftp } from '../../protocol/tftp/packet.ts';

/** `names`: files that are there, and some that must not be reached. */
export function tftpSamples(names: readonly string[]): Uint8Array[] {
  const options = (...pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([name, value]) => ({ name, value }));
  const requests = names.flatMap((file): TftpPacket[] => [
    { kind: 'read', file, mode: 'octet', options: [] },
    { kind: 'read', file, mode: 'netascii', options: [] },
    { kind: 'write', file, mode: 'octet', options: [] },
    {
      kind: 'read',
      file,
      mode: 'octet',
      options: options(['blksize', '1428'], ['windowsize', '16'], ['tsize', '0']),
    },
    { kind: 'read', file, mode: 'octet', options: options(['blksize', '65464'], ['windowsize', '65535']) },
    { kind: 'read', file, mode: 'octet', options: options(['blksize', '8'], ['timeout', '255']) },
    { kind: 'write', file, mode: 'octet', options: options(['tsize', '2000'], ['blksize', '1024']) },
  ]);
  const numbers = [0, 1, 2, 3, 4, 5, 8, 16, 65535];
  const rest: TftpPacket[] = [
    ...numbers.map((block): TftpPacket => ({ kind: 'ack', block })),
    ...numbers.map((block): TftpPacket => ({ kind: 'data', block, data: new Uint8Array(512) })),
    ...numbers.map((block): TftpPacket => ({ kind: 'data', block, data: new Uint8Array(block & 0xff) })),
    { kind: 'error', code: 0, text: 'stop' },
    { kind: 'error', code: 5, text: 'unknown transfer id' },
    { kind: 'oack', options: options(['blksize', '512']) },
  ];
  return [...requests, ...rest].map(encodeTftp);
}
