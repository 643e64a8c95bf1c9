/** Options, events and methods of a simulated modem. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { AcsMethod, CpeMethod, DeviceId, Request } from '../protocol/cwmp/messages.ts';
import type { Operation } from '../protocol/cwmp/operation.ts';
import type { CpeEnd } from '../protocol/cwmp/session-cpe.ts';
import type { QuirkKey } from '../protocol/quirks.ts';
import type { Call, ConnectionRequestOptions } from './connection-request-types.ts';
import type { ClientSwitches, Device } from './device/device.ts';
import type { Performed } from './device/rpc/dispatch.ts';
import type { AutonomousTransfer } from './device/transfer-list.ts';
import type { Connect } from './http/acs-url.ts';
import type { LineFault } from './line/flow.ts';
import type { Profile } from './profile/profile.ts';
import type { Scheduler, Speed } from './time/scheduler.ts';
import type { SessionLimiter } from './time/session-limiter.ts';

/** Default of `timeoutMs`, in real milliseconds: TR-069a6 3.4.2 requires at least 30 s. */
export const TIMEOUT_MS = 30_000;

/** A point of a session at which the line may be cut. */
export type CutPoint =
  /** The Inform has been sent; its answer is not read. */
  | { readonly where: 'inform-sent'; readonly rpc: 'Inform' }
  /** A request of the ACS has arrived and was not looked at. */
  | { readonly where: 'request-received'; readonly rpc: CpeMethod }
  /** It was executed; the answer is not sent. */
  | { readonly where: 'performed'; readonly rpc: CpeMethod }
  /** The answer has been sent; the ACS's reaction is not read. */
  | { readonly where: 'answered'; readonly rpc: CpeMethod };

export interface ModemOptions {
  /** URL of the ACS, http or https. */
  readonly acs: string;
  /** Name or file of a profile, or a parsed one. */
  readonly profile: string | Profile;
  /** The same seed and index give the same modem, to the byte; default 0. */
  readonly seed?: string | number;
  readonly index?: number;
  /** Parameters set at the factory, by name below the root: `ManagementServer.PeriodicInformInterval`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Simulated seconds per second, or `max`, for a modem with a clock of its own. */
  readonly speed?: Speed;
  /**
   * False: at the factory its CWMP client is off, read-only, and takes no calls, until its owner switches it
   * on (`setClient`, or the command line); default true.
   */
  readonly cwmp?: boolean;
  /** The clock and timer that a fleet shares. */
  readonly scheduler?: Scheduler;
  /** Simulated seconds from power-up or a restart to its Inform; the profile's when absent. */
  readonly bootSeconds?: number;
  /** The address in its ConnectionRequestURL; the profile's LAN address when absent. */
  readonly address?: string;
  /** Address of its WAN side when that is connected. */
  readonly externalAddress?: string;
  /** Used instead of ManagementServer.Username and Password. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Real milliseconds to wait for a connection or response; default 30,000. */
  readonly timeoutMs?: number;
  readonly tls?: ConnectionOptions;
  /** Where the ACS can call it; without it no port is open, and its ConnectionRequestURL is only for show. */
  readonly connectionRequests?: ConnectionRequestOptions;
  /** The ids of its quirks: docs/quirks.md lists which can be simulated. */
  readonly quirks?: readonly QuirkKey[];
  /** Called at each point at which the line may break; `true` cuts it there. */
  readonly cut?: (point: CutPoint) => boolean;
  /** Sees every byte that its sessions write and read. */
  readonly tap?: (direction: 'sent' | 'received', bytes: Uint8Array) => void;
  /**
   * Called with each socket of its sessions once it is connected, before its first byte; above TLS where
   * there is TLS.
   */
  readonly onSocket?: (socket: Socket) => void;
  /**
   * Opens the connections of its sessions and transfers in place of node: for a network that is not this
   * machine's.
   */
  readonly connect?: Connect;
  /** Faults of its line, as text (`latency:200,jitter:50`; docs/line-faults.md) or as objects. */
  readonly line?: string | readonly LineFault[];
  /** Limits how many modems of a fleet have a session open at once. */
  readonly sessionLimiter?: SessionLimiter;
  /**
   * Receives the events of `Modem.events`: one function for a whole fleet costs less than a listener on each.
   */
  readonly observe?: Observer;
}

export type Observer = <K extends keyof ModemEvents>(modem: Modem, event: K, ...args: ModemEvents[K]) => void;

