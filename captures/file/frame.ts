/** A captured frame, whatever the format of its file. */

/** One captured frame. */
export interface CapturedFrame {
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  /** LINKTYPE_ value: what the bytes begin with (https://www.tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** The captured bytes. */
  readonly bytes: Uint8Array;
  /** Its length on the line; more than `bytes` holds if the capture cut it. */
  readonly originalLength: number;
  readonly comments: readonly string[];
}

/** Link types that are read and written. */
export const LINK_TYPES = {
  null: 0,
  ethernet: 1,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/** Order of the bytes of a number in a capture file. */
export type ByteOrder = 'little' | 'big';

/** Nanoseconds of one second. */
export const SECOND = 1_000_000_000n;
