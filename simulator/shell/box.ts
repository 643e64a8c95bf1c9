/**
 * A modem as seen by its command line. Values of parameters in the CWMP tree are read and written there, so
 * that each side sees what the other did; the rest is `ShellState`. Unsaved changes are undone by a restart.
 */
import { buildName } from '../../protocol/datamodel/firmware-image.ts';
import { classfulMask } from '../lan/masks.ts';
import type { Modem } from '../modem-types.ts';
import type { Effect } from './effect.ts';
import type { Settings, ShellState } from './state.ts';
import { factoryState } from './state.ts';

export interface LanAddress {
  readonly address: string;
  readonly mask: string;
}

export interface BoxOptions {
  /** Called when CWMP was switched on or off, or has another server. */
  readonly cwmpChanged?: (enabled: boolean) => void;
  /** Called when the addresses of the LAN side have changed. */
  readonly addressesChanged?: () => void;
}

const HOSTS = 'LANDevice.1.LANHostConfigManagement.';
const INTERFACES = `${HOSTS}IPInterface.`;

/** Maximum of log entries. */
const MAX_LOG_ENTRIES = 100;

/** Maximum of different unknown commands that are counted. */
const MAX_UNKNOWN = 200;

function kept<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** The releases of the command line: where texts and commands differ. */
export type Generation = 'g4' | 'g5' | 'g6' | 'g7' | 'g8';

export class Box {
  readonly modem: Modem;
  readonly #options: BoxOptions;
  #state: ShellState;
  #saved: ShellState;
  /**
   * Values of parameters before the command line changed them, since the last save; `undefined`: the
   * factory's.
   */
  readonly #before = new Map<string, string | undefined>();
  readonly #log: string[] = [];
  /** How often each unknown command was entered: up to two words of it. */
  readonly unknown = new Map<string, number>();

