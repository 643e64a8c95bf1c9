/** `simulate cpe --scenario`: something happens to the modems, and it is told whether it ended as it should. */
import { ModemlabError } from '../../protocol/errors.ts';
import { runScenario, type ScenarioResult } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { writeFields, writeJson } from '../support/table.ts';
import type { Run } from './options.ts';
import { credentialsOf, pairs, tlsOf } from './options.ts';

export async function playScenario(cli: CliContext, name: string, given: Run): Promise<void> {
  const { io } = cli;
  const { acs, count, profile, speed, seed, first, rate } = given;
  const played = runScenario({
    ...{ scenario: name, acs, seed, first, set: pairs('--with', given.with ?? []) },
    ...(count === undefined ? {} : { count }),
    ...(profile === undefined ? {} : { profile }),
    ...(speed === undefined ? {} : { speed }),
    ...(rate === undefined ? {} : { rate }),
    ...credentialsOf(given),
    ...tlsOf(given),
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
    () => `${played.reached} of ${modems.length} modems came to what they should`,
  );
  try {
    for (const [profile, url] of await played.ready) io.err(`image for ${profile}: ${url}\n`);
    if (scenario.asks !== '') io.err(`${scenario.asks}\n`);
    const result = await played.done;
    progress.stop();
    if (given.json) writeJson(io, result);
    else tell(io, result);
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
  ended: 'as it should',
  late: 'not in time',
  broken: 'with what should not be',
  stopped: 'interrupted',
};

function tell(io: Io, result: ScenarioResult): void {
  writeFields(io, [
    ['scenario', result.scenario],
    ['ended', ENDS[result.why]],
    ['modems', `${result.reached} of ${result.modems} came to what they should`],
    ...result.wrong.map(({ serial, what }): [string, string] => [serial, what.join('; ')]),
    ['good sessions', result.sessionsOk],
    ['failed sessions', result.sessionsFailed],
    ['requests carried out', result.requests],
    ['simulated seconds', result.simulatedSeconds.toFixed(0)],
    ['seed', String(result.seed)],
    ['seconds', (result.ms / 1000).toFixed(1)],
  ]);
}
