/** Secrets in plain lines: headers of MDAP, command lines and their output, comments. */
import type { Kind } from './kinds.ts';
import { kindOf } from './kinds.ts';
import type { Site } from './sites.ts';
import { moved, site, sitesByForm } from './sites.ts';

/** Columns of a table in the output of a modem; the widest known has seven. */
const MAX_COLUMNS = 32;
const LINE = /[^\r\n]+/g;
const LABELLED = /^[ \t]*([A-Za-z_][A-Za-z0-9 ._/()-]{0,40}?)[ \t]*:[ \t]*(\S.*)/;
const ASSIGNED = /(?<![\w.-])([A-Za-z_][\w.-]{0,63})[ \t]*=[ \t]*("[^"\r\n]*"|'[^'\r\n]*'|\S+)/g;
/** In these commands the argument `name` is the name of a person. */
const OF_USERS = /\b(?:mlp|user|account)\w*[ \t]+(?:add|config|delete|modify|rename)\b/;

/** The rule under the titles of a table. */
const RULE = /^[ \t]*-{3,}[- \t]*$/;

interface Column {
  readonly from: number;
  readonly to: number;
  readonly kind: Kind | undefined;
}

export function lineSites(text: string): readonly Site[] {
  const sites: Site[] = [];
  let before = '';
  let end = 0;
  let columns: readonly Column[] = [];
  for (const { 0: line, index } of text.matchAll(LINE)) {
    // An empty line ends a table.
    const isApart = /\n\r?\n/.test(text.slice(end, index));
    if (isApart) columns = [];
    if (RULE.test(line)) columns = isApart ? [] : columnsOf(before);
    else sites.push(...moved([...cellSites(line, columns), ...sitesOfLine(line)], index));
    before = line;
    end = index + line.length;
  }
  return sites;
}

/** Titles are separated by at least two blanks. */
function columnsOf(titles: string): readonly Column[] {
  const starts = [...titles.matchAll(/\S+(?: \S+)*/g)].slice(0, MAX_COLUMNS);
  return starts.map(({ 0: title, index }, place) => ({
    from: index,
    to: starts[place + 1]?.index ?? Number.POSITIVE_INFINITY,
    kind: kindOf(title.replaceAll('.', ' ')),
  }));
}

function cellSites(line: string, columns: readonly Column[]): readonly Site[] {
  return columns.flatMap(({ from, kind, to }) => {
    const cell = kind === undefined ? '' : line.slice(from, to).trim();
    return kind === undefined || cell === '' ? [] : [site(line.indexOf(cell, from), cell.length, kind)];
  });
}

function sitesOfLine(line: string): readonly Site[] {
  const sites: Site[] = [];
  const labelled = LABELLED.exec(line);
  const [, label = '', given = ''] = labelled ?? [];
  const value = given.trimEnd();
  const kind = kindOf(label.replaceAll('.', ' '));
  if (kind !== undefined) sites.push(site(line.indexOf(value, label.length + 1), value.length, kind));
  const ofUsers = OF_USERS.test(line);
  let variable = '';
  for (const { 0: whole, 1: name = '', 2: given = '', index } of line.matchAll(ASSIGNED)) {
    const bare = given.replace(/^(["'])(.*)\1$/, '$2');
    // `set var=CWMPUSER value=...` in the output of a configuration.
    if (name === 'var') variable = bare;
    const about = name === 'value' ? variable : name;
    const said = name === 'name' && ofUsers ? 'user name' : kindOf(about);
    const at = index + whole.length - given.length + (bare === given ? 0 : 1);
    if (said !== undefined && bare !== '') sites.push(site(at, bare.length, said));
  }
  return [...sites, ...sitesByForm(line, label)];
}
