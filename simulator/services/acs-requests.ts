/** What a modem asks of the ACS when somebody at the modem does something (TR-069a6 A.4.2.1, A.4.2.2). */
import type { Args } from '../../protocol/cwmp/messages.ts';
import type { ModemContext } from '../modem-context.ts';
import type { Kick } from '../modem-types.ts';

/** A web site sent somebody to the modem's page: Kicked is called, with `5 KICKED`. */
export function kick(modem: ModemContext, { command = '', referer = '', arg = '', next = '' }: Kick): void {
  modem.raise('5 KICKED');
  const args: Args<'Kicked'> = { Command: command, Referer: referer, Arg: arg, Next: next };
  modem.enqueueRequest({ kind: 'request', rpc: 'Kicked', args });
  modem.go();
}

/**
 * The modem wants a file: RequestDownload is called, with `9 REQUEST DOWNLOAD`. The ACS may answer with a
 * Download.
 */
export function requestDownload(
  modem: ModemContext,
  fileType: string,
  args: Readonly<Record<string, string>> = {},
): void {
  const FileTypeArg = Object.entries(args).map(([Name, Value]) => ({ Name, Value }));
  modem.raise('9 REQUEST DOWNLOAD');
  modem.enqueueRequest({
    kind: 'request',
    rpc: 'RequestDownload',
    args: { FileType: fileType, FileTypeArg },
  });
  modem.go();
}
