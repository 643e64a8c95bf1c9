/**
 * What may be written to a parameter beyond its type: ranges, enumerations, lengths, patterns, references. A
 * profile has them as `rpc.limits`: by template below the root or `*.` and a last name; docs/profiles.md
 * describes the members. Names that TR-098 and TR-181 devices have in common have limits by default.
 */
import { Fields } from './fields.ts';
import type { LeafShape } from './tree-shape.ts';

export interface Limits {
  /** Numbers: one of these, both ends included. */
  readonly ranges?: readonly (readonly [low: number, high: number])[];
  /** Texts: one of these. */
  readonly values?: ReadonlySet<string>;
  /** Characters at most; octets before encoding for base64. */
  readonly length?: number;
  /** Comma-separated; the other limits apply to each item. */
  readonly list?: boolean;
  readonly form?: Form;
  readonly pattern?: RegExp;
  /**
   * A path: `strong` must name something that exists, and is cleared when that is deleted; `weak` is any text
   * (TR-069a6 3.6.3).
   */
  readonly reference?: 'strong' | 'weak';
  /** The empty text is valid too; that of a reference and a list always is. */
  readonly empty?: boolean;
}

const FORMS = ['ipv4', 'mac', 'url', 'uuid'] as const;
export type Form = (typeof FORMS)[number];

const NONE: Limits = {};

/** The limits of a profile's parameters, looked up once each. */
export class LimitRules {
  readonly #own = new Map<string, Limits>();
  readonly #found = new WeakMap<LeafShape, Limits>();

  constructor(file: Fields) {
    for (const key of file.keys()) this.#own.set(key, readOne(file.fields(key)));
  }

