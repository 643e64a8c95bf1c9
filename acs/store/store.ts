/**
 * What the ACS knows about devices, and what a store promises. Implementations: lmdb.ts, yaml.ts, memory.ts.
 */
import type { DeviceId } from '../../protocol/cwmp/messages.ts';
import type { QuirkId } from '../../protocol/quirks/quirk.ts';

/** One parameter of a device's tree, as far as it is known. Objects end with a dot and have no value. */
export interface Parameter {
  readonly name: string;
  readonly value?: string;
  /**
   * Schema type of the value without prefix, e.g. `unsignedInt`; `unknown` when the modem sent none
   * (Q-AT-08).
   */
  readonly type?: string;
  readonly writable?: boolean;
  /** 0 off, 1 passive, 2 active (TR-069a6 A.3.2.4). */
  readonly notification?: number;
  readonly accessList?: readonly string[];
  /** When the value was read, or when an object's children were listed; ISO 8601 by the ACS's clock. */
  readonly readAt?: string;
}

/** How far the first contact has come. It starts over when the firmware changes. */
export interface Discovery {
  readonly state: 'none' | 'names' | 'values' | 'done';
  /** SoftwareVersion that it was done for. */
  readonly firmware: string;
  /** Names known, and values read, so far. */
  readonly names: number;
  readonly values: number;
  /**
   * When listing names began, later when it was complete: what was listed or read since then is not read
   * again.
   */
  readonly startedAt?: string;
  /** Sessions in a row that broke before the names were known, or at the values wanted next. */
  readonly tries?: number;
  readonly doneAt?: string;
}

/** What was learnt about a model at a firmware (Q-NS-09, Q-FT-05, Q-PN-07, Q-PN-08). */
export interface Learned {
  /** `Manufacturer|ProductClass|SoftwareVersion`. */
  readonly model: string;
  /** Step of the reply ladder (../session/reply-style.ts), and whether a session proved that it works. */
  readonly replyStyle: number;
  readonly proven: boolean;
  /** Most names that one GetParameterValues was answered for; the next batch is at most this. */
  readonly batch?: number;
  /** Whether one GetParameterNames can list the whole tree. */
  readonly wholeTree?: boolean;
}

export interface DeviceRecord {
  /** OUI, ProductClass and SerialNumber, percent-encoded and joined by `-` (see ../device-key.ts). */
  readonly key: string;
  readonly deviceId: DeviceId;
  readonly firstContact: string;
  readonly lastContact: string;
  readonly lastInform: {
    readonly events: readonly string[];
    readonly currentTime: string;
    readonly retryCount: number;
    /**
     * Hash of its ParameterList; empty when the tree may have changed since. The same list is not written
     * again.
     */
    readonly digest?: string;
  };
  /** Informs received. */
  readonly informs: number;
  /** Address the last session came from, without port. */
  readonly address: string;
  /** cwmp namespace of its last Inform. */
  readonly namespace: string;
  readonly softwareVersion: string;
  readonly methods?: readonly string[];
  readonly discovery: Discovery;
  /** Quirks noted, with counts. */
  readonly quirks: Readonly<Partial<Record<QuirkId, number>>>;
}

export type Change = (record: DeviceRecord | undefined) => DeviceRecord;

/**
 * Promises: when the promise of a write resolves, every process on this folder sees the write, and it
 * survives a crash of this process (after `durable()`, of the machine). Names and values are data: no name
 * can break a store or reach another device. Two processes may write the same device; `update` is atomic for
 * one device.
 */
export interface DeviceStore {
  get(key: string): Promise<DeviceRecord | undefined>;
  /** In the order of keys. */
  list(): AsyncIterable<DeviceRecord>;
  /**
   * Reads, changes and writes one record in one step. Returns what was written. `change` is called again
   * whenever another process wrote the record in between, so it must have no effects that a second call would
   * double. The promise may take some 20 ms on a busy server, because updates share commits. `mayWait` is
   * called after `change`; if it returns true, because nobody waits for the promise, the write may take 250
   * ms, and more updates share its commit. This process sees the change at once.
   */
  update(key: string, change: Change, mayWait?: () => boolean): Promise<DeviceRecord>;
  /** False when there was none. Takes the tree with it. */
  delete(key: string): Promise<boolean>;

  /** The parameters whose names begin with `prefix`, in the order of names, instances by number. */
  tree(key: string, prefix?: string): AsyncIterable<Parameter>;
  parameter(key: string, name: string): Promise<Parameter | undefined>;
  /**
   * Adds the given members to what is known of each parameter; other members and parameters stay as they are.
   */
  merge(key: string, parameters: readonly Parameter[]): Promise<void>;
  /** Forgets parameters whose name is `name`, or begins with it when it ends with a dot. Returns how many. */
  forget(key: string, name: string): Promise<number>;

  learned(model: string): Promise<Learned | undefined>;
  learn(learned: Learned): Promise<void>;

  /** Resolves when everything written before is on the disk. */
  durable(): Promise<void>;
  close(): Promise<void>;
}
