/**
 * What `modemlab lab` does: an ACS with three simulated modems, an ant that becomes the fourth, and a live
 * view.
 */
import process from 'node:process';
import type { Acs, AcsEvent, DataFolder } from '../../acs/index.ts';
import { deviceKey, openData, startAcs } from '../../acs/index.ts';
import { counted } from '../../protocol/counted.ts';
import { MDAP_PORT } from '../../protocol/mdap/settings.ts';
import { createModem } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import { createLog } from '../support/log.ts';
import type { DataOptions } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';
import type { AntStep } from './ant.ts';
import { LabAnt } from './ant.ts';
import type { LabModem, Stored } from './stored.ts';
import { isStored, storedOf } from './stored.ts';
import type { LabView } from './view.ts';
import { createLabView } from './view.ts';

/** One modem for each generation of Thomson's CWMP client, all of different models and firmware. */
const PROFILES = ['st780v74', 'st706', 'st585v6'] as const;

/** The same serial numbers every time, so that what is stored about the modems fits the next run. */
const SEED = 'lab';

/** Simulated seconds from power-on to the first Inform, and between two: a task waits no longer than this. */
const BOOT_SECONDS = 1;
const INFORM_SECONDS = 5;

export interface LabOptions extends DataOptions {
  readonly port?: number;
  /** commander's `--no-ant`. */
  readonly ant: boolean;
  readonly mdapGroup: string;
  readonly mdapPort?: number;
  readonly once: boolean;
  /** Seconds. */
  readonly timeout: number;
}

export async function runLab(cli: CliContext, given: LabOptions): Promise<number> {
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

/** The ant, with its MDAP steps. */
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
  /** The ant has contacted the ACS. */
  #hasInformed = false;
  #wake: () => void = () => undefined;

  constructor(
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
    const observer: { see: (observation: AcsEvent) => void } = { see: () => undefined };
    const log = await createLog(cli.io, 'warn', !given.json);
    const port = given.port ?? (given.once ? 0 : 7547);
    let acs: Acs;
    try {
      acs = await startAcs({ data, port, host: '127.0.0.1', log, onEvent: (seen) => observer.see(seen) });
    } catch (error) {
      await data.close();
      throw error;
    }
    const modems = PROFILES.map((profile, index) => labModem(profile, index, acs.url));
    const ant = given.ant
      ? await LabAnt.make({
          acs: acs.url,
          seed: SEED,
          index: PROFILES.length,
          bootSeconds: BOOT_SECONDS,
          informSeconds: INFORM_SECONDS,
          group: given.mdapGroup,
          port: given.mdapPort ?? (given.once ? 0 : MDAP_PORT),
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

  #see(observation: AcsEvent): void {
    this.#view.see(observation);
    if (observation.is === 'session-began' && observation.device === this.#ant?.labModem.device.key)
      this.#hasInformed = true;
    this.#wake();
  }

  #seeAnt(ant: LabAnt, step: AntStep): void {
    this.#view.seeAnt(ant.labModem.device.key, step);
    this.#wake();
  }

  /** Resolves when every modem is discovered; false if that took too long. */
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

  async storedAnt(): Promise<StoredAnt | undefined> {
    if (this.#ant === undefined) return undefined;
    return { ...(await storedOf(this.#data.store, this.#ant.labModem)), steps: this.#ant.steps };
  }

  summary(modems: readonly Stored[], ant: StoredAnt | undefined): void {
    const failed = ant?.steps.findLast((step) => step.step === 'failed');
    const stored = ant === undefined || failed !== undefined ? modems : [...modems, ant];
    const { io } = this.#cli;
    for (const { device, parameters, complete } of stored)
      io.out(
        `${device}: ${counted(parameters, 'parameter')}${complete ? ', all stored' : ', NOT all stored'}\n`,
      );
    if (ant !== undefined && failed !== undefined)
      io.out(`${ant.device}: not reached by MDAP, so it has no ACS: ${failed.why}\n`);
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
