/**
 * Valid MDAP datagrams to mutate. For any bytes the host and the ant send a bounded number of datagrams, and
 * the decoder gives a message or an error with its place.
 */
import { latin1Bytes } from '../../protocol/latin1.ts';
import type { MdapMessage } from '../../protocol/mdap/messages.ts';
import { encodeMessage } from '../../protocol/mdap/messages.ts';
import type { ReplySeq } from '../../protocol/mdap/sequence.ts';
import { DONE_STYLES, done } from '../../protocol/mdap/sequence.ts';
import type { Random } from '../../protocol/random.ts';
import { mutateDatagram } from '../mutate-datagram.ts';

/** A mutated sample. Half of them get a correct check value: receivers read no further without it. */
export function mutateMdap(samples: readonly Uint8Array[], random: Random): Uint8Array {
  const bytes = mutateDatagram(samples, random);
  const end = bytes.length - 2;
  if (end < 0 || random() < 0.5) return bytes;
  const check = bytes.subarray(0, end).reduce((sum, byte) => sum ^ byte, 0);
  bytes.set(latin1Bytes(check.toString(16).toUpperCase().padStart(2, '0')), end);
  return bytes;
}

const common = { version: '1.2', extra: [], body: undefined } as const;

/** Datagrams of ants to the host at `toHost` (`ADDRESS:PORT`). */
export function antSamples(antIds: readonly string[], toHost: string): Uint8Array[] {
  const seqs: ReplySeq[] = [
    ...[1, 2, 3, 4, 99].map((number): ReplySeq => ({ is: 'step', number })),
    ...[2, 3].flatMap((number) => DONE_STYLES.map((style) => done(number, style))),
    ...[-1, -2, -3, -5, -77].map((code): ReplySeq => ({ is: 'error', code })),
    { is: 'unreadable', text: 'soon' },
  ];
  const messages = antIds.flatMap((antId, index): MdapMessage[] => [
    {
      ...common,
      kind: 'REPLY-ANT-SEARCH',
      antId,
      antName: 'SpeedTouch 585',
      toHost,
      antMac: `00-14-7F-00-00-0${index % 10}`,
      hostSetup: 'auto',
      tpVersion: '2.0.0',
      mdapVersion: '1.2',
    },
    ...seqs.flatMap((seq): MdapMessage[] => [
      {
        ...common,
        kind: 'REPLY-EXEC-CLI',
        antId,
        toHost,
        seq,
        body: 'one line\r\n',
        doubleCheck: seq.is === 'done',
      },
      { kind: 'REPLY-INFO', ...common, antId, toHost: undefined, seq, body: 'A:1\r\n', doubleCheck: false },
    ]),
  ]);
  return messages.map(encodeMessage);
}

/** Requests of hosts to the ant, with these commands too. */
export function hostSamples(antId: string, commands: readonly string[] = []): Uint8Array[] {
  const asking = { ...common, toAnt: antId, userId: 'Administrator', userPassword: '' } as const;
  const messages: MdapMessage[] = [
    ...['1.0', '1.1', '1.2'].map((version): MdapMessage => ({ ...common, kind: 'ANT-SEARCH', version })),
    ...[0, 1, 1, 2, 3, 9].flatMap((seqNr): MdapMessage[] => [
      { kind: 'INFO', ...asking, seqNr },
      { kind: 'EXEC-CLI', ...asking, seqNr, command: seqNr === 1 ? 'ip iplist' : undefined },
      { kind: 'EXEC-CLI', ...asking, seqNr, command: seqNr === 1 ? ':ip rtlist' : undefined },
    ]),
    ...commands.map((command): MdapMessage => ({ kind: 'EXEC-CLI', ...asking, seqNr: 1, command })),
  ];
  return messages.map(encodeMessage);
}
