/**
 * A bench of modems for a flashing run, without a network: what they do to a run, and what a run does to
 * them.
 */
import type { Outcome } from '../../../mdap/flash/modem.ts';
import type { PlanImage } from '../../../mdap/flash/plan.ts';
import type {
  Answer,
  BootHandlers,
  Credentials,
  FlashPorts,
  HostHandlers,
} from '../../../mdap/flash/ports.ts';
import type { Scheduler } from '../../../simulator/time/scheduler.ts';

/** What is peculiar about one. */
export type Habit =
  | 'good'
  /** Its boot loader does not take the image. */
  | 'refuses'
  /** Its power fails for good while it writes. */
  | 'dies'
  /** Its power fails while it writes, and returns. */
  | 'cut-writing'
  /** Its power fails once inside the transfer, and returns. */
  | 'cut-transfer'
  /** It knows no upgrade command. */
  | 'deaf'
  /** It starts from another memory bank. */
  | 'old-bank'
  /** It answers a search and nothing else. */
  | 'mute'
  /** It asks by BOOTP and never for the file. */
  | 'no-tftp';

export interface BenchModem {
  readonly serial: string;
  readonly mac: string;
  readonly habit: Habit;
  board: string;
  version: string;
  address: string;
  password: string;
  /** `off`: without power. */
  mode: 'normal' | 'boot' | 'off';
  /** Counts starts: what was due before a start is void. */
  life: number;
  image: PlanImage | undefined;
  served: boolean;
  readonly commands: string[];
  boots: number;
}

export class Bench implements FlashPorts {
  readonly modems: readonly BenchModem[];
  readonly alive = new Map<string, BenchModem>();
  /** Most transfers at once, of all and of one modem. */
  most = 0;
  mostOfOne = 0;
  readonly #time: Scheduler;
  #host: HostHandlers | undefined;
  #boot: BootHandlers | undefined;
  #transfers = 0;

  constructor(time: Scheduler, habits: readonly Habit[]) {
    this.#time = time;
    this.modems = habits.map((habit, index) => ({
      serial: `0703A${String(index).padStart(4, '0')}`,
      habit,
      board: 'BANT-W',
      version: '6.2.17.5',
      mac: `00-14-7F-00-00-${index.toString(16).toUpperCase().padStart(2, '0')}`,
      address: '192.168.1.254',
      password: '',
      mode: 'normal',
      life: 0,
      image: undefined,
      served: false,
      commands: [],
      boots: 0,
    }));
  }

  startHost: FlashPorts['startHost'] = async (handlers) => {
    this.#host = handlers;
    return {
      search: () => {
        for (const modem of this.modems) this.#after(modem, 50, () => this.#answerSearch(modem));
      },
      ask: (serial, credentials) =>
        this.#converse(serial, credentials, (modem) => ({ board: modem.board, version: modem.version })),
      exec: (serial, line, credentials, silent) =>
        this.#converse(serial, credentials, (modem) => this.#command(modem, line), silent),
      close: async () => {
        this.#host = undefined;
      },
    };
  };

  startBoot: FlashPorts['startBoot'] = async (handlers) => {
    this.#boot = handlers;
    return {
      serve: (mac, image) => {
        const modem = this.modems.find((one) => one.mac === mac);
        if (modem !== undefined) Object.assign(modem, { image, served: true });
      },
      quarantine: (mac) => {
        const modem = this.modems.find((one) => one.mac === mac);
        if (modem !== undefined) modem.served = false;
      },
      abort: (transfer) => {
        this.alive.delete(transfer);
      },
      close: async () => {
        this.#boot = undefined;
        this.alive.clear();
      },
    };
  };

  /** Somebody presses the button while power comes on. */
  pressButton(modem: BenchModem): void {
    this.#boots(modem, false);
  }

