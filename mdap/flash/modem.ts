/** One modem that is flashed: what is known of it, the states it goes through, what happens to it and what is to be done. */
import type { FlashReason } from './reasons.ts';

/** What a modem says of itself; what it does not say is `undefined`. */
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

/** What becomes of a command that fails. */
export type OnFailure =
  | { readonly is: 'stop' }
  | { readonly is: 'continue' }
  | { readonly is: 'retry'; readonly times: number };

export interface JobCommand {
  readonly line: string;
  /** It takes the modem away, or its address: no answer is as good as one. */
  readonly silent: boolean;
  readonly onFailure: OnFailure;
}

/** What the plan wants of one modem. */
export interface Job {
  /** Whom it was made for; `undefined`: one in boot mode, of which no more than MAC and board is known. */
  readonly serial: string | undefined;
  readonly name: string | undefined;
  /** `undefined`: its firmware stays. */
  readonly image: JobImage | undefined;
  /** The image is written also when its version is there already. */
  readonly always: boolean;
  /** IPv4 address that it has in the end. */
  readonly address: string | undefined;
  readonly commands: readonly JobCommand[];
  /** Commands whose output holds a text in the end. */
  readonly checks: readonly { readonly line: string; readonly shows: string }[];
  /** What the counters of the plan gave it. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Whether version and address are looked at in the end. */
  readonly verify: { readonly version: boolean; readonly address: boolean };
}

/** How a conversation ended. `refused`: with an error of the modem other than wrong credentials. */
export type Outcome = 'ok' | 'credentials' | 'refused' | 'unanswered';

/** `until`: when `timeout` is due, in milliseconds as the events have them; `undefined`: what it waits for has not begun. */
interface Waits {
  readonly until: number | undefined;
}

/** How often what is asked now was asked in vain, and refused for its user or password. */
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
  /** For the next BOOTP request of its boot loader. */
  | ({ readonly at: 'waiting' } & Waits)
  | ({
      readonly at: 'transferring';
      readonly transfer: string;
      readonly begunAt: number;
      /** When something of it was acknowledged last. */
      readonly movedAt: number;
      readonly bytes: number;
      readonly stopping: boolean;
    } & Waits)
  /** It has the whole image; its boot loader checks and writes. */
  | ({ readonly at: 'verifying' } & Waits)
  | ({ readonly at: 'rebooting' } & Waits)
  | ({ readonly at: 'back' } & Tries & Waits)
  | ({ readonly at: 'configuring' } & Tries & Waits)
  | ({
      readonly at: 'checking';
      readonly version: boolean;
      readonly address: boolean;
      /** Checks that were right. */
      readonly checked: number;
    } & Tries &
      Waits)
  | { readonly at: 'done' }
  /** The plan wants nothing of it. */
  | { readonly at: 'skipped'; readonly note: string }
  | { readonly at: 'failed'; readonly reason: FlashReason; readonly note: string }
  | { readonly at: 'cancelled'; readonly from: string };

export type StateName = FlashState['at'];

export interface FlashModem {
  readonly state: FlashState;
  /** When the state began. */
  readonly since: number;
  readonly facts: Facts;
  /** What it had when it was asked first. */
  readonly versionBefore: string | undefined;
  readonly job: Job | undefined;
  /** Which of the credentials it takes, as far as is known. */
  readonly credential: number;
  /** Number of the last conversation: what is told of an older one counts no more. */
  readonly request: number;
  /** Upgrade commands given. */
  readonly triggers: number;
  /** Transfers begun, those among them after a cut while writing, and BOOTP requests since the last one. */
  readonly transfers: number;
  readonly rewrites: number;
  readonly repeats: number;
  /** xid of the boot that is served. */
  readonly xid: number | undefined;
  /** When the last byte of an image was acknowledged, until the modem is back. */
  readonly sentAt: number | undefined;
  /** Files of the images that it got whole. */
  readonly flashed: readonly string[];
  /** Commands that it has carried out since it was flashed. */
  readonly ran: readonly string[];
  /** Commands before this one may have been carried out before, so that they may fail now: nobody heard the answer. */
  readonly unsureUntil: number;
  /**
   * The first command that might be silent and was: it may have been lost. `redone`: it and those after it were given a
   * second time, because the modem had not the address that it should have had.
   */
  readonly doubt: number | 'redone' | undefined;
  /** What went otherwise than planned and does not matter much. */
  readonly notes: readonly string[];
}

export interface At {
  /** Milliseconds from any origin. */
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
        /** The loader says that it finds no valid image. */
        readonly invalid: boolean;
      }
    /** A BOOTP reply was sent. */
    | { readonly is: 'offered' }
    /** It asks for its file; the transfer begins. */
    | { readonly is: 'rrq'; readonly transfer: string }
    | { readonly is: 'progress'; readonly transfer: string; readonly bytes: number }
    /** The last byte is acknowledged. */
    | { readonly is: 'sent'; readonly transfer: string }
    | { readonly is: 'transfer-failed'; readonly transfer: string; readonly why: string }
    /** A conversation begins on the wire; before, it waits for its turn among others. */
    | { readonly is: 'started'; readonly request: number }
    | {
        readonly is: 'answered';
        readonly request: number;
        readonly outcome: Outcome;
        /** Answer of `ask`. */
        readonly facts?: { readonly board: string | undefined; readonly version: string | undefined };
        /** Output, or what the modem said instead. */
        readonly text: string;
      }
    | { readonly is: 'planned'; readonly job: Job }
    | { readonly is: 'refused'; readonly reason: FlashReason; readonly note: string }
    | { readonly is: 'unplanned'; readonly note: string }
    | { readonly is: 'conflict'; readonly note: string }
    | { readonly is: 'missing' }
    /** Something odd on the wire that concerns it. */
    | { readonly is: 'warned'; readonly note: string }
    | { readonly is: 'timeout' }
    /** The run is to end: running transfers come to their end, nothing else is begun. */
    | { readonly is: 'stop' }
    /** The program was started again: what is known stays, what was under way is lost. */
    | { readonly is: 'resumed' }
  );

export type FlashEffect =
  /** A conversation: give `begun` when it is on the wire, then `told`. */
  | { readonly do: 'ask'; readonly request: number; readonly credential: number }
  | { readonly do: 'trigger'; readonly request: number; readonly credential: number }
  | {
      readonly do: 'command';
      readonly request: number;
      readonly credential: number;
      readonly line: string;
      readonly silent: boolean;
    }
  /** Give `planned`, `unplanned` or `refused`. */
  | { readonly do: 'plan' }
  /** From now on its BOOTP requests are answered and its image is there. */
  | { readonly do: 'serve' }
  /** From now on nothing is answered. */
  | { readonly do: 'quarantine' }
  | { readonly do: 'abort'; readonly transfer: string };

export interface FlashStep {
  readonly modem: FlashModem;
  readonly effects: readonly FlashEffect[];
}

/** A modem of which nothing but its MAC address is known, or its serial number alone (`mac` is empty then). */
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

/** States in which only an answer to a search shows that the modem is there. */
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

/** Milliseconds at which the time of a state is over; `undefined`: it has no limit yet. */
export const dueAt = (state: FlashState): number | undefined => ('until' in state ? state.until : undefined);
