/**
 * The device behind the session: its tree, its values, and what survives a restart. No sockets, no timers.
 */
import { createHash } from 'node:crypto';
import type { DeviceId } from '../../protocol/cwmp/messages.ts';
import type { ValueType } from '../../protocol/cwmp/parameter-value.ts';
import type { Found } from '../profile/device-tree.ts';
import { DeviceTree } from '../profile/device-tree.ts';
import type { UnitIdentity } from '../profile/identity.ts';
import { unitIdentity } from '../profile/identity.ts';
import type { Profile } from '../profile/profile.ts';
import type { LeafShape } from '../profile/tree-shape.ts';
import type { ValueSource } from '../profile/value-rule.ts';

export interface DeviceOptions {
  readonly profile: Profile;
  /** The same seed gives the same modems. */
  readonly seed?: string | number;
  /** Place in the fleet: each has its own serial number and addresses. */
  readonly index?: number;
  /** URL of the ACS that the factory set. */
  readonly acs: string;
  /** The modem's address as given in ConnectionRequestURL; the profile's LAN address when absent. */
  readonly address?: string;
  /**
   * Address of a connected WAN side; without one there is no connection, and the parameter is named
   * `.ExternalIPAddress`.
   */
  readonly externalAddress?: string;
  /** Gives the ConnectionRequestURL of a device that can be called. */
  readonly connectionRequests?: { readonly listener: { urlOf(device: Device): string } };
  /** Parameters that the factory set differently from the profile, by name below the root. */
  readonly settings?: Readonly<Record<string, string>>;
  /** False: the CWMP client is off, writes nothing and takes no call until its owner switches it on. */
  readonly cwmp?: boolean;
  /** Simulated time in milliseconds since 1970. */
  readonly now: () => number;
}

export interface Attributes {
  readonly Notification: number;
  readonly AccessList: readonly string[];
}

/** The CWMP client as the owner sets it, regardless of the ACS. */
export interface ClientSwitches {
  /** It opens sessions. */
  readonly on: boolean;
  /** Requests that would change the device are refused with 9001. */
  readonly readOnly: boolean;
  /** Connection requests are taken. */
  readonly takesCalls: boolean;
}

/** A parameter and its current value. */
export interface Parameter {
  readonly name: string;
  readonly type: ValueType;
  readonly value: string;
  readonly writable: boolean;
}

type FoundLeaf = Extract<Found, { is: 'leaf' }>;

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Full names by root: what each session asks for is looked up under the same string again. */
const fullNames = new Map<string, Map<string, string>>();
const MAX_NAMES = 1024;

function fullName(root: string, below: string): string {
  let known = fullNames.get(root);
  if (known === undefined) {
    known = new Map();
    fullNames.set(root, known);
  }
  let name = known.get(below);
  if (name === undefined) {
    name = root + below;
    if (known.size < MAX_NAMES) known.set(below, name);
  }
  return name;
}

/** The last second that was formatted: busy fleets ask for the same one over and over. */
let lastClock = { second: Number.NaN, text: '' };

function clockText(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (lastClock.second !== second)
    lastClock = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return lastClock.text;
}

export class Device {
  readonly unit: UnitIdentity;
  readonly tree: DeviceTree;
  /** Attributes that were changed, by name. */
  readonly attributes = new Map<string, Attributes>();
  client: ClientSwitches;
  readonly #options: DeviceOptions;
  #profile: Profile;
  #firmware: string;
  #bootedAt: number;

  constructor(options: DeviceOptions) {
    const { profile, seed = 0, index = 0 } = options;
    this.#profile = profile;
    this.#options = options;
    this.client = this.factoryClient;
    const { serial, macPrefix } = profile.identity;
    this.unit = unitIdentity(serial, macPrefix, { seed: String(seed), profile: profile.name, index });
    this.tree = new DeviceTree(profile.tree);
    this.#firmware = profile.identity.firmware;
    this.#bootedAt = options.now();
  }

  /** As in its Informs. */
  get id(): DeviceId {
    const { manufacturer, oui, productClass } = this.profile.identity;
    return {
      Manufacturer: manufacturer,
      OUI: oui,
      ProductClass: productClass,
      SerialNumber: this.unit.serial,
    };
  }

  /** The current profile; another release of its product after an upgrade to that. */
  get profile(): Profile {
    return this.#profile;
  }

  /** Firmware that runs now. */
  get firmware(): string {
    return this.#firmware;
  }

