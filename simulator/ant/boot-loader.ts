/**
 * The boot loader of an ant: it asks for an address and a file by BOOTP, fetches the file by TFTP, checks it,
 * and writes it. It drops what is not addressed to it and repeats its request for ever, as real ones do.
 */
import type { BootLease, BootpClientSettings, BootpClientState } from '../../protocol/bootp/client.ts';
import { BOOTP_CLIENT_DEFAULTS, initialBootpClient, stepBootpClient } from '../../protocol/bootp/client.ts';
import type { BootReason } from '../../protocol/bootp/st-options.ts';
import { checkImage, readImage } from '../../protocol/datamodel/firmware-image.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Random } from '../../protocol/random.ts';
import { assertNever } from '../../protocol/result.ts';
import { decodeTftp, encodeTftp } from '../../protocol/tftp/packet.ts';
import { initialReceiver, stepReceiver } from '../../protocol/tftp/receiver.ts';
import type { ReceiverEffect, ReceiverSettings, ReceiverState } from '../../protocol/tftp/receiver-types.ts';
import { RECEIVER_DEFAULTS } from '../../protocol/tftp/receiver-types.ts';
import type { Device } from '../device/device.ts';
import type { Lan, LanSocket } from '../lan/lan.ts';
import type { Timers } from '../time/timers.ts';
import type { AntFault, AntOptionsSettings } from './settings.ts';

export interface LoaderParts {
  readonly device: Device;
  readonly lan: Lan;
  readonly timers: Timers;
  readonly random: Random;
  readonly settings: AntOptionsSettings;
  readonly faults: ReadonlySet<AntFault>;
  readonly reason: BootReason;
  readonly tell: (event: LoaderEvent) => void;
}

export type LoaderEvent =
  | { readonly is: 'asked' }
  | { readonly is: 'leased'; readonly lease: BootLease }
  | { readonly is: 'progress'; readonly bytes: number }
  | { readonly is: 'transfer-failed'; readonly why: string }
  | { readonly is: 'dropped'; readonly why: string }
  | { readonly is: 'writing' }
  /** The power failed while it was writing: there is no valid image now. */
  | { readonly is: 'power-cut' }
  | { readonly is: 'written'; readonly version: string }
  /** It gave up, and starts what is in its flash. */
  | { readonly is: 'gave-up' };

const MIB = 1024 * 1024;
/** Bytes after which a stalling loader falls silent. */
const STALL_BYTES = 4096;

