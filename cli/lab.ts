/** `modemlab lab`: an ACS with three simulated modems on it, and a live view of what they do. */
import process from 'node:process';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Acs } from '../acs/acs.ts';
import { startAcs } from '../acs/acs.ts';
import type { DataFolder } from '../acs/data-folder.ts';
import { openData } from '../acs/data-folder.ts';
import { deviceKey } from '../acs/device-key.ts';
import type { Observation } from '../acs/observe.ts';
import { isDiscovered } from '../acs/rules/first-contact.ts';
import type { Parameter } from '../acs/store/store.ts';
import type { Modem } from '../simulator/index.ts';
import { createModem } from '../simulator/index.ts';
import { command } from './help.ts';
import type { LabDevice, LabView } from './lab-view.ts';
import { createLabView } from './lab-view.ts';
import { createLog } from './log.ts';
import type { DataOptions } from './options.ts';
import { dataOption, positiveNumber, wholeNumber } from './options.ts';
import type { Cli } from './shell.ts';
import { writeJson } from './table.ts';
import { untilStopped } from './until-stopped.ts';

/** One modem of each generation of Thomson's CWMP client, all of different models and firmware. */
const PROFILES = ['st780v74', 'st706', 'st585v6'] as const;

/** The seed of the lab's modems: the same serial numbers every time, so that what was kept of them is theirs again. */
const SEED = 'lab';

/** Simulated seconds from power on to the first Inform, and between two: a task waits no longer than this. */
const BOOT_SECONDS = 1;
const INFORM_SECONDS = 5;

interface LabOptions extends DataOptions {
  readonly port?: number;
  readonly once: boolean;
  /** Seconds. */
  readonly timeout: number;
}

const options = (): readonly Option[] => [
  new Option(
    '--port <number>',
    'the port of the ACS; 0 picks a free one (default: 7547, or 0 with --once)',
  ).argParser(wholeNumber(0, 65535)),
  dataOption(),
  new Option('--once', 'end when all modems are discovered, and show what was stored').default(false),
  new Option('--timeout <seconds>', 'with --once: how long at most')
    .argParser(positiveNumber(0, 86_400))
    .default(300),
  new Option('--json', 'print events as JSON, one a line; with --once one document').default(false),
];

export function addLab(program: Command, cli: Cli): void {
  command(program, {
    usage: 'lab',
    summary: 'run an ACS with three simulated modems on it',
    more:
      'The modems boot, contact the ACS and are discovered; then they inform every few seconds, so that the other ' +
      'commands can act on them from another terminal. It stays until it is interrupted.',
    options: options(),
    examples: [
      ['lab', 'the lab on port 7547, everything it learns in ./modemlab-data'],
      ['lab --once --json', 'discover three modems, print every parameter of theirs, and end'],
    ],
  }).action(async (given: LabOptions) => {
    cli.exitCode = await runLab(cli, given);
  });
}

async function runLab(cli: Cli, given: LabOptions): Promise<number> {
  const lab = await Lab.start(cli, given);
  if (!given.once) {
    await untilStopped(cli.io, () => lab.stop());
    return 0;
  }
  const all = await lab.discovered(given.timeout * 1000);
  const stored = await lab.stored();
  await lab.stop();
  if (given.json) writeJson(cli.io, { discovered: all, devices: stored });
  else lab.summary(stored);
  return all && stored.every(({ complete }) => complete) ? 0 : 1;
}

/** What was stored of one modem. */
interface Stored {
  readonly device: string;
  readonly profile: string;
  readonly parameters: number;
  /** Every parameter that the modem has is stored with value, type and writable flag. */
  readonly complete: boolean;
  readonly tree: Readonly<Record<string, { value: string; type: string; writable: boolean }>>;
}

interface LabModem {
  readonly modem: Modem;
  readonly device: LabDevice;
}

