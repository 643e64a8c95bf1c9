/** `simulate cpe --scenario`: plays a scenario, and reports whether it ended as expected. */
import { counted } from '../../protocol/counted.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { runScenario, type ScenarioResult } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { writeFields, writeJson } from '../support/table.ts';
import { tlsClientOf } from '../support/tls-files.ts';
import type { RunOptions } from './run-options.ts';
import { credentialsOf, pairs } from './run-options.ts';

export async function playScenario(cli: CliContext, name: string, given: RunOptions): Promise<void> {
  const { io } = cli;
  const { acs, count, profile, speed, seed, first, rate } = given;
  const played = runScenario({
    scenario: name,
    acs,
    seed,
    first,
    set: pairs('--with', given.with ?? []),
    ...(count === undefined ? {} : { count }),
    ...(profile === undefined ? {} : { profile }),
    ...(speed === undefined ? {} : { speed }),
    ...(rate === undefined ? {} : { rate }),
    ...credentialsOf(given),
    ...tlsClientOf(given),
    ...(given.onSocket === undefined ? {} : { onSocket: given.onSocket }),
  });
  const { scenario, modems } = played;
  io.err(`${scenario.title}\n`);
  const stop = (): void => {
    played.stop().catch((error: unknown) => io.err(`${String(error)}\n`));
  };
  const forget = io.onSignal(stop);
  const progress = createProgress(
    io,
    () => `${played.reached} of ${counted(modems.length, 'modem')} reached the goal`,
  );
  try {
    for (const [profile, url] of await played.ready) io.err(`image for ${profile}: ${url}\n`);
    if (scenario.asks !== '') io.err(`${scenario.asks}\n`);
    const result = await played.done;
    progress.stop();
    if (given.json) writeJson(io, result);
    else writeResult(io, result);
    if (!result.ok) cli.exitCode = EXIT.failed;
    if (result.sessionsOk === 0 && result.sessionsFailed > 0 && !result.ok)
      throw new ModemlabError('E_CONNECT', acs);
  } finally {
    progress.stop();
    forget();
    await played.stop();
  }
}

const ENDS: Readonly<Record<ScenarioResult['why'], string>> = {
  ended: 'as expected',
  late: 'too late',
  broken: 'with something that must not happen',
  stopped: 'interrupted',
};

function writeResult(io: Io, result: ScenarioResult): void {
  writeFields(io, [
    ['scenario', result.scenario],
    ['ended', ENDS[result.why]],
    ['modems', `${result.reached} of ${result.modems} reached the goal`],
    ...result.wrong.map(({ serial, what }): [string, string] => [serial, what.join('; ')]),
    ['successful sessions', result.sessionsOk],
    ['failed sessions', result.sessionsFailed],
    ['requests carried out', result.requests],
    ['simulated seconds', result.simulatedSeconds.toFixed(0)],
    ['seed', String(result.seed)],
    ['seconds', (result.ms / 1000).toFixed(1)],
  ]);
}
