/** `modemlab upload` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { storageName } from '../../acs/device-key.ts';
import { expectUpload, isFileName } from '../../acs/http/files.ts';
import type { DeviceRecord } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import { taskCommand } from './command.ts';
import type { TransferOptions } from './download.ts';
import { transferOptions } from './download.ts';
import { serverUrl, urlOf } from './file-url.ts';
import { submit } from './submit.ts';

interface UploadOptions extends TransferOptions {
  readonly name?: string;
  readonly to?: string;
}

export function addUpload(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'upload <device>',
    summary: 'let a device send its configuration or log (Upload)',
    more:
      'The server takes it once, as files/received/NAME of the data folder. ' +
      'The task ends when the modem has told that the transfer is over.',
    options: [
      ...transferOptions('1 Vendor Configuration File'),
      new Option('--name <name>', 'the name it gets; by default it is made of the device and the time'),
      new Option('--to <url>', 'send it to this URL instead').conflicts(['name', 'url']),
    ],
    examples: [
      [
        `upload ${EXAMPLE_DEVICE}`,
        'its configuration; many modems cannot, and the task then fails with 9000',
      ],
      [`upload ${EXAMPLE_DEVICE} --type "2 Vendor Log File" --name modem.log`, 'its log, under this name'],
    ],
  }).action(async (device: string, options: UploadOptions) => {
    await submit(cli, options, device, async (record, data) => {
      const name = options.name ?? nameFor(record, new Date());
      if (!isFileName(name))
        throw new ModemlabError('E_USAGE', `--name ${name}: a plain name is wanted (letters, digits, . - _)`);
      const place = async (): Promise<string> => {
        const server = await serverUrl(data, record, options.url);
        return urlOf(server, await expectUpload(data.files, name));
      };
      const URL = options.to ?? (await place());
      if (options.to === undefined) cli.io.err(`it will be ${data.files}/received/${name}\n`);
      return {
        rpc: 'Upload',
        args: {
          CommandKey: '',
          FileType: options.type,
          URL,
          Username: options.username,
          Password: options.password,
          DelaySeconds: options.delay,
        },
      };
    });
  });
}

/** `00147F-SpeedTouch_780-CP0621JT123-20260131T120000.bin`: `%` has a meaning in URLs and is not used. */
function nameFor({ key }: DeviceRecord, now: Date): string {
  const device = storageName(key)
    .replace(/%[0-9A-F]{2}/g, '_')
    .replace(/[^\w-]/g, '_')
    .slice(0, 100);
  return `${device}-${now.toISOString().replace(/[-:]|\..*/g, '')}.bin`;
}
