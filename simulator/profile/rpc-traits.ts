/**
 * How a device executes the requests of an ACS: the `rpc` member of a profile. docs/profiles.md describes its
 * members.
 */
import type { Fields } from './fields.ts';
import { LimitRules } from './limits.ts';

export interface RpcTraits {
  /**
   * Fault codes by `RPC`, or by `RPC` and a template below the root; one that ends with a dot covers
   * everything below it.
   */
  readonly refuses: ReadonlyMap<string, number>;
  /**
   * Maximum of entries in one SetParameterValues or SetParameterAttributes; 0: unlimited. Fault 9004 beyond
   * it.
   */
  readonly maxSet: number;
  /**
   * Maximum of entries in an answer to GetParameterNames of all levels; 0: unlimited. Fault 9004 beyond it.
   */
  readonly maxListed: number;
  /** Templates of parameters that take effect with a restart, which the device does by itself: Status 1. */
  readonly restarts: ReadonlySet<string>;
  readonly limits: LimitRules;
  /** Maximum of instances in a table, by its template; fault 9004 beyond it. */
  readonly rows: ReadonlyMap<string, number>;
  readonly attributes: AttributeTraits;
  readonly transfers: TransferTraits;
  /** Names of the options that vouchers may enable; empty: any. */
  readonly options: readonly string[];
  /** Maximum of deployment units. */
  readonly units: number;
}

export interface AttributeTraits {
  /** By template or `*.` and a last name: active notification is refused with 9009. */
  readonly denied: ReadonlySet<string>;
  /** Active notification that no ACS can switch off. */
  readonly forced: ReadonlySet<string>;
  /** Active notification until an ACS changes it. */
  readonly active: ReadonlySet<string>;
  /** 2, or 6 with lightweight notification. */
  readonly highest: number;
}

export interface TransferTraits {
  /** File types of Download and ScheduleDownload; `*` at the end matches anything. */
  readonly downloads: readonly string[];
  /** File types of Upload; `<i>` stands for the number of an instance. */
  readonly uploads: readonly string[];
  /** Maximum of queued transfers; fault 9004 beyond it. */
  readonly most: number;
  /** Status in the answer to what needs no restart: 0 if it is done by then, or 1. */
  readonly status: 0 | 1;
  /** Simulated seconds from the last byte of firmware to the restart. */
  readonly applySeconds: number;
  /** Bytes: a larger FileSize is refused with 9010, and a larger file fails with it. */
  readonly flashBytes: number;
  /** Firmware that it cannot authenticate fails with 9019. */
  readonly signed: boolean;
  /** The subscriber's answer when a download needs confirmation; `none`: nobody can be asked (9003). */
  readonly confirmation: 'none' | 'yes' | 'no';
}

const OLD_DOWNLOADS = ['1 Firmware Upgrade Image', '2 Web Content', '3 Vendor Configuration File'];
const OLD_UPLOADS = ['1 Vendor Configuration File', '2 Vendor Log File'];
const DOWNLOADS = [...OLD_DOWNLOADS, '4 Tone File', '5 Ringer File', '6 Stored Firmware Image'];
const UPLOADS = [...OLD_UPLOADS, '3 Vendor Configuration File <i>', '4 Vendor Log File <i>'];

/** Maximum of entries in a list of queued transfers, hence of the queue (TR-069a6 A.4.1.7). */
const LONGEST_QUEUE = 16;

/** `namespace`: of its envelopes; file types depend on it (TR-069a6 Table 31). */
export function readRpc(file: Fields, namespace: string): RpcTraits {
  const codes = file.fields('refuses');
  const rows = file.fields('rows');
  const traits: RpcTraits = {
    refuses: new Map(codes.keys().map((key) => [key, readCode(codes, key)])),
    maxSet: file.number('maxSet', 0),
    maxListed: file.number('maxListed', 0),
    restarts: new Set(file.strings('restarts', [])),
    limits: new LimitRules(file.fields('limits')),
    rows: new Map(rows.keys().map((key) => [key, rows.number(key)])),
    attributes: readAttributes(file.fields('attributes')),
    transfers: readTransfers(file.fields('transfers'), /cwmp-1-[01]$/.test(namespace)),
    options: file.strings('options', []),
    units: file.number('units', 32),
  };
  file.done();
  return traits;
}

function readCode(codes: Fields, key: string): number {
  const code = codes.number(key);
  return Number.isInteger(code) && code >= 9000 && code <= 9899 ? code : codes.refuse(key, 'a fault code');
}

/** The models force active notification on these (TR-098 and TR-181: forceEnabled), ... */
const FORCED = ['DeviceInfo.SoftwareVersion', 'DeviceInfo.ProvisioningCode'];
/** ... and switch it on for these at first (forceDefaultEnabled). */
const ACTIVE = ['ManagementServer.ConnectionRequestURL', '*.ExternalIPAddress'];

function readAttributes(file: Fields): AttributeTraits {
  const traits = {
    denied: new Set(file.strings('denied', [])),
    forced: new Set(file.strings('forced', FORCED)),
    active: new Set(file.strings('active', ACTIVE)),
    highest: file.choice('highest', [2, 6], 2),
  };
  file.done();
  return traits;
}

function readTransfers(file: Fields, old: boolean): TransferTraits {
  const most = file.number('most', LONGEST_QUEUE);
  const traits: TransferTraits = {
    downloads: file.strings('downloads', old ? OLD_DOWNLOADS : DOWNLOADS),
    uploads: file.strings('uploads', old ? OLD_UPLOADS : UPLOADS),
    most: most <= LONGEST_QUEUE ? most : file.refuse('most', `at most ${LONGEST_QUEUE}`),
    status: file.choice('status', [0, 1], 1),
    applySeconds: file.number('applySeconds', 5),
    flashBytes: file.number('flashBytes', 64 * 1024 * 1024),
    signed: file.boolean('signed', false),
    confirmation: file.choice('confirmation', ['none', 'yes', 'no'], 'none'),
  };
  file.done();
  return traits;
}
