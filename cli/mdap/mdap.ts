/** `modemlab mdap`: SpeedTouch modems from their LAN side. */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { group } from '../support/help.ts';
import { addMdapDiscover } from './discover.ts';
import { addMdapExec } from './exec.ts';
import { addMdapFlash } from './flash.ts';
import { addMdapInfo } from './info.ts';
import { addMdapListen } from './listen.ts';
import { addMdapRun } from './run.ts';
import { addMdapServe } from './serve.ts';
import { addMdapShell } from './shell.ts';

export function addMdap(program: Command, cli: CliContext): void {
  const mdap = group(program, 'mdap', 'SpeedTouch modems from their LAN side');
  addMdapDiscover(mdap, cli);
  addMdapInfo(mdap, cli);
  addMdapExec(mdap, cli);
  addMdapRun(mdap, cli);
  addMdapShell(mdap, cli);
  addMdapListen(mdap, cli);
  addMdapFlash(mdap, cli);
  addMdapServe(mdap, cli);
}