export interface SessionReport {
  readonly ok: boolean;
  readonly why: CpeEnd;
  /** HTTP status of the last response; `undefined` when none came. */
  readonly status: number | undefined;
  /** What broke the line, in the words of TLS or of the socket; `undefined`: nothing did. */
  readonly detail: string | undefined;
  readonly url: string;
  /** Event codes of its Inform. */
  readonly events: readonly string[];
  /** Requests of the ACS that were executed, in order. */
  readonly requests: readonly CpeMethod[];
  readonly retryCount: number;
  /** Real milliseconds. */
  readonly ms: number;
}

export interface ModemEvents {
  'session-ended': [report: SessionReport];
  /** A request of the ACS, before it is executed. */
  rpc: [request: Request<CpeMethod>];
  /** It was executed, or refused. */
  performed: [request: Request<CpeMethod>, performed: Performed];
  /** The ACS answered a request of the modem. */
  delivered: [request: Request<AcsMethod>];
  'parameter-set': [change: { readonly name: string; readonly value: string }];
  rebooted: [
    restart: {
      readonly cause: 'power' | 'reboot' | 'factory-reset' | 'upgrade';
      /** CommandKey of each Reboot that asked for it. */
      readonly commandKeys: readonly string[];
    },
  ];
  /** Someone called it, whatever the outcome. */
  'connection-request': [call: Call];
  transferred: [
    transfer: {
      readonly kind: 'download' | 'upload';
      readonly url: string;
      /** The name under which the file is kept. */
      readonly file: string;
      readonly commandKey: string;
      /** 0, or the fault code in TransferComplete. */
      readonly fault: number;
      readonly bytes: number;
      readonly why: string;
    },
  ];
}

/** An order to cut the next session that reaches this point. */
export interface CutOrder {
  readonly where: CutPoint['where'];
  readonly rpc?: CpeMethod;
}

/** How long to wait for an event, and for which. */
export interface Wait<K extends keyof ModemEvents> {
  /** The first event for which this is true; any when absent. */
  readonly where?: (...args: ModemEvents[K]) => boolean;
  /** Real milliseconds; default 30,000. */
  readonly timeoutMs?: number;
}

/** The arguments of Kicked (TR-069a6 A.4.2.1). */
export interface Kick {
  readonly command?: string;
  readonly referer?: string;
  readonly arg?: string;
  readonly next?: string;
}

export interface Modem {
  readonly events: EventEmitter<ModemEvents>;
  readonly device: Device;
  readonly id: DeviceId;
  /** Index in its fleet. */
  readonly index: number;
  /** The arguments of the next such event. Rejects with ModemlabError E_TIMEOUT when none occurs. */
  next<K extends keyof ModemEvents>(event: K, wait?: Wait<K>): Promise<ModemEvents[K]>;
  /** A parameter's value by its full name, secrets included; `undefined` when there is none. */
  get(name: string): string | undefined;
  /** Power on: it boots, and informs after the boot time of its profile. */
  start(): void;
  /**
   * Power off: an open session is cut. Resolves when nothing is running any more; it can be started again.
   */
  stop(): Promise<void>;
  /** The plug is pulled and put back. */
  powerCycle(): void;
  /** It restarts by itself, or its owner restarts it. */
  reboot(): void;
  /**
   * The owner sets its CWMP client: when switched on it contacts the ACS at once, when switched off an open
   * session is cut.
   */
  setClient(change: Partial<ClientSwitches>): void;
  /** The reset button: it restarts with the factory's settings. */
  factoryReset(): void;
  /** Raises an event that it informs of at once, such as `2 PERIODIC` or `6 CONNECTION REQUEST`. */
  inform(code: string): void;
  /**
   * Someone other than the ACS changes a parameter, by its full name. Throws ModemlabError
   * E_PARAMETER_UNKNOWN.
   */
  change(name: string, value: string): void;
  /** A web site sends somebody to its page: it calls Kicked. */
  kick(kick?: Kick): void;
  /** It asks the ACS for a file, such as `1 Firmware Upgrade Image`: it calls RequestDownload. */
  requestDownload(fileType: string, args?: Readonly<Record<string, string>>): void;
  /** It fetches or sends a file that no ACS asked for, and calls AutonomousTransferComplete. */
  transfer(transfer: AutonomousTransfer): void;
  /** Its subscriber changes deployment units: it calls AutonomousDUStateChangeComplete. */
  changeUnits(operations: readonly Operation[]): void;
  /** The line goes down: an open session breaks, and none can be opened before the line is up again. */
  dropLine(): void;
  restoreLine(): void;
  /** Cuts the next session that reaches this point (with this RPC, when given). */
  cutNextSession(where: CutPoint['where'], rpc?: CpeMethod): void;
}
