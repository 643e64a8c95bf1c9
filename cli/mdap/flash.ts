/** `modemlab mdap flash`: a bench full of modems at once. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { chooseInterfaces } from '../../mdap/choose-interfaces.ts';
import type { OpenPort } from '../../mdap/datagram-port.ts';
import { realTicker } from '../../mdap/deadlines.ts';
import { bootPart } from '../../mdap/flash/boot-part.ts';
import { hostPart } from '../../mdap/flash/host-part.ts';
import { NO_JOURNAL, openJournal, readJournal } from '../../mdap/flash/journal.ts';
import type { Plan } from '../../mdap/flash/plan.ts';
import { problemText } from '../../mdap/flash/plan.ts';
import { readPlan } from '../../mdap/flash/plan-read.ts';
import type { FlashReport } from '../../mdap/flash/report.ts';
import type { FlashRun } from '../../mdap/flash/run.ts';
import { startFlashRun } from '../../mdap/flash/run.ts';
import type { LocalInterface } from '../../mdap/interfaces.ts';
import { findInterface } from '../../mdap/interfaces.ts';
import { BOOTP_SERVER_PORT } from '../../protocol/bootp/message.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { jsonOption, wholeNumber } from '../support/options.ts';
import { recordDatagramsOption, withPorts } from '../support/record-option.ts';
import { EXIT } from '../support/report.ts';
import { writeJson } from '../support/table.ts';
import { createFlashView, writeIntentions, writeReport } from './flash-view.ts';
import { listenError } from './serve.ts';

interface FlashOptions {
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

const TFTP_PORT = 69;

/** What a shell reports for a process that SIGINT ended. */
const INTERRUPTED = 130;

const port = wholeNumber(0, 65_535);

const options = (): readonly Option[] => [
  new Option('--plan <file>', 'the plan: docs/flash-plan.md has its form').makeOptionMandatory(),
  new Option(
    '--iface <interface>',
    'name or address of the interface that the modems are on',
  ).makeOptionMandatory(),
  new Option(
    '--expect <number>',
    'how many modems there should be; the search ends when they are found',
  ).argParser(wholeNumber(1, 4096)),
  new Option('--dry-run', 'tell what would be done to which modem, and touch nothing').default(false),
  new Option('--resume', 'go on where the run before ended; modems that are done are left alone').default(
    false,
  ),
  new Option('--journal <file>', 'what happened to each modem; beside the plan when not given'),
  new Option('--report <file>', 'write the report there, as JSON'),
  new Option('--group <address>', 'the group that MDAP is spoken to').default(MDAP_GROUP),
  new Option('--port <number>', 'the port of MDAP').argParser(port).default(MDAP_PORT),
  new Option('--bootp-port <number>', 'the BOOTP port; 0 picks a free one')
    .argParser(port)
    .default(BOOTP_SERVER_PORT),
  new Option('--tftp-port <number>', 'the TFTP port; 0 picks a free one').argParser(port).default(TFTP_PORT),
  new Option('--any-mac', 'serve modems of all makers').default(false),
  new Option('--force', 'work also on an interface that leads to the rest of the world').default(false),
  recordDatagramsOption(),
  jsonOption(),
];

export function addMdapFlash(mdap: Command, cli: CliContext): void {
  command(mdap, {
    usage: 'flash',
    summary: 'flash, renumber and configure all modems on the line at once',
    more:
      'Finds the modems by MDAP, sends those that need it into boot mode, gives each the image of the plan by BOOTP and TFTP, ' +
      'waits until it is back, has it carry out the commands of the plan, and looks whether it is as planned. One that fails ' +
      'is left alone, with its reason, and holds up no other. Modems in boot mode are served too.\n\n' +
      'The whole plan is checked first. The first SIGINT ends it gently: transfers that run come to their end; --resume goes on.',
    options: options(),
    examples: [
      [
        'mdap flash --plan plan.yaml --iface 127.0.0.1 --expect 2 --dry-run',
        'what would be done to which modem',
      ],
      [
        'mdap flash --plan plan.yaml --iface 127.0.0.1 --expect 2 --bootp-port 0 --tftp-port 0 --report report.json',
        'do it, on free ports of this machine, for simulated modems',
      ],
    ],
  }).action((given: FlashOptions) => flash(cli, given));
}

async function flash(cli: CliContext, given: FlashOptions): Promise<void> {
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
    ...{ plan, history, journal, dryRun: given.dryRun, ticker: realTicker, clock: () => Date.now() },
    ...(given.expect === undefined ? {} : { expect: given.expect }),
    onChange: (member, event) => view.see(member, event),
    startHost: hostPart({ ...ports, interfaces: [iface.address], group: given.group, port: given.port }),
    startBoot: bootPart({
      ...{ ...ports, plan, iface, bootpPort: given.bootpPort, tftpPort: given.tftpPort },
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
  await tell(cli, given, run, report);
}

async function tell(cli: CliContext, given: FlashOptions, run: FlashRun, report: FlashReport): Promise<void> {
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

/** The first signal ends the run gently, the second at once. */
function stopGently({ io }: CliContext, run: FlashRun, say: (text: string) => void): () => void {
  let signals = 0;
  return io.onSignal(() => {
    signals += 1;
    if (signals > 1) io.abort(INTERRUPTED);
    say('transfers that run come to their end, nothing else is begun');
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
