/**
 * What is not known of MDAP, and what is a matter of taste: all of it can be set. Nobody has published a
 * recording of INFO or EXEC-CLI, so a real modem may disagree with a default; it is then changed here, and
 * nowhere else.
 */
import type { DoneStyle } from './sequence.ts';

/** The registration at IANA: mdap-port. */
export const MDAP_GROUP = '224.0.0.103';
export const MDAP_PORT = 3235;

/** Where MDAP/1.0 is said to have been spoken. */
export const LEGACY_GROUP = '239.255.255.0';
export const LEGACY_PORT = 65000;

export interface HostSettings {
  /** The version in the first line of a search, and of everything else. */
  readonly searchVersion: string;
  readonly version: string;
  /** Search the group of MDAP/1.0 as well. */
  readonly legacy10: boolean;
  readonly acceptBadChecksum: boolean;
  /** Bytes of a datagram at most, 256 to 1472. */
  readonly maxDatagram: number;
  readonly search: {
    /** Times that the search is sent: one answer of many may be lost. */
    readonly rounds: number;
    /** Milliseconds between two. */
    readonly interval: number;
    /** Milliseconds after the last. */
    readonly wait: number;
  };
  readonly conv: {
    /** Milliseconds until a message is sent again, and by how much this grows each time. */
    readonly timeout: number;
    readonly growth: number;
    /** Times that it is sent again. */
    readonly retries: number;
    /** The same for a command that may never answer: it may have been carried out. */
    readonly silentRetries: number;
    /** Milliseconds of a whole command. */
    readonly total: number;
  };
  /** Datagrams a second: the group floods every port of the switch. */
  readonly rate: { readonly perAnt: number; readonly total: number };
}

export const HOST_SETTINGS: HostSettings = {
  searchVersion: '1.1',
  version: '1.2',
  legacy10: false,
  acceptBadChecksum: false,
  maxDatagram: 1400,
  search: { rounds: 3, interval: 500, wait: 1500 },
  conv: { timeout: 2000, growth: 1.5, retries: 3, silentRetries: 0, total: 30_000 },
  rate: { perAnt: 5, total: 200 },
};

/** Where replies go: `mirror` to the group when the request came by it, else to the host. */
export const REPLY_MODES = ['mirror', 'multicast', 'unicast', 'both'] as const;
export type ReplyMode = (typeof REPLY_MODES)[number];

/**
 * What a host hears that wants one conversation more than an ant has: -2, -4, or the oldest one is dropped
 * for it.
 */
export const WHEN_FULL = ['-2', '-4', 'drop-oldest'] as const;
export type WhenFull = (typeof WHEN_FULL)[number];

/**
 * What counts as a repetition: any step of the whole conversation; or only the last request, so that SEQ-NR 1
 * starts a new conversation and a late duplicate of an earlier step is a sequence error.
 */
export const REPLAY_SCOPES = ['conversation', 'last'] as const;
export type ReplayScope = (typeof REPLAY_SCOPES)[number];

/** What an ant reports about itself with INFO. */
export type AntFact =
  | 'name'
  | 'board'
  | 'serial'
  | 'mac'
  | 'software'
  | 'loader'
  | 'address'
  | 'uptime'
  | 'configuration';

export interface AntSettings {
  /** Versions that are answered; the last one is sent as MDAP-VERSION. */
  readonly versions: readonly string[];
  readonly acceptBadChecksum: boolean;
  readonly maxDatagram: number;
  readonly replyMode: ReplyMode;
  readonly replyToHost: boolean;
  readonly doneStyle: DoneStyle;
  /** A command with one piece of output ends with it, rather than with a message of its own. */
  readonly singleShotDone: boolean;
  /** The last message has the check value twice. */
  readonly doubleCheckOnDone: boolean;
  /** The keys of an INFO reply, in their order, and the fact for each. */
  readonly infoFields: readonly (readonly [key: string, fact: AntFact])[];
  readonly infoPlacement: 'body' | 'head';
  readonly infoNeedsAuth: boolean;
  /** After `attempts` wrong passwords in a row, every host is refused for `ms` milliseconds. */
  readonly lockout: { readonly attempts: number; readonly ms: number } | undefined;
  readonly maxConversations: number;
  readonly whenFull: WhenFull;
  readonly replay: ReplayScope;
  /**
   * Milliseconds: the longest wait before a search is answered; a conversation without a word; a repeated
   * request.
   */
  readonly searchJitter: number;
  readonly conversationIdle: number;
  readonly replayCache: number;
}

export const ANT_SETTINGS: AntSettings = {
  versions: ['1.1', '1.2'],
  acceptBadChecksum: false,
  maxDatagram: 1400,
  replyMode: 'mirror',
  replyToHost: true,
  doneStyle: 'n DONE',
  singleShotDone: false,
  doubleCheckOnDone: true,
  infoFields: [
    ['ANT-NAME', 'name'],
    ['BOARD-NAME', 'board'],
    ['SERIAL-NR', 'serial'],
    ['MAC-ADDR', 'mac'],
    ['SW-VERSION', 'software'],
    ['BOOT-VERSION', 'loader'],
    ['IP-ADDR', 'address'],
    ['UPTIME', 'uptime'],
    ['CONF-NAME', 'configuration'],
  ],
  infoPlacement: 'body',
  infoNeedsAuth: true,
  lockout: undefined,
  maxConversations: 4,
  whenFull: '-2',
  replay: 'conversation',
  searchJitter: 200,
  conversationIdle: 30_000,
  replayCache: 5000,
};
