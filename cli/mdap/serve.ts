/** `modemlab mdap serve` */
import process from 'node:process';
import type { Command } from 'commander';
import { Option } from 'commander';
import { poolOf, readNetwork, readPool } from '../../mdap/address-pool.ts';
import type { WantedImage } from '../../mdap/boot-images.ts';
import { publishImages, readWantedImage } from '../../mdap/boot-images.ts';
import type { BootServers, BootServersOptions } from '../../mdap/boot-servers.ts';
import { startBootServers } from '../../mdap/boot-servers.ts';
import type { LocalInterface } from '../../mdap/interfaces.ts';
import { findInterface, hasDefaultRoute, listInterfaces } from '../../mdap/interfaces.ts';
import { PublishedFiles } from '../../mdap/published.ts';
import type { ReplyMode } from '../../protocol/bootp/server-types.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../protocol/bootp/server-types.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { wholeNumber } from '../support/options.ts';
import { recordDatagramsOption, withPorts } from '../support/record-option.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { BootTeller } from './serve-events.ts';

interface ServeOptions {
  readonly iface: string;
  readonly image?: readonly WantedImage[];
  readonly root?: string;
  readonly bootpPort: number;
  readonly tftpPort: number;
  readonly pool?: string[];
  readonly router?: string;
  readonly dhcp: boolean;
  readonly replyMode: Exclude<ReplyMode, 'loopback'>;
  readonly anyMac: boolean;
  readonly allow?: readonly ((address: string) => boolean)[];
  readonly upload?: string;
  readonly netascii: boolean;
  readonly force: boolean;
  readonly record?: string;
  readonly json: boolean;
}

/** Bytes of one file that is taken with --upload: more than the flash of any modem here. */
const MOST_UPLOAD_BYTES = 32 * 1024 * 1024;

const collect =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), read(text)];

const options = (): readonly Option[] => [
  new Option(
    '--iface <interface>',
    'name or address of the interface that the modems are on',
  ).makeOptionMandatory(),
  new Option(
    '--image <board=file>',
    'the image for a board; also mac:..=, serial:..=, prefix:..=, default=; several times',
  ).argParser(collect(readWantedImage)),
  new Option('--root <dir>', 'a folder whose files may be fetched, besides the images'),
  new Option('--bootp-port <number>', 'the BOOTP port; 0 picks a free one')
    .argParser(wholeNumber(0, 65535))
    .default(67),
  new Option('--tftp-port <number>', 'the TFTP port; 0 picks a free one')
    .argParser(wholeNumber(0, 65535))
    .default(69),
  new Option(
    '--pool <first-last>',
    "addresses for modems; 64 of the interface's network when not given",
  ).argParser(readPool),
  new Option('--router <address>', 'the router that modems are told'),
  new Option('--dhcp', 'answer DHCP too').default(false),
  new Option('--reply-mode <mode>', 'how replies reach a modem that has no address')
    .choices(['broadcast', 'subnet-broadcast', 'unicast-arp'])
    .default('broadcast'),
  new Option('--any-mac', 'answer modems of all makers').default(false),
  new Option('--allow <network>', 'a network without leases that may fetch files; several times').argParser(
    collect(readNetwork),
  ),
  new Option('--upload <dir>', 'a folder for files that are sent here; without it none are taken'),
  new Option('--netascii', 'convert texts for clients that ask for it').default(false),
  new Option('--force', 'take images of other boards, and an interface with the default route').default(
    false,
  ),
  recordDatagramsOption(),
  new Option('--json', 'print events as JSON, one a line: "listening" first').default(false),
];

export function addMdapServe(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'serve',
    summary: 'give addresses and images to modems in boot mode (BOOTP and TFTP)',
    more:
      'Modems in boot mode name their board: they get an address and the image for it. The ports 67 and 69 need the right to bind ' +
      'them. Runs until SIGINT or SIGTERM.',
    options: options(),
    examples: [
      [
        'mdap serve --iface 127.0.0.1 --bootp-port 0 --tftp-port 0 --image BANT-R=bant-r.bli',
        'on free ports of this machine, for simulated modems',
      ],
      [
        'mdap serve --iface lo --bootp-port 0 --tftp-port 0 --root . --json',
        'give every file of this folder, and tell what happens as JSON',
      ],
    ],
  }).action(async (given: ServeOptions) => {
    const iface = await chooseInterface(given);
    const tell = new BootTeller(cli.io, given.json);
    await withPorts(cli.io, given.record, async (ports) => {
      const servers = await serve(given, iface, tell, ports);
      const { bootp, tftp } = servers;
      tell.open(
        { event: 'listening', bootp: bootp.local, tftp: tftp.local, pid: process.pid },
        `BOOTP on ${bootp.local.address}:${bootp.local.port}, TFTP on ${tftp.local.address}:${tftp.local.port}`,
      );
      await untilStopped(cli.io, () => servers.stop());
    });
    tell.say({ event: 'stopped' }, 'stopped');
  });
}

async function chooseInterface({ iface: wanted, force }: ServeOptions): Promise<LocalInterface> {
  const iface = findInterface(wanted);
  if (iface === undefined) {
    const known = listInterfaces().map(({ name, address }) => `${name} (${address})`);
    throw new ModemlabError(
      'E_CONFIG',
      `no interface ${wanted} with an address; there are: ${known.join(', ')}`,
    );
  }
  if (!force && (await hasDefaultRoute(iface.name)) === true)
    throw new ModemlabError(
      'E_CONFIG',
      `${iface.name} leads to the rest of the network, where a boot server is a danger; --force takes it all the same`,
    );
  return iface;
}

async function serve(
  given: ServeOptions,
  iface: LocalInterface,
  tell: BootTeller,
  ports: Pick<BootServersOptions, 'openPort'>,
): Promise<BootServers> {
  const { image: images = [] } = given;
  const files = new PublishedFiles(given.root === undefined ? {} : { root: given.root });
  const rules = await publishImages(images, files, given.force);
  try {
    return await startBootServers({
      ...{ ...ports, iface, files, bootpPort: given.bootpPort, tftpPort: given.tftpPort },
      bootp: {
        pool: given.pool ?? poolOf(iface),
        rules,
        router: given.router,
        answerDhcp: given.dhcp,
        allowDefault: images.some((image) => image.for.by === 'default'),
        prefixes: given.anyMac ? [] : BOOTP_SERVER_DEFAULTS.prefixes,
        replyMode: given.replyMode,
      },
      tftp: {
        netascii: given.netascii,
        upload:
          given.upload === undefined ? undefined : { folder: given.upload, maxBytes: MOST_UPLOAD_BYTES },
      },
      allows: (address) => given.allow?.some((contains) => contains(address)) ?? false,
      onBootp: (event) => tell.bootp(event),
      onTftp: (event, mac) => tell.tftp(event, mac),
    });
  } catch (error) {
    throw listenError(error, given, iface);
  }
}

/** Why the servers cannot listen, with the way out; any other error as it is. */
export function listenError(
  error: unknown,
  { bootpPort, tftpPort }: Pick<ServeOptions, 'bootpPort' | 'tftpPort'>,
  { address }: LocalInterface,
): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const place = `${address}, ports ${bootpPort} and ${tftpPort}`;
  if (code === 'EADDRINUSE') return new ModemlabError('E_ADDRESS_IN_USE', place, { cause: error });
  if (code === 'EACCES' || code === 'EPERM')
    return new ModemlabError('E_CONFIG', `${place}: this user may not bind them`, { cause: error });
  return error;
}
