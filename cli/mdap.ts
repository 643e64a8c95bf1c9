/** `modemlab mdap`: SpeedTouch modems from their LAN side. */
import type { Command } from 'commander';
import { group } from './help.ts';
import { addMdapServe } from './mdap-serve.ts';
import type { Cli } from './shell.ts';

export function addMdap(program: Command, cli: Cli): void {
  const mdap = group(program, 'mdap', 'SpeedTouch modems from their LAN side');
  addMdapServe(mdap, cli);
}
