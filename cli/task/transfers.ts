/** `modemlab download` and `upload` */
import type { DataFolder } from '../../acs/app/data.ts';
import {
  findServerUrl,
  isFileName,
  type OfferedFile,
  offerFile,
  receiveFile,
  uploadName,
} from '../../acs/app/transfer-files.ts';
import type { DeviceRecord } from '../../acs/index.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { TaskOptions } from '../support/options.ts';
import { queueTask } from './queue-task.ts';

interface TransferOptions extends TaskOptions {
  readonly type: string;
  readonly url?: string;
  readonly username: string;
  readonly password: string;
  /** Seconds. */
  readonly delay: number;
}

export interface DownloadOptions extends TransferOptions {
  readonly target: string;
}

export async function download(
  cli: CliContext,
  device: string,
  file: string,
  options: DownloadOptions,
): Promise<void> {
  await queueTask(cli, options, device, async (record, data) => {
    const { url, size } = await sourceOf(data, record, file, options);
    return {
      rpc: 'Download',
      args: {
        CommandKey: '',
        FileType: options.type,
        URL: url,
        Username: options.username,
        Password: options.password,
        FileSize: size,
        TargetFileName: options.target,
        DelaySeconds: options.delay,
        SuccessURL: '',
        FailureURL: '',
      },
    };
  });
}

/** The size of a file elsewhere is unknown: 0 says so (TR-069a6 A.3.2.8). */
async function sourceOf(
  data: DataFolder,
  record: DeviceRecord,
  file: string,
  options: TransferOptions,
): Promise<OfferedFile> {
  if (/^(https?|ftps?|sftp|tftp):\/\//i.test(file)) return { url: file, size: 0 };
  return offerFile(data, await serverUrl(data, record, options), file);
}

async function serverUrl(data: DataFolder, record: DeviceRecord, { url }: TransferOptions): Promise<string> {
  const server = url ?? (await findServerUrl(data, record));
  if (server !== undefined) return server;
  throw new ModemlabError('E_CONFIG', 'use --url to give the address by which the modem reaches the server');
}

export interface UploadOptions extends TransferOptions {
  readonly name?: string;
  readonly to?: string;
}

export async function upload(cli: CliContext, device: string, options: UploadOptions): Promise<void> {
  await queueTask(cli, options, device, async (record, data) => {
    const name = options.name ?? uploadName(record, new Date());
    if (!isFileName(name))
      throw new ModemlabError('E_USAGE', `--name ${name}: expected a plain name (letters, digits, . - _)`);
    const url = options.to ?? (await receiveFile(data, await serverUrl(data, record, options), name));
    if (options.to === undefined) cli.io.err(`the file will arrive as ${data.files}/received/${name}\n`);
    return {
      rpc: 'Upload',
      args: {
        CommandKey: '',
        FileType: options.type,
        URL: url,
        Username: options.username,
        Password: options.password,
        DelaySeconds: options.delay,
      },
    };
  });
}
