/** `modemlab mdap serve` */
import process from 'node:process';
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
import { withPorts } from '../support/recording.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { BootLog } from './boot-log.ts';

export interface ServeOptions {
  readonly iface: string;
  readonly image?: readonly string[];
  readonly root?: string;
  readonly bootpPort: number;
  readonly tftpPort: number;
  readonly pool?: string;
  readonly router?: string;
  readonly dhcp: boolean;
  readonly replyMode: Exclude<ReplyMode, 'loopback'>;
  readonly anyMac: boolean;
  readonly allow?: readonly string[];
  readonly upload?: string;
  readonly netascii: boolean;
  readonly force: boolean;
  readonly record?: string;
  readonly json: boolean;
}

/** The most bytes that one upload may have: more than the flash of any modem here. */
const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;

export async function serve(cli: CliContext, given: ServeOptions): Promise<void> {
  const choices = choicesOf(given);
  const iface = await chooseInterface(given);
  const log = new BootLog(cli.io, given.json);
  await withPorts(cli.io, given.record, async (ports) => {
    const servers = await start(given, choices, iface, log, ports);
    const { bootp, tftp } = servers;
    log.open(
      { event: 'listening', bootp: bootp.local, tftp: tftp.local, pid: process.pid },
      `BOOTP on ${bootp.local.address}:${bootp.local.port}, TFTP on ${tftp.local.address}:${tftp.local.port}`,
    );
    await untilStopped(cli.io, () => servers.stop());
  });
  log.write({ event: 'stopped' }, 'stopped');
}

/** What the texts of some options mean. */
interface Choices {
  readonly images: readonly WantedImage[];
  readonly pool: string[] | undefined;
  readonly networks: readonly ((address: string) => boolean)[];
}

/** @throws ModemlabError E_CONFIG for a text that cannot be read */
const choicesOf = ({ allow = [], image = [], pool }: ServeOptions): Choices => ({
  images: image.map(readWantedImage),
  pool: pool === undefined ? undefined : readPool(pool),
  networks: allow.map(readNetwork),
});

async function chooseInterface({ iface: wanted, force }: ServeOptions): Promise<LocalInterface> {
  const iface = findInterface(wanted);
  if (iface === undefined) {
    const known = listInterfaces().map(({ name, address }) => `${name} (${address})`);
    throw new ModemlabError(
      'E_CONFIG',
      `no interface ${wanted} with an address; available: ${known.join(', ')}`,
    );
  }
  if (!force && (await hasDefaultRoute(iface.name)) === true)
    throw new ModemlabError(
      'E_CONFIG',
      `${iface.name} leads to other networks, where a boot server is dangerous; --force uses it anyway`,
    );
  return iface;
}

async function start(
  given: ServeOptions,
  { images, networks, pool }: Choices,
  iface: LocalInterface,
  log: BootLog,
  ports: Pick<BootServersOptions, 'openPort'>,
): Promise<BootServers> {
  const files = new PublishedFiles(given.root === undefined ? {} : { root: given.root });
  const rules = await publishImages(images, files, given.force);
  try {
    return await startBootServers({
      ...ports,
      iface,
      files,
      bootpPort: given.bootpPort,
      tftpPort: given.tftpPort,
      bootp: {
        pool: pool ?? poolOf(iface),
        rules,
        router: given.router,
        answerDhcp: given.dhcp,
        allowDefault: images.some((image) => image.for.by === 'default'),
        prefixes: given.anyMac ? [] : BOOTP_SERVER_DEFAULTS.prefixes,
        replyMode: given.replyMode,
      },
      tftp: {
        netascii: given.netascii,
        upload: given.upload === undefined ? undefined : { folder: given.upload, maxBytes: MAX_UPLOAD_BYTES },
      },
      allows: (address) => networks.some((contains) => contains(address)),
      onBootp: (event) => log.bootp(event),
      onTftp: (event, mac) => log.tftp(event, mac),
    });
  } catch (error) {
    throw listenError(error, given, iface);
  }
}

/** Why the servers cannot listen, as an error with a remedy; any other error as it is. */
export function listenError(
  error: unknown,
  { bootpPort, tftpPort }: Pick<ServeOptions, 'bootpPort' | 'tftpPort'>,
  { address }: LocalInterface,
): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const place = `${address}, ports ${bootpPort} and ${tftpPort}`;
  if (code === 'EADDRINUSE') return new ModemlabError('E_ADDRESS_IN_USE', place, { cause: error });
  if (code === 'EACCES' || code === 'EPERM')
    return new ModemlabError('E_CONFIG', `${place}: this user is not allowed to bind them`, { cause: error });
  return error;
}