  /** Whether any reference is strong, so that a deletion may clear it. */
  get hasReferences(): boolean {
    return [...this.#own.values()].some(({ reference }) => reference === 'strong');
  }

  of(leaf: LeafShape): Limits {
    const known = this.#found.get(leaf);
    if (known !== undefined) return known;
    const { template } = leaf;
    const any = `*.${leaf.name}`;
    const limits =
      this.#own.get(template) ??
      this.#own.get(any) ??
      WELL_KNOWN.get(template) ??
      WELL_KNOWN.get(any) ??
      NONE;
    this.#found.set(leaf, limits);
    return limits;
  }
}

function readOne(file: Fields): Limits {
  const limits: Limits = {
    ...(file.has('range') ? { ranges: readRanges(file) } : {}),
    ...(file.has('values') ? { values: new Set(file.strings('values')) } : {}),
    ...(file.has('length') ? { length: file.number('length') } : {}),
    ...(file.has('list') ? { list: file.boolean('list') } : {}),
    ...(file.has('form') ? { form: file.choice('form', FORMS) } : {}),
    ...(file.has('pattern') ? { pattern: readPattern(file) } : {}),
    ...(file.has('reference') ? { reference: file.choice('reference', ['strong', 'weak']) } : {}),
    ...(file.has('empty') ? { empty: file.boolean('empty') } : {}),
  };
  file.done();
  return limits;
}

/** `[1, 65535]`, or a list of such pairs; `null` leaves an end open. */
function readRanges(file: Fields): (readonly [number, number])[] {
  const list = file.list('range');
  const pairs = list.some((member) => Array.isArray(member)) ? list : [list];
  return pairs.map((pair) => {
    const [low, high] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    const isEnd = (end: unknown): end is number | null => end === null || Number.isFinite(end);
    if (!isEnd(low) || !isEnd(high))
      return file.refuse('range', 'a pair of numbers, or a list of such pairs');
    return [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY];
  });
}

function readPattern(file: Fields): RegExp {
  try {
    return new RegExp(`^(?:${file.string('pattern')})$`, 'u');
  } catch {
    return file.refuse('pattern', 'a regular expression');
  }
}

/** In the format of user files: where TR-098 and TR-181 agree, and no device is known to differ. */
const COMMON: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'ManagementServer.URL': { length: 256 },
  'ManagementServer.Username': { length: 256 },
  'ManagementServer.Password': { length: 256 },
  'ManagementServer.ConnectionRequestUsername': { length: 256 },
  'ManagementServer.ConnectionRequestPassword': { length: 256 },
  'ManagementServer.PeriodicInformInterval': { range: [1, null] },
  'ManagementServer.CWMPRetryMinimumWaitInterval': { range: [1, 65535] },
  'ManagementServer.CWMPRetryIntervalMultiplier': { range: [1000, 65535] },
  'ManagementServer.DelayReboot': { range: [-1, null] },
  'ManagementServer.InstanceMode': { values: ['InstanceNumber', 'InstanceAlias'] },
  'ManagementServer.STUNServerPort': { range: [0, 65535] },
  'ManagementServer.STUNMaximumKeepAlivePeriod': { range: [-1, null] },
  'ManagementServer.UDPLightweightNotificationPort': { range: [0, 65535] },
  'ManagementServer.HeartbeatPolicy.ReportingInterval': { range: [30, null] },
  'DeviceInfo.ProvisioningCode': { length: 64 },
  '*.Alias': { length: 64, pattern: '[A-Za-z][^\\[\\]]*' },
  '*.NTPServer1': { length: 64 },
  '*.NTPServer2': { length: 64 },
  '*.NTPServer3': { length: 64 },
  '*.NTPServer4': { length: 64 },
  '*.NTPServer5': { length: 64 },
  '*.Channel': { range: [0, 255] },
  '*.SSID': { length: 32 },
  '*.KeyPassphrase': { length: 63 },
  '*.PreSharedKey': { length: 64 },
  '*.DuplexMode': { values: ['Half', 'Full', 'Auto'] },
  '*.MaxBitRate': { pattern: 'Auto|[0-9]{1,6}' },
  'WANDevice.{i}.WANConnectionDevice.{i}.WANIPConnection.{i}.ConnectionType': {
    values: ['Unconfigured', 'IP_Routed', 'IP_Bridged'],
  },
  'WANDevice.{i}.WANConnectionDevice.{i}.WANPPPConnection.{i}.ConnectionType': {
    values: [
      'Unconfigured',
      'IP_Routed',
      'DHCP_Spoofed',
      'PPPoE_Bridged',
      'PPPoE_Relay',
      'PPTP_Relay',
      'L2TP_Relay',
    ],
  },
  'WANDevice.{i}.WANConnectionDevice.{i}.WANIPConnection.{i}.AddressingType': { values: ['DHCP', 'Static'] },
  '*.ConnectionTrigger': { values: ['OnDemand', 'AlwaysOn', 'Manual'] },
  '*.PortMappingProtocol': { values: ['TCP', 'UDP'] },
  'WANDevice.{i}.WANConnectionDevice.{i}.WANDSLLinkConfig.LinkType': {
    values: ['EoA', 'IPoA', 'PPPoA', 'PPPoE', 'CIP', 'Unconfigured'],
  },
  '*.ATMEncapsulation': { values: ['LLC', 'VCMUX'] },
  '*.ATMQoS': { values: ['UBR', 'CBR', 'GFR', 'VBR-nrt', 'VBR-rt', 'UBR+'] },
  '*.ExternalPort': { range: [0, 65535] },
  '*.ExternalPortEndRange': { range: [0, 65535] },
  '*.InternalPort': { range: [0, 65535] },
  '*.MinAddress': { form: 'ipv4', empty: true },
  '*.MaxAddress': { form: 'ipv4', empty: true },
  '*.SubnetMask': { form: 'ipv4', empty: true },
  '*.IPInterfaceIPAddress': { form: 'ipv4', empty: true },
  '*.IPInterfaceSubnetMask': { form: 'ipv4', empty: true },
  '*.DestIPAddress': { form: 'ipv4', empty: true },
  '*.DestSubnetMask': { form: 'ipv4', empty: true },
  // Everything else in it is written only by the device.
  '*.DiagnosticsState': { values: ['Requested', 'Canceled'] },
  '*.LoopDiagnosticsState': { values: ['Requested', 'Canceled'] },
  '*.NumberOfRepetitions': { range: [1, null] },
  '*.DataBlockSize': { range: [1, 65535] },
  '*.DSCP': { range: [0, 63] },
};

const WELL_KNOWN: ReadonlyMap<string, Limits> = new Map(
  Object.entries(COMMON).map(([key, limits]) => [key, readOne(new Fields(limits, key))]),
);
