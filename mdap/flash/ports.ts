/**
 * What flashing needs from outside: an MDAP host, and servers for modems in boot mode. Tests pass doubles.
 */
import type { Outcome } from './modem.ts';
import type { PlanImage } from './plan.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How a request ended, and what the modem said. */
export interface Answer {
  readonly outcome: Outcome;
  readonly text: string;
}

export interface AntHost {
  /** Sends one search to the group; answers go to `onFound`, including those to other hosts. */
  search(): void;
  /** Board and version; `undefined` is what the modem does not report. Never rejects. */
  ask(
    serial: string,
    credentials: Credentials,
  ): Promise<Answer & { readonly board: string | undefined; readonly version: string | undefined }>;
  /** One command. `silent`: it may get no answer. Never rejects. */
  exec(serial: string, line: string, credentials: Credentials, silent: boolean): Promise<Answer>;
  close(): Promise<void>;
}

export interface HostHandlers {
  /** `mac` is spelled like ANT-MAC; `undefined` if the ant does not report it. */
  onFound(ant: {
    readonly serial: string;
    readonly mac: string | undefined;
    readonly product: string | undefined;
    readonly address: string;
  }): void;
}

export interface BootService {
  /** From now on this modem is answered and gets this image. */
  serve(mac: string, image: PlanImage): void;
  /** From now on it is not answered. */
  quarantine(mac: string, why: string): void;
  /** Ends a transfer, without a call of `onFailed`. */
  abort(transfer: string, why: string): void;
  close(): Promise<void>;
}

/** `mac` is spelled like ANT-MAC. */
export interface BootHandlers {
  onBootp(
    mac: string,
    request: { readonly board: string | undefined; readonly xid: number; readonly invalid: boolean },
  ): void;
  onOffered(mac: string): void;
  onTransfer(mac: string, transfer: string): void;
  onProgress(mac: string, transfer: string, bytes: number): void;
  onSent(mac: string, transfer: string): void;
  onFailed(mac: string, transfer: string, why: string): void;
  /** Another server answered it, or something else is odd. */
  onOdd(mac: string, note: string): void;
}

export interface FlashPorts {
  startHost(handlers: HostHandlers): Promise<AntHost>;
  startBoot(handlers: BootHandlers): Promise<BootService>;
}