  /**
   * Changed by a download. If the firmware is a known release of its product the device becomes that release;
   * settings that both have are kept.
   */
  set firmware(version: string) {
    const next = this.#profile.release(version);
    this.#firmware = next?.identity.firmware ?? version;
    if (next === undefined || next === this.#profile) return;
    this.#profile = next;
    this.tree.reshape(next.tree);
  }

  /** The factory setting of its CWMP client. */
  get factoryClient(): ClientSwitches {
    const { cwmp = true } = this.#options;
    return { on: cwmp, readOnly: !cwmp, takesCalls: cwmp };
  }

  /** Makes random values differ between modems and stay the same for one. */
  get seed(): string {
    const { seed = 0, index = 0 } = this.#options;
    return `${seed}/${index}`;
  }

  /** Simulated time of its last restart, in milliseconds since 1970. */
  get bootedAt(): number {
    return this.#bootedAt;
  }

  /** Simulated time in milliseconds since 1970, whatever the device's own clock says. */
  get now(): number {
    return this.#options.now();
  }

  /** Simulated milliseconds since the restart. */
  get uptime(): number {
    return Math.max(0, this.#options.now() - this.#bootedAt);
  }

  /**
   * The device's own clock, in milliseconds since 1970: devices without a time source count from there at
   * each restart.
   */
  get clockMs(): number {
    return this.profile.inform.clock === 'since-1970' ? this.uptime : this.#options.now();
  }

  get clock(): string {
    return clockText(this.clockMs);
  }

  /** A restart: its clock starts over. */
  restart(): void {
    this.#bootedAt = this.#options.now();
  }

  /** All settings return to the factory's; the firmware stays. */
  factoryReset(): void {
    this.tree.reset();
    this.attributes.clear();
  }

  /** The full name of a parameter below the root. */
  name(below: string): string {
    return fullName(this.profile.tree.root, below);
  }

  /** A parameter with its value; `undefined` when there is none of that name. */
  read(name: string): Parameter | undefined {
    const found = this.tree.find(name);
    return found?.is === 'leaf' ? this.parameter(found) : undefined;
  }

  /** The value of a parameter by its full name, secrets included; `undefined` when there is none. */
  valueAt(name: string): string | undefined {
    const found = this.tree.find(name);
    return found?.is === 'leaf' ? this.#value(found) : undefined;
  }

  /** The value of a parameter below the root, secrets included; empty when there is none. */
  setting(below: string): string {
    return this.valueAt(this.name(below)) ?? '';
  }

  parameter(leaf: FoundLeaf): Parameter {
    const { type, writable } = leaf.shape;
    const value = this.#isSecret(leaf.shape) ? '' : this.#value(leaf);
    return { name: leaf.path, type, value, writable };
  }

  /** Expands text with `${...}` from the profile: names of parameters, header lines. */
  expand(text: string): string {
    return text.includes('${') ? this.profile.values.text(text)(new Source(this, undefined)) : text;
  }

  #value(leaf: FoundLeaf): string {
    const stored = this.tree.stored(leaf.path) ?? this.#factorySetting(leaf.path);
    if (stored !== undefined) return stored;
    const { connectionRequests } = this.#options;
    if (connectionRequests !== undefined && leaf.shape.template === 'ManagementServer.ConnectionRequestURL')
      return connectionRequests.listener.urlOf(this);
    const rule = this.profile.values.rule(leaf.shape);
    return rule(new Source(this, leaf));
  }

  /**
   * The simulated time, in milliseconds since 1970, from which a parameter may change by itself: now for what
   * varies all the time, `undefined` for what stays until something is set or the modem restarts.
   */
  movesAt(name: string): number | undefined {
    const found = this.tree.find(name);
    if (found?.is !== 'leaf' || this.tree.stored(name) !== undefined) return undefined;
    if (this.#factorySetting(name) !== undefined) return undefined;
    const next = this.profile.values.rule(found.shape).next?.(new Source(this, found));
    return next === Infinity ? undefined : next;
  }

  /** One object of settings serves a whole fleet. */
  #factorySetting(path: string): string | undefined {
    const { settings } = this.#options;
    if (settings === undefined) return undefined;
    const below = path.slice(this.profile.tree.root.length);
    return Object.hasOwn(settings, below) ? settings[below] : undefined;
  }

  #isSecret(shape: LeafShape): boolean {
    const { secretNames, secretTemplates } = this.profile;
    return secretNames.has(shape.name) || secretTemplates.has(shape.template);
  }

