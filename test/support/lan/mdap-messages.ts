/** MDAP messages for tests, and short descriptions of them. */
import type { ExecCli, MdapMessage } from '../../../protocol/mdap/messages.ts';
import { decodeMessage } from '../../../protocol/mdap/messages.ts';

/** The message; one that cannot be read is a fault of the test. */
export const read = (bytes: Uint8Array): MdapMessage => {
  const result = decodeMessage(bytes);
  if (!result.ok) throw new Error(result.error.code);
  return result.value.message;
};

/** What a message says, in short: `EXEC-CLI 1 ip iplist`, `REPLY-EXEC-CLI 2 DONE`. */
export function tell(bytes: Uint8Array): string {
  const message = read(bytes);
  if (message.kind === 'EXEC-CLI') return `EXEC-CLI ${message.seqNr} ${message.command ?? '-'}`;
  if (message.kind === 'INFO') return `INFO ${message.seqNr}`;
  if (message.kind !== 'REPLY-EXEC-CLI' && message.kind !== 'REPLY-INFO') return message.kind;
  const { seq, body } = message;
  const number = seq.is === 'error' ? seq.code : seq.is === 'step' ? seq.number : seq.text;
  return `${message.kind} ${number} ${JSON.stringify(body)}`;
}

/** A request as a host sends it to the ant `A`; the first one has a command. */
export function execCli(seqNr: number | undefined, change: Partial<ExecCli> = {}): ExecCli {
  return {
    kind: 'EXEC-CLI',
    version: '1.2',
    command: seqNr === 1 ? 'ip iplist' : undefined,
    seqNr,
    toAnt: 'A',
    userId: 'Administrator',
    userPassword: '',
    extra: [],
    body: undefined,
    ...change,
  };
}
