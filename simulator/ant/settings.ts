/** Settings of a simulated ant that are guesses or a matter of taste. Times are simulated. */
import type { Repetition } from '../../protocol/bootp/client.ts';
import { BOOTP_REPETITION } from '../../protocol/bootp/client.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { AntSettings } from '../../protocol/mdap/settings.ts';
import { ANT_SETTINGS, MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import { TFTP_PORT } from '../../protocol/tftp/packet.ts';

export interface BootSettings {
  /** Asks for broadcast replies. */
  readonly broadcastFlag: boolean;
  /** Describes itself in option 43; without this, the vendor area is empty. */
  readonly vendorOptions: boolean;
  readonly bootVersion: string;
  readonly repetition: Repetition;
  /** The old firmware is started after this many milliseconds; `undefined`: never. */
  readonly giveUpMs: number | undefined;
  /** Where requests go, and the port they are sent from; 0: any. */
  readonly servers: Endpoint;
  readonly clientPort: number;
  /** Port of TFTP servers. */
  readonly tftpPort: number;
  /** Images of another family, or with a wrong checksum, are dropped. */
  readonly checkFia: boolean;
  readonly checkCrc: boolean;
}

export interface Times {
  /** From the command or the button until the boot loader runs. */
  readonly enterMs: number;
  readonly verifyMs: number;
  /** Erasing and writing, for each MiB. */
  readonly writeMsPerMiB: number;
  readonly restartMs: number;
  /** From the start of the firmware until MDAP answers. */
  readonly mdapMs: number;
  /** Until a loader whose transfer stalled asks again. */
  readonly stallMs: number;
  /** From the answer to a command until its effect starts. */
  readonly afterAnswerMs: number;
}

export interface AntOptionsSettings {
  readonly group: Endpoint;
  readonly mdap: AntSettings;
  readonly boot: BootSettings;
  readonly times: Times;
}

export const ANT_DEFAULTS: AntOptionsSettings = {
  group: { address: MDAP_GROUP, port: MDAP_PORT },
  mdap: ANT_SETTINGS,
  boot: {
    broadcastFlag: true,
    vendorOptions: true,
    bootVersion: '1.0.6',
    repetition: BOOTP_REPETITION,
    giveUpMs: undefined,
    servers: { address: '255.255.255.255', port: 67 },
    clientPort: 68,
    tftpPort: TFTP_PORT,
    checkFia: true,
    checkCrc: true,
  },
  times: {
    enterMs: 3000,
    verifyMs: 1000,
    writeMsPerMiB: 5000,
    restartMs: 25_000,
    mdapMs: 5000,
    stallMs: 30_000,
    afterAnswerMs: 300,
  },
};

/** What can go wrong with an ant, each on demand. */
export const ANT_FAULTS = {
  'no-boot-mode': 'does not go into boot mode when asked to',
  'no-transfer': 'takes an address by BOOTP and never asks for the file',
  stall: 'stops in the middle of the file, and asks again by BOOTP',
  'wrong-board': 'has another board than it reports: it drops every image',
  'bad-checksum': 'finds a wrong checksum in every image',
  'power-cut': 'loses power once while writing, and then has no valid image',
  'never-returns': 'is silent for ever once it has its image',
  'old-version': 'restarts with its old firmware',
  mute: 'answers searches and nothing else',
} as const;

export type AntFault = keyof typeof ANT_FAULTS;

export const isAntFault = (text: string): text is AntFault => Object.hasOwn(ANT_FAULTS, text);

export const listAntFaults = (): readonly { readonly name: AntFault; readonly title: string }[] =>
  Object.keys(ANT_FAULTS)
    .filter(isAntFault)
    .map((name) => ({ name, title: ANT_FAULTS[name] }));
