/** Settings and events of the TFTP server. */
import type { Endpoint } from '../protocol/ipv4.ts';
import type { Rollover } from '../protocol/tftp/blocks.ts';
import type { OptionCaps, TransferTerms } from '../protocol/tftp/options.ts';
import { OPTION_CAPS } from '../protocol/tftp/options.ts';
import type { RetrySettings, TransferFailure } from '../protocol/tftp/transfer.ts';
import { RETRY_DEFAULTS } from '../protocol/tftp/transfer.ts';
import type { OpenPort } from './datagram-port.ts';
import type { Ticker } from './deadlines.ts';
import type { PublishedFiles } from './published.ts';
import type { UploadOptions } from './upload-folder.ts';

export interface TftpServerSettings {
  readonly retry: RetrySettings;
  readonly caps: OptionCaps;
  readonly rollover: Rollover;
  /** Convert for requests in netascii; otherwise they are refused with ERROR 0. */
  readonly netascii: boolean;
  /** DATA packets of all transfers together. */
  readonly maxPacketsPerSecond: number;
  /** Transfers at a time; further requests are not answered, and the client repeats them. */
  readonly maxSessions: number;
  /** Maximum milliseconds of one transfer. */
  readonly maxSessionMs: number;
  /**
   * A request from the port of a running transfer starts it again if the client had answered before and then
   * sent nothing for this many milliseconds: a boot loader that restarts may use the same port. Before that
   * it counts as a copy.
   */
  readonly restartAfterMs: number;
  /** Milliseconds between two ERRORs for packets that belong to no transfer, for one sender. */
  readonly strangerGapMs: number;
  /** Where received files go; without it, write requests are refused with ERROR 2. */
  readonly upload: UploadOptions | undefined;
  /** Milliseconds to linger after the last ACK of a received file. */
  readonly lingerMs: number;
}

export const TFTP_SERVER_DEFAULTS: TftpServerSettings = {
  retry: RETRY_DEFAULTS,
  caps: OPTION_CAPS,
  rollover: 0,
  netascii: false,
  maxPacketsPerSecond: 20_000,
  maxSessions: 64,
  maxSessionMs: 600_000,
  restartAfterMs: 1000,
  strangerGapMs: 1000,
  upload: undefined,
  lingerMs: 1500,
};

export interface TransferInfo {
  /** Unique within the server. */
  readonly transfer: string;
  readonly way: 'read' | 'write';
  /** Address and port of the client. */
  readonly peer: Endpoint;
  readonly file: string;
}

export type TftpServerEvent =
  /**
   * The first packet of the file is on its way. `size` in bytes; `undefined`: the client that sends it does
   * not tell.
   */
  | ({
      readonly is: 'begun';
      readonly size: number | undefined;
      readonly terms: TransferTerms;
    } & TransferInfo)
  /** `bytes` are acknowledged, or received. */
  | ({ readonly is: 'progress'; readonly bytes: number; readonly size: number | undefined } & TransferInfo)
  /**
   * The last byte is acknowledged, or on the disk. `ms`: since `begun`. `repeated`: packets that were sent
   * again.
   */
  | ({
      readonly is: 'done';
      readonly bytes: number;
      readonly ms: number;
      readonly repeated: number;
    } & TransferInfo)
  | ({ readonly is: 'failed'; readonly bytes: number; readonly failure: TransferFailure } & TransferInfo)
  /** The client was sent an ERROR instead of a file. */
  | {
      readonly is: 'refused';
      readonly peer: Endpoint;
      readonly file: string;
      readonly code: number;
      readonly text: string;
    }
  /** A request was not answered at all. */
  | {
      readonly is: 'ignored';
      readonly peer: Endpoint;
      readonly why: 'unreadable' | 'no-request' | 'not-allowed' | 'busy';
    }
  /** The network refused a datagram. */
  | { readonly is: 'trouble'; readonly message: string };

export interface TftpServerOptions {
  /**
   * Where requests are taken: port 69, or 0 for a free one. Transfers use ports of their own of the same
   * address.
   */
  readonly listen: Endpoint;
  readonly files: PublishedFiles;
  /** Who is answered: modems with a lease of ours, or a listed network. */
  readonly allows: (peer: Endpoint) => boolean;
  readonly settings?: Partial<TftpServerSettings>;
  readonly onEvent?: (event: TftpServerEvent) => void;
  readonly openPort?: OpenPort;
  readonly ticker?: Ticker;
}
