/** `modemlab lab`: an ACS with three simulated modems on it, an ant that is made a fourth, and a live view of what they do. */
import process from 'node:process';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Acs } from '../../acs/acs.ts';
import { startAcs } from '../../acs/acs.ts';
import type { Observation } from '../../acs/acs-events.ts';
import type { DataFolder } from '../../acs/data-folder.ts';
import { openData } from '../../acs/data-folder.ts';
import { deviceKey } from '../../acs/device-key.ts';
import { MDAP_PORT } from '../../protocol/mdap/settings.ts';
import { createModem } from '../../simulator/index.ts';
import { groupAddress } from '../mdap/host.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { createLog } from '../support/log.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, positiveNumber, wholeNumber } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';
import type { AntStep } from './ant.ts';
import { LabAnt } from './ant.ts';
import type { LabModem, Stored } from './stored.ts';
import { isStored, storedOf } from './stored.ts';
import type { LabView } from './view.ts';
import { createLabView } from './view.ts';

/** One modem of each generation of Thomson's CWMP client, all of different models and firmware. */
const PROFILES = ['st780v74', 'st706', 'st585v6'] as const;

/** The seed of the lab's modems: the same serial numbers every time, so that what was kept of them is theirs again. */
const SEED = 'lab';

/**
 * A group that no modem is in, of the local scope (RFC 2365, section 6.1). Linux gives a socket every datagram to its group,
 * whichever interface it came by: at MDAP's own the ant would answer the host of a bench at another interface of this machine.
 */
const ANT_GROUP = '239.255.75.47';

/** Simulated seconds from power on to the first Inform, and between two: a task waits no longer than this. */
const BOOT_SECONDS = 1;
const INFORM_SECONDS = 5;

interface LabOptions extends DataOptions {
  readonly port?: number;
  /** commander's `--no-ant`. */
  readonly ant: boolean;
  readonly mdapGroup: string;
  readonly mdapPort?: number;
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
  new Option('--no-ant', 'without the ant, and without MDAP'),
  new Option('--mdap-group <address>', 'the multicast group of the ant, on the loopback interface alone')
    .argParser(groupAddress)
    .default(ANT_GROUP),
  new Option(
    '--mdap-port <number>',
    `its UDP port; 0 picks a free one (default: ${MDAP_PORT}, or 0 with --once)`,
  ).argParser(wholeNumber(0, 65535)),
  new Option('--once', 'end when all modems are discovered, and show what was stored').default(false),
  new Option('--timeout <seconds>', 'with --once: how long at most')
    .argParser(positiveNumber(0, 86_400))
    .default(300),
  new Option('--json', 'print events as JSON, one a line; with --once one document').default(false),
];

export function addLab(program: Command, cli: CliContext): void {
  command(program, {
    usage: 'lab',
    summary: 'run an ACS with three simulated modems on it, and make an ant a fourth',
    more:
      'The modems boot, contact the ACS and are discovered; then they inform every few seconds, so that the other ' +
      'commands can act on them from another terminal. A fourth comes from the factory with CWMP off: it is found by ' +
      'MDAP, told its ACS, and becomes a modem like the others. The lab stays until it is interrupted.',
    options: options(),
    examples: [
      ['lab', 'the lab on port 7547, everything it learns in ./modemlab-data'],
      ['lab --once --json', 'discover three modems, print every parameter of theirs, and end'],
    ],
  }).action(async (given: LabOptions) => {
    cli.exitCode = await runLab(cli, given);
  });
}

async function runLab(cli: CliContext, given: LabOptions): Promise<number> {
  const lab = await Lab.start(cli, given);
  if (!given.once) {
    await untilStopped(cli.io, () => lab.stop());
    return 0;
  }
  const all = await lab.discovered(given.timeout * 1000);
  const devices = await lab.stored();
  const ant = await lab.storedAnt();
  await lab.stop();
  if (given.json) writeJson(cli.io, { discovered: all, devices, ...(ant === undefined ? {} : { ant }) });
  else lab.summary(devices, ant);
  return all && devices.every(({ complete }) => complete) ? 0 : 1;
}

