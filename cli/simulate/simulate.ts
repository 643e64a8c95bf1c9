/** `modemlab simulate`: modems without modems. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addSimulateAnt } from './ant.ts';
import { addSimulateCpe } from './cpe.ts';

export function addSimulate(program: Command, cli: CliContext): void {
  const simulate = group(program, 'simulate', 'simulated modems, against any server');
  addSimulateCpe(simulate, cli);
  addSimulateAnt(simulate, cli);
}
