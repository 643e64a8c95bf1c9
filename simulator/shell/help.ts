/** What `help` and `?` print. */
import type { Command, Group, Parameter } from './definition.ts';
import { lines } from './definition.ts';
import { describeKind } from './values.ts';

/** Width of a command's name, and of a group's; and groups per line. */
const NAME_COLUMNS = 17;
const GROUP_COLUMNS = 16;
const GROUPS_A_LINE = 5;

export function describeGroup({ commands, groups }: Group): string {
  const all: string[] = [];
  if (commands.length > 0)
    all.push(
      'Following commands are available :',
      '',
      ...commands.map(({ name, help }) => `${name.padEnd(NAME_COLUMNS)}: ${help}`),
      '',
    );
  if (groups.length > 0) {
    all.push('Following command groups are available :', '');
    for (let at = 0; at < groups.length; at += GROUPS_A_LINE)
      all.push(
        groups
          .slice(at, at + GROUPS_A_LINE)
          .map(({ name }) => name.padEnd(GROUP_COLUMNS))
          .join('')
          .trimEnd(),
      );
    all.push('');
  }
  return lines(...all);
}

function describeParameter({ name, kind, required }: Parameter): string {
  const text = `${name} = ${describeKind(kind)}`;
  return required === true ? text : `[${text}]`;
}

export function describeCommand({ name, help, parameters }: Command): string {
  const syntax = ['Syntax :', name, ...parameters.map(describeParameter)].join(' ');
  const each = parameters.map((parameter) => `    ${describeParameter(parameter)}`);
  return lines(help, syntax, ...(each.length === 0 ? [] : ['Parameters :', ...each]));
}
