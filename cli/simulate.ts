/** `modemlab simulate`: modems without modems. */
import type { Command } from 'commander';
import { group } from './help.ts';
import type { Cli } from './shell.ts';
import { addSimulateAnt } from './simulate-ant.ts';
import { addSimulateCpe } from './simulate-cpe.ts';

export function addSimulate(program: Command, cli: Cli): void {
  const simulate = group(program, 'simulate', 'simulated modems, against any server');
  addSimulateCpe(simulate, cli);
  addSimulateAnt(simulate, cli);
}
