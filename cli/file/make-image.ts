/** `modemlab file make-image` */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { describeImage, isImageVersion, writeImage } from '../../protocol/datamodel/firmware-image.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { listProfiles, loadProfile } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { jsonOption, wholeNumber } from '../support/options.ts';
import { writeJson } from '../support/table.ts';

const FLAWS = ['checksum', 'truncated'] as const;

interface MakeImageOptions {
  readonly board: string;
  readonly version: string;
  readonly family?: string;
  readonly size: number;
  readonly flaw?: (typeof FLAWS)[number];
  readonly out?: string;
  readonly json: boolean;
}

export function addFileMakeImage(file: Command, cli: CliContext): void {
  command(file, {
    usage: 'make-image',
    summary: 'make a firmware image for simulated modems',
    more: 'The header is that of a real image; the payload is noise. A real modem refuses it: it is not signed.',
    options: [
      new Option('--board <name>', 'the board that takes it, such as BANT-R').makeOptionMandatory(),
      new Option('--version <version>', 'the firmware that it holds, such as 7.4.1.7').makeOptionMandatory(),
      new Option('--family <code>', 'two letters of the hardware; those of the board when not given'),
      new Option('--size <bytes>', 'length of the payload')
        .argParser(wholeNumber(10, 64 * 1024 * 1024))
        .default(65_536),
      new Option('--flaw <name>', 'what is wrong with it').choices(FLAWS),
      new Option('--out <file>', 'where it goes (default: BOARD-VERSION.bli)'),
      jsonOption(),
    ],
    examples: [
      ['file make-image --board BANT-R --version 7.4.1.7', 'firmware 7.4.1.7 for a SpeedTouch 780'],
      [
        'file make-image --board BANT-W --version 6.2.29.2 --flaw checksum --out broken.bli',
        'one that a boot loader drops',
      ],
    ],
  }).action(async (given: MakeImageOptions) => {
    const { board, version, size, flaw } = given;
    if (!/^[\w-]{1,16}$/.test(board))
      throw new ModemlabError('E_USAGE', `--board ${board}: the name of a board is wanted`);
    if (!isImageVersion(version))
      throw new ModemlabError(
        'E_USAGE',
        `--version ${version}: four parts are wanted, each a number or a letter`,
      );
    const { family, productName } = hardwareOf(given);
    const bytes = writeImage({ family, board, version }, size, { productName });
    const image = describeImage(bytes);
    if (flaw === 'checksum') bytes.set([(bytes.at(-1) ?? 0) ^ 0xff], bytes.length - 1);
    const out = given.out ?? `${board}-${version}.bli`;
    await writeFile(out, flaw === 'truncated' ? bytes.subarray(0, bytes.length >> 1) : bytes);
    if (given.json) writeJson(cli.io, { file: out, bytes: bytes.length, ...(image.ok ? image.value : {}) });
    else cli.io.out(`${out}\n`);
  });
}

/** The family and name of the product that has this board. */
function hardwareOf({ board, family }: MakeImageOptions): {
  readonly family: string;
  readonly productName: string;
} {
  const found = listProfiles()
    .map(({ name }) => loadProfile(name).identity)
    .find((identity) => identity.board === board);
  const code = family ?? found?.family;
  if (code === undefined)
    throw new ModemlabError('E_USAGE', `--board ${board}: no profile has this board; give its --family`);
  if (!/^[A-Z0-9]{2}$/.test(code))
    throw new ModemlabError('E_USAGE', `--family ${code}: two letters are wanted`);
  return { family: code, productName: found?.productClass ?? '' };
}
