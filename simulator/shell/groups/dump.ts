/**
 * The configuration as text, which `playConfiguration` reads again: sections with the commands that recreate
 * it.
 */
import type { Box } from '../box.ts';
import { sectionOf } from '../sections.ts';
import { RECORD_TABLES } from './record-tables.ts';
import { recordCommands } from './records.ts';

const quoted = (value: string): string =>
  /^[^\s"]+$/.test(value) ? value : `"${value.replaceAll('"', '\\"')}"`;
const pairs = (settings: Iterable<readonly [string, string]>): string =>
  Array.from(settings, ([name, value]) => `${name}=${quoted(value)}`).join(' ');
const given = (settings: readonly (readonly [string, string | undefined])[]): string =>
  pairs(
    settings.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value] as const],
    ),
  );
const onOff = (on: boolean): string => (on ? 'enabled' : 'disabled');

/** All of it as commands from the top. */
function commands(box: Box): readonly string[] {
  const { state } = box;
  const server = (name: string): string | undefined => box.parameter(`ManagementServer.${name}`);
  return [
    ...Array.from(
      state.environment,
      ([name, value]) => `env set var=${name} value="${value.replaceAll('"', '\\"')}"`,
    ),
    ...box
      .addresses()
      .map(({ address, mask }) => `ip ipadd intf=LocalNetwork addr=${address} netmask=${mask}`),
    ...Array.from(
      state.routes.values(),
      ({ dst, gateway, metric }) =>
        `ip rtadd ${given([
          ['dst', dst],
          ['gateway', gateway],
          ['metric', String(metric)],
        ])}`,
    ),
    `ip config ${pairs(state.ip)}`,
    `dhcp server pool config name=LAN_private ${given([
      ['poolstart', box.host('MinAddress')],
      ['poolend', box.host('MaxAddress')],
      ['netmask', box.host('SubnetMask')],
    ])}`,
    `dhcp server config state=${onOff(box.host('DHCPServerEnable') === '1')}`,
    `cwmp config ${pairs([...state.cwmp].filter(([name]) => name !== 'trace'))}`,
    `cwmp server config ${pairs([
      ['url', server('URL') ?? ''],
      ['username', server('Username') ?? ''],
    ])}`,
    `system config ${pairs(state.system)}`,
    `firewall config ${pairs(state.firewall)}`,
    `language config ${pairs(state.language)}`,
    ...Array.from(state.users, ([name, { role }]) => `user add name=${name} password=******** role=${role}`),
    ...Array.from(
      state.services.values(),
      ({ name, enabled, port }) =>
        `service system modify ${given([
          ['name', name],
          ['state', onOff(enabled)],
          ['port', port],
        ])}`,
    ),
    ...Array.from(state.services.values(), ({ name, groups }) =>
      groups.map((group) => `service system ifadd name=${name} group=${group}`),
    ).flat(),
    ...RECORD_TABLES.flatMap((table) => recordCommands(box, table, pairs)),
    ...Array.from(state.more, ([place, settings]) => `${place} ${pairs(settings)}`),
  ];
}

export function dumpConfiguration(box: Box): readonly string[] {
  const sections = new Map<string, string[]>();
  for (const command of commands(box)) {
    const { section, rest } = sectionOf(command);
    const before = sections.get(section);
    if (before === undefined) sections.set(section, [rest]);
    else before.push(rest);
  }
  return [
    ...Array.from(sections, ([section, all]) => [`[ ${section}.ini ]`, ...all, '']).flat(),
    '[ endofarch ]',
  ];
}
