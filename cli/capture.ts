/** `modemlab capture`: packet captures. */
import type { Command } from 'commander';
import { addCaptureRecord } from './capture-record.ts';
import { addCaptureShow } from './capture-show.ts';
import { group } from './help.ts';
import type { Cli } from './shell.ts';

export function addCapture(program: Command, cli: Cli): void {
  const capture = group(program, 'capture', 'packet captures: what happened in them, and new ones');
  addCaptureShow(capture, cli);
  addCaptureRecord(capture, cli);
}
