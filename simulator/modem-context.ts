/** A modem as seen by its services: what they may read and do, and when they are called. */
import type { AcsMethod, Request } from '../protocol/cwmp/messages.ts';
import type { Random } from '../protocol/random.ts';
import type { Device } from './device/device.ts';
import type { Aftermath, Done, Performed } from './device/rpc/dispatch.ts';
import type { ModemEvents, ModemOptions, SessionReport } from './modem-types.ts';
import type { Scheduler } from './time/scheduler.ts';
import type { Timers } from './time/timers.ts';

export type RestartCause = ModemEvents['rebooted'][0]['cause'];

/** The inside of a modem. */
export interface ModemContext {
  readonly device: Device;
  readonly options: ModemOptions;
  /** Simulated time; never use another clock. */
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
  /** An event for the next Inform; no session is opened yet. */
  raise(code: string, commandKey?: string): void;
  /** An event has been raised, and no Inform that was sent reports it. */
  pending(code: string): boolean;
  /** Opens a session now, or right after the current one. */
  go(): void;
  /** Queues a request to the ACS for the next session (TransferComplete, RequestDownload). */
  enqueueRequest(request: Request<AcsMethod>): void;
  restart(cause: RestartCause, commandKeys?: readonly string[]): void;
  /** A parameter changes by itself or by a user; its notification attribute decides what follows. */
  change(name: string, value: string): void;
  emit<K extends keyof ModemEvents>(event: K, ...args: ModemEvents[K]): void;
  /** Work in real time (a transfer, a probe): `--speed max` does not advance time before it ends. */
  busy<T>(work: Promise<T>): Promise<T>;
}

/**
 * Something that a modem does beside its sessions: transfers, connection requests, diagnostics. One object
 * serves all modems, so an idle modem pays nothing for it; a service keeps what it remembers about a modem in
 * a WeakMap, created when needed.
 */
export interface ModemService {
  /** After the boot time, before the first Inform. */
  booted?(modem: ModemContext): void;
  /** Power is lost or a restart begins; timers are cleared already. */
  down?(modem: ModemContext, cause: RestartCause | 'off'): void;
  /** The ACS wrote these parameters. */
  written?(modem: ModemContext, changes: readonly { readonly name: string; readonly value: string }[]): void;
  /** A request that is to be executed before it is answered: the answer, if this service does it. */
  answer?(modem: ModemContext, performed: Done): Promise<Performed> | undefined;
  /** A successful request leaves something to do after the session; `true`: this service does it. */
  afterwards?(modem: ModemContext, task: Aftermath): boolean;
  /** The ACS has accepted a request of the modem. */
  delivered?(modem: ModemContext, request: Request<AcsMethod>): void;
  sessionEnded?(modem: ModemContext, report: SessionReport): void;
  /** Power off for good: ends everything that is running. */
  stop?(modem: ModemContext): Promise<void>;
}
