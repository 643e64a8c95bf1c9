/** `modemlab task`: what is queued, and what became of it. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addTaskCancel } from './cancel.ts';
import { addTaskList } from './list.ts';
import { addTaskRetry } from './retry.ts';
import { addTaskShow } from './show.ts';

export function addTask(program: Command, cli: CliContext): void {
  const task = group(program, 'task', 'what is queued for the devices, and what became of it');
  addTaskList(task, cli);
  addTaskShow(task, cli);
  addTaskRetry(task, cli);
  addTaskCancel(task, cli);
}
