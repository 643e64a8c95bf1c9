/** `modemlab mdap discover` */
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import { isConflict } from '../../mdap/ant-fleet.ts';
import { counted } from '../../protocol/counted.ts';
import { HOST_SETTINGS } from '../../protocol/mdap/settings.ts';
import type { CliContext } from '../support/cli-context.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import type { Column } from '../support/table.ts';
import { safe, writeJson, writeTable } from '../support/table.ts';
import { withHost } from './host.ts';
import type { HostOptions } from './host-options.ts';

export interface DiscoverOptions extends HostOptions {
  readonly expect?: number;
}

const COLUMNS: readonly Column<AntRecord>[] = [
  { title: 'ANT', cell: ({ antId }) => antId },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'MAC', cell: ({ macs }) => macs.join(' ') },
  { title: 'ADDRESS', cell: ({ address }) => address },
  { title: 'MDAP', cell: ({ mdapVersion }) => mdapVersion },
  { title: 'TEMPLATE', cell: ({ tpVersion }) => tpVersion },
];

const { rounds, interval } = HOST_SETTINGS.search;

export async function discover(cli: CliContext, options: DiscoverOptions): Promise<void> {
  const { expect, json, timeout } = options;
  const { io } = cli;
  let found = 0;
  const last = Math.max(0, timeout * 1000 - interval * (rounds - 1));
  const settings = {
    search: { rounds, interval: Math.min(interval, (timeout * 1000) / rounds), wait: last },
  };
  const ants = await withHost(io, options, { settings }, async (host) => {
    const progress = createProgress(io, () => `searching: ${found} found`);
    try {
      return await host.discover({
        onFound: () => {
          found += 1;
        },
        ...(expect === undefined ? {} : { until: (sofar) => sofar.length >= expect }),
      });
    } finally {
      progress.stop();
    }
  });
  const sorted = [...ants].sort((a, b) => a.antId.localeCompare(b.antId));
  if (json) writeJson(io, sorted.map(jsonOf));
  else if (sorted.length > 0) writeTable(io, COLUMNS, sorted);
  for (const ant of sorted.filter(isConflict))
    io.err(`E_MDAP_CONFLICT: ${safe(ant.antId)} is the ANT-ID of ${counted(ant.macs.length, 'modem')}\n`);
  if (sorted.length >= (expect ?? 1)) return;
  io.err(
    expect === undefined
      ? 'no modem answers\n'
      : `answers from ${sorted.length} of ${counted(expect, 'modem')}\n`,
  );
  cli.exitCode = EXIT.failed;
}

const jsonOf = (ant: AntRecord) => ({
  ...ant,
  conflict: isConflict(ant),
  firstSeen: new Date(ant.firstSeen).toISOString(),
  lastSeen: new Date(ant.lastSeen).toISOString(),
});
