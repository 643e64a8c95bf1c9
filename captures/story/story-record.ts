/** One record of a story, and helpers to make records. */
import type { ErrorCode, WireError } from '../../protocol/errors.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { SECOND } from '../file/frame.ts';

export type StoryProtocol = 'CWMP' | 'HTTP' | 'TLS' | 'TCP' | 'MDAP' | 'BOOTP' | 'DHCP' | 'TFTP' | 'comment';

/** A quirk or a breach that a message shows, by its id in docs/quirks.md or docs/errors.md. */
export interface Mark {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
}

export interface StoryRecord {
  /** ISO 8601 in UTC, with nanoseconds. */
  readonly time: string;
  readonly protocol: StoryProtocol;
  /** `address:port` */
  readonly from: string;
  readonly to: string;
  /** Number of the CWMP session. */
  readonly session?: number;
  /** Key of the device, where it is known. */
  readonly device?: string;
  readonly what: string;
  /** The main arguments, in one line. */
  readonly telling: string;
  /** Present when the message reports a failure. */
  readonly fault?: { readonly code: number; readonly text: string };
  readonly quirks: readonly Mark[];
  readonly breaches: readonly Mark[];
  /** The message as data. */
  readonly decoded?: unknown;
  /** As on the wire, without chunks and compression. */
  readonly raw?: string;
}

/** A time as ISO 8601 in UTC, with nanoseconds. */
export function isoTime(time: bigint): string {
  const seconds = time / SECOND;
  // A damaged file may have a time that `Date` cannot hold.
  const date = new Date(
    Number(seconds < 8_640_000_000_000n && seconds > -8_640_000_000_000n ? seconds * 1000n : 0n),
  );
  const nanoseconds = ((time % SECOND) + SECOND) % SECOND;
  return `${date.toISOString().slice(0, -5)}.${nanoseconds.toString().padStart(9, '0')}Z`;
}

/** Prefix of the comments that modemlab writes into its own captures. */
export const OWN_COMMENT = 'modemlab: ';

/** A record without marks. */
export const plain = (time: bigint, protocol: StoryProtocol, from: string, to: string) => ({
  time: isoTime(time),
  protocol,
  from,
  to,
  quirks: [],
  breaches: [],
});

export const mark = (id: ErrorCode, detail = ''): Mark => ({ id, title: ERRORS[id].says, detail });
export const markError = ({ at, code, found }: WireError): Mark =>
  mark(code, `at byte ${at}${found === undefined ? '' : `: ${found}`}`);
