/**
 * The BOOTP client of a boot loader, pure: `stepBootpClient(settings, state, event)`. It asks at its pace
 * until a reply that it can use comes; it takes any address it is given.
 *
 * What always holds: while it asks, exactly one `wait` runs (a later one replaces it); after `leased` or
 * `gave-up` it is silent.
 */
import { macBytes, NO_ADDRESS } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import type { BootpMessage } from './message.ts';
import {
  BOOT_REPLY,
  BOOT_REQUEST,
  BROADCAST_FLAG,
  decodeBootp,
  ETHERNET,
  ETHERNET_LENGTH,
  encodeBootp,
  hardwareAddress,
  macOf,
} from './message.ts';
import type { BootpOption } from './options.ts';
import { addressOption, OPTION, readOptions, writeOptions } from './options.ts';
import type { StOptions } from './st-options.ts';
import { encodeStOptions } from './st-options.ts';

/** When requests are repeated. Times in milliseconds. */
export type Repetition =
  /** Evenly, give or take `jitterMs`; after `quickTries` requests every `slowMs`. */
  | {
      readonly by: 'interval';
      readonly firstMs: number;
      readonly everyMs: number;
      readonly jitterMs: number;
      readonly quickTries: number;
      readonly slowMs: number;
    }
  /** RFC 951 7.2: a random time up to `firstMs`, the bound doubling up to `lastMs`. */
  | { readonly by: 'back-off'; readonly firstMs: number; readonly lastMs: number };

export interface BootpClientSettings {
  /** Any spelling of a MAC address. */
  readonly mac: string;
  /** 32 bits, kept over repeats. */
  readonly xid: number;
  /** What `file` of the request says: the board name. */
  readonly board: string;
  /** Whether it asks for broadcast replies. */
  readonly broadcast: boolean;
  /** `secs`: counted (RFC 1542 3.2), or always 0 as with some boot loaders. */
  readonly secs: 'elapsed' | 'zero';
  /** The contents of option 43; without it, only magic and end. */
  readonly vendor: StOptions | undefined;
  readonly repetition: Repetition;
  /** After this time it gives up and tries its old firmware; by default never. */
  readonly giveUpMs: number | undefined;
  /** In [0, 1), for the waits. */
  readonly random: () => number;
}

export const BOOTP_REPETITION = {
  by: 'interval',
  firstMs: 1000,
  everyMs: 1000,
  jitterMs: 250,
  quickTries: 10,
  slowMs: 4000,
} as const satisfies Repetition;

/** All but who it is. */
export const BOOTP_CLIENT_DEFAULTS = {
  broadcast: true,
  secs: 'elapsed',
  vendor: undefined,
  giveUpMs: undefined,
  repetition: BOOTP_REPETITION,
} as const satisfies Partial<BootpClientSettings>;

/** What a reply gave. */
export interface BootLease {
  readonly address: string;
  /** Where the file is fetched from: `siaddr`. */
  readonly server: string;
  readonly file: string;
  readonly mask: string | undefined;
  readonly router: string | undefined;
}

export type BootpClientState =
  | { readonly at: 'idle' }
  | { readonly at: 'asking'; readonly elapsedMs: number; readonly requests: number }
  | { readonly at: 'leased'; readonly lease: BootLease }
  | { readonly at: 'gave-up' };

export type BootpClientEvent =
  /** Boot mode begins, or begins again after a transfer that failed. */
  | { readonly is: 'start' }
  | { readonly is: 'datagram'; readonly bytes: Uint8Array }
  /** The time of the last `wait` is over. */
  | { readonly is: 'due' };

/** Why a datagram was of no use. */
export type UselessReply = 'unreadable' | 'not-a-reply' | 'not-mine' | 'no-address' | 'no-server' | 'no-file';

export type BootpClientEffect =
  /** To everybody, port 67, from port 68. */
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'leased'; readonly lease: BootLease }
  | { readonly do: 'ignored'; readonly why: UselessReply }
  | { readonly do: 'gave-up' };

export interface BootpClientStep {
  readonly state: BootpClientState;
  readonly effects: readonly BootpClientEffect[];
}

