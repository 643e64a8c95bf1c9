/**
 * A simulated SpeedTouch as its LAN side shows it: MDAP and the command line while its firmware runs, BOOTP
 * and TFTP while its boot loader does. It is the same modem that CWMP sees: an ACS reads what a command
 * changed, and the other way round.
 */
import { EventEmitter } from 'node:events';
import type { BootReason } from '../../protocol/bootp/st-options.ts';
import { createRandom } from '../../protocol/random.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Lan } from '../lan/lan.ts';
import { createModem } from '../modem.ts';
import type { Modem, ModemOptions } from '../modem-types.ts';
import { Box } from '../shell/box.ts';
import type { Effect } from '../shell/effect.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { createScheduler } from '../time/scheduler.ts';
import { Timers } from '../time/timers.ts';
import type { LoaderEvent } from './boot-loader.ts';
import { BootLoader } from './boot-loader.ts';
import { MdapService } from './mdap.ts';
import type { AntFault, AntOptionsSettings } from './settings.ts';
import { ANT_DEFAULTS } from './settings.ts';

export interface AntOptions extends Omit<ModemOptions, 'acs'> {
  readonly lan: Lan;
  /** The ACS set at the factory; without one, CWMP is off until a command switches it on. */
  readonly acs?: string;
  readonly faults?: readonly AntFault[];
  /** The clock by which MDAP conversations expire, in milliseconds; real time when absent. */
  readonly clock?: () => number;
  /** Replaces the defaults, member by member. */
  readonly ant?: { readonly [K in keyof AntOptionsSettings]?: Partial<AntOptionsSettings[K]> };
}

/**
 * `firmware`: it runs and answers; `starting`: it does not answer yet; `loader`: boot mode; `dead`: it never
 * comes back.
 */
export type AntMode = 'off' | 'starting' | 'firmware' | 'loader' | 'dead';

export interface AntEvents {
  mode: [mode: AntMode];
  loader: [event: LoaderEvent];
  /** A command arrived by MDAP and is about to be executed. */
  command: [command: string, user: string];
  /** A port could not be bound: the ant does not receive anything there. */
  problem: [error: unknown];
}

export interface Ant {
  readonly modem: Modem;
  readonly box: Box;
  readonly events: EventEmitter<AntEvents>;
  readonly mode: AntMode;
  /** Power on. It answers after its start-up time. */
  start(): void;
  /** Power off. Resolves when nothing is running any more. */
  stop(): Promise<void>;
  /** The reset button is held while the power comes back: the boot loader runs. */
  pressReset(): void;
  /** Runs the effect of a command shortly after its output. */
  perform(effect: Effect): void;
}

/** The ACS of a factory-fresh modem whose CWMP client is switched on without naming a server. */
const NO_ACS = 'http://0.0.0.0/';

export function createAnt(options: AntOptions): Ant {
  return new SimulatedAnt(options);
}

function settingsOf({ ant = {} }: AntOptions): AntOptionsSettings {
  return {
    group: { ...ANT_DEFAULTS.group, ...ant.group },
    mdap: { ...ANT_DEFAULTS.mdap, ...ant.mdap },
    boot: { ...ANT_DEFAULTS.boot, ...ant.boot },
    times: { ...ANT_DEFAULTS.times, ...ant.times },
  };
}

class SimulatedAnt implements Ant {
  readonly modem: Modem;
  readonly box: Box;
  readonly events = new EventEmitter<AntEvents>();
  readonly #options: AntOptions;
  readonly #settings: AntOptionsSettings;
  readonly #faults: Set<AntFault>;
  readonly #scheduler: Scheduler;
  readonly #timers: Timers;
  readonly #random;
  readonly #mdap: MdapService;
  #mode: AntMode = 'off';
  #loader: BootLoader | undefined;
  /** Whether its flash holds firmware that can be started. */
  #hasImage = true;

