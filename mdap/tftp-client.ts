/** A TFTP client: fetches a file, or sends one. */

import { ModemlabError } from '../protocol/errors.ts';
import { toByteText } from '../protocol/http/byte-text.ts';
import type { Endpoint } from '../protocol/ipv4.ts';
import { assertNever } from '../protocol/result.ts';
import { decodeNetascii, encodeNetascii } from '../protocol/tftp/netascii.ts';
import type { TransferTerms } from '../protocol/tftp/options.ts';
import { requestOptions } from '../protocol/tftp/options.ts';
import { decodeTftp, encodeTftp } from '../protocol/tftp/packet.ts';
import { initialReceiver, stepReceiver } from '../protocol/tftp/receiver.ts';
import type { ReceiverSettings, ReceiverState } from '../protocol/tftp/receiver-types.ts';
import { RECEIVER_DEFAULTS } from '../protocol/tftp/receiver-types.ts';
import type { SenderSettings, SenderState } from '../protocol/tftp/sender.ts';
import { initialSender, SENDER_DEFAULTS, stepSender } from '../protocol/tftp/sender.ts';
import type { TransferEvent, TransferFailure } from '../protocol/tftp/transfer.ts';
import type { DatagramPort, OpenPort } from './datagram-port.ts';
import { openUdp } from './datagram-port.ts';
import type { Ticker } from './deadlines.ts';
import { realTicker } from './deadlines.ts';

export interface TftpClientOptions {
  /** Address and request port of the server. */
  readonly server: Endpoint;
  readonly file: string;
  readonly mode?: 'octet' | 'netascii';
  /** Options to request; none by default, as old boot loaders do. */
  readonly terms?: Partial<TransferTerms>;
  /** Bytes so far. */
  readonly onProgress?: (bytes: number, size: number | undefined) => void;
  readonly receiver?: Partial<ReceiverSettings>;
  readonly sender?: Partial<SenderSettings>;
  /** Ends it with an ERROR to the server. */
  readonly signal?: AbortSignal;
  /** The local address; by default any. */
  readonly local?: string;
  readonly openPort?: OpenPort;
  readonly ticker?: Ticker;
}

/** Fetches a file. Rejects with E_TFTP_FAILED if the server refuses it or stops answering. */
export async function fetchByTftp(options: TftpClientOptions): Promise<Uint8Array> {
  const { server, mode = 'octet', terms = {}, receiver, onProgress } = options;
  const file = toByteText(options.file);
  const request = { kind: 'read', file, mode, options: requestOptions(terms) } as const;
  const settings = {
    ...RECEIVER_DEFAULTS,
    opening: { by: 'request', request, server } as const,
    ...receiver,
  };
  let state: ReceiverState = initialReceiver();
  const pieces: Uint8Array[] = [];
  let pending = false;
  let size: number | undefined;
  const store = (data: Uint8Array, last: boolean): void => {
    // A copy, since the memory of the datagram is reused.
    if (mode === 'octet') pieces.push(data.slice());
    else {
      const decoded = decodeNetascii(data, pending, last);
      pieces.push(decoded.bytes);
      pending = decoded.pending;
    }
  };
  await runTransfer(options, (line, event) => {
    const step = stepReceiver(settings, state, event);
    state = step.state;
    for (const effect of step.effects) {
      switch (effect.do) {
        case 'send':
          line.send(encodeTftp(effect.packet), effect.to);
          break;
        case 'wait':
          line.wait(effect.ms);
          break;
        case 'begun':
          size = effect.terms.tsize;
          break;
        case 'store':
          store(effect.data, false);
          onProgress?.(effect.offset + effect.data.length, size);
          break;
        case 'complete':
          store(new Uint8Array(), true);
          break;
        case 'failed':
          line.fail(effect.failure);
          break;
        case 'closed':
          line.end();
          break;
        default:
          assertNever(effect);
      }
    }
  });
  return Buffer.concat(pieces);
}

