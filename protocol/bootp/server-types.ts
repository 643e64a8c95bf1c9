/**
 * What goes into the BOOTP server's machine, what comes out, and its settings. The machine itself is
 * server.ts.
 */
import type { Endpoint } from '../ipv4.ts';
import type { BootpMessage } from './message.ts';
import type { StOptions } from './st-options.ts';

/** An image as a reply names it. */
export interface BootImage {
  /** Name under which the TFTP server has it: what `file` of the reply says. */
  readonly file: string;
  /**
   * Board name inside the image, compared with what the modem says it is; `undefined`: nothing is compared.
   */
  readonly board?: string;
  /** Bytes: sent as option 13 if the settings say so. */
  readonly size?: number;
}

/** What an image is for. Rules of one kind are tried in their order, the kinds in the order of this list. */
export type ImageFor =
  | { readonly by: 'serial'; readonly serial: string }
  /** Any spelling of a MAC address. */
  | { readonly by: 'mac'; readonly mac: string }
  /** What the modem's `file` says, in any case. */
  | { readonly by: 'board'; readonly board: string }
  /** The first digits of a MAC address in any spelling. */
  | { readonly by: 'prefix'; readonly prefix: string }
  /** Everybody else, when `allowDefault` is set. */
  | { readonly by: 'default' };

export interface ImageRule {
  readonly for: ImageFor;
  readonly image: BootImage;
  /** No answer until the modem's `secs` has this value; 0 by default. */
  readonly minSecs?: number;
  /** Send it also when the board in the image is another one. */
  readonly force?: boolean;
}

/**
 * How a reply reaches a modem that has no address yet. `broadcast`: to everybody on the link;
 * `subnet-broadcast`: to the broadcast address of the network; `unicast-arp`: to its new address, for which
 * the shell makes an entry in the neighbour table (a modem that asks for broadcasts gets them); `loopback`:
 * back to where the request came from, for tests.
 */
export type ReplyMode = 'broadcast' | 'subnet-broadcast' | 'unicast-arp' | 'loopback';

export interface BootpServerSettings {
  /** Our address: `siaddr`, and the DHCP server identifier. */
  readonly address: string;
  readonly mask: string;
  /** Option 3, if any. */
  readonly router: string | undefined;
  /** Names by which a modem may want this very server (RFC 951 7.3); the first goes into `sname`. */
  readonly names: readonly string[];
  /** Addresses for modems, one per MAC. */
  readonly pool: readonly string[];
  /** Addresses of certain modems, by MAC in any spelling; not out of the pool. */
  readonly fixed: ReadonlyMap<string, string>;
  readonly rules: readonly ImageRule[];
  /** Whether the default rule is used. */
  readonly allowDefault: boolean;
  /** First digits of the MAC addresses that are answered at all; empty: every one. */
  readonly prefixes: readonly string[];
  /** At most one reply per modem and kind of message in this time. */
  readonly minReplyGapMs: number;
  readonly answerDhcp: boolean;
  /** Seconds of a DHCP lease; a pool address that was not asked for so long may go to another modem. */
  readonly leaseSeconds: number;
  readonly allowRelays: boolean;
  readonly replyMode: ReplyMode;
  /** Whether option 13 gives the size of the image. */
  readonly tellSize: boolean;
}

/**
 * MAC prefixes of Thomson and Technicolor: nobody else is answered, for a boot server on an office network is
 * a danger.
 */
export const THOMSON_PREFIXES = [
  '00-0E-50',
  '00-90-D0',
  '00-14-7F',
  '00-18-F6',
  '00-1D-68',
  '00-1F-9F',
  '00-24-17',
  '00-26-44',
  '58-98-35',
  '9C-97-26',
  '30-91-8F',
  '10-13-31',
] as const;

/** All but where it is and what it gives. */
export const BOOTP_SERVER_DEFAULTS = {
  mask: '255.255.255.0',
  router: undefined,
  names: [],
  fixed: new Map<string, string>(),
  allowDefault: false,
  prefixes: THOMSON_PREFIXES,
  minReplyGapMs: 500,
  answerDhcp: false,
  leaseSeconds: 3600,
  allowRelays: false,
  replyMode: 'broadcast',
  tellSize: false,
} as const satisfies Partial<BootpServerSettings>;

/** What a modem in boot mode says. */
export interface BootRequest {
  /** In the spelling of ANT-MAC. */
  readonly mac: string;
  readonly xid: number;
  readonly secs: number;
  /** Its board: `file` of the request, or what its vendor options say; empty: it does not tell. */
  readonly board: string;
  readonly vendor: StOptions | undefined;
  readonly kind: 'bootp' | 'discover' | 'request';
}

export interface Lease {
  readonly address: string;
  /** Times are those of the events. */
  readonly seenAt: number;
  /** When each kind of message was answered last. */
  readonly repliedAt: { readonly [kind in BootRequest['kind']]?: number };
  /** Of the last request: by it a foreign answer is known. */
  readonly xid: number;
}

export interface BootpServerState {
  /** By MAC in the spelling of ANT-MAC; no more than there are addresses. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** Modems that are not served, and why. */
  readonly quarantine: ReadonlyMap<string, string>;
  /** Addresses that a modem declined: somebody else has them. */
  readonly declined: ReadonlySet<string>;
}

export type BootpServerEvent =
  /** `serial`: what the fleet knows of this MAC. `at`: milliseconds of any clock that does not go back. */
  | {
      readonly is: 'datagram';
      readonly bytes: Uint8Array;
      readonly from: Endpoint;
      readonly at: number;
      readonly serialOf: (mac: string) => string | undefined;
    }
  | { readonly is: 'quarantine'; readonly mac: string; readonly why: string }
  | { readonly is: 'release'; readonly mac: string };

/** Why a request is not answered. */
export type Silence =
  | 'unreadable'
  | 'not-a-request'
  | 'not-ethernet'
  | 'too-many-hops'
  | 'relayed'
  | 'other-server'
  | 'foreign-mac'
  | 'quarantined'
  | 'dhcp'
  | 'no-image'
  | 'wrong-board'
  | 'name-too-long'
  | 'not-yet'
  | 'too-soon'
  | 'pool-exhausted'
  | 'unknown-lease'
  | 'declined'
  | 'released';

export interface Destination extends Endpoint {
  readonly how: 'relay' | 'client' | 'broadcast' | 'unicast-arp' | 'loopback';
}

export type BootpServerEffect =
  | {
      readonly do: 'reply';
      readonly to: Destination;
      readonly bytes: Uint8Array;
      readonly message: BootpMessage;
      readonly request: BootRequest;
      readonly answer: 'bootp' | 'offer' | 'ack' | 'nak';
      /** `undefined` with a nak. */
      readonly image: BootImage | undefined;
    }
  /**
   * `request` when it could be read so far; `detail`: a word on the reason, such as the reason of a
   * quarantine.
   */
  | {
      readonly do: 'silent';
      readonly why: Silence;
      readonly request?: BootRequest;
      readonly detail?: string;
    }
  /** Another server answered a modem that we serve. */
  | {
      readonly do: 'foreign-reply';
      readonly mac: string;
      readonly server: string;
      readonly offered: string;
      readonly file: string;
    };

export interface BootpServerStep {
  readonly state: BootpServerState;
  readonly effects: readonly BootpServerEffect[];
}
