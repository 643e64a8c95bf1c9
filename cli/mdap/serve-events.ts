/** What the boot servers do, for a person or as JSON. */
import type { BootpEvent } from '../../mdap/bootp-server.ts';
import { describeFailure } from '../../mdap/tftp-client.ts';
import type { TftpServerEvent } from '../../mdap/tftp-types.ts';
import { fromByteText } from '../../protocol/http/byte-text.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Io } from '../support/io.ts';
import { safe } from '../support/table.ts';

/** Progress is told when another so many hundredths of a file are through. */
const STEP = 10;

export class BootTeller {
  readonly #io: Io;
  readonly #json: boolean;
  /** Hundredths told of each transfer. */
  readonly #told = new Map<string, number>();
  /** What was told before the servers listen: that they do comes first. */
  #early: (() => void)[] | undefined = [];

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  /** The servers listen. */
  open(event: object, text: string): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.say(event, text);
    for (const tell of early) tell();
  }

  say(event: object, text: string): void {
    if (this.#early !== undefined) this.#early.push(() => this.say(event, text));
    else if (this.#json) this.#io.out(`${JSON.stringify(event)}\n`);
    else this.#io.err(`modemlab mdap serve: ${safe(text)}\n`);
  }

  bootp(event: BootpEvent): void {
    switch (event.is) {
      case 'seen': {
        const { mac, board, vendor, kind } = event.request;
        const { serial } = event;
        const text = `${mac} asks for an image (board ${board === '' ? 'unknown' : board})`;
        this.say({ event: 'boot-request', mac, board, serial, kind, vendor }, text);
        break;
      }
      case 'replied': {
        const { request, answer, address, image } = event;
        const { mac } = request;
        const text = `${mac} is told ${answer}: address ${address}, ${image?.file ?? 'no file'}`;
        this.say({ event: 'boot-reply', mac, answer, address, file: image?.file }, text);
        break;
      }
      case 'silent': {
        const { why, request, detail } = event;
        const whom = request?.mac ?? 'a datagram';
        const text = `${whom} is not answered: ${why}${detail === undefined ? '' : ` (${detail})`}`;
        this.say({ event: 'boot-silence', mac: request?.mac, why, detail }, text);
        break;
      }
      case 'foreign-reply': {
        const { mac, server, offered, file } = event;
        const text = `warning: another server, ${server}, gives ${mac} the address ${offered}`;
        this.say({ event: 'foreign-reply', mac, server, offered, file }, text);
        break;
      }
      case 'trouble':
        this.say({ event: 'warning', message: event.message }, `warning: ${event.message}`);
        break;
      default:
        assertNever(event);
    }
  }

  tftp(event: TftpServerEvent, mac: string | undefined): void {
    if (event.is === 'trouble') {
      this.say({ event: 'warning', message: event.message }, `warning: ${event.message}`);
      return;
    }
    const { is, ...rest } = event;
    const told = {
      event: `tftp-${is}`,
      ...('file' in rest ? { ...rest, file: fromByteText(rest.file) } : rest),
      mac,
    };
    if (event.is !== 'progress' || this.#isNews(event)) this.say(told, textOf(event, mac));
    if (event.is === 'done' || event.is === 'failed') this.#told.delete(event.transfer);
  }

  #isNews({ transfer, bytes, size }: Extract<TftpServerEvent, { is: 'progress' }>): boolean {
    if (size === undefined || size === 0 || bytes === size) return false;
    const hundredths = Math.floor((bytes / size) * 100);
    if (hundredths < (this.#told.get(transfer) ?? 0) + STEP) return false;
    this.#told.set(transfer, hundredths - (hundredths % STEP));
    return true;
  }
}

function textOf(event: Exclude<TftpServerEvent, { is: 'trouble' }>, mac: string | undefined): string {
  const whom = mac ?? `${event.peer.address}:${event.peer.port}`;
  const file = 'file' in event ? fromByteText(event.file) : '';
  switch (event.is) {
    case 'begun': {
      const size = event.size === undefined ? '' : `, ${event.size} bytes`;
      return event.way === 'read' ? `${whom} fetches ${file}${size}` : `${whom} sends ${file}${size}`;
    }
    case 'progress':
      return `${whom} ${Math.floor((event.bytes / (event.size ?? event.bytes)) * 100)} % of ${file}`;
    case 'done':
      return `${whom} has ${file}: ${event.bytes} bytes in ${(event.ms / 1000).toFixed(1)} s, ${event.repeated} packets repeated`;
    case 'failed':
      return `${whom} does not get on with ${file} after ${event.bytes} bytes: ${describeFailure(event.failure)}`;
    case 'refused':
      return `${whom} is refused ${file}: ${event.text}`;
    case 'ignored':
      return `${whom} is not answered: ${event.why}`;
    default:
      return assertNever(event);
  }
}
