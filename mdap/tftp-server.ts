/**
 * The TFTP server: takes requests on one port and answers each from a new one (RFC 1350 section 4). It gives
 * published files to those who are allowed, and is no use to anybody else: see docs/boot-servers.md for what
 * it refuses and why.
 */
import type { Endpoint } from '../protocol/ipv4.ts';
import { assertNever } from '../protocol/result.ts';
import type { Negotiated } from '../protocol/tftp/options.ts';
import { grantOptions } from '../protocol/tftp/options.ts';
import type { TftpRequest } from '../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp, TFTP_ERROR } from '../protocol/tftp/packet.ts';
import type { DatagramPort } from './datagram-port.ts';
import { openUdp } from './datagram-port.ts';
import { Deadlines, realTicker } from './deadlines.ts';
import { Pacer } from './pacer.ts';
import type { Found } from './published.ts';
import type { SessionContext, Work } from './tftp-session.ts';
import { TftpSession } from './tftp-session.ts';
import type { TftpServerEvent, TftpServerOptions, TftpServerSettings } from './tftp-types.ts';
import { TFTP_SERVER_DEFAULTS } from './tftp-types.ts';
import type { UploadRefusal } from './upload-folder.ts';
import { beginUpload } from './upload-folder.ts';

export interface TftpServer {
  /** Where it takes requests. */
  readonly local: Endpoint;
  /** Number of running transfers. */
  readonly transfers: () => number;
  /** Ends one with an ERROR to its client; `false` if there is no such transfer. */
  readonly abort: (transfer: string, text: string) => boolean;
  /** Ends all transfers and closes all ports. */
  readonly stop: () => Promise<void>;
}

/** Rejects when the address cannot be bound. */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const server = new Server(options);
  await server.open();
  return server;
}

/** The answer to a request that does not become a transfer. */
interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** A slot of a client: first its request is checked, then its transfer runs. */
interface Slot {
  readonly peer: Endpoint;
  readonly request: TftpRequest;
  session: TftpSession | undefined;
  over: boolean;
}

/** Addresses for which the time of the last ERROR is remembered. */
const MAX_STRANGERS = 1024;

class Server implements TftpServer {
  readonly #options: TftpServerOptions;
  readonly #settings: TftpServerSettings;
  readonly #context: SessionContext;
  readonly #slots = new Map<string, Slot>();
  readonly #strangers = new Map<string, number>();
  readonly #background = new Set<Promise<unknown>>();
  #port: DatagramPort | undefined;
  #count = 0;
  #stopped = false;

  constructor(options: TftpServerOptions) {
    const { ticker = realTicker, settings, onEvent } = options;
    this.#options = options;
    this.#settings = { ...TFTP_SERVER_DEFAULTS, ...settings };
    const deadlines = new Deadlines(ticker);
    this.#context = {
      ticker,
      deadlines,
      pacer: new Pacer(ticker, deadlines, this.#settings.maxPacketsPerSecond),
      onEvent: (event) => onEvent?.(event),
      mayRefuseStranger: (address) => this.#mayRefuse(address),
      maxSessionMs: this.#settings.maxSessionMs,
      background: (work) => this.#inBackground(work),
    };
  }

