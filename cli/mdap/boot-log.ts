/** The log of the boot servers, for people or as JSON. */
import type { BootpEvent } from '../../mdap/bootp-server.ts';
import { describeFailure } from '../../mdap/tftp-client.ts';
import type { TftpServerEvent } from '../../mdap/tftp-types.ts';
import { counted } from '../../protocol/counted.ts';
import { fromByteText } from '../../protocol/http/byte-text.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Io } from '../support/io.ts';
import { safe } from '../support/table.ts';

/** Progress is reported each time this many per cent more of a file are transferred. */
const STEP = 10;

export class BootLog {
  readonly #io: Io;
  readonly #json: boolean;
  /** The last percentage reported, by transfer. */
  readonly #reported = new Map<string, number>();
  /** What happened before the servers listen: that they do is printed first. */
  #early: (() => void)[] | undefined = [];

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  /** The servers listen. */
  open(event: object, text: string): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.write(event, text);
    for (const write of early) write();
  }

  write(event: object, text: string): void {
    if (this.#early !== undefined) this.#early.push(() => this.write(event, text));
    else if (this.#json) this.#io.out(`${JSON.stringify(event)}\n`);
    else this.#io.err(`modemlab mdap serve: ${safe(text)}\n`);
  }

  bootp(event: BootpEvent): void {
    switch (event.is) {
      case 'seen': {
        const { mac, board, vendor, kind } = event.request;
        const { serial } = event;
        const text = `${mac} asks for an image (board ${board === '' ? 'unknown' : board})`;
        this.write({ event: 'boot-request', mac, board, serial, kind, vendor }, text);
        break;
      }
      case 'replied': {
        const { request, answer, address, image } = event;
        const { mac } = request;
        const text = `${mac} is sent ${answer}: address ${address}, ${image?.file ?? 'no file'}`;
        this.write({ event: 'boot-reply', mac, answer, address, file: image?.file }, text);
        break;
      }
      case 'silent': {
        const { why, request, detail } = event;
        const whom = request?.mac ?? 'a datagram';
        const text = `${whom} gets no answer: ${why}${detail === undefined ? '' : ` (${detail})`}`;
        this.write({ event: 'boot-silence', mac: request?.mac, why, detail }, text);
        break;
      }
      case 'foreign-reply': {
        const { mac, server, offered, file } = event;
        const text = `warning: another server, ${server}, offers ${mac} the address ${offered}`;
        this.write({ event: 'foreign-reply', mac, server, offered, file }, text);
        break;
      }
      case 'trouble':
        this.write({ event: 'warning', message: event.message }, `warning: ${event.message}`);
        break;
      default:
        assertNever(event);
    }
  }

  tftp(event: TftpServerEvent, mac: string | undefined): void {
    if (event.is === 'trouble') {
      this.write({ event: 'warning', message: event.message }, `warning: ${event.message}`);
      return;
    }
    const { is, ...rest } = event;
    const entry = {
      event: `tftp-${is}`,
      ...('file' in rest ? { ...rest, file: fromByteText(rest.file) } : rest),
      mac,
    };
    if (event.is !== 'progress' || this.#isNews(event)) this.write(entry, textOf(event, mac));
    if (event.is === 'done' || event.is === 'failed') this.#reported.delete(event.transfer);
  }

  #isNews({ transfer, bytes, size }: Extract<TftpServerEvent, { is: 'progress' }>): boolean {
    if (size === undefined || size === 0 || bytes === size) return false;
    const percent = Math.floor((bytes / size) * 100);
    if (percent < (this.#reported.get(transfer) ?? 0) + STEP) return false;
    this.#reported.set(transfer, percent - (percent % STEP));
    return true;
  }
}

function textOf(event: Exclude<TftpServerEvent, { is: 'trouble' }>, mac: string | undefined): string {
  const modem = mac ?? `${event.peer.address}:${event.peer.port}`;
  const file = 'file' in event ? fromByteText(event.file) : '';
  switch (event.is) {
    case 'begun': {
      const size = event.size === undefined ? '' : `, ${counted(event.size, 'byte')}`;
      return event.way === 'read' ? `${modem} fetches ${file}${size}` : `${modem} sends ${file}${size}`;
    }
    case 'progress':
      return `${modem}: ${Math.floor((event.bytes / (event.size ?? event.bytes)) * 100)} % of ${file}`;
    case 'done': {
      const seconds = (event.ms / 1000).toFixed(1);
      const sent = `${counted(event.bytes, 'byte')} in ${seconds} s, ${counted(event.repeated, 'packet')} repeated`;
      return `${modem}: ${file} complete, ${sent}`;
    }
    case 'failed': {
      const why = describeFailure(event.failure);
      return `${modem}: transfer of ${file} failed after ${counted(event.bytes, 'byte')}: ${why}`;
    }
    case 'refused':
      return `${modem} is refused ${file}: ${event.text}`;
    case 'ignored':
      return `${modem} gets no answer: ${event.why}`;
    default:
      return assertNever(event);
  }
}
