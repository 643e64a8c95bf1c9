/** What the ACS knows of devices, and the promises of whoever keeps it. Implementations: lmdb.ts, yaml.ts, memory.ts. */
import type { DeviceId } from '../../protocol/cwmp/messages.ts';
import type { QuirkId } from '../../protocol/quirks/quirk.ts';

/** One parameter of a device's tree, as far as it is known. Objects end with a dot and have no value. */
export interface Parameter {
  readonly name: string;
  readonly value?: string;
  /** Schema type of the value without prefix, e.g. `unsignedInt`; `unknown` when the modem sent none (Q-AT-08). */
  readonly type?: string;
  readonly writable?: boolean;
  /** 0 off, 1 passive, 2 active (TR-069a6 A.3.2.4). */
  readonly notification?: number;
  readonly accessList?: readonly string[];
  /** When the value was read, or of an object its children listed; ISO 8601 by the ACS's clock. */
  readonly readAt?: string;
}

/** How far the first contact came. It begins anew when the firmware changes. */
export interface Discovery {
  readonly state: 'none' | 'names' | 'values' | 'done';
  /** SoftwareVersion that it was made for. */
  readonly firmware: string;
  /** Names known, and values read, so far. */
  readonly names: number;
  readonly values: number;
  /** When the listing of names began, then when it was complete: what was listed or read since then need not be again. */
  readonly startedAt?: string;
  /** Sessions in a row that broke before the names were known, or over the values wanted next. */
  readonly tries?: number;
  readonly doneAt?: string;
}

/** What was learnt about talking to a model at a firmware (Q-NS-09, Q-FT-05, Q-PN-07, Q-PN-08). */
export interface Learned {
  /** `Manufacturer|ProductClass|SoftwareVersion`. */
  readonly model: string;
  /** Step of the reply ladder (../reply-style.ts) that works, and whether it is proved by a session that went on. */
  readonly replyStyle: number;
  readonly proven: boolean;
  /** Most names that one GetParameterValues was answered for; the next batch is at most this. */
  readonly batch?: number;
  /** Whether GetParameterNames bears the whole tree in one call. */
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
    /** Hash of its ParameterList; empty when the tree may have changed since. Equal lists need no second writing. */
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
 * Promises: a promise that resolves after a write means that every process on this folder sees it and that it survives
 * a crash of this process (and, with `durable()`, of the machine). Names and values are data: no name can break a store
 * or reach another device. Two processes may write the same device; `update` is atomic for one device.
 */
export interface DeviceStore {
  get(key: string): Promise<DeviceRecord | undefined>;
  /** In the order of keys. */
  list(): AsyncIterable<DeviceRecord>;
  /**
   * Reads, changes and writes one record in one step. Returns what was written. `change` is called again whenever
   * another process wrote the record in between: it is to have no effects that a second call would double. The promise
   * may take some 20 ms on a busy server, since updates share commits: who only notes a contact need not wait for it. `mayWait`, asked after `change`, tells
   * that nobody does: then it may take 250 ms, and more of them go in one commit. This process sees it at once.
   */
  update(key: string, change: Change, mayWait?: () => boolean): Promise<DeviceRecord>;
  /** False when there was none. Takes the tree with it. */
  delete(key: string): Promise<boolean>;

  /** In the order of names, instances by number; only those that begin with `prefix`. */
  tree(key: string, prefix?: string): AsyncIterable<Parameter>;
  parameter(key: string, name: string): Promise<Parameter | undefined>;
  /** Adds what is given to what is known of each parameter; nothing given is lost, nothing else is touched. */
  merge(key: string, parameters: readonly Parameter[]): Promise<void>;
  /** Forgets parameters whose name is `name`, or begins with it when it ends with a dot. Returns how many. */
  forget(key: string, name: string): Promise<number>;

  learned(model: string): Promise<Learned | undefined>;
  learn(learned: Learned): Promise<void>;

  /** Resolves when all that was written before is on the disk. */
  durable(): Promise<void>;
  close(): Promise<void>;
}