export const initialBootpClient = (): BootpClientState => ({ at: 'idle' });

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function stepBootpClient(
  settings: BootpClientSettings,
  state: BootpClientState,
  event: BootpClientEvent,
): BootpClientStep {
  switch (event.is) {
    case 'start':
      return wait(settings, { at: 'asking', elapsedMs: 0, requests: 0 }, []);
    case 'due':
      return state.at === 'asking' ? ask(settings, state) : { state, effects: [] };
    case 'datagram':
      return state.at === 'asking' ? hear(settings, state, event.bytes) : { state, effects: [] };
    default:
      return assertNever(event);
  }
}

type Asking = Extract<BootpClientState, { at: 'asking' }>;

function ask(settings: BootpClientSettings, state: Asking): BootpClientStep {
  if (settings.giveUpMs !== undefined && state.elapsedMs >= settings.giveUpMs)
    return { state: { at: 'gave-up' }, effects: [{ do: 'gave-up' }] };
  const bytes = encodeBootp(requestOf(settings, state.elapsedMs));
  return wait(settings, { ...state, requests: state.requests + 1 }, [{ do: 'send', bytes }]);
}

function wait(
  settings: BootpClientSettings,
  state: Asking,
  effects: readonly BootpClientEffect[],
): BootpClientStep {
  const ms = Math.round(waitMs(settings.repetition, state.requests, settings.random()));
  return {
    state: { ...state, elapsedMs: state.elapsedMs + ms },
    effects: [...effects, { do: 'wait', ms }],
  };
}

/** Milliseconds before the next request, by the number of those sent. */
function waitMs(repetition: Repetition, requests: number, random: number): number {
  switch (repetition.by) {
    case 'interval': {
      const { firstMs, everyMs, jitterMs, quickTries, slowMs } = repetition;
      if (requests === 0) return firstMs;
      return Math.max(1, (requests < quickTries ? everyMs : slowMs) + jitterMs * (2 * random - 1));
    }
    case 'back-off':
      return Math.max(1, Math.min(repetition.firstMs * 2 ** requests, repetition.lastMs) * random);
    default:
      return assertNever(repetition);
  }
}

/** The request as it is sent `elapsed` milliseconds after the start. */
function requestOf(settings: BootpClientSettings, elapsedMs: number): BootpMessage {
  const { mac, xid, board, broadcast, vendor } = settings;
  const options: BootpOption[] =
    vendor === undefined ? [] : [{ code: OPTION.vendorSpecific, data: encodeStOptions(vendor) }];
  return {
    op: BOOT_REQUEST,
    htype: ETHERNET,
    hlen: ETHERNET_LENGTH,
    hops: 0,
    xid,
    secs: settings.secs === 'zero' ? 0 : Math.min(Math.floor(elapsedMs / 1000), 0xffff),
    flags: broadcast ? BROADCAST_FLAG : 0,
    ciaddr: NO_ADDRESS,
    yiaddr: NO_ADDRESS,
    siaddr: NO_ADDRESS,
    giaddr: NO_ADDRESS,
    chaddr: hardwareAddress(macBytes(mac)),
    sname: '',
    file: board,
    vend: writeOptions(options),
  };
}

function hear(settings: BootpClientSettings, state: Asking, bytes: Uint8Array): BootpClientStep {
  const found = leaseOf(settings, bytes);
  if (typeof found === 'string') return { state, effects: [{ do: 'ignored', why: found }] };
  return { state: { at: 'leased', lease: found }, effects: [{ do: 'leased', lease: found }] };
}

function leaseOf({ mac, xid }: BootpClientSettings, bytes: Uint8Array): BootLease | UselessReply {
  const decoded = decodeBootp(bytes);
  if (!decoded.ok) return 'unreadable';
  const reply = decoded.value;
  if (reply.op !== BOOT_REPLY) return 'not-a-reply';
  if (reply.xid !== xid || macOf(reply) !== macOf({ hlen: 6, chaddr: hardwareAddress(macBytes(mac)) }))
    return 'not-mine';
  if (reply.yiaddr === NO_ADDRESS) return 'no-address';
  if (reply.siaddr === NO_ADDRESS) return 'no-server';
  if (reply.file === '') return 'no-file';
  const { options } = readOptions(reply.vend);
  return {
    address: reply.yiaddr,
    server: reply.siaddr,
    file: reply.file,
    mask: addressOption(options, OPTION.subnetMask),
    router: addressOption(options, OPTION.router),
  };
}