/** The ant: also what MDAP did with it. */
interface StoredAnt extends Stored {
  readonly steps: readonly AntStep[];
}

class Lab {
  readonly #cli: CliContext;
  readonly #data: DataFolder;
  readonly #acs: Acs;
  readonly #modems: readonly LabModem[];
  readonly #view: LabView;
  readonly #ant: LabAnt | undefined;
  /** The ant has called the ACS. */
  #hasInformed = false;
  #wake: () => void = () => undefined;

  private constructor(
    cli: CliContext,
    data: DataFolder,
    acs: Acs,
    modems: readonly LabModem[],
    ant: LabAnt | undefined,
    view: LabView,
  ) {
    this.#cli = cli;
    this.#data = data;
    this.#acs = acs;
    this.#modems = modems;
    this.#ant = ant;
    this.#view = view;
  }

  static async start(cli: CliContext, given: LabOptions): Promise<Lab> {
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
    const ant = given.ant
      ? await LabAnt.make({
          ...{ acs: acs.url, seed: SEED, index: PROFILES.length, informSeconds: INFORM_SECONDS },
          bootSeconds: BOOT_SECONDS,
          ...{ group: given.mdapGroup, port: given.mdapPort ?? (given.once ? 0 : MDAP_PORT) },
        })
      : undefined;
    const devices = [...modems, ...(ant === undefined ? [] : [ant.labModem])].map(({ device }) => device);
    const view = createLabView(cli.io, data.store, devices, given);
    const lab = new Lab(cli, data, acs, modems, ant, view);
    observer.see = (observation) => lab.#see(observation);
    view.began(acs.url, data.folder);
    for (const { modem } of modems) modem.start();
    ant?.start((step) => lab.#seeAnt(ant, step));
    return lab;
  }

  #see(observation: Observation): void {
    this.#view.see(observation);
    if (observation.is === 'session-began' && observation.device === this.#ant?.labModem.device.key)
      this.#hasInformed = true;
    this.#wake();
  }

  #seeAnt(ant: LabAnt, step: AntStep): void {
    this.#view.seeAnt(ant.labModem.device.key, step);
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
    const { store } = this.#data;
    for (const modem of this.#modems) if (!(await isStored(store, modem))) return false;
    const ant = this.#ant;
    if (ant === undefined || ant.hasFailed) return true;
    return ant.isConfigured && this.#hasInformed && isStored(store, ant.labModem);
  }

  async stored(): Promise<readonly Stored[]> {
    const all: Stored[] = [];
    for (const modem of this.#modems) all.push(await storedOf(this.#data.store, modem));
    return all;
  }

  /** `undefined` without an ant. */
  async storedAnt(): Promise<StoredAnt | undefined> {
    if (this.#ant === undefined) return undefined;
    return { ...(await storedOf(this.#data.store, this.#ant.labModem)), steps: this.#ant.steps };
  }

  summary(modems: readonly Stored[], ant: StoredAnt | undefined): void {
    const failed = ant?.steps.findLast((step) => step.step === 'failed');
    const stored = ant === undefined || failed !== undefined ? modems : [...modems, ant];
    const { io } = this.#cli;
    for (const { device, parameters, complete } of stored)
      io.out(`${device}: ${parameters} parameters${complete ? ', all stored' : ', NOT all stored'}\n`);
    if (ant !== undefined && failed !== undefined)
      io.out(`${ant.device}: without MDAP, and so without an ACS: ${failed.why}\n`);
  }

  async stop(): Promise<void> {
    this.#view.stop();
    await Promise.all([...this.#modems.map(({ modem }) => modem.stop()), this.#ant?.stop()]);
    await this.#acs.stop();
  }
}

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
