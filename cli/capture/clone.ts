/** `modemlab capture clone` */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Capture } from '../../captures/file/open.ts';
import { openCaptureFile, readCapture } from '../../captures/file/open.ts';
import { counted } from '../../protocol/counted.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import { cloneOf } from '../../replay/clone/clone.ts';
import { latestOf } from '../../replay/clone/evidence.ts';
import type { ObservationCollector } from '../../replay/clone/observation-collector.ts';
import { createObservationCollector } from '../../replay/clone/observation-collector.ts';
import type { CloneReport } from '../../replay/clone/report.ts';
import { reportOf } from '../../replay/clone/report.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';
import { asFileError } from './file-error.ts';

export interface CloneOptions {
  readonly out?: string;
  readonly device?: string;
  readonly json: boolean;
}

export async function clone(cli: CliContext, files: readonly string[], options: CloneOptions): Promise<void> {
  cli.exitCode = await cloneDevice(cli.io, files, options);
}

async function cloneDevice(io: Io, files: readonly string[], options: CloneOptions): Promise<number> {
  const collector = createObservationCollector(options.device);
  let complete = true;
  for (const file of files) {
    collector.begin();
    if (!(await read(io, file, collector))) complete = false;
    collector.end();
  }
  const { evidence, others } = choose(collector, options.device);
  const name = options.out === undefined ? evidence.key : path.basename(options.out).replace(/\.json$/i, '');
  const made = cloneOf(evidence, name);
  const report = reportOf(evidence, made);
  const text = `${JSON.stringify(made.json, null, 2)}\n`;
  if (options.out !== undefined) await write(options.out, text);
  if (options.json)
    writeJson(io, {
      ...report,
      ...(options.out === undefined ? { profile: made.json } : { file: options.out }),
    });
  else if (options.out === undefined) io.out(text);
  else writeReport(io, report);
  if (collector.unknown > 0)
    io.err(`ignored: ${counted(collector.unknown, 'message')} in sessions without an Inform\n`);
  for (const { firmware, messages } of others)
    io.err(
      `ignored: ${counted(messages, 'message')} at firmware ${safe(firmware)}; ` +
        `the device now runs ${safe(evidence.firmware)}\n`,
    );
  return complete ? EXIT.success : EXIT.failed;
}

/** Reads all frames. Resolves with whether the capture was complete. */
async function read(io: Io, file: string, collector: ObservationCollector): Promise<boolean> {
  const capture: Capture = file === '-' ? readCapture(io.inputBytes()) : openCaptureFile(file);
  try {
    for await (const frame of capture.frames) collector.push(frame);
  } catch (error) {
    throw asFileError(error);
  }
  const { fault } = capture;
  if (fault === undefined) return true;
  if (fault.code === 'E_CAPTURE_FORMAT')
    throw new ModemlabError('E_CAPTURE_FORMAT', `${file}: ${fault.found ?? ''}`);
  io.err(`${file}: ${describeWireError(fault)}\n  ${ERRORS[fault.code].remedy}\n`);
  return false;
}

/** The device to clone, at the firmware it ran last. */
function choose({ seen }: ObservationCollector, wanted: string | undefined) {
  const fitting = seen.filter(({ key }) => wanted === undefined || isDevice(key, wanted));
  const keys = [...new Set(fitting.map(({ key }) => key))];
  const evidence = latestOf(fitting);
  if (keys.length === 1 && evidence !== undefined)
    return { evidence, others: fitting.filter((one) => one !== evidence) };
  const all = [...new Set(seen.map(({ key }) => key))];
  throw new ModemlabError(
    'E_CAPTURE_DEVICE',
    all.length === 0
      ? 'there is no CWMP session with an Inform'
      : `the captures have ${all.slice(0, 50).join(', ')}`,
  );
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw asFileError(error);
  }
}

function writeReport(
  io: Io,
  { device, firmware, messages, quirks, sessions, taken, unseen }: CloneReport,
): void {
  io.out(
    `${safe(device)} at ${safe(firmware)}: ${counted(sessions, 'session')}, ${counted(messages, 'message')}\n\n`,
  );
  writeTable(
    io,
    [
      { title: 'WHAT', cell: ({ what }) => what },
      { title: 'VALUE', cell: (row) => row.taken },
      { title: 'FROM', cell: ({ from }) => from },
    ],
    taken,
  );
  if (unseen.length > 0)
    io.out(`\nNot in the captures:\n${unseen.map((one) => `  ${safe(one)}\n`).join('')}`);
  const ids = Object.keys(quirks);
  if (ids.length > 0) io.out(`\nQuirks seen: ${ids.join(' ')}\n`);
}
