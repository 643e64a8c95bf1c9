/** What the MDAP commands share: the host that they open, and the search for the ants that they name. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import { chooseInterfaces } from '../../mdap/choose-interfaces.ts';
import type { MdapHost, MdapHostOptions } from '../../mdap/host.ts';
import { openMdapHost } from '../../mdap/host.ts';
import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { HOST_SETTINGS } from '../../protocol/mdap/settings.ts';
import type { Io } from '../support/io.ts';
import { withPorts } from '../support/recording.ts';
import { safe } from '../support/table.ts';
import type { HostOptions } from './host-options.ts';

/** Opens a host while `work` runs. */
export async function withHost<T>(
  io: Io,
  { iface = [], group, port, timeout, force, record }: HostOptions,
  extra: Partial<MdapHostOptions>,
  work: (host: MdapHost) => Promise<T>,
): Promise<T> {
  const interfaces = await chooseInterfaces(iface, force);
  const settings = { conv: { ...HOST_SETTINGS.conv, total: timeout * 1000 } };
  return withPorts(io, record, async (ports) => {
    const host = await openMdapHost({ interfaces, group, port, settings, ...extra, ...ports });
    try {
      return await work(host);
    } finally {
      await host.close();
    }
  });
}

/**
 * Milliseconds by when a second ant with the same ANT-ID has answered too: ants wait up to 200 before they
 * answer.
 */
const SETTLE_MS = 250;

/**
 * Finds the ants with these ANT-IDs or serial numbers, in that order.
 * @throws ModemlabError E_MDAP_ANT_UNKNOWN with those that do not answer
 */
export async function locate(host: MdapHost, names: readonly string[]): Promise<readonly AntRecord[]> {
  const find = (ants: readonly AntRecord[], name: string): AntRecord | undefined =>
    ants.find(({ antId }) => antId === name) ??
    ants.find(({ antId }) => boardSerial(antId) === boardSerial(name));
  const found = await host.discover({
    until: (ants) => names.every((name) => find(ants, name) !== undefined),
  });
  const missing = names.filter((name) => find(found, name) === undefined);
  if (missing.length > 0) throw new ModemlabError('E_MDAP_ANT_UNKNOWN', missing.join(', '));
  await sleep(SETTLE_MS);
  const located = names.flatMap((name) => find(found, name) ?? []);
  return [...new Set(located)];
}

/** Every ant that answers. Throws E_MDAP_ANT_UNKNOWN if there are none. */
export async function locateAll(host: MdapHost): Promise<readonly AntRecord[]> {
  const found = await host.discover();
  if (found.length === 0) throw new ModemlabError('E_MDAP_ANT_UNKNOWN', 'no modem answers');
  return [...found].sort((a, b) => a.antId.localeCompare(b.antId));
}

/** The output of an ant, safe for a terminal. */
export function writeOutput(io: Io, output: string): void {
  if (output === '') return;
  const lines = output.replace(/\r?\n$/, '').split(/\r?\n/);
  io.out(`${lines.map((line) => safe(line)).join('\n')}\n`);
}

/** `== 0703KT3PP SpeedTouch 585` */
export const heading = ({ antId, name }: AntRecord): string =>
  `== ${safe(antId)}${name === undefined ? '' : ` ${safe(name)}`}\n`;
