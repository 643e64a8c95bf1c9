/** `modemlab task`: what is queued, and what became of it. */
import type { Command } from 'commander';
import { group } from './help.ts';
import type { Cli } from './shell.ts';
import { addTaskCancel } from './task-cancel.ts';
import { addTaskList } from './task-list.ts';
import { addTaskRetry } from './task-retry.ts';
import { addTaskShow } from './task-show.ts';

export function addTask(program: Command, cli: Cli): void {
  const task = group(program, 'task', 'what is queued for the devices, and what became of it');
  addTaskList(task, cli);
  addTaskShow(task, cli);
  addTaskRetry(task, cli);
  addTaskCancel(task, cli);
}
