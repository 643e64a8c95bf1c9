/** The sections of a configuration file, and the group of commands of each. */

/** Groups whose section has another name; the longest first, as one may be within another. */
const SECTIONS: readonly (readonly [group: string, section: string])[] = [
  ['dhcp server pool', 'dhcspool'],
  ['dhcp server', 'dhcs'],
  ['dhcp relay', 'dhcr'],
  ['dhcp client', 'dhcc'],
  ['dns server', 'dnss'],
  ['dns client', 'dnsc'],
  ['user', 'mlpuser'],
  ['service system', 'servmgr'],
  ['atm phonebook', 'phone'],
  ['eth bridge', 'bridge'],
  ['sntp', 'sntpc'],
];

export const groupOfSection = (section: string): string =>
  SECTIONS.find(([, name]) => name === section)?.[0] ?? section;

/** The section of a command from the top, and the rest of the command to write there. */
export function sectionOf(command: string): { readonly section: string; readonly rest: string } {
  const known = SECTIONS.find(([group]) => command.startsWith(`${group} `));
  const group = known?.[0] ?? command.slice(0, command.indexOf(' '));
  return { section: known?.[1] ?? group, rest: command.slice(group.length + 1) };
}