/** Sends a file. Rejects with E_TFTP_FAILED if the server refuses it or stops answering. */
export async function sendByTftp(options: TftpClientOptions, bytes: Uint8Array): Promise<void> {
  const { server, mode = 'octet', terms = {}, sender, onProgress } = options;
  const file = toByteText(options.file);
  const content = mode === 'octet' ? bytes : encodeNetascii(bytes);
  const asked = requestOptions(terms.tsize === undefined ? terms : { ...terms, tsize: content.length });
  const request = { kind: 'write', file, mode, options: asked } as const;
  const opening = { by: 'request', request, server } as const;
  const settings = { ...SENDER_DEFAULTS, size: content.length, opening, ...sender };
  let state: SenderState = initialSender();
  await runTransfer(options, (line, event) => {
    const step = stepSender(settings, state, event);
    state = step.state;
    for (const effect of step.effects) {
      switch (effect.do) {
        case 'send':
          line.send(encodeTftp(effect.packet), effect.to);
          break;
        case 'send-data': {
          const { block, from, to, peer } = effect;
          line.send(encodeTftp({ kind: 'data', block, data: content.subarray(from, to) }), peer);
          break;
        }
        case 'wait':
          line.wait(effect.ms);
          break;
        case 'begun':
          break;
        case 'progress':
          onProgress?.(effect.bytes, content.length);
          break;
        case 'done':
          line.end();
          break;
        case 'failed':
          line.fail(effect.failure);
          break;
        default:
          assertNever(effect);
      }
    }
  });
}

/** The effects of a machine. */
interface Line {
  readonly send: (bytes: Uint8Array, to: Endpoint) => void;
  readonly wait: (ms: number) => void;
  readonly fail: (failure: TransferFailure) => void;
  readonly end: () => void;
}

/** Opens a port, runs a machine on it until it ends, and closes the port. */
async function runTransfer(
  { local = '0.0.0.0', openPort = openUdp, ticker = realTicker, signal, server, file }: TftpClientOptions,
  drive: (line: Line, event: TransferEvent) => void,
): Promise<void> {
  const place = `tftp://${server.address}:${server.port}/${file}`;
  let port: DatagramPort | undefined;
  let disarm: (() => void) | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const line: Line = {
        send: (bytes, to) => port?.send(bytes, to),
        wait: (ms) => {
          disarm?.();
          disarm = ticker.after(ms, () => drive(line, { is: 'due' }));
        },
        fail: (failure) =>
          reject(new ModemlabError('E_TFTP_FAILED', `${place}: ${describeFailure(failure)}`)),
        end: resolve,
      };
      const onError = (error: Error): void => reject(new ModemlabError('E_CONNECT', place, { cause: error }));
      const onDatagram = (bytes: Uint8Array, from: Endpoint): void => {
        const packet = decodeTftp(bytes);
        if (packet.ok) drive(line, { is: 'packet', packet: packet.value, from });
      };
      onAbort = () => drive(line, { is: 'abort', code: 0, text: 'stopped' });
      const begin = (opened: DatagramPort): void => {
        port = opened;
        drive(line, { is: 'start' });
        if (signal?.aborted) onAbort?.();
        if (onAbort !== undefined) signal?.addEventListener('abort', onAbort);
      };
      openPort({ listen: { address: local, port: 0 } }, { onDatagram, onError })
        .then(begin)
        .catch(onError);
    });
  } finally {
    disarm?.();
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    await port?.close();
  }
}

/** For a person: why a transfer failed. */
export function describeFailure(failure: TransferFailure): string {
  switch (failure.why) {
    case 'timeout':
      return 'no answer in time';
    case 'peer':
      return `the other side says: ${failure.text === '' ? 'no reason' : failure.text} (error ${failure.code})`;
    case 'ours':
      return failure.text;
    default:
      return assertNever(failure);
  }
}