export class BootLoader {
  readonly #parts: LoaderParts;
  readonly #client: BootpClientSettings;
  #bootp: BootpClientState = initialBootpClient();
  #asking: LanSocket | undefined;
  #tftp: ReceiverState = initialReceiver();
  #transfer: LanSocket | undefined;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #running = false;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
    const { device, random, settings, reason } = parts;
    const { board } = device.profile.identity;
    const { broadcastFlag, vendorOptions, bootVersion, repetition, giveUpMs } = settings.boot;
    this.#client = {
      ...BOOTP_CLIENT_DEFAULTS,
      random,
      repetition,
      giveUpMs,
      board,
      mac: device.unit.mac,
      xid: Math.floor(random() * 2 ** 32),
      broadcast: broadcastFlag,
      vendor: vendorOptions
        ? { serial: device.unit.boardSerial, bootVersion, reason, chip: 1, board }
        : undefined,
    };
  }

  /** Starts sending requests. Rejects when the port of BOOTP clients cannot be bound. */
  async start(): Promise<void> {
    const { lan, settings } = this.#parts;
    this.#running = true;
    const socket = await lan.open({ address: '0.0.0.0', port: settings.boot.clientPort }, (bytes) =>
      this.#stepBootp({ is: 'datagram', bytes }),
    );
    if (!this.#running) socket.close();
    else {
      this.#asking = socket;
      this.#ask();
    }
  }

  stop(): void {
    this.#running = false;
    this.#asking?.close();
    this.#asking = undefined;
    this.#endTransfer();
  }

  #ask(): void {
    this.#bootp = initialBootpClient();
    this.#stepBootp({ is: 'start' });
  }

  #stepBootp(event: Parameters<typeof stepBootpClient>[2]): void {
    if (!this.#running) return;
    const { tell, timers, settings } = this.#parts;
    const { state, effects } = stepBootpClient(this.#client, this.#bootp, event);
    this.#bootp = state;
    for (const effect of effects)
      switch (effect.do) {
        case 'send':
          this.#asking?.send(effect.bytes, settings.boot.servers);
          tell({ is: 'asked' });
          break;
        case 'wait':
          timers.set('bootp', effect.ms, () => this.#stepBootp({ is: 'due' }));
          break;
        case 'leased':
          timers.clear('bootp');
          tell({ is: 'leased', lease: effect.lease });
          this.#fetch(effect.lease).catch((error: unknown) => this.#again(String(error)));
          break;
        case 'gave-up':
          tell({ is: 'gave-up' });
          break;
        case 'ignored':
          break;
        default:
          assertNever(effect);
      }
  }

  async #fetch(lease: BootLease): Promise<void> {
    const { lan, faults, timers, settings } = this.#parts;
    if (faults.has('no-transfer')) {
      timers.set('bootp', settings.times.stallMs, () => this.#ask());
      return;
    }
    this.#pieces = [];
    this.#bytes = 0;
    this.#tftp = initialReceiver();
    const server: Endpoint = { address: lease.server, port: settings.boot.tftpPort };
    const request = { kind: 'read', file: lease.file, mode: 'octet', options: [] } as const;
    const receiving: ReceiverSettings = { ...RECEIVER_DEFAULTS, opening: { by: 'request', request, server } };
    const { address, mask = '255.255.255.0' } = lease;
    await lan.addresses?.([{ address, mask }]);
    const socket = await lan.open({ address, port: 0 }, (bytes, from) => {
      const packet = decodeTftp(bytes);
      if (packet.ok) this.#stepTftp(receiving, { is: 'packet', packet: packet.value, from });
    });
    if (!this.#running) socket.close();
    else {
      this.#transfer = socket;
      this.#stepTftp(receiving, { is: 'start' });
    }
  }

  #stepTftp(settings: ReceiverSettings, event: Parameters<typeof stepReceiver>[2]): void {
    if (this.#transfer === undefined) return;
    const { state, effects } = stepReceiver(settings, this.#tftp, event);
    this.#tftp = state;
    for (const effect of effects) this.#doTftp(settings, effect);
  }

  #doTftp(settings: ReceiverSettings, effect: ReceiverEffect): void {
    const { timers, tell, faults } = this.#parts;
    switch (effect.do) {
      case 'send':
        if (!(faults.has('stall') && this.#bytes >= STALL_BYTES))
          this.#transfer?.send(encodeTftp(effect.packet), effect.to);
        return;
      case 'wait':
        timers.set('tftp', effect.ms, () => this.#stepTftp(settings, { is: 'due' }));
        return;
      case 'store':
        this.#pieces.push(Uint8Array.from(effect.data));
        this.#bytes += effect.data.length;
        tell({ is: 'progress', bytes: this.#bytes });
        return;
      case 'complete':
        timers.set('verify', this.#parts.settings.times.verifyMs, () => this.#verify());
        return;
      case 'failed':
        this.#endTransfer();
        timers.set('bootp', this.#parts.settings.times.stallMs, () => this.#again(effect.failure.why));
        return;
      case 'closed':
        this.#endTransfer();
        return;
      case 'begun':
        return;
      default:
        assertNever(effect);
    }
  }

  #endTransfer(): void {
    this.#parts.timers.clear('tftp');
    this.#transfer?.close();
    this.#transfer = undefined;
  }

  /** The transfer failed. */
  #again(why: string): void {
    if (!this.#running) return;
    this.#parts.tell({ is: 'transfer-failed', why });
    this.#endTransfer();
    this.#ask();
  }

  #verify(): void {
    const { faults, timers, settings, tell } = this.#parts;
    const image = Buffer.concat(this.#pieces);
    this.#pieces = [];
    const flaw = this.#flawOf(image);
    if (flaw !== undefined) {
      tell({ is: 'dropped', why: flaw });
      this.#endTransfer();
      this.#ask();
      return;
    }
    tell({ is: 'writing' });
    const ms = Math.round((image.length / MIB) * settings.times.writeMsPerMiB);
    if (faults.has('power-cut')) timers.set('write', ms / 2, () => tell({ is: 'power-cut' }));
    else timers.set('write', ms, () => tell({ is: 'written', version: versionOf(image) }));
  }

  /** Why it drops the image; `undefined`: it accepts it. */
  #flawOf(image: Uint8Array): string | undefined {
    const { device, faults, settings } = this.#parts;
    const { identity } = device.profile;
    if (faults.has('wrong-board')) return 'wrong-board';
    if (faults.has('bad-checksum')) return 'bad-checksum';
    const checked = checkImage(image, identity);
    if (checked.ok) return undefined;
    const { checkFia, checkCrc } = settings.boot;
    const allowed =
      (checked.error === 'wrong-family' && !checkFia) || (checked.error === 'bad-checksum' && !checkCrc);
    return allowed ? undefined : checked.error;
  }
}

function versionOf(image: Uint8Array): string {
  const read = readImage(image);
  return read.ok ? read.value.version : '';
}
