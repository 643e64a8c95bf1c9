/**
 * The lab's ant: a factory-fresh simulated modem with CWMP off. The lab finds it by MDAP, as a host finds one
 * on a bench, and configures its ACS by commands; from then on it is a modem of the ACS like the others.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { deviceKey } from '../../acs/index.ts';
import type { MdapHost } from '../../mdap/host.ts';
import { openMdapHost } from '../../mdap/host.ts';
import type { Ant } from '../../simulator/index.ts';
import { createAnt, createUdpLan } from '../../simulator/index.ts';
import type { LabModem } from './stored.ts';

/** Nothing of it leaves the machine. */
const IFACE = '127.0.0.1';
const PROFILE = 'st516v6';
/** The factory default. */
const USER = { user: 'Administrator', password: '' };
/** Simulated milliseconds until its firmware answers; a real one takes some seconds more. */
const MDAP_MS = 1000;

/**
 * A search on the loopback interface: ants answer within 200 milliseconds, a little later on a busy machine.
 */
const LOOPBACK_SEARCH = { rounds: 2, interval: 500, wait: 500 };

/** What happens to the ant on MDAP, in this order; `failed` may come at any point and ends it. */
export type AntStep =
  | { readonly step: 'on'; readonly antId: string; readonly group: string; readonly port: number }
  | { readonly step: 'found'; readonly antId: string; readonly name: string }
  | { readonly step: 'ran'; readonly antId: string; readonly line: string }
  | { readonly step: 'configured'; readonly antId: string }
  | { readonly step: 'failed'; readonly antId: string; readonly why: string };

/** The command that shows it from another terminal, in two parts that fit any width. */
export const discoverWords = ({ group, port }: Extract<AntStep, { step: 'on' }>) =>
  [`mdap discover --iface ${IFACE}`, `--group ${group} --port ${port}`] as const;

/** A step as a person reads it. */
export function antLine(step: AntStep): string {
  switch (step.step) {
    case 'on':
      return `${step.antId}: modem switched on without an ACS; to find it: ${discoverWords(step).join(' ')}`;
    case 'found':
      return `${step.antId}: found by MDAP, ${step.name}`;
    case 'ran':
      return `${step.antId}: ran ${step.line}`;
    case 'configured':
      return `${step.antId}: its ACS is configured`;
    case 'failed':
      return `${step.antId}: ${step.why}`;
  }
}

export interface LabAntOptions {
  readonly acs: string;
  readonly seed: string;
  readonly index: number;
  /** Simulated seconds from power-on until its CWMP client starts. */
  readonly bootSeconds: number;
  /** Seconds between two informs. */
  readonly informSeconds: number;
  readonly group: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export class LabAnt {
  readonly ant: Ant;
  readonly labModem: LabModem;
  /** What has happened so far. */
  readonly steps: AntStep[] = [];
  readonly #options: LabAntOptions;
  #onStep: (step: AntStep) => void = () => undefined;
  #host: MdapHost | undefined;
  #running: Promise<void> | undefined;
  #state: 'fresh' | 'configured' | 'failed' = 'fresh';
  #stopping = false;

  constructor(ant: Ant, options: LabAntOptions) {
    this.ant = ant;
    this.#options = options;
    const { modem } = ant;
    const { productClass, board } = modem.device.profile.identity;
    const device = { key: deviceKey(modem.id), profile: PROFILE, title: `${productClass} (${board})` };
    this.labModem = { modem, device };
  }

  static async make(options: LabAntOptions): Promise<LabAnt> {
    const { seed, index, group, bootSeconds } = options;
    const port = options.port === 0 ? await freePort() : options.port;
    const ant = createAnt({
      profile: PROFILE,
      seed,
      index,
      bootSeconds,
      lan: createUdpLan({ iface: IFACE }),
      ant: { group: { address: group, port }, times: { mdapMs: MDAP_MS } },
    });
    return new LabAnt(ant, { ...options, port });
  }

  get antId(): string {
    return this.ant.modem.device.unit.boardSerial;
  }

  get isConfigured(): boolean {
    return this.#state === 'configured';
  }

  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  start(onStep: (step: AntStep) => void): void {
    const { group, port } = this.#options;
    this.#onStep = onStep;
    this.#step({ step: 'on', antId: this.antId, group, port });
    this.#running = this.#run().catch((error: unknown) => this.#fail(reason(error)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#host?.close();
    await this.ant.stop();
    await this.#running;
  }

  #step(step: AntStep): void {
    this.steps.push(step);
    this.#onStep(step);
  }

  #fail(why: string): void {
    if (this.#stopping) return;
    this.#state = 'failed';
    this.#step({ step: 'failed', antId: this.antId, why });
  }

  async #run(): Promise<void> {
    const { antId } = this;
    const { group, port } = this.#options;
    if (await this.#isThereAlready())
      return this.#fail('another ant has this ANT-ID already, perhaps in another lab: see --mdap-port');
    const trouble = once(this.ant.events, 'problem').then(([error]) => Promise.reject(error));
    trouble.catch(() => undefined);
    this.ant.start();
    await Promise.race([this.#answers(), trouble]);
    if (this.#stopping) return;
    this.#host = await openMdapHost({ interfaces: [IFACE], group, port });
    const isOwn = (ant: { readonly antId: string }): boolean => ant.antId === antId;
    const found = (await this.#host.discover({ until: (ants) => ants.some(isOwn) })).find(isOwn);
    if (found === undefined) return this.#fail('it did not answer the search');
    this.#step({ step: 'found', antId, name: found.name ?? '' });
    for (const line of this.#commands()) {
      const outcome = await this.#host.exec(antId, line, USER);
      if (outcome.is !== 'done') return this.#fail(`${line}: ${outcome.is}`);
      this.#step({ step: 'ran', antId, line });
    }
    await this.#host.close();
    if (this.#stopping) return;
    this.#state = 'configured';
    this.#step({ step: 'configured', antId });
  }

  /** Another lab has the same ant, which would receive our commands too. */
  async #isThereAlready(): Promise<boolean> {
    const { group, port } = this.#options;
    const host = await openMdapHost({
      interfaces: [IFACE],
      group,
      port,
      settings: { search: LOOPBACK_SEARCH },
    });
    this.#host = host;
    const found = await host.discover({ until: (ants) => ants.some(({ antId }) => antId === this.antId) });
    await host.close();
    return found.some(({ antId }) => antId === this.antId);
  }

  async #answers(): Promise<void> {
    while (this.ant.mode !== 'firmware' && !this.#stopping) await once(this.ant.events, 'mode');
  }

  #commands(): readonly string[] {
    const { acs, informSeconds } = this.#options;
    return [
      `cwmp server config url=${acs}`,
      'cwmp config state=enabled mode=full connectionRequest=enabled ' +
        `periodicInform=enabled periodicInfInt=${informSeconds}`,
      'saveall',
    ];
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A UDP port that is free right now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, IFACE);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