  /** Schedules what happens by itself, unless the modem restarts first. */
  #after(modem: BenchModem, ms: number, run: () => void): void {
    const { life } = modem;
    this.#time.after(ms, () => {
      if (modem.life === life) run();
    });
  }

  #answerSearch({ mode, serial, mac, address }: BenchModem): void {
    if (mode === 'normal') this.#host?.onFound({ serial, mac, product: 'SpeedTouch 585', address });
  }

  async #converse<T extends object>(
    serial: string,
    { password }: Credentials,
    answer: (modem: BenchModem) => T | Outcome,
    silent = false,
  ): Promise<Answer & { board: string | undefined; version: string | undefined }> {
    const modem = this.modems.find((one) => one.serial === serial);
    const none = { board: undefined, version: undefined };
    const able = modem?.mode === 'normal' && modem.habit !== 'mute';
    await new Promise<void>((resolve) => {
      this.#time.after(able ? 100 : silent ? 2000 : 8000, resolve);
    });
    if (modem === undefined || !able) return { outcome: 'unanswered', text: '', ...none };
    if (modem.password !== password) return { outcome: 'credentials', text: 'wrong user', ...none };
    const answered = answer(modem);
    if (typeof answered === 'string') return { outcome: answered, text: answered, ...none };
    return { outcome: 'ok', text: modem.address, ...none, ...answered };
  }

  #command(modem: BenchModem, line: string): object | Outcome {
    modem.commands.push(line);
    if (line === 'software upgrade') {
      if (modem.habit === 'deaf') return 'unanswered';
      this.#after(modem, 10, () => this.#boots(modem, false));
      return {};
    }
    const [, address] = /^ip ipadd .*addr=([\d.]+)/.exec(line) ?? [];
    if (address !== undefined) modem.address = address;
    return line.startsWith('wrong') ? 'refused' : {};
  }

  /** Boot mode: it asks every second until it gets its image. */
  #boots(modem: BenchModem, invalid: boolean): void {
    modem.mode = 'boot';
    modem.life += 1;
    modem.boots += 1;
    const { board, mac } = modem;
    const again = (): void => {
      this.#boot?.onBootp(mac, { board, xid: modem.life, invalid });
      if (modem.served && modem.image !== undefined && this.#boot !== undefined) {
        this.#boot.onOffered(mac);
        if (modem.habit !== 'no-tftp') {
          this.#fetches(modem, modem.image);
          return;
        }
      }
      this.#after(modem, 1000, again);
    };
    this.#after(modem, 1000, again);
  }

  #fetches(modem: BenchModem, image: PlanImage): void {
    this.#transfers += 1;
    const transfer = String(this.#transfers);
    const { mac } = modem;
    this.alive.set(transfer, modem);
    this.most = Math.max(this.most, this.alive.size);
    const own = [...this.alive.values()].filter((one) => one === modem).length;
    this.mostOfOne = Math.max(this.mostOfOne, own);
    this.#boot?.onTransfer(mac, transfer);
    this.#after(modem, 500, () => this.#boot?.onProgress(mac, transfer, Math.floor(image.bytes / 2)));
    if (modem.habit === 'cut-transfer' && modem.boots === 1) {
      this.#after(modem, 600, () => this.#boots(modem, false));
      return;
    }
    this.#after(modem, 1000, () => {
      // Cut by the server, or the server is gone: the loader starts again.
      if (!this.alive.delete(transfer)) return this.#boots(modem, false);
      this.#boot?.onSent(mac, transfer);
      this.#writes(modem, image);
    });
  }

  #writes(modem: BenchModem, image: PlanImage): void {
    const back = (): void => {
      Object.assign(modem, { mode: 'normal', address: '192.168.1.254', life: modem.life + 1 });
      if (modem.habit !== 'old-bank') modem.version = image.version;
    };
    if (modem.habit === 'refuses') this.#after(modem, 1000, () => this.#boots(modem, false));
    else if (modem.habit === 'cut-writing') this.#after(modem, 5000, () => this.#boots(modem, true));
    else if (modem.habit === 'dies') modem.mode = 'off';
    else this.#after(modem, 30_000, back);
  }
}
