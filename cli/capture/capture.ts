/** `modemlab capture`: packet captures. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addCaptureAnonymise } from './anonymise.ts';
import { addCaptureClone } from './clone.ts';
import { addCaptureRecord } from './record.ts';
import { addCaptureReplay } from './replay.ts';
import { addCaptureShow } from './show.ts';

export function addCapture(program: Command, cli: CliContext): void {
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
