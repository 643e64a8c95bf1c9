/** `modemlab file`: firmware images. */
import type { Command } from 'commander';
import { addFileMakeImage } from './file-make-image.ts';
import { addFileShowImage } from './file-show-image.ts';
import { group } from './help.ts';
import type { Cli } from './shell.ts';

export function addFile(program: Command, cli: Cli): void {
  const file = group(program, 'file', 'firmware images of SpeedTouch modems');
  addFileMakeImage(file, cli);
  addFileShowImage(file, cli);
}
