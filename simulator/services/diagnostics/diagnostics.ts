/**
 * Diagnostic tests (TR-098, TR-181): the ACS writes Requested, the test starts when the session is over, and
 * its end is reported by `8 DIAGNOSTICS COMPLETE`. Writing another setting ends it without a report, as a
 * restart does.
 */

import { createRandom } from '../../../protocol/random.ts';
import type { ModemContext, ModemService } from '../../modem-context.ts';
import { TIMEOUT_MS } from '../../modem-types.ts';
import { lineTest } from './line-test.ts';
import { loopback, ping } from './ping.ts';
import type { Outcome, TestKind, TestRun } from './test-kind.ts';
import { failed } from './test-kind.ts';
import { traceRoute } from './trace-route.ts';
import { downloadTest, uploadTest } from './transfer-test.ts';

/** By the name of their object, which differs between TR-098 and TR-181. */
const KINDS: ReadonlyMap<string, TestKind> = new Map([
  ['IPPingDiagnostics', ping],
  ['IPPing', ping],
  ['TraceRouteDiagnostics', traceRoute],
  ['TraceRoute', traceRoute],
  ['DownloadDiagnostics', downloadTest],
  ['UploadDiagnostics', uploadTest],
  ['WANATMF5LoopbackDiagnostics', loopback],
  ['F5Loopback', loopback],
  ['WANDSLDiagnostics', lineTest],
  ['ADSLLineTest', lineTest],
]);

/** A test that exists only in the model: it ends, and measures nothing. */
const UNKNOWN: TestKind = {
  is: 'simulated',
  run: () => ({ outcome: failed('Error_Internal'), ms: 1000 }),
};

interface Test {
  /** Full name of its DiagnosticsState, or LoopDiagnosticsState. */
  readonly state: string;
  /** It runs, or waits for the end of the session. */
  running: boolean;
  /** It has ended during a session, which must not see that. */
  outcome?: Outcome;
  readonly abort: AbortController;
}

interface Tests {
  /** By the path of their object. */
  readonly open: Map<string, Test>;
  readonly real: Set<Promise<void>>;
  begun: number;
}

const testsOf = new WeakMap<ModemContext, Tests>();

export const diagnostics: ModemService = {
  written(modem, changes) {
    const touched = new Map<string, string | undefined>();
    for (const { name, value } of changes) {
      const path = name.slice(0, name.lastIndexOf('.') + 1);
      const state = stateName(modem, path);
      if (state === undefined) continue;
      if (name === state) touched.set(path, value);
      else if (!touched.has(path)) touched.set(path, undefined);
    }
    for (const [path, value] of touched) requested(modem, path, value);
  },

  sessionEnded(modem) {
    for (const [path, test] of testsOf.get(modem)?.open ?? []) {
      if (test.outcome !== undefined) complete(modem, path, test, test.outcome);
      else if (!test.running && modem.on) start(modem, path, test);
    }
  },

  down(modem) {
    for (const path of testsOf.get(modem)?.open.keys() ?? []) end(modem, path);
  },

  async stop(modem) {
    await Promise.all(testsOf.get(modem)?.real ?? []);
  },
};

/** The parameter that starts a test and shows its state; `undefined`: the object is not a test. */
function stateName({ device }: ModemContext, path: string): string | undefined {
  for (const name of ['DiagnosticsState', 'LoopDiagnosticsState'])
    if (device.tree.find(path + name)?.is === 'leaf') return path + name;
  return undefined;
}

/** `value`: what was written to its state, if anything; otherwise another setting of the test was written. */
function requested(modem: ModemContext, path: string, value: string | undefined): void {
  const state = stateName(modem, path);
  if (state === undefined) return;
  end(modem, path);
  // Also after its end: its results no longer belong to its settings.
  modem.device.tree.store(state, value === 'Requested' ? value : 'None');
  if (value !== 'Requested') return;
  const tests = testsOf.get(modem) ?? { open: new Map(), real: new Set(), begun: 0 };
  testsOf.set(modem, tests);
  tests.open.set(path, { state, running: false, abort: new AbortController() });
}

/** Ends it without a report. */
function end(modem: ModemContext, path: string): void {
  const tests = testsOf.get(modem);
  const test = tests?.open.get(path);
  if (test === undefined) return;
  tests?.open.delete(path);
  test.abort.abort();
  modem.timers.clear(`test ${path}`);
  modem.device.tree.store(test.state, 'None');
}

function start(modem: ModemContext, path: string, test: Test): void {
  const tests = testsOf.get(modem);
  if (tests === undefined) return;
  test.running = true;
  tests.begun += 1;
  const kind = KINDS.get(/([^.]*)\.$/.exec(path)?.[1] ?? '') ?? UNKNOWN;
  const run = runOf(modem, path, tests.begun);
  const later = (outcome: Outcome, ms: number): void =>
    modem.timers.set(`test ${path}`, ms, () => {
      if (modem.inSession) test.outcome = outcome;
      else complete(modem, path, test, outcome);
    });
  if (kind.is === 'simulated') {
    const { outcome, ms } = kind.run(run);
    later(outcome, ms);
    return;
  }
  const real = modem.busy(
    kind
      .run(run, test.abort.signal)
      .then((outcome) => {
        if (!test.abort.signal.aborted) later(outcome, 0);
      })
      .finally(() => tests.real.delete(real)),
  );
  tests.real.add(real);
}

function runOf(modem: ModemContext, path: string, number: number): TestRun {
  const { device, options, scheduler } = modem;
  const setting = (name: string): string => device.valueAt(path + name) ?? '';
  return {
    device,
    path,
    setting,
    random: createRandom(`${options.seed ?? 0}/${options.index ?? 0}/${path}/${number}`),
    startedAt: scheduler.now(),
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    count: (name, otherwise) => {
      const value = Math.floor(Number(setting(name)));
      return value >= 1 ? value : otherwise;
    },
  };
}

function complete(modem: ModemContext, path: string, test: Test, outcome: Outcome): void {
  testsOf.get(modem)?.open.delete(path);
  write(modem, path, outcome);
  modem.device.tree.store(test.state, outcome.state);
  modem.raise('8 DIAGNOSTICS COMPLETE');
  modem.go();
}

function write({ device }: ModemContext, path: string, { results, rows }: Outcome): void {
  const { tree } = device;
  const store = (name: string, value: string | number): void => {
    if (tree.find(name)?.is === 'leaf') tree.store(name, String(value));
  };
  for (const [name, value] of Object.entries(results)) store(path + name, value);
  if (rows === undefined) return;
  const table = `${path}${rows.table}.`;
  if (tree.find(table)?.is !== 'table') return;
  tree.arrange(table, []);
  tree.arrange(
    table,
    rows.rows.map((_, index) => index + 1),
  );
  for (const [index, row] of rows.rows.entries())
    for (const [name, value] of Object.entries(row)) store(`${table}${index + 1}.${name}`, value);
}
