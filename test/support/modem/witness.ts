/**
 * A simulated modem and a record of everything that an ACS made it do, to compare with what the queue says
 * about its tasks.
 */
import { deviceKey } from '../../../acs/device-key.ts';
import type { CpeMethod, CwmpFault, Request, Response } from '../../../protocol/cwmp/messages.ts';
import type { Modem } from '../../../simulator/index.ts';
import { createModem, loadProfile } from '../../../simulator/index.ts';

export interface Seen {
  readonly request: Request<CpeMethod>;
  readonly answer: Response | CwmpFault;
  readonly ok: boolean;
}

export interface Witness {
  readonly modem: Modem;
  readonly key: string;
  readonly profile: string;
  /** What it executed or refused, in order. */
  readonly seen: readonly Seen[];
  /** Transfers that it ended, by CommandKey. */
  readonly transfers: readonly string[];
  /** RPCs that it received: each is executed or refused at once. */
  received: number;
}

export interface WitnessOptions {
  readonly acs: string;
  readonly profile: string;
  readonly seed: string;
  readonly index: number;
  /** Simulated seconds per second. */
  readonly speed: number;
  /** Simulated seconds between two Informs. */
  readonly interval: number;
}

export function witness({ profile, interval, ...options }: WitnessOptions): Witness {
  const settings = {
    'ManagementServer.PeriodicInformEnable': '1',
    'ManagementServer.PeriodicInformInterval': String(interval),
  };
  const modem = createModem({
    ...options,
    profile: { ...loadProfile(profile), bootSeconds: 4 },
    settings,
  });
  const seen: Seen[] = [];
  const transfers: string[] = [];
  const one: Witness = { modem, key: deviceKey(modem.id), profile, seen, transfers, received: 0 };
  modem.events.on('rpc', () => {
    one.received += 1;
  });
  modem.events.on('performed', (request, performed) => {
    const answer = performed.ok ? performed.response : performed.fault;
    seen.push({ request, answer, ok: performed.ok });
  });
  modem.events.on('transferred', ({ commandKey }) => transfers.push(commandKey));
  // Somebody configures it again after a reset: a modem that informs once a day would not end any test.
  modem.events.on('rebooted', ({ cause }) => {
    if (cause !== 'factory-reset') return;
    for (const [below, value] of Object.entries(settings))
      modem.device.tree.store(modem.device.name(below), value);
  });
  return one;
}
