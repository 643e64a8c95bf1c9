/**
 * Places of secrets in a text that are recognised by their form: addresses, URLs, `user@host`.
 */
import { addressBytes } from '../packet/ip.ts';
import { isNobody } from './addresses.ts';
import type { Kind } from './kinds.ts';
import { isVersion, kindOf } from './kinds.ts';
import type { Spelling } from './spelling.ts';

export interface Site {
  readonly at: number;
  readonly length: number;
  readonly kind: Kind;
  /** `basic`: `user:password` in base64. */
  readonly spelling: Spelling | 'basic';
}

const IPV4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g;
const IPV6 = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{1,4})?(?![\w:])/gi;
const MAC = /(?<![\w:-])[0-9a-f]{2}(?:(?:-[0-9a-f]{2}){5}|(?::[0-9a-f]{2}){5})(?![\w:-])/gi;
/** What follows `://`: user and password, host, port, path, query. */
const AUTHORITY =
  /(?:([^\s/@:"'<>?#]{1,256})(?::([^\s/@"'<>?#]{0,256}))?@)?(\[[0-9a-f:.]{2,45}\]|[\w.-]{1,255})(?::\d{1,5})?([^\s"'<>?#]*)(\?[^\s"'<>#]*)?/iy;
/** Characters before an `@` that are looked at. */
const LONGEST_USER = 64;
const HOST = /[A-Za-z0-9](?:[A-Za-z0-9-]*\.[A-Za-z0-9])+[A-Za-z0-9-]*/y;

/** Public names (RFC 2606), and those of the formats themselves. */
const PUBLIC_HOST =
  /^(?:localhost|(?:[\w-]+\.)*(?:example(?:\.com|\.net|\.org)?|test|invalid|w3\.org|xmlsoap\.org|broadband-forum\.org|dslforum\.org))$/i;

export const isPublicHost = (name: string): boolean => PUBLIC_HOST.test(name);

/** What in a text is a secret by its form. `about`: the name it stands under. */
export function sitesByForm(text: string, about = ''): readonly Site[] {
  return [...urlSites(text), ...userSites(text), ...macSites(text), ...addressSites(text, about)];
}

function macSites(text: string): readonly Site[] {
  return [...text.matchAll(MAC)].map(({ 0: { length }, index }) => site(index, length, 'MAC address'));
}

function addressSites(text: string, about: string): readonly Site[] {
  const sites: Site[] = [];
  const aVersion = isVersion(about);
  for (const { 0: address, index } of text.matchAll(IPV4)) {
    if (aVersion || isNobody(address)) continue;
    const line = text.slice(Math.max(0, index - 80), index);
    if (!isVersion(line.slice(line.lastIndexOf('\n') + 1)))
      sites.push(site(index, address.length, 'IP address'));
  }
  for (const { 0: address, index } of text.matchAll(IPV6))
    if (addressBytes(address) !== undefined && !isNobody(address))
      sites.push(site(index, address.length, 'IP address'));
  return sites;
}

/** `name@host`. */
function userSites(text: string): readonly Site[] {
  const sites: Site[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const before = /[\w.+-]+$/.exec(text.slice(Math.max(0, at - LONGEST_USER), at))?.[0] ?? '';
    HOST.lastIndex = at + 1;
    const host = HOST.exec(text)?.[0];
    if (before === '' || host === undefined) continue;
    sites.push(site(at - before.length, before.length, 'user name'));
    if (addressBytes(host) === undefined && !isPublicHost(host))
      sites.push(site(at + 1, host.length, 'host name'));
  }
  return sites;
}

function urlSites(text: string): readonly Site[] {
  const sites: Site[] = [];
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 1)) {
    AUTHORITY.lastIndex = at + 3;
    const match = AUTHORITY.exec(text);
    if (match === null) continue;
    const [whole, user, password, host = '', path = '', query = ''] = match;
    let behind = at + 3;
    if (user !== undefined) {
      sites.push(site(behind, user.length, 'user name'));
      behind += user.length + 1;
      if (password !== undefined && password !== '') sites.push(site(behind, password.length, 'password'));
      if (password !== undefined) behind += password.length + 1;
    }
    sites.push(...hostSites(host, behind));
    const end = at + 3 + whole.length;
    sites.push(
      ...secretSteps(path, end - query.length - path.length),
      ...querySites(query, end - query.length),
    );
  }
  return sites;
}

/** A host in a URL or a Host header: a name or an address. */
export function hostSites(host: string, at: number): readonly Site[] {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const start = at + (bare === host ? 0 : 1);
  if (bare === '' || isPublicHost(bare)) return [];
  if (addressBytes(bare) !== undefined) return isNobody(bare) ? [] : [site(start, bare.length, 'IP address')];
  return [site(start, bare.length, 'host name')];
}

/** Parts of a path that nobody could guess: a CPE uses them so that nobody else can request a connection. */
export function secretSteps(path: string, at: number): readonly Site[] {
  return [...path.matchAll(/[^/]+/g)].flatMap(({ 0: step, index }) =>
    /^[A-Za-z0-9_-]{8,}$/.test(step) && /\d/.test(step) && /[A-Za-z]/.test(step)
      ? [site(at + index, step.length, 'path')]
      : [],
  );
}

/** Values in a query whose names suggest secrets. */
export function querySites(query: string, at: number): readonly Site[] {
  return [...query.matchAll(/(?<=[?&;])([^=&;?]{1,64})=([^&;?]*)/g)].flatMap(
    ({ 0: whole, 1: name = '', 2: value = '', index }) => {
      const kind = kindOf(name);
      return kind === undefined || value === ''
        ? []
        : [site(at + index + whole.length - value.length, value.length, kind)];
    },
  );
}

export const site = (at: number, length: number, kind: Kind, spelling: Site['spelling'] = 'plain'): Site => ({
  at,
  length,
  kind,
  spelling,
});

/** The same sites, moved by this many characters. */
export const moved = (sites: readonly Site[], by: number): readonly Site[] =>
  sites.map((one) => ({ ...one, at: one.at + by }));
