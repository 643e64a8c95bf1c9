/** `modemlab capture`: packet captures. */
import type { Command } from 'commander';
import { addCaptureAnonymise } from './capture-anonymise.ts';
import { addCaptureClone } from './capture-clone.ts';
import { addCaptureRecord } from './capture-record.ts';
import { addCaptureReplay } from './capture-replay.ts';
import { addCaptureShow } from './capture-show.ts';
import { group } from './help.ts';
import type { Cli } from './shell.ts';

export function addCapture(program: Command, cli: Cli): void {
  const capture = group(
    program,
    'capture',
    'packet captures: what happened in them, new ones, the same again, and modems out of them',
  );
  addCaptureShow(capture, cli);
  addCaptureRecord(capture, cli);
  addCaptureReplay(capture, cli);
  addCaptureAnonymise(capture, cli);
  addCaptureClone(capture, cli);
}
