/** `modemlab simulate cpe` */
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { record } from '../support/recording.ts';
import { checkPairs } from '../support/tls-files.ts';
import { writeList } from './list.ts';
import type { RunOptions, SimulateOptions } from './run-options.ts';
import { playScenario } from './scenario.ts';
import { simulateSwarm } from './swarm.ts';

export async function simulateCpe(cli: CliContext, given: SimulateOptions): Promise<void> {
  if (given.list !== undefined) {
    writeList(cli.io, given.list, given.json);
    return;
  }
  const { acs } = given;
  if (acs === undefined)
    throw new ModemlabError('E_USAGE', '--acs URL is required: the URL that the modems POST to');
  checkPairs(given);
  if (given.with !== undefined && given.scenario === undefined)
    throw new ModemlabError('E_USAGE', '--with needs --scenario');
  const recording = given.record === undefined ? undefined : await record(given.record, 'client');
  const run: RunOptions = {
    ...given,
    acs,
    ...(recording === undefined ? {} : { onSocket: recording.onSocket }),
  };
  try {
    await (given.scenario === undefined ? simulateSwarm(cli, run) : playScenario(cli, given.scenario, run));
  } finally {
    await recording?.close(cli.io);
  }
}