  async open(): Promise<void> {
    const { listen, openPort = openUdp } = this.#options;
    this.#port = await openPort(
      { listen },
      {
        onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
        onError: (error) => this.#trouble(error),
      },
    );
  }

  get local(): Endpoint {
    return this.#port?.local ?? this.#options.listen;
  }

  transfers = (): number => this.#slots.size;

  abort = (transfer: string, text: string): boolean => {
    const slot = [...this.#slots.values()].find(({ session }) => session?.info.transfer === transfer);
    slot?.session?.abort(text);
    return slot !== undefined;
  };

  stop = async (): Promise<void> => {
    this.#stopped = true;
    for (const slot of [...this.#slots.values()]) {
      slot.over = true;
      slot.session?.abort('the server stops');
    }
    this.#slots.clear();
    this.#context.deadlines.stop();
    await this.#port?.close();
    await Promise.all(this.#background);
  };

  #inBackground(work: Promise<unknown>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
  }

  #onDatagram(bytes: Uint8Array, peer: Endpoint): void {
    if (this.#stopped) return;
    const packet = decodeTftp(bytes);
    const request = packet.ok ? packet.value : undefined;
    if (request?.kind !== 'read' && request?.kind !== 'write') {
      this.#emit({ is: 'ignored', peer, why: packet.ok ? 'no-request' : 'unreadable' });
      return;
    }
    const key = `${peer.address}:${peer.port}`;
    const allowed = this.#options.allows(peer);
    if (allowed && this.#isCopy(this.#slots.get(key), request)) return;
    if (!allowed || this.#slots.size >= this.#settings.maxSessions) {
      this.#emit({ is: 'ignored', peer, why: allowed ? 'busy' : 'not-allowed' });
      return;
    }
    const slot: Slot = { peer, request, session: undefined, over: false };
    this.#slots.set(key, slot);
    this.#inBackground(this.#begin(slot, key));
  }

  /**
   * Whether a request is a copy of one that is being answered. A request that starts again ends the transfer
   * before it; but not while nothing except the request has arrived, however long ago: the client may already
   * have chosen the port of our first packet, and would reject one from another port as a stranger's (RFC
   * 1350 section 4).
   */
  #isCopy(slot: Slot | undefined, request: TftpRequest): boolean {
    if (slot === undefined) return false;
    const same = slot.request.kind === request.kind && slot.request.file === request.file;
    if (slot.session === undefined) return true;
    if (same && (!slot.session.isAnswered || slot.session.quietMs < this.#settings.restartAfterMs)) {
      slot.session.askedAgain();
      return true;
    }
    slot.session.replace();
    return false;
  }

  /** Checks whether the request can be answered, and begins the transfer. Never rejects. */
  async #begin(slot: Slot, key: string): Promise<void> {
    const release = (): void => {
      slot.over = true;
      if (this.#slots.get(key) === slot) this.#slots.delete(key);
    };
    try {
      const work = await this.#prepare(slot);
      if ('code' in work) {
        if (!slot.over) this.#refuse(slot, work);
        return release();
      }
      const port = slot.over ? undefined : await this.#openTransferPort(slot);
      if (port === undefined || slot.over) {
        if (work.way === 'write') await work.upload.discard();
        await port?.close();
        return release();
      }
      this.#count += 1;
      const { peer, request } = slot;
      const info = { transfer: String(this.#count), way: work.way, peer, file: request.file };
      slot.session = new TftpSession(info, work, this.#context, release);
      slot.session.start(port);
    } catch (error) {
      this.#trouble(error instanceof Error ? error : new Error(String(error)));
      release();
    }
  }

  async #openTransferPort(slot: Slot): Promise<DatagramPort | undefined> {
    const { openPort = openUdp } = this.#options;
    try {
      return await openPort(
        { listen: { address: this.#options.listen.address, port: 0 } },
        {
          onDatagram: (bytes, from) => slot.session?.datagram(bytes, from),
          onError: (error) => this.#trouble(error),
        },
      );
    } catch (error) {
      this.#trouble(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  #prepare(slot: Slot): Promise<Work | Refusal> | Refusal {
    const mode = slot.request.mode.toLowerCase();
    if (mode !== 'octet' && !(mode === 'netascii' && this.#settings.netascii && slot.request.kind === 'read'))
      return { code: TFTP_ERROR.undefined, text: 'only mode octet is served' };
    return slot.request.kind === 'read'
      ? this.#prepareRead(slot, mode === 'netascii')
      : this.#prepareWrite(slot);
  }

  async #prepareRead({ peer, request }: Slot, netascii: boolean): Promise<Work | Refusal> {
    const { retry, caps, rollover } = this.#settings;
    const found = await this.#options.files.find(request.file, netascii);
    if (found.is !== 'file') return refusalOf(found);
    const granted = grantOptions(request.options, caps, found.bytes.length);
    if (!granted.ok) return granted.error;
    const { bytes } = found;
    const settings = { ...retry, rollover, size: bytes.length, opening: openingOf(peer, granted.value) };
    return { way: 'read', bytes, settings };
  }

  async #prepareWrite({ peer, request }: Slot): Promise<Work | Refusal> {
    const { retry, caps, upload: options, lingerMs } = this.#settings;
    if (options === undefined) return { code: TFTP_ERROR.accessViolation, text: 'files are not taken' };
    const granted = grantOptions(request.options, caps, 'echo');
    if (!granted.ok) return granted.error;
    const size = granted.value.terms.tsize;
    if (size !== undefined && size > options.maxBytes)
      return { code: TFTP_ERROR.diskFull, text: 'the file is too large' };
    const upload = await beginUpload(options, request.file);
    if (typeof upload === 'string') return refusalOfUpload(upload);
    const opening = openingOf(peer, granted.value);
    const settings = { ...retry, rollover: 'either', maxBytes: options.maxBytes, lingerMs, opening } as const;
    return { way: 'write', upload, size, settings };
  }

  #refuse({ peer, request }: Slot, { code, text }: Refusal): void {
    this.#port?.send(encodeTftp({ kind: 'error', code, text }), peer);
    this.#emit({ is: 'refused', peer, file: request.file, code, text });
  }

  /** Limits ERRORs to each address outside a transfer, so that we cannot be used to flood others. */
  #mayRefuse(address: string): boolean {
    const now = this.#context.ticker.now();
    const last = this.#strangers.get(address);
    if (last !== undefined && now - last < this.#settings.strangerGapMs) return false;
    if (this.#strangers.size >= MAX_STRANGERS) this.#strangers.clear();
    this.#strangers.set(address, now);
    return true;
  }

  #trouble({ message }: Error): void {
    this.#emit({ is: 'trouble', message });
  }

  #emit(event: TftpServerEvent): void {
    this.#context.onEvent(event);
  }
}

function openingOf(peer: Endpoint, { terms, answer }: Negotiated) {
  return { by: 'answer', peer, terms, answer } as const;
}

function refusalOf(found: Exclude<Found, { is: 'file' }>): Refusal {
  switch (found.is) {
    case 'not-found':
      return { code: TFTP_ERROR.notFound, text: 'file not found' };
    case 'forbidden':
      return { code: TFTP_ERROR.accessViolation, text: 'access violation' };
    case 'unreadable':
      return { code: TFTP_ERROR.undefined, text: 'the file cannot be read' };
    default:
      return assertNever(found);
  }
}

function refusalOfUpload(refusal: UploadRefusal): Refusal {
  switch (refusal) {
    case 'forbidden':
      return { code: TFTP_ERROR.accessViolation, text: 'access violation' };
    case 'exists':
      return { code: TFTP_ERROR.fileExists, text: 'file already exists' };
    case 'failed':
      return { code: TFTP_ERROR.diskFull, text: 'the file cannot be written' };
    default:
      return assertNever(refusal);
  }
}
