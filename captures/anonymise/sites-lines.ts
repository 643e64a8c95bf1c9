/** Secrets in plain lines: headers of MDAP, command lines and their output, comments. */
import { kindOf } from './kinds.ts';
import type { Site } from './sites.ts';
import { moved, site, sitesByForm } from './sites.ts';

const LINE = /[^\r\n]+/g;
const LABELLED = /^[ \t]*([A-Za-z][A-Za-z0-9 ._/-]{0,40}?)[ \t]*:[ \t]*(\S.*)/;
const ASSIGNED = /(?<![\w.-])([A-Za-z][\w.-]{0,63})[ \t]*=[ \t]*("[^"\r\n]*"|'[^'\r\n]*'|[^\s"',;]+)/g;
/** Of these the argument `name` is the name of a person. */
const OF_USERS = /\b(?:mlp|user|account)\w*[ \t]+(?:add|config|delete|modify|rename)\b/;

export function lineSites(text: string): readonly Site[] {
  return [...text.matchAll(LINE)].flatMap(({ 0: line, index }) => moved(sitesOfLine(line), index));
}

function sitesOfLine(line: string): readonly Site[] {
  const sites: Site[] = [];
  const labelled = LABELLED.exec(line);
  const [, label = '', given = ''] = labelled ?? [];
  const value = given.trimEnd();
  const kind = kindOf(label.replaceAll('.', ' '));
  if (kind !== undefined && !/\w=/.test(value))
    sites.push(site(line.indexOf(value, label.length + 1), value.length, kind));
  const ofUsers = OF_USERS.test(line);
  for (const { 0: whole, 1: name = '', 2: given = '', index } of line.matchAll(ASSIGNED)) {
    const bare = given.replace(/^(["'])(.*)\1$/, '$2');
    const said = name === 'name' && ofUsers ? 'user name' : kindOf(name);
    const at = index + whole.length - given.length + (bare === given ? 0 : 1);
    if (said !== undefined && bare !== '') sites.push(site(at, bare.length, said));
  }
  return [...sites, ...sitesByForm(line, label)];
}
