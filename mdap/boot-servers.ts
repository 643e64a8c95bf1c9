/** BOOTP and TFTP servers together: the one gives addresses, the other serves those that have one. */
import type { BootpServerSettings } from '../protocol/bootp/server-types.ts';
import { BOOTP_SERVER_DEFAULTS } from '../protocol/bootp/server-types.ts';
import type { BootpEvent, BootpServer, BootpServerOptions } from './bootp-server.ts';
import { startBootpServer } from './bootp-server.ts';
import type { OpenPort } from './datagram-port.ts';
import type { Ticker } from './deadlines.ts';
import type { LocalInterface } from './interfaces.ts';
import type { PublishedFiles } from './published.ts';
import type { TftpServer } from './tftp-server.ts';
import { startTftpServer } from './tftp-server.ts';
import type { TftpServerEvent, TftpServerSettings } from './tftp-types.ts';

export interface BootServersOptions {
  readonly iface: LocalInterface;
  /** 67 and 69, or 0 for free ones. */
  readonly bootpPort: number;
  readonly tftpPort: number;
  /** On loopback replies go back to where requests come from, whatever the settings say. */
  readonly bootp: Pick<BootpServerSettings, 'pool' | 'rules'> & Partial<BootpServerSettings>;
  readonly tftp?: Partial<TftpServerSettings>;
  readonly files: PublishedFiles;
  /** Addresses without a lease that may fetch files too. */
  readonly allows?: (address: string) => boolean;
  /** Board serial by MAC in the spelling of ANT-MAC. */
  readonly serialOf?: BootpServerOptions['serialOf'];
  /** `mac` of a transfer's client, when it has a lease. */
  readonly onBootp?: (event: BootpEvent) => void;
  readonly onTftp?: (event: TftpServerEvent, mac: string | undefined) => void;
  readonly openPort?: OpenPort;
  readonly ticker?: Ticker;
}

export interface BootServers {
  readonly bootp: BootpServer;
  readonly tftp: TftpServer;
  readonly stop: () => Promise<void>;
}

/** Rejects when one of the ports cannot be bound; the other is closed again. */
export async function startBootServers(options: BootServersOptions): Promise<BootServers> {
  const { iface, files, onBootp, onTftp, openPort, ticker } = options;
  const shared = openPort === undefined ? {} : { openPort };
  const bootp = await startBootpServer({
    ...shared,
    ...(iface.loopback ? { watch: false } : {}),
    ...(ticker === undefined ? {} : { now: ticker.now }),
    ...(options.serialOf === undefined ? {} : { serialOf: options.serialOf }),
    ...(onBootp === undefined ? {} : { onEvent: onBootp }),
    listen: { address: iface.address, port: options.bootpPort },
    iface: iface.name,
    settings: {
      ...BOOTP_SERVER_DEFAULTS,
      address: iface.address,
      mask: iface.mask,
      ...options.bootp,
      ...(iface.loopback ? { replyMode: 'loopback' } : {}),
    },
  });
  try {
    const tftp = await startTftpServer({
      ...shared,
      ...(ticker === undefined ? {} : { ticker }),
      ...(options.tftp === undefined ? {} : { settings: options.tftp }),
      listen: { address: iface.address, port: options.tftpPort },
      files,
      allows: ({ address }) =>
        iface.loopback || bootp.macOf(address) !== undefined || options.allows?.(address) === true,
      onEvent: (event) => onTftp?.(event, 'peer' in event ? bootp.macOf(event.peer.address) : undefined),
    });
    const stop = async (): Promise<void> => {
      await Promise.all([bootp.stop(), tftp.stop()]);
    };
    return { bootp, tftp, stop };
  } catch (error) {
    await bootp.stop();
    throw error;
  }
}
