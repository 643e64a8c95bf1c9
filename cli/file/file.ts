/** `modemlab file`: firmware images. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, subcommand } from '../support/help.ts';
import { jsonOption, wholeNumber } from '../support/options.ts';
import type { MakeImageOptions } from './make-image.ts';

const FLAWS: readonly NonNullable<MakeImageOptions['flaw']>[] = ['checksum', 'truncated'];

export function defineFile(file: Command, cli: CliContext): void {
  describeGroup(file);
  subcommand(file, {
    usage: 'make-image',
    summary: 'make a firmware image for simulated modems',
    more:
      'The header is that of a real image; the payload is noise. A real modem rejects it because it is ' +
      'not signed.',
    options: [
      new Option('--board <name>', 'the board it is for, such as BANT-R').makeOptionMandatory(),
      new Option(
        '--version <version>',
        'the firmware version it contains, such as 7.4.1.7',
      ).makeOptionMandatory(),
      new Option('--family <code>', "two letters for the hardware family (default: the board's own)"),
      new Option('--size <bytes>', 'length of the payload')
        .argParser(wholeNumber(10, 64 * 1024 * 1024))
        .default(65_536),
      new Option('--flaw <name>', 'make the image defective in this way').choices(FLAWS),
      new Option('--out <file>', 'the file to write (default: BOARD-VERSION.bli)'),
      jsonOption(),
    ],
    examples: [
      ['file make-image --board BANT-R --version 7.4.1.7', 'firmware 7.4.1.7 for a SpeedTouch 780'],
      [
        'file make-image --board BANT-W --version 6.2.29.2 --flaw checksum --out broken.bli',
        'an image that a boot loader rejects',
      ],
    ],
  }).action(async (given: MakeImageOptions) => {
    const { makeImage } = await import('./make-image.ts');
    await makeImage(cli, given);
  });
  subcommand(file, {
    usage: 'show-image <file>',
    summary: 'show the header of a firmware image',
    arguments: { file: 'an image: .bli, .bin or .rbi' },
    options: [jsonOption()],
    examples: [['file show-image BANT-R-7.4.1.7.bli', 'the board it is for, and the firmware it contains']],
  }).action(async (name: string, options: { readonly json: boolean }) => {
    const { showImage } = await import('./show-image.ts');
    await showImage(cli, name, options);
  });
}
