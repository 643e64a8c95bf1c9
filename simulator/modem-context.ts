/** How the parts of a modem see it: what they may read and do, and when they are called. */
import type { AcsMethod, Request } from '../protocol/cwmp/messages.ts';
import type { Random } from '../protocol/random.ts';
import type { Device } from './device/device.ts';
import type { Aftermath, Done, Performed } from './device/rpc/dispatch.ts';
import type { ModemEvents, ModemOptions, SessionReport } from './modem-types.ts';
import type { Scheduler } from './time/scheduler.ts';
import type { Timers } from './time/timers.ts';

export type RestartCause = ModemEvents['rebooted'][0]['cause'];

/** A modem from within. */
export interface ModemContext {
  readonly device: Device;
  readonly options: ModemOptions;
  /** Simulated time; never use another. */
  readonly scheduler: Scheduler;
  /** Timers by name; a restart clears them all. */
  readonly timers: Timers;
  readonly random: Random;
  /** It has power: it is on or boots. */
  readonly powered: boolean;
  /** It has booted and may open sessions. */
  readonly on: boolean;
  /** A session is open now. */
  readonly inSession: boolean;
  /** Something to tell in the next Inform; nothing is opened yet. */
  raise(code: string, commandKey?: string): void;
  /** An event has been raised, and no Inform that has left tells it. */
  pending(code: string): boolean;
  /** Opens a session now, or right after the one that runs. */
  go(): void;
  /** A request to the ACS for the next session (TransferComplete, RequestDownload). */
  enqueueRequest(request: Request<AcsMethod>): void;
  restart(cause: RestartCause, commandKeys?: readonly string[]): void;
  /** A parameter changes by itself or by a user; its notification attribute decides what follows. */
  change(name: string, value: string): void;
  emit<K extends keyof ModemEvents>(event: K, ...args: ModemEvents[K]): void;
  /** Work in real time (a transfer, a probe): `--speed max` does not move time on before it ends. */
  busy<T>(work: Promise<T>): Promise<T>;
}

/**
 * A part with a life of its own: transfers, connection requests, diagnostics. One object serves all modems, so that an
 * idle modem pays nothing for it; what a part remembers of a modem it keeps in a WeakMap, made when there is something.
 */
export interface ModemService {
  /** After the boot time, before the first Inform. */
  booted?(modem: ModemContext): void;
  /** Power is lost or a restart begins; timers are cleared already. */
  down?(modem: ModemContext, cause: RestartCause | 'off'): void;
  /** The ACS carried out something on it. */
  written?(modem: ModemContext, changes: readonly { readonly name: string; readonly value: string }[]): void;
  /** A request that is to be done before it is answered: the answer, when this part does it. */
  answer?(modem: ModemContext, performed: Done): Promise<Performed> | undefined;
  /** A request was carried out well that leaves something to be done when the session is over; `true`: this part does it. */
  afterwards?(modem: ModemContext, task: Aftermath): boolean;
  /** The ACS has answered a request of the modem well. */
  delivered?(modem: ModemContext, request: Request<AcsMethod>): void;
  sessionEnded?(modem: ModemContext, report: SessionReport): void;
  /** Power off for good: ends what runs. */
  stop?(modem: ModemContext): Promise<void>;
}