  /**
   * Instances of the table beside a leaf whose name equals, or begins with, the name that the leaf counts.
   */
  count(leaf: FoundLeaf, called: string): number | undefined {
    const parent = this.tree.find(leaf.path.slice(0, leaf.path.lastIndexOf('.') + 1));
    if (parent?.is !== 'object') return undefined;
    const tables = this.tree.children(parent).filter((child) => child.is === 'table');
    const table =
      tables.find((child) => child.shape.name === called) ??
      tables.find((child) => child.shape.name.startsWith(called)) ??
      // LANWLANConfigurationNumberOfEntries counts WLANConfiguration (TR-098).
      tables.find((child) => called.endsWith(child.shape.name));
    return table === undefined ? undefined : this.tree.instances(table.path).length;
  }

  /** The facts that value rules may use, by name. */
  fact(name: string): string | undefined {
    const { profile, unit } = this;
    const { identity } = profile;
    const { acs, address, externalAddress } = this.#options;
    switch (name) {
      case 'serial':
      case 'boardSerial':
      case 'mac':
        return unit[name];
      case 'manufacturer':
      case 'oui':
      case 'productClass':
      case 'board':
        return identity[name];
      case 'firmware':
        return this.firmware;
      case 'uptime':
        return String(Math.floor(this.uptime / 1000));
      case 'clock':
        return this.clock;
      case 'weekday':
        return WEEKDAYS[new Date(this.clock).getUTCDay()];
      case 'address':
        return address ?? profile.lan.address;
      case 'acs':
        return acs;
      case 'externalAddress':
        return externalAddress ?? '';
      case 'connectionStatus':
        return externalAddress === undefined ? 'Disconnected' : 'Connected';
      case 'connectionUptime':
        return externalAddress === undefined ? '0' : this.fact('uptime');
      case 'connection':
        return externalAddress === undefined ? '' : this.#connection();
      default:
        return profile.facts.get(name);
    }
  }

  /** Path, without the last dot, of the first PPP or IP connection: the default one. */
  #connection(): string {
    const wan = this.tree.find(this.name('WANDevice.1.WANConnectionDevice.'));
    for (const device of wan === undefined ? [] : this.tree.children(wan))
      for (const kind of ['WANPPPConnection.', 'WANIPConnection.']) {
        const connections = this.tree.find(device.path + kind);
        const first = connections === undefined ? undefined : this.tree.children(connections)[0];
        if (first !== undefined) return first.path.slice(0, -1);
      }
    return '';
  }

  /** The parameters of its Inform in profile order, followed by those that were changed. */
  informParameters(
    changed: Iterable<string> = [],
  ): { readonly Name: string; readonly Value: string; readonly Type: string }[] {
    const { inform } = this.profile;
    const list: { readonly Name: string; readonly Value: string; readonly Type: string }[] = [];
    for (const Name of this.#informed(changed)) {
      const found = this.read(Name);
      if (found !== undefined)
        list.push({ Name, Value: found.value, Type: inform.types === 'string' ? 'string' : found.type });
      // The name of a missing connection is its last part alone; the value is the address that the modem is
      // reached at.
      else if (Name.startsWith('.')) list.push({ Name, Value: this.fact('address') ?? '', Type: 'string' });
    }
    return list;
  }

  #informed(changed: Iterable<string>): ReadonlySet<string> {
    const names = new Set<string>();
    for (const text of this.profile.inform.parameters) names.add(this.expand(text));
    for (const name of changed) names.add(name);
    return names;
  }

  /** Digest of everything that was changed: two modems with the same changes have the same. */
  fingerprint(): string {
    const digest = createHash('sha256');
    for (const leaf of this.tree.leaves(this.tree.root())) {
      const stored = this.tree.stored(leaf.path);
      if (stored !== undefined) digest.update(`${leaf.path}=${stored}\n`);
    }
    return digest.digest('hex').slice(0, 16);
  }
}

/** The device as seen by a rule for one of its parameters, or for a text of its profile. */
class Source implements ValueSource {
  readonly #device: Device;
  readonly #leaf: FoundLeaf | undefined;

  constructor(device: Device, leaf: FoundLeaf | undefined) {
    this.#device = device;
    this.#leaf = leaf;
  }

  get path(): string {
    return this.#leaf?.path ?? '';
  }

  get indices(): readonly number[] {
    return this.#leaf?.indices ?? [];
  }

  get seed(): string {
    return this.#device.seed;
  }

  get now(): number {
    return this.#device.now;
  }

  get bootedAt(): number {
    return this.#device.bootedAt;
  }

  fact(name: string): string | undefined {
    return this.#device.fact(name);
  }

  count(table: string): number | undefined {
    return this.#leaf === undefined ? undefined : this.#device.count(this.#leaf, table);
  }
}
