/** The secrets of one text: learnt from it, and replaced in it. */
import { latin1Bytes } from '../../protocol/latin1.ts';
import type { Kind } from './kinds.ts';
import type { TextPassage } from './passage.ts';
import type { Secrets } from './secrets.ts';
import type { Site } from './sites.ts';
import { hostSites } from './sites.ts';
import { headSites } from './sites-head.ts';
import { lineSites } from './sites-lines.ts';
import type { Lexicon } from './sites-markup.ts';
import { markupSites } from './sites-markup.ts';
import { readSpelling, spellOther } from './spelling.ts';

export type TextForm = TextPassage['is'];

/** A part of a text and the bytes, as many, that replace it. */
export interface Replacement {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Called for each secret that is replaced. */
export type OnReplaced = (kind: Kind, original: string) => void;

function sitesOf(form: TextForm, text: string, lexicon?: Lexicon): readonly Site[] {
  switch (form) {
    case 'head':
      return headSites(text, lexicon);
    case 'markup':
      return markupSites(text, lexicon);
    case 'host':
      return hostSites(text, 0);
    case 'lines':
      return lineSites(text);
  }
}

export function learnText(secrets: Secrets, form: TextForm, text: string): void {
  for (const { at, kind, length, spelling } of sitesOf(form, text, secrets)) {
    const raw = text.slice(at, at + length);
    if (spelling !== 'basic') secrets.learn(kind, readSpelling(spelling, raw));
    else for (const [part, of] of credentialsIn(raw)) secrets.learn(of, part);
  }
}

/** In order; none overlaps another. */
export function replaceText(
  secrets: Secrets,
  form: TextForm,
  text: string,
  onReplaced: OnReplaced,
): readonly Replacement[] {
  const replacements: (Replacement & { readonly end: number })[] = [];
  // Of overlapping places the one that begins first counts, then the longer one.
  const sites = [...sitesOf(form, text)].sort((a, b) => a.at - b.at || b.length - a.length);
  let end = 0;
  for (const { at, kind, length, spelling } of sites) {
    if (at < end) continue;
    const raw = text.slice(at, at + length);
    const other =
      spelling === 'basic'
        ? otherBasic(secrets, raw, onReplaced)
        : spelled(secrets, kind, spelling, raw, onReplaced);
    if (other !== raw) replacements.push({ at, end: at + length, bytes: latin1Bytes(other) });
    end = at + length;
  }
  const covered = [...replacements];
  let next = 0;
  for (const { at, length, value } of secrets.find(text)) {
    while ((covered[next]?.end ?? Number.POSITIVE_INFINITY) <= at) next += 1;
    if ((covered[next]?.at ?? Number.POSITIVE_INFINITY) < at + length) continue;
    if (form === 'head' && isFraming(text, at)) continue;
    replacements.push({ at, end: at + length, bytes: latin1Bytes(value.replacement) });
    onReplaced(value.kind, value.original);
  }
  return replacements.sort((a, b) => a.at - b.at);
}

/** A Content-Length that happens to equal a secret must not change. */
function isFraming(head: string, at: number): boolean {
  return /^content-length[ \t]*:/i.test(head.slice(head.lastIndexOf('\n', at) + 1, at + 1));
}

function spelled(
  secrets: Secrets,
  kind: Kind,
  spelling: 'plain' | 'xml' | 'quoted',
  raw: string,
  onReplaced: OnReplaced,
): string {
  const meant = readSpelling(spelling, raw);
  const other = secrets.replace(kind, meant);
  if (other !== meant) onReplaced(kind, meant);
  return spellOther(spelling, raw, other);
}

/** User and password out of base64; `undefined`: it is not canonical base64 of such a pair. */
function readCredentials(token: string): readonly [user: string, password: string] | undefined {
  const text = Buffer.from(token, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  if (colon < 0 || Buffer.from(text, 'latin1').toString('base64') !== token) return undefined;
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function credentialsIn(token: string): readonly (readonly [string, Kind])[] {
  const [user, password] = readCredentials(token) ?? [];
  return user === undefined || password === undefined
    ? []
    : [
        [user, 'user name'],
        [password, 'password'],
      ];
}

function otherBasic(secrets: Secrets, token: string, onReplaced: OnReplaced): string {
  const parts = credentialsIn(token);
  if (parts.length === 0) return spelled(secrets, 'password', 'plain', token, onReplaced);
  const others = parts.map(([part, kind]) => spelled(secrets, kind, 'plain', part, onReplaced));
  return Buffer.from(others.join(':'), 'latin1').toString('base64');
}
