/** `modemlab file`: firmware images. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addFileMakeImage } from './make-image.ts';
import { addFileShowImage } from './show-image.ts';

export function addFile(program: Command, cli: CliContext): void {
  const file = group(program, 'file', 'firmware images of SpeedTouch modems');
  addFileMakeImage(file, cli);
  addFileShowImage(file, cli);
}