  constructor(modem: Modem, options: BoxOptions = {}) {
    this.modem = modem;
    this.#options = options;
    this.#state = factoryState(modem.device);
    this.#saved = structuredClone(this.#state);
    // What the ACS sets stays: the command line no longer undoes it.
    modem.events.on('parameter-set', ({ name }) => this.#before.delete(name));
    modem.events.on('rebooted', ({ cause }) => {
      if (cause === 'factory-reset') this.factoryReset();
      else this.reload();
    });
    this.log('KERNEL Cold restart');
  }

  get state(): ShellState {
    return this.#state;
  }

  get generation(): Generation {
    const major = Number(this.modem.device.firmware.split('.')[0]);
    if (major >= 8) return 'g8';
    if (major === 7) return 'g7';
    if (major === 6) return 'g6';
    return major === 5 ? 'g5' : 'g4';
  }

  /** The entries of one list. */
  records(store: string): Map<string, ReadonlyMap<string, string>> {
    return kept(this.#state.records, store, () => new Map());
  }

  /** The settings of one command, which start as these. */
  settings(place: string, factory: ReadonlyMap<string, string>): Settings {
    return kept(this.#state.more, place, () => new Map(factory));
  }

  countUnknown(command: string): void {
    if (this.unknown.size < MAX_UNKNOWN || this.unknown.has(command))
      this.unknown.set(command, (this.unknown.get(command) ?? 0) + 1);
  }

  get entries(): readonly string[] {
    return this.#log;
  }

  flushLog(): void {
    this.#log.length = 0;
  }

  get build(): string {
    const { firmware, profile } = this.modem.device;
    return buildName(profile.identity.family, firmware);
  }

  log(text: string): void {
    const seconds = Math.floor(this.modem.device.uptime / 1000);
    const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
      String(Math.floor(part)).padStart(2, '0'),
    );
    this.#log.push(`<14> SysUpTime: ${clock.join(':')} ${text}`);
    if (this.#log.length > MAX_LOG_ENTRIES) this.#log.shift();
  }

  /** A parameter of the tree below its root; `undefined`: this model has none. */
  parameter(below: string): string | undefined {
    return this.modem.get(this.modem.device.name(below));
  }

  /** Changes a parameter below the root. False: this model has none. */
  change(below: string, value: string): boolean {
    const { device } = this.modem;
    const name = device.name(below);
    if (device.read(name) === undefined) return false;
    if (!this.#before.has(name)) this.#before.set(name, device.tree.stored(name));
    this.modem.change(name, value);
    return true;
  }

  /** The settings of DHCP and hosts, below LANHostConfigManagement. */
  host(name: string): string | undefined {
    return this.parameter(HOSTS + name);
  }

  changeHost(name: string, value: string): boolean {
    return this.change(HOSTS + name, value);
  }

  /** The hosts of the LAN side; each gives its parameters by name. */
  hosts(): readonly ((name: string) => string)[] {
    const { device } = this.modem;
    const table = device.name('LANDevice.1.Hosts.Host.');
    return device.tree
      .instances(table)
      .map((number) => (name: string) => this.modem.get(`${table}${number}.${name}`) ?? '');
  }

  /** Addresses of the LAN side, the preferred one first. */
  addresses(): readonly LanAddress[] {
    const { device } = this.modem;
    const numbers = device.tree.instances(device.name(INTERFACES));
    const shown = numbers.map((number) => ({
      address: this.parameter(`${INTERFACES}${number}.IPInterfaceIPAddress`) ?? '',
      mask: this.parameter(`${INTERFACES}${number}.IPInterfaceSubnetMask`) ?? '',
    }));
    const own = [...this.#state.addresses].map(([address, mask]) => ({ address, mask }));
    const all = [...shown.filter(({ address }) => address !== ''), ...own];
    if (numbers.length === 0 && own.length === 0 && this.#state.preferred !== '')
      all.push({ address: this.#state.preferred, mask: classfulMask(this.#state.preferred) });
    const preferred = all.filter(({ address }) => address === this.#state.preferred);
    return [...preferred, ...all.filter(({ address }) => address !== this.#state.preferred)];
  }

  /** False: it has it already. */
  addAddress(address: string, mask: string): boolean {
    if (this.addresses().some((other) => other.address === address)) return false;
    const free = this.#emptyInterface();
    if (free === undefined) this.#state.addresses.set(address, mask);
    else {
      this.change(`${free}IPInterfaceIPAddress`, address);
      this.change(`${free}IPInterfaceSubnetMask`, mask);
    }
    this.#options.addressesChanged?.();
    return true;
  }

  /** False: it has no such address. */
  deleteAddress(address: string): boolean {
    const path = this.#interfaceOf(address);
    if (path === undefined) {
      if (!this.#state.addresses.delete(address)) return false;
    } else this.change(`${path}IPInterfaceIPAddress`, '');
    if (this.#state.preferred === address) this.#state.preferred = this.addresses()[0]?.address ?? '';
    this.#options.addressesChanged?.();
    return true;
  }

  prefer(address: string): void {
    this.#state.preferred = address;
    this.#options.addressesChanged?.();
  }

  #interfaceOf(address: string): string | undefined {
    const { device } = this.modem;
    return device.tree
      .instances(device.name(INTERFACES))
      .map((number) => `${INTERFACES}${number}.`)
      .find((path) => this.parameter(`${path}IPInterfaceIPAddress`) === address);
  }

  /** A row of the table without an address. */
  #emptyInterface(): string | undefined {
    return this.#interfaceOf('');
  }

  get cwmpEnabled(): boolean {
    return this.#state.cwmp.get('state') === 'enabled';
  }

  /** The CWMP client follows `:cwmp config`, and the owner of the box is notified. */
  cwmpChanged(): void {
    this.#setClient();
    this.#options.cwmpChanged?.(this.cwmpEnabled);
  }

  #setClient(): void {
    const { cwmp } = this.#state;
    this.modem.setClient({
      on: this.cwmpEnabled,
      readOnly: cwmp.get('mode') !== 'full',
      takesCalls: cwmp.get('connectionRequest') === 'enabled',
    });
  }

  /** Executes the effect of a command. False: it concerns the session, or the boot loader. */
  perform({ do: what }: Effect): boolean {
    if (what === 'reboot') this.modem.reboot();
    else if (what === 'factory-reset') this.modem.factoryReset();
    else return false;
    return true;
  }

  /** Both switches of MDAP have to be on. */
  get mdapEnabled(): boolean {
    return this.#state.system.get('mdap') === 'enabled' && this.#state.services.get('MDAP')?.enabled === true;
  }

  /** Whether a user has this password. */
  check(user: string, password: string): boolean {
    return this.#state.users.get(user)?.password === password;
  }

  save(): void {
    this.#state.environment.set('CONF_DATE', 'Configuration modified manually');
    this.#saved = structuredClone(this.#state);
    this.#before.clear();
  }

  /** Forgets unsaved changes, as a restart does. */
  reload(): void {
    if (this.#state.system.get('autosave') === 'enabled') this.save();
    for (const [name, value] of this.#before) {
      if (value === undefined) this.modem.device.tree.forget(name);
      else this.modem.device.tree.store(name, value);
    }
    this.#before.clear();
    this.#state = structuredClone(this.#saved);
    this.#log.length = 0;
    this.log('KERNEL Warm restart');
    this.#setClient();
    this.#options.addressesChanged?.();
  }

  /** Returns to the factory's state; the modem itself resets the tree. */
  factoryReset(): void {
    this.#before.clear();
    this.#state = factoryState(this.modem.device);
    this.#saved = structuredClone(this.#state);
    this.#log.length = 0;
    this.log('KERNEL Cold restart');
    this.#setClient();
    this.#options.addressesChanged?.();
  }
}
