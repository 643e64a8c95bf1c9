/** The options of the commands that open an MDAP host. */
import { Option } from 'commander';
import { HOST_SETTINGS, MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import {
  collect,
  multicastAddress,
  positiveNumber,
  recordDatagramsOption,
  wholeNumber,
} from '../support/options.ts';

export interface HostOptions {
  readonly iface?: readonly string[];
  readonly group: string;
  readonly port: number;
  /** Seconds. */
  readonly timeout: number;
  readonly force: boolean;
  readonly record?: string;
  readonly json: boolean;
}

export interface LoginOptions {
  readonly user: string;
  readonly password: string;
}

/** `timeout`: what `--timeout` limits, and its default in seconds. */
export const hostOptions = (timeout: string, seconds: number): Option[] => [
  new Option(
    '--iface <address>',
    'address or name of the interface that the modems are on; repeatable (default: all that lead to no ' +
      'other network)',
  ).argParser(collect),
  new Option('--group <address>', 'the multicast group').argParser(multicastAddress).default(MDAP_GROUP),
  new Option('--port <number>', 'the UDP port').argParser(wholeNumber(1, 65535)).default(MDAP_PORT),
  new Option('--timeout <seconds>', timeout).argParser(positiveNumber(0, 86_400)).default(seconds),
  new Option(
    '--force',
    'proceed even where it may do harm: on a network that is not a lab, or if two ants share an ANT-ID',
  ).default(false),
  recordDatagramsOption(),
];

export const loginOptions = (): Option[] => [
  new Option('--user <name>', 'the user to log in as').default('Administrator'),
  new Option('--password <text>', 'the password; everyone on the line can read it').default(''),
];

/** Seconds that one command may take: those of a whole conversation. */
export const COMMAND_SECONDS = HOST_SETTINGS.conv.total / 1000;

/** Seconds that a search takes. */
export const SEARCH_SECONDS =
  (HOST_SETTINGS.search.interval * (HOST_SETTINGS.search.rounds - 1) + HOST_SETTINGS.search.wait) / 1000;
