/** What connection requests and modems know about each other. */
import type { Device } from './device/device.ts';
import type { Scheduler } from './time/scheduler.ts';

/** The outcome of a connection request. */
export interface Call {
  readonly via: 'http' | 'udp';
  readonly ok: boolean;
  /** HTTP status of the answer; 0 when there was none, as always over UDP. */
  readonly status: number;
  readonly why:
    | 'accepted'
    /** It is served by the session that an earlier request is about to open. */
    | 'accepted-again'
    | 'booting'
    | 'disabled'
    | 'method'
    | 'no-credentials'
    | 'wrong-credentials'
    | 'stale-nonce'
    | 'throttled'
    | 'in-session'
    /** UDP: not a request of Annex G, a ts or id that is not new, another user, or a wrong signature. */
    | 'malformed'
    | 'repeated'
    | 'wrong-user'
    | 'wrong-signature';
}

/** A modem as seen by its caller. */
export interface Callee {
  readonly device: Device;
  readonly scheduler: Scheduler;
  /** It has booted. */
  readonly on: boolean;
  readonly inSession: boolean;
  /** An event has been raised, and no Inform that was sent reports it. */
  pending(code: string): boolean;
  raise(code: string): void;
  go(): void;
  emit(event: 'connection-request', call: Call): void;
}

/** Where the modems of a process are called: one port, a path for each. */
export interface ConnectionRequestListener {
  /** As named in ConnectionRequestURL. */
  readonly host: string;
  /** The address it is bound to. */
  readonly address: string;
  readonly port: number;
  /** The ConnectionRequestURL of a device; empty when the device has them disabled. */
  urlOf(device: Device): string;
  /** Its path is answered from now on. */
  add(modem: Callee): void;
  remove(modem: Callee): void;
  close(): Promise<void>;
}

export interface ConnectionRequestOptions {
  readonly listener: ConnectionRequestListener;
  /** A UDP port of its own (TR-069a6 Annex G): while STUNEnable is true, or always. Default `stun`. */
  readonly udp?: 'stun' | 'always' | 'never';
  /**
   * Real milliseconds until a STUN request is repeated; doubles up to 16 times that. Default 100 (RFC 3489
   * 9.3).
   */
  readonly stunStepMs?: number;
}