  constructor(options: AntOptions) {
    const { lan, acs, faults = [], ant, clock, ...modem } = options;
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#faults = new Set(faults);
    this.#scheduler = options.scheduler ?? createScheduler({ speed: options.speed ?? 1 });
    this.#timers = new Timers(this.#scheduler);
    this.modem = createModem({
      ...modem,
      acs: acs ?? NO_ACS,
      cwmp: acs !== undefined,
      scheduler: this.#scheduler,
    });
    this.#random = createRandom(`${options.seed ?? 0}/${options.index ?? 0}/ant`);
    this.box = new Box(this.modem, { addressesChanged: () => this.#try(this.#mdap.readdress()) });
    this.#mdap = new MdapService({
      lan,
      box: this.box,
      scheduler: this.#scheduler,
      random: this.#random,
      settings: this.#settings,
      clock: options.clock ?? (() => performance.now()),
      mute: this.#faults.has('mute'),
      perform: (effect) => this.perform(effect),
      onCommand: (command, user) => this.events.emit('command', command, user),
    });
    this.modem.events.on('rebooted', () => this.#restarted());
  }

  get mode(): AntMode {
    return this.#mode;
  }

  start(): void {
    if (this.#mode !== 'off') return;
    if (!this.#hasImage) {
      this.#enterLoader('no-valid-image');
      return;
    }
    this.modem.start();
    this.#restarted();
  }

  async stop(): Promise<void> {
    this.#down('off');
    await this.modem.stop();
    if (this.#options.scheduler === undefined) this.#scheduler.stop();
  }

  pressReset(): void {
    this.#enterLoader('button');
  }

  #enter(mode: AntMode): void {
    this.#mode = mode;
    this.events.emit('mode', mode);
  }

  #down(mode: AntMode): void {
    this.#timers.clearAll();
    this.#mdap.close();
    this.#loader?.stop();
    this.#loader = undefined;
    this.#enter(mode);
  }

  #try(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.events.emit('problem', error));
  }

  /** The firmware starts to run. */
  #restarted(): void {
    this.#down('starting');
    this.#timers.set('mdap', this.#settings.times.mdapMs, () => {
      this.#enter('firmware');
      this.#try(this.#mdap.open());
    });
  }

  perform(effect: Effect): void {
    // The answer goes out before its effect.
    this.#timers.set('perform', this.#settings.times.afterAnswerMs, () => {
      if (this.box.perform(effect)) return;
      if (effect.do === 'boot-mode' && !this.#faults.has('no-boot-mode'))
        this.#enterLoader('software-upgrade');
    });
  }

  #enterLoader(reason: BootReason): void {
    this.#down('loader');
    this.#try(this.modem.stop());
    // Without an image there is nothing to start instead.
    const giveUpMs = this.#hasImage ? this.#settings.boot.giveUpMs : undefined;
    const settings = { ...this.#settings, boot: { ...this.#settings.boot, giveUpMs } };
    const loader = new BootLoader({
      device: this.modem.device,
      lan: this.#options.lan,
      timers: this.#timers,
      random: this.#random,
      settings,
      faults: this.#faults,
      reason,
      tell: (event) => this.#heard(event),
    });
    this.#loader = loader;
    this.#timers.set('loader', this.#settings.times.enterMs, () => this.#try(loader.start()));
  }

  #heard(event: LoaderEvent): void {
    this.events.emit('loader', event);
    switch (event.is) {
      case 'written':
        this.#written(event.version);
        return;
      case 'power-cut':
        this.#faults.delete('power-cut');
        if (this.#hasTwoBanks) this.#startOld();
        else {
          this.#hasImage = false;
          this.#enterLoader('no-valid-image');
        }
        return;
      case 'gave-up':
        this.#startOld();
        return;
      case 'asked':
      case 'leased':
      case 'progress':
      case 'transfer-failed':
      case 'dropped':
      case 'writing':
        return;
      default:
        assertNever(event);
    }
  }

  /** From R8 on there is a second image, which is started if the one being written is invalid. */
  get #hasTwoBanks(): boolean {
    return this.box.generation === 'g8';
  }

  #startOld(): void {
    this.#down('off');
    this.start();
  }

  #written(version: string): void {
    this.#hasImage = true;
    if (this.#faults.has('never-returns')) {
      this.#down('dead');
      return;
    }
    this.#down('starting');
    this.#timers.set('restart', this.#settings.times.restartMs, () => {
      const { device } = this.modem;
      if (!this.#faults.has('old-version')) device.firmware = version;
      // With one bank the settings are lost with the old image; with two they stay.
      if (!this.#hasTwoBanks) {
        device.factoryReset();
        this.box.factoryReset();
      }
      this.#mode = 'off';
      this.start();
    });
  }
}