class Lab {
  readonly #cli: Cli;
  readonly #data: DataFolder;
  readonly #acs: Acs;
  readonly #modems: readonly LabModem[];
  readonly #view: LabView;
  #wake: () => void = () => undefined;

  private constructor(cli: Cli, data: DataFolder, acs: Acs, modems: readonly LabModem[], view: LabView) {
    this.#cli = cli;
    this.#data = data;
    this.#acs = acs;
    this.#modems = modems;
    this.#view = view;
  }

  static async start(cli: Cli, given: LabOptions): Promise<Lab> {
    const data = await openData(given.data, { owner: `lab-${process.pid}`, create: true });
    const observer: { see: (observation: Observation) => void } = { see: () => undefined };
    const log = await createLog(cli.io, 'warn', !given.json);
    const port = given.port ?? (given.once ? 0 : 7547);
    let acs: Acs;
    try {
      acs = await startAcs({ data, port, host: '127.0.0.1', log, observe: (seen) => observer.see(seen) });
    } catch (error) {
      await data.close();
      throw error;
    }
    const modems = PROFILES.map((profile, index) => labModem(profile, index, acs.url));
    const devices = modems.map(({ device }) => device);
    const lab = new Lab(cli, data, acs, modems, createLabView(cli.io, data.store, devices, given));
    observer.see = (observation) => lab.#see(observation);
    lab.#view.began(acs.url, data.folder);
    for (const { modem } of modems) modem.start();
    return lab;
  }

  #see(observation: Observation): void {
    this.#view.see(observation);
    this.#wake();
  }

  /** Resolves when every modem is discovered; false when that took too long. */
  async discovered(ms: number): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, ms);
    while (!late && !(await this.#allDiscovered())) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    return !late;
  }

  async #allDiscovered(): Promise<boolean> {
    for (const { device } of this.#modems) {
      const record = await this.#data.store.get(device.key);
      if (record === undefined || !isDiscovered(record)) return false;
    }
    return true;
  }

  async stored(): Promise<readonly Stored[]> {
    const all: Stored[] = [];
    for (const { modem, device } of this.#modems) {
      const tree: Record<string, { value: string; type: string; writable: boolean }> = {};
      for await (const parameter of this.#data.store.tree(device.key)) {
        if (isWhole(parameter))
          tree[parameter.name] = {
            value: parameter.value,
            type: parameter.type,
            writable: parameter.writable,
          };
      }
      const { tree: own } = modem.device;
      const names = Array.from(own.leaves(own.root()), ({ path }) => path);
      const complete = names.length > 0 && names.every((name) => Object.hasOwn(tree, name));
      all.push({ device: device.key, profile: device.profile, parameters: names.length, complete, tree });
    }
    return all;
  }

  summary(stored: readonly Stored[]): void {
    for (const { device, parameters, complete } of stored)
      this.#cli.io.out(
        `${device}: ${parameters} parameters${complete ? ', all stored' : ', NOT all stored'}\n`,
      );
  }

  async stop(): Promise<void> {
    this.#view.stop();
    await Promise.all(this.#modems.map(({ modem }) => modem.stop()));
    await this.#acs.stop();
  }
}

type Whole = Parameter & { readonly value: string; readonly type: string; readonly writable: boolean };
const isWhole = (parameter: Parameter): parameter is Whole =>
  parameter.value !== undefined && parameter.type !== undefined && parameter.writable !== undefined;

function labModem(profile: string, index: number, acs: string): LabModem {
  const modem = createModem({
    acs,
    profile,
    seed: SEED,
    index,
    bootSeconds: BOOT_SECONDS,
    settings: {
      'ManagementServer.PeriodicInformEnable': '1',
      'ManagementServer.PeriodicInformInterval': String(INFORM_SECONDS),
    },
  });
  const { productClass, board } = modem.device.profile.identity;
  return { modem, device: { key: deviceKey(modem.id), profile, title: `${productClass} (${board})` } };
}
