/** The top of the command line: the commands available everywhere, and the groups of a release. */
import type { Generation } from '../box.ts';
import type { Command, Group, PlacedCommand } from '../definition.ts';
import { done, lines } from '../definition.ts';
import { connection } from './connection.ts';
import { cwmp } from './cwmp.ts';
import { dhcp, dhcpCommands } from './dhcp.ts';
import { dns } from './dns.ts';
import { config, env, envCommands, saveall } from './env.ts';
import { atm, eth, ppp } from './eth-atm-ppp.ts';
import { firewall, firewallCommands } from './firewall.ts';
import { hostmgr } from './hostmgr.ts';
import { ip, ipCommands } from './ip.ts';
import { language } from './language.ts';
import { adsl, xdsl } from './line.ts';
import { syslog, systemlog } from './log.ts';
import { mbusCommands } from './mbus.ts';
import { PING } from './ping.ts';
import { RECORD_TABLES } from './record-tables.ts';
import { insert, withRecords } from './records.ts';
import { service, serviceCommands } from './service.ts';
import { settingCommands } from './setting-tables.ts';
import { sntp } from './sntp.ts';
import { software, system, systemCommands } from './system.ts';
import { user, userCommands } from './user.ts';
import { wireless } from './wireless.ts';

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

/** Commands that follow those of lists and settings in the help of their groups. */
const LAST_COMMANDS: readonly PlacedCommand[] = [
  ...ipCommands,
  ...systemCommands,
  ...envCommands,
  ...userCommands,
  ...dhcpCommands,
  ...firewallCommands,
  ...serviceCommands,
  ...mbusCommands,
];

function withGroups(...groups: readonly Group[]): Group {
  const top = withRecords({ name: '', commands: COMMANDS, groups }, RECORD_TABLES);
  return [...settingCommands(top), ...LAST_COMMANDS].reduce(
    (all, [place, command]) => insert(all, place.split(' '), [command]),
    top,
  );
}

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
