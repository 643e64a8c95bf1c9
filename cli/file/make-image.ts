/** `modemlab file make-image` */
import { writeFile } from 'node:fs/promises';
import { describeImage, isImageVersion, writeImage } from '../../protocol/datamodel/firmware-image.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { listProfiles, loadProfile } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import { writeJson } from '../support/table.ts';

export interface MakeImageOptions {
  readonly board: string;
  readonly version: string;
  readonly family?: string;
  readonly size: number;
  readonly flaw?: 'checksum' | 'truncated';
  readonly out?: string;
  readonly json: boolean;
}

export async function makeImage({ io }: CliContext, given: MakeImageOptions): Promise<void> {
  const { board, version, size, flaw } = given;
  if (!/^[\w-]{1,16}$/.test(board))
    throw new ModemlabError('E_USAGE', `--board ${board}: expected the name of a board`);
  if (!isImageVersion(version))
    throw new ModemlabError(
      'E_USAGE',
      `--version ${version}: expected four parts, each a number or a letter`,
    );
  const { family, productName } = hardwareOf(given);
  const bytes = writeImage({ family, board, version }, size, { productName });
  const image = describeImage(bytes);
  if (flaw === 'checksum') bytes.set([(bytes.at(-1) ?? 0) ^ 0xff], bytes.length - 1);
  const out = given.out ?? `${board}-${version}.bli`;
  await writeFile(out, flaw === 'truncated' ? bytes.subarray(0, bytes.length >> 1) : bytes);
  if (given.json) writeJson(io, { file: out, bytes: bytes.length, ...(image.ok ? image.value : {}) });
  else io.out(`${out}\n`);
}

/** The family and name of the product with this board. */
function hardwareOf({ board, family }: MakeImageOptions): {
  readonly family: string;
  readonly productName: string;
} {
  const found = listProfiles()
    .map(({ name }) => loadProfile(name).identity)
    .find((identity) => identity.board === board);
  const code = family ?? found?.family;
  if (code === undefined)
    throw new ModemlabError('E_USAGE', `--board ${board}: no profile has this board; specify --family`);
  if (!/^[A-Z0-9]{2}$/.test(code))
    throw new ModemlabError('E_USAGE', `--family ${code}: expected two letters`);
  return { family: code, productName: found?.productClass ?? '' };
}
