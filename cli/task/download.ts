/** `modemlab download` */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { DataFolder } from '../../acs/data-folder.ts';
import type { DeviceRecord } from '../../acs/store/store.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { httpUrl, wholeNumber } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { offerFile, pathOf, serverUrl, urlOf } from './file-url.ts';
import { submit } from './submit.ts';

export interface TransferOptions extends TaskOptions {
  readonly type: string;
  readonly url?: string;
  readonly username: string;
  readonly password: string;
  /** Seconds. */
  readonly delay: number;
}

interface DownloadOptions extends TransferOptions {
  readonly target: string;
}

/** Options that both directions have. File types are those of TR-069a6 A.3.2.8 and A.4.1.5. */
export const transferOptions = (type: string): readonly Option[] => [
  new Option('--type <type>', 'the FileType, such as "1 Vendor Configuration File"').default(type),
  new Option('--url <url>', 'the address by which the modem reaches the server').argParser(httpUrl),
  new Option('--username <name>', 'for the transfer, when it is asked for').default(''),
  new Option('--password <text>', 'for the transfer').default(''),
  new Option('--delay <seconds>', 'when the modem is to begin')
    .argParser(wholeNumber(0, 4294967295))
    .default(0),
];

export function addDownload(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'download <device> <file>',
    summary: 'let a device fetch a file (Download)',
    more:
      'FILE is a file, which is copied into files/ of the data folder, from where the server offers it; or an http, https or ftp URL, which the modem is told as it is. ' +
      'The task ends when the modem has told that the transfer is over.',
    options: [
      ...transferOptions('1 Firmware Upgrade Image'),
      new Option('--target <name>', 'the TargetFileName on the device').default(''),
    ],
    examples: [
      [`download ${EXAMPLE_DEVICE} firmware.bli`, 'new firmware'],
      [
        `download ${EXAMPLE_DEVICE} user.ini --type "3 Vendor Configuration File" --wait`,
        'a configuration, and its end',
      ],
      [`download ${EXAMPLE_DEVICE} http://localhost:8080/firmware.bli`, 'from another server'],
    ],
  }).action(async (device: string, file: string, options: DownloadOptions) => {
    await submit(cli, options, device, async (record, data) => {
      const { URL, FileSize } = await sourceOf(data, record, file, options.url);
      return {
        rpc: 'Download',
        args: {
          CommandKey: '',
          FileType: options.type,
          URL,
          Username: options.username,
          Password: options.password,
          FileSize,
          TargetFileName: options.target,
          DelaySeconds: options.delay,
          SuccessURL: '',
          FailureURL: '',
        },
      };
    });
  });
}

/** The size of a file elsewhere is not known: 0 says so (TR-069a6 A.3.2.8). */
async function sourceOf(
  data: DataFolder,
  record: DeviceRecord,
  file: string,
  server: string | undefined,
): Promise<{ URL: string; FileSize: number }> {
  if (/^(https?|ftps?|sftp|tftp):\/\//i.test(file)) return { URL: file, FileSize: 0 };
  const base = await serverUrl(data, record, server);
  const { name, size } = await offerFile(data.files, file);
  return { URL: urlOf(base, pathOf(name)), FileSize: size };
}
