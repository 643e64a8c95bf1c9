/** The types of one modem's flashing: what is known of it, its states, the events and the effects. */
import type { FlashReason } from './reasons.ts';

/** What a modem says about itself; `undefined` is what it does not say. */
export interface Facts {
  readonly serial: string | undefined;
  /** ANT-MAC: upper case, with dashes. */
  readonly mac: string;
  /** ANT-NAME, the product. */
  readonly product: string | undefined;
  readonly board: string | undefined;
  readonly version: string | undefined;
  /** IPv4 address that its last answer to a search came from. */
  readonly address: string | undefined;
}

export interface JobImage {
  /** Path of the file. */
  readonly file: string;
  readonly bytes: number;
  readonly board: string;
  readonly version: string;
}

/** What to do if a command fails. */
export type OnFailure =
  | { readonly is: 'stop' }
  | { readonly is: 'continue' }
  | { readonly is: 'retry'; readonly times: number };

export interface JobCommand {
  readonly line: string;
  /** It takes down the modem or its address, so that it may get no answer. */
  readonly silent: boolean;
  readonly onFailure: OnFailure;
}

/** What the plan says about one modem. */
export interface Job {
  /** The modem's serial number; `undefined` for one in boot mode, of which only MAC and board are known. */
  readonly serial: string | undefined;
  readonly name: string | undefined;
  /** `undefined` if its firmware is to stay. */
  readonly image: JobImage | undefined;
  /** Write the image even if the modem has its version already. */
  readonly always: boolean;
  /** The IPv4 address that it is to have in the end. */
  readonly address: string | undefined;
  readonly commands: readonly JobCommand[];
  /** Commands whose output has to contain a text in the end. */
  readonly checks: readonly { readonly line: string; readonly shows: string }[];
  /** Its numbers from the counters of the plan. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Whether version and address are checked in the end. */
  readonly verify: { readonly version: boolean; readonly address: boolean };
}

/** How a request ended. `refused`: with any error other than wrong credentials. */
export type Outcome = 'ok' | 'credentials' | 'refused' | 'unanswered';

/** `until`: when `timeout` is due, in milliseconds as in events; `undefined` until the request is sent. */
interface Waits {
  readonly until: number | undefined;
}

/** How often the current request failed, and how often it was refused because of user or password. */
export interface Tries {
  readonly tries: number;
  readonly refusals: number;
}

export type FlashState =
  | { readonly at: 'unknown' }
  | ({ readonly at: 'discovered' } & Tries & Waits)
  | ({ readonly at: 'triggered'; readonly refusals: number } & Waits)
  | ({ readonly at: 'trigger-failed' } & Waits)
  | ({ readonly at: 'bootp-seen' } & Waits)
  | ({ readonly at: 'offered' } & Waits)
  /** Waiting for the next BOOTP request of its boot loader. */
  | ({ readonly at: 'waiting' } & Waits)
  | ({
      readonly at: 'transferring';
      readonly transfer: string;
      readonly begunAt: number;
      /** When part of it was last acknowledged. */
      readonly movedAt: number;
      readonly bytes: number;
      readonly stopping: boolean;
    } & Waits)
  /** It has the whole image; its boot loader is checking and writing it. */
  | ({ readonly at: 'verifying' } & Waits)
  | ({ readonly at: 'rebooting' } & Waits)
  | ({ readonly at: 'back' } & Tries & Waits)
  | ({ readonly at: 'configuring' } & Tries & Waits)
  | ({
      readonly at: 'checking';
      readonly version: boolean;
      readonly address: boolean;
      /** Checks passed so far. */
      readonly checked: number;
    } & Tries &
      Waits)
  | { readonly at: 'done' }
  /** The plan has nothing for it. */
  | { readonly at: 'skipped'; readonly note: string }
  | { readonly at: 'failed'; readonly reason: FlashReason; readonly note: string }
  | { readonly at: 'cancelled'; readonly from: string };

export type StateName = FlashState['at'];

export interface FlashModem {
  readonly state: FlashState;
  /** When the state began. */
  readonly since: number;
  readonly facts: Facts;
  /** The version it had at first. */
  readonly versionBefore: string | undefined;
  readonly job: Job | undefined;
  /** Index of the credentials that it accepts, as far as is known. */
  readonly credential: number;
  /** Number of the last request: answers to older ones are ignored. */
  readonly request: number;
  /** Upgrade commands sent. */
  readonly triggers: number;
  /** Transfers begun, those of them after an interrupted write, and BOOTP requests since the last one. */
  readonly transfers: number;
  readonly rewrites: number;
  readonly repeats: number;
  /** xid of the boot being served. */
  readonly xid: number | undefined;
  /** When the last byte of an image was acknowledged, until the modem is back. */
  readonly sentAt: number | undefined;
  /** Files of the images that it has received completely. */
  readonly flashed: readonly string[];
  /** Commands that it has carried out since it was flashed. */
  readonly ran: readonly string[];
  /** Commands before this index may have been carried out already, unanswered, and may therefore fail now. */
  readonly unsureUntil: number;
  /**
   * The first command that could go unanswered, and did: it may have been lost. `redone`: it and those after
   * it were sent a second time, because the modem did not have the expected address.
   */
  readonly doubt: number | 'redone' | undefined;
  /** Minor deviations from the plan. */
  readonly notes: readonly string[];
}

