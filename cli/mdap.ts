/** `modemlab mdap`: SpeedTouch modems from their LAN side. */
import type { Command } from 'commander';
import { group } from './help.ts';
import { addMdapDiscover } from './mdap-discover.ts';
import { addMdapExec } from './mdap-exec.ts';
import { addMdapFlash } from './mdap-flash.ts';
import { addMdapInfo } from './mdap-info.ts';
import { addMdapListen } from './mdap-listen.ts';
import { addMdapRun } from './mdap-run.ts';
import { addMdapServe } from './mdap-serve.ts';
import { addMdapShell } from './mdap-shell.ts';
import type { Cli } from './shell.ts';

export function addMdap(program: Command, cli: Cli): void {
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
