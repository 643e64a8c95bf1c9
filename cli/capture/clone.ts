/** `modemlab capture clone` */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Capture } from '../../captures/file/open.ts';
import { openCaptureFile, readCapture } from '../../captures/file/open.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import { cloneOf } from '../../replay/clone/clone.ts';
import { latestOf } from '../../replay/clone/evidence.ts';
import type { Witness } from '../../replay/clone/observation-collector.ts';
import { createWitness } from '../../replay/clone/observation-collector.ts';
import type { CloneReport } from '../../replay/clone/report.ts';
import { reportOf } from '../../replay/clone/report.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import { jsonOption } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';
import { asFileError } from './show.ts';

interface CloneOptions {
  readonly out?: string;
  readonly device?: string;
  readonly json: boolean;
}

export function addCaptureClone(capture: Command, cli: CliContext): void {
  command(capture, {
    usage: 'clone <files...>',
    summary: 'make a profile for simulated modems of the device in a capture',
    more: [
      'Each FILE is a pcap or pcapng file, plain or gzip; - is standard input. Several captures of one device make one profile: each tells what it shows.',
      'The profile has the tree with types, values and what can be written, the RPCs, how messages and HTTP requests are spelt, and what was seen of limits and faults. What the captures do not show is told, and stands among the guesses of the profile (docs/profiles.md).',
      'Passwords that the device told are in the profile. A file that is cut or damaged is taken up to that place; the command then ends with 1.',
    ].join('\n\n'),
    options: [
      new Option('-o, --out <profile>', 'the file to write (default: the profile to standard output)'),
      new Option('--device <key>', 'which device, where there are several: its key, or its serial number'),
      jsonOption(),
    ],
    examples: [
      ['capture clone session.pcapng -o clone.json', 'then: simulate cpe --profile clone.json'],
      ['capture clone monday.pcapng tuesday.pcapng -o clone.json', 'two captures of one device'],
      ['capture clone session.pcapng --device CP0644JTSGR --json', 'one device of several, for programs'],
    ],
  }).action(async (files: readonly string[], options: CloneOptions) => {
    cli.exitCode = await clone(cli.io, files, options);
  });
}

async function clone(io: Io, files: readonly string[], options: CloneOptions): Promise<number> {
  const witness = createWitness(options.device);
  let whole = true;
  for (const file of files) {
    witness.begin();
    if (!(await read(io, file, witness))) whole = false;
    witness.end();
  }
  const { evidence, others } = choose(witness, options.device);
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
  if (witness.unknown > 0) io.err(`${witness.unknown} messages of sessions without an Inform are left out\n`);
  for (const { firmware, messages } of others)
    io.err(
      `${messages} messages at firmware ${safe(firmware)} are left out: it runs ${safe(evidence.firmware)} now\n`,
    );
  return whole ? EXIT.fine : EXIT.failed;
}

/** Gives all frames to the witness. Answers whether the capture was whole. */
async function read(io: Io, file: string, witness: Witness): Promise<boolean> {
  const capture: Capture = file === '-' ? readCapture(io.inputBytes()) : openCaptureFile(file);
  try {
    for await (const frame of capture.frames) witness.push(frame);
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

/** The one device that is wanted, at the firmware that it ran last. */
function choose({ seen }: Witness, wanted: string | undefined) {
  const fitting = seen.filter(({ key }) => wanted === undefined || isDevice(key, wanted));
  const keys = [...new Set(fitting.map(({ key }) => key))];
  const evidence = latestOf(fitting);
  if (keys.length === 1 && evidence !== undefined)
    return { evidence, others: fitting.filter((one) => one !== evidence) };
  const all = [...new Set(seen.map(({ key }) => key))];
  throw new ModemlabError(
    'E_CAPTURE_DEVICE',
    all.length === 0 ? 'there is no CWMP session with an Inform' : `there are ${all.slice(0, 50).join(', ')}`,
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
  io.out(`${safe(device)} at ${safe(firmware)}: ${sessions} sessions, ${messages} messages\n\n`);
  writeTable(
    io,
    [
      { title: 'WHAT', cell: ({ what }) => what },
      { title: 'TAKEN', cell: (row) => row.taken },
      { title: 'FROM', cell: ({ from }) => from },
    ],
    taken,
  );
  if (unseen.length > 0) io.out(`\nNot shown:\n${unseen.map((one) => `  ${safe(one)}\n`).join('')}`);
  const ids = Object.keys(quirks);
  if (ids.length > 0) io.out(`\nQuirks seen: ${ids.join(' ')}\n`);
}
