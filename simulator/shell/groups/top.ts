/** What is at the top: the commands of every place, and the groups that a release has. */
import type { Generation } from '../box.ts';
import type { Command, Group } from '../definition.ts';
import { done, lines } from '../definition.ts';
import { cwmp } from './cwmp.ts';
import { dhcp } from './dhcp.ts';
import { config, env, saveall } from './env.ts';
import { ip } from './ip.ts';
import { adsl, xdsl } from './line.ts';
import { withMore } from './more.ts';
import {
  atm,
  connection,
  dns,
  eth,
  firewall,
  hostmgr,
  language,
  PING,
  ppp,
  sntp,
  syslog,
  systemlog,
  wireless,
} from './others.ts';
import { RECORD_TABLES } from './record-tables.ts';
import { withRecords } from './records.ts';
import { service } from './service.ts';
import { software, system } from './system.ts';
import { user } from './user.ts';

const COMMANDS: readonly Command[] = [
  {
    name: 'menu',
    help: 'Shows a menu.',
    parameters: [],
    harmless: true,
    run: () => done(lines('Menu not available in this session.')),
  },
  {
    name: 'exit',
    help: 'Ends the session.',
    parameters: [],
    harmless: true,
    run: () => done('', { do: 'logout' }),
  },
  {
    name: 'saveall',
    help: 'Saves the configuration.',
    parameters: [],
    run: (box, _values, who) => saveall(box, who),
  },
  PING,
];

const COMMON: readonly Group[] = [
  atm,
  config,
  connection,
  cwmp,
  dhcp,
  dns,
  env,
  eth,
  firewall,
  hostmgr,
  ip,
  language,
];
const LAST: readonly Group[] = [ppp, service, sntp, software];

const withGroups = (...groups: readonly Group[]): Group =>
  withMore(withRecords({ name: '', commands: COMMANDS, groups }, RECORD_TABLES));

const OLD = withGroups(adsl, ...COMMON, ...LAST, system, systemlog, user, wireless);
const R7 = withGroups(...COMMON, ...LAST, system, systemlog, user, wireless, xdsl);
const R8 = withGroups(...COMMON, ...LAST, syslog, system, user, wireless, xdsl);

export function topGroup(generation: Generation): Group {
  switch (generation) {
    case 'g4':
    case 'g5':
    case 'g6':
      return OLD;
    case 'g7':
      return R7;
    case 'g8':
      return R8;
  }
}
