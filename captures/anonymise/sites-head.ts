/** Secrets in the head of an HTTP message: credentials, cookies, hosts, and parts of URLs. */
import { kindOf } from './kinds.ts';
import type { Site } from './sites.ts';
import { hostSites, moved, querySites, secretSteps, site, sitesByForm } from './sites.ts';
import type { Lexicon } from './sites-markup.ts';

const LINE = /[^\r\n]+/g;
const HEADER = /^([!-9;-~]+)[ \t]*:[ \t]*/;
/** These headers name a program; dotted numbers in them are versions. */
const PROGRAMS = /^(user-agent|server|via|x-powered-by)$/;

export function headSites(text: string, lexicon?: Pick<Lexicon, 'learnName'>): readonly Site[] {
  const sites: Site[] = [];
  let isFirst = true;
  for (const { 0: line, index } of text.matchAll(LINE)) {
    if (isFirst) sites.push(...moved(targetSites(line), index));
    else {
      const match = HEADER.exec(line);
      const [lead = '', name = ''] = match ?? [];
      lexicon?.learnName(name);
      const value = line.slice(lead.length);
      for (const found of headerSites(name.toLowerCase(), value))
        sites.push({ ...found, at: found.at + index + lead.length });
      if (/^(content-type|soapaction|allow)$/i.test(name)) lexicon?.learnName(value);
    }
    isFirst = false;
  }
  return sites;
}

/** The target of a request line. */
function targetSites(line: string): readonly Site[] {
  const target = /^[A-Za-z]+[ \t]+(\S+)[ \t]+HTTP\//.exec(line)?.[1];
  if (target === undefined) return [];
  const at = line.indexOf(target, line.search(/[ \t]/));
  if (target.includes('://')) return moved(sitesByForm(target), at);
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return moved([...secretSteps(path, 0), ...querySites(target.slice(path.length), path.length)], at);
}

function headerSites(name: string, value: string): readonly Site[] {
  switch (name) {
    case 'authorization':
    case 'proxy-authorization':
      return credentialSites(value);
    case 'cookie':
      return [...value.matchAll(/([^=;,\s]+)=("[^"]*"|[^;,]*)/g)].flatMap(
        ({ 0: whole, 1: key = '', 2: given = '', index }) =>
          key.startsWith('$') ? [] : cookieSite(given, index + whole.length - given.length),
      );
    case 'set-cookie':
    case 'set-cookie2': {
      const equals = value.indexOf('=');
      const given = /^[^;]*/.exec(value.slice(equals + 1))?.[0] ?? '';
      return [...(equals < 0 ? [] : cookieSite(given, equals + 1)), ...sitesByForm(value)];
    }
    case 'host': {
      const host = /^(?:\[[^\]]*\]|[^:\s]+)/.exec(value)?.[0] ?? '';
      return hostSites(host, 0);
    }
    default: {
      const kind = name.startsWith('x-') ? kindOf(name) : undefined;
      const whole = kind === undefined || value === '' ? [] : [site(0, value.length, kind)];
      return [...whole, ...sitesByForm(value, PROGRAMS.test(name) ? 'version' : '')];
    }
  }
}

function cookieSite(given: string, at: number): readonly Site[] {
  const bare = given.trim().replace(/^"(.*)"$/, '$1');
  return bare === '' ? [] : [site(at + given.indexOf(bare), bare.length, 'cookie')];
}

function credentialSites(value: string): readonly Site[] {
  const basic = /^basic[ \t]+(\S+)/i.exec(value);
  const token = basic?.[1];
  if (token !== undefined) return [site(value.indexOf(token, 5), token.length, 'password', 'basic')];
  const sites: Site[] = [];
  for (const { 0: whole, 1: name = '', 2: given = '', index } of value.matchAll(
    /(\w+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s,"]*)/g,
  )) {
    const bare = given.replace(/^"(.*)"$/, '$1');
    const key = name.toLowerCase();
    const kind = key === 'username' ? 'user name' : key === 'response' ? 'digest response' : undefined;
    if (kind === undefined || bare === '') continue;
    const at = index + whole.length - given.length + (bare === given ? 0 : 1);
    sites.push(site(at, bare.length, kind, bare === given ? 'plain' : 'quoted'));
  }
  return [...sites, ...sitesByForm(value)];
}
