/** `modemlab mdap flash`: a bench full of modems at once. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chooseInterfaces } from '../../mdap/choose-interfaces.ts';
import type { OpenPort } from '../../mdap/datagram-port.ts';
import { realTicker } from '../../mdap/deadlines.ts';
import { bootAdapter } from '../../mdap/flash/boot-adapter.ts';
import { hostAdapter } from '../../mdap/flash/host-adapter.ts';
import { NO_JOURNAL, openJournal, readJournal } from '../../mdap/flash/journal.ts';
import type { Plan } from '../../mdap/flash/plan.ts';
import { problemText } from '../../mdap/flash/plan.ts';
import { readPlan } from '../../mdap/flash/plan-read.ts';
import type { FlashReport } from '../../mdap/flash/report.ts';
import type { FlashRun } from '../../mdap/flash/run.ts';
import { startFlashRun } from '../../mdap/flash/run.ts';
import type { LocalInterface } from '../../mdap/interfaces.ts';
import { findInterface } from '../../mdap/interfaces.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { withPorts } from '../support/recording.ts';
import { EXIT } from '../support/report.ts';
import { writeJson } from '../support/table.ts';
import { createFlashView, writeIntentions, writeReport } from './flash-view.ts';
import { listenError } from './serve.ts';

export interface FlashOptions {
  readonly plan: string;
  readonly iface: string;
  readonly expect?: number;
  readonly dryRun: boolean;
  readonly resume: boolean;
  readonly journal?: string;
  readonly report?: string;
  readonly group: string;
  readonly port: number;
  readonly bootpPort: number;
  readonly tftpPort: number;
  readonly anyMac: boolean;
  readonly force: boolean;
  readonly record?: string;
  readonly json: boolean;
}

/** What a shell reports for a process that was ended by SIGINT. */
const INTERRUPTED = 130;

export async function flash(cli: CliContext, given: FlashOptions): Promise<void> {
  const iface = await interfaceOf(given);
  const plan = await planOf(given, iface);
  await withPorts(cli.io, given.record, (ports) => flashPlan(cli, given, plan, iface, ports));
}

async function flashPlan(
  cli: CliContext,
  given: FlashOptions,
  plan: Plan,
  iface: LocalInterface,
  ports: { readonly openPort?: OpenPort },
): Promise<void> {
  const { io } = cli;
  const file = given.journal ?? `${given.plan}.journal`;
  const history = given.resume ? await readJournal(file) : [];
  const journal = given.dryRun ? NO_JOURNAL : await openJournal(file, given.resume);
  const view = createFlashView(io);
  const run = startFlashRun({
    plan,
    history,
    journal,
    dryRun: given.dryRun,
    ticker: realTicker,
    clock: () => Date.now(),
    ...(given.expect === undefined ? {} : { expect: given.expect }),
    onChange: (member, event) => view.see(member, event),
    startHost: hostAdapter({ ...ports, interfaces: [iface.address], group: given.group, port: given.port }),
    startBoot: bootAdapter({
      ...ports,
      plan,
      iface,
      bootpPort: given.bootpPort,
      tftpPort: given.tftpPort,
      ...(given.anyMac ? { prefixes: [] } : {}),
      onListening: ({ bootp, tftp }) => view.say(`BOOTP on port ${bootp}, TFTP on port ${tftp}`),
    }),
  });
  view.watch(run);
  const forget = stopGently(cli, run, (text) => view.say(text));
  let report: FlashReport;
  try {
    report = await run.done;
  } catch (error) {
    throw listenError(error, given, iface);
  } finally {
    view.stop();
    forget();
    await journal.close();
  }
  await finish(cli, given, run, report);
}

async function finish(
  cli: CliContext,
  given: FlashOptions,
  run: FlashRun,
  report: FlashReport,
): Promise<void> {
  const { io } = cli;
  if (given.report !== undefined) await writeFile(given.report, `${JSON.stringify(report, null, 2)}\n`);
  if (given.dryRun) {
    const intentions = run.intentions();
    writeIntentions(io, intentions, report, given.json);
    const refused = intentions.some(({ decision }) => decision.is === 'refused');
    if (refused || report.failed > 0) cli.exitCode = EXIT.failed;
    return;
  }
  if (given.json) writeJson(io, report);
  else writeReport(io, report);
  if (report.failed > 0 || report.cancelled > 0) cli.exitCode = EXIT.failed;
}

/** The first signal stops the run gently, the second at once. */
function stopGently({ io }: CliContext, run: FlashRun, say: (text: string) => void): () => void {
  let signals = 0;
  return io.onSignal(() => {
    signals += 1;
    if (signals > 1) io.abort(INTERRUPTED);
    say('stopping: transfers in progress will be completed, and nothing new is started');
    run.stop();
  });
}

async function interfaceOf({ iface, force }: FlashOptions): Promise<LocalInterface> {
  const [address = iface] = await chooseInterfaces([iface], force);
  const found = findInterface(address);
  if (found === undefined) throw new ModemlabError('E_MDAP_INTERFACE', iface);
  return found;
}

async function planOf({ plan: file }: FlashOptions, { address }: LocalInterface): Promise<Plan> {
  const read = await readPlan(path.normalize(file), address);
  if (read.ok) return read.value;
  throw new ModemlabError(
    'E_PLAN',
    `\n${read.error.map((problem) => `  ${problemText(problem)}\n`).join('')}`,
  );
}