export interface At {
  /** Milliseconds since any origin. */
  readonly at: number;
}

export type FlashEvent = At &
  (
    | {
        readonly is: 'found';
        readonly serial: string;
        readonly product: string | undefined;
        readonly address: string;
      }
    | {
        readonly is: 'bootp';
        readonly board: string | undefined;
        readonly xid: number;
        /** The boot loader says that it has no valid image. */
        readonly invalid: boolean;
      }
    /** A BOOTP reply was sent. */
    | { readonly is: 'offered' }
    /** It requests its file; the transfer begins. */
    | { readonly is: 'rrq'; readonly transfer: string }
    | { readonly is: 'progress'; readonly transfer: string; readonly bytes: number }
    /** The last byte is acknowledged. */
    | { readonly is: 'sent'; readonly transfer: string }
    | { readonly is: 'transfer-failed'; readonly transfer: string; readonly why: string }
    /** A request is sent; until then it waits for others. */
    | { readonly is: 'started'; readonly request: number }
    | {
        readonly is: 'answered';
        readonly request: number;
        readonly outcome: Outcome;
        /** The answer to `ask`. */
        readonly facts?: { readonly board: string | undefined; readonly version: string | undefined };
        /** The output, or what the modem said instead. */
        readonly text: string;
      }
    | { readonly is: 'planned'; readonly job: Job }
    | { readonly is: 'refused'; readonly reason: FlashReason; readonly note: string }
    | { readonly is: 'unplanned'; readonly note: string }
    | { readonly is: 'conflict'; readonly note: string }
    | { readonly is: 'missing' }
    /** Something odd happened on the wire that concerns it. */
    | { readonly is: 'warned'; readonly note: string }
    | { readonly is: 'timeout' }
    /** The run is to end: running transfers are finished, nothing else is begun. */
    | { readonly is: 'stop' }
    /** The program was started again: what is known stays, what was in progress is lost. */
    | { readonly is: 'resumed' }
  );

export type FlashEffect =
  /** A request: answer with `started` when it is sent, then with `answered`. */
  | { readonly do: 'ask'; readonly request: number; readonly credential: number }
  | { readonly do: 'trigger'; readonly request: number; readonly credential: number }
  | {
      readonly do: 'command';
      readonly request: number;
      readonly credential: number;
      readonly line: string;
      readonly silent: boolean;
    }
  /** Answer with `planned`, `unplanned` or `refused`. */
  | { readonly do: 'plan' }
  /** From now on its BOOTP requests are answered and its image is served. */
  | { readonly do: 'serve' }
  /** From now on its requests are not answered. */
  | { readonly do: 'quarantine' }
  | { readonly do: 'abort'; readonly transfer: string };

export interface FlashStep {
  readonly modem: FlashModem;
  readonly effects: readonly FlashEffect[];
}

/** A modem of which only the MAC address is known, or only the serial number (`mac` is then empty). */
export function newModem(identity: Pick<Facts, 'mac' | 'serial'>, at: number): FlashModem {
  return {
    state: { at: 'unknown' },
    since: at,
    facts: { ...identity, product: undefined, board: undefined, version: undefined, address: undefined },
    versionBefore: undefined,
    job: undefined,
    credential: 0,
    request: 0,
    triggers: 0,
    transfers: 0,
    rewrites: 0,
    repeats: 0,
    xid: undefined,
    sentAt: undefined,
    flashed: [],
    ran: [],
    unsureUntil: 0,
    doubt: undefined,
    notes: [],
  };
}

export const isEnd = ({ at }: FlashState): boolean =>
  at === 'done' || at === 'failed' || at === 'skipped' || at === 'cancelled';

/** Whether only an answer to a search can show that the modem is there. */
export function wantsSearch({ at }: FlashState): boolean {
  return (
    at === 'unknown' ||
    at === 'trigger-failed' ||
    at === 'waiting' ||
    at === 'verifying' ||
    at === 'rebooting' ||
    at === 'checking'
  );
}

/** When the time limit of a state expires; `undefined` if it has none yet. */
export const dueAt = (state: FlashState): number | undefined => ('until' in state ? state.until : undefined);
