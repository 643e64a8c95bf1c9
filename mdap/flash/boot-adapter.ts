/**
 * The BOOTP and TFTP servers as a flashing run uses them: one address and one image for each modem that gets
 * one.
 */
import path from 'node:path';
import { assertNever } from '../../protocol/result.ts';
import type { TransferFailure } from '../../protocol/tftp/transfer.ts';
import type { BootServersOptions } from '../boot-servers.ts';
import { startBootServers } from '../boot-servers.ts';
import type { BootpEvent } from '../bootp-server.ts';
import { realTicker } from '../deadlines.ts';
import { PublishedFiles } from '../published.ts';
import type { TftpServerEvent } from '../tftp-types.ts';
import type { Plan, PlanImage } from './plan.ts';
import type { BootHandlers, FlashPorts } from './ports.ts';

export interface BootAdapterOptions
  extends Pick<BootServersOptions, 'iface' | 'bootpPort' | 'tftpPort' | 'openPort' | 'ticker'> {
  readonly plan: Plan;
  /** Prefixes of MAC addresses that are answered; by default those of Thomson. */
  readonly prefixes?: readonly string[];
  /** Reports where the servers listen, in case free ports were chosen. */
  readonly onListening?: (ports: { readonly bootp: number; readonly tftp: number }) => void;
}

/** Bytes or milliseconds between two progress reports: one per packet would be thousands a second. */
const STEP_BYTES = 64 * 1024;
const STEP_MS = 500;

export function bootAdapter(options: BootAdapterOptions): FlashPorts['startBoot'] {
  const { plan, iface, prefixes, onListening, ...rest } = options;
  return async (handlers) => {
    const files = new PublishedFiles();
    const names = new Names(iface.loopback);
    const transfers = new Transfers(handlers, names, (rest.ticker ?? realTicker).now);
    const servers = await startBootServers({
      ...rest,
      iface,
      files,
      bootp: {
        pool: plan.boot.pool,
        mask: plan.boot.mask,
        rules: [],
        ...(prefixes === undefined ? {} : { prefixes }),
      },
      // As many as there are modems: one that had to wait would send another BOOTP request.
      tftp: { maxSessions: Math.max(64, plan.boot.pool.length), maxSessionMs: plan.settings.transferMs },
      onBootp: (event) => reportBootp(handlers, event),
      onTftp: (event, mac) => transfers.report(event, mac),
    });
    onListening?.({ bootp: servers.bootp.local.port, tftp: servers.tftp.local.port });
    return {
      serve: (mac, image) => {
        const file = names.of(mac, image);
        files.publish(file, image.content);
        // No board here: the machine has compared it already, and reports a mismatch with its reason.
        servers.bootp.serve({ for: { by: 'mac', mac }, image: { file, size: image.bytes } });
        servers.bootp.release(mac);
      },
      quarantine: (mac, why) => servers.bootp.quarantine(mac, why),
      abort: (transfer, why) => {
        servers.tftp.abort(transfer, why);
      },
      close: () => servers.stop(),
    };
  };
}

/**
 * Names of the images for the boot loaders. On loopback, where all modems have the same address, each modem
 * gets names of its own, which show who fetches.
 */
class Names {
  readonly #apart: boolean;
  readonly #byFile = new Map<string, string>();
  readonly #macs = new Map<string, string>();

  constructor(apart: boolean) {
    this.#apart = apart;
  }

  of(mac: string, image: PlanImage): string {
    const base = this.#base(image.file);
    if (!this.#apart) return base;
    this.#macs.set(`${mac}/${base}`, mac);
    return `${mac}/${base}`;
  }

  macOf(file: string): string | undefined {
    return this.#macs.get(file);
  }

  /** Short and plain, as old boot loaders expect, and unique for each file. */
  #base(file: string): string {
    const known = this.#byFile.get(file);
    if (known !== undefined) return known;
    const plain = path
      .basename(file)
      .replace(/[^\w.-]/g, '_')
      .slice(-64)
      .replace(/^\.+/, '');
    const taken = new Set(this.#byFile.values());
    const name = taken.has(plain) || plain === '' ? `${taken.size}-${plain}` : plain;
    this.#byFile.set(file, name);
    return name;
  }
}

/** Reports transfers, and their progress now and then. */
class Transfers {
  readonly #handlers: BootHandlers;
  readonly #names: Names;
  readonly #now: () => number;
  /** The last progress reported of each transfer. */
  readonly #of = new Map<string, { bytes: number; at: number }>();

  constructor(handlers: BootHandlers, names: Names, now: () => number) {
    this.#handlers = handlers;
    this.#names = names;
    this.#now = now;
  }

  report(event: TftpServerEvent, leased: string | undefined): void {
    const file = 'file' in event ? event.file : '';
    const mac = this.#names.macOf(file) ?? leased;
    if (mac === undefined) return;
    switch (event.is) {
      case 'begun':
        this.#of.set(event.transfer, { bytes: 0, at: this.#now() });
        this.#handlers.onTransfer(mac, event.transfer);
        return;
      case 'progress': {
        const known = this.#of.get(event.transfer);
        const at = this.#now();
        if (known === undefined || (event.bytes - known.bytes < STEP_BYTES && at - known.at < STEP_MS))
          return;
        Object.assign(known, { bytes: event.bytes, at });
        this.#handlers.onProgress(mac, event.transfer, event.bytes);
        return;
      }
      case 'done':
        this.#of.delete(event.transfer);
        this.#handlers.onSent(mac, event.transfer);
        return;
      case 'failed':
        this.#of.delete(event.transfer);
        this.#handlers.onFailed(mac, event.transfer, failureText(event.failure));
        return;
      case 'refused':
        this.#handlers.onOdd(mac, `it asked for ${event.file}: ${event.text}`);
        return;
      case 'ignored':
      case 'trouble':
        return;
      default:
        assertNever(event);
    }
  }
}

function failureText(failure: TransferFailure): string {
  switch (failure.why) {
    case 'timeout':
      return 'it fell silent';
    case 'peer':
      return `it broke off: ${failure.text === '' ? `error ${failure.code}` : failure.text}`;
    case 'ours':
      return failure.text;
    default:
      return assertNever(failure);
  }
}

function reportBootp(handlers: BootHandlers, event: BootpEvent): void {
  switch (event.is) {
    case 'seen': {
      const { mac, board, xid, vendor } = event.request;
      const invalid = vendor?.reason === 'no-valid-image';
      handlers.onBootp(mac, { board: board === '' ? undefined : board, xid, invalid });
      return;
    }
    case 'replied':
      if (event.answer !== 'nak') handlers.onOffered(event.request.mac);
      return;
    case 'silent':
      if (event.request !== undefined && event.why === 'pool-exhausted')
        handlers.onOdd(event.request.mac, 'there is no address left for boot mode');
      return;
    case 'foreign-reply':
      handlers.onOdd(event.mac, `another boot server, ${event.server}, answers it too`);
      return;
    case 'trouble':
      return;
    default:
      assertNever(event);
  }
}
