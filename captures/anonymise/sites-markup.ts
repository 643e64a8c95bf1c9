/**
 * Secrets in XML, by the names they stand under. The text is scanned rather than parsed, so that mistakes of
 * a modem and cut bodies hide nothing.
 */
import { kindOf } from './kinds.ts';
import type { Site } from './sites.ts';
import { isPublicHost, moved, site, sitesByForm } from './sites.ts';

/** Learns texts that are not secrets. */
export interface Lexicon {
  /** Names of the protocol and of data models; the same text may come many times. */
  learnName(text: string): void;
  /** The make of a device; it stays even within a secret. */
  learnMake(text: string): void;
}

const TAG = /<(\/?)((?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*)([^<>]*)>/g;
const MAKE = /^(manufacturer|oui|productclass)$/;
const SHORTEST_MAKE = 4;
const CDATA = '<![CDATA[';
/** Elements that contain names of parameters or other public words. */
const NAMING =
  /^(name|string|parametername|parameterpath|objectname|manufacturer|oui|productclass|eventcode|faultcode)$/;
/** Names of parameters whose values are host names. */
const HOSTLY = /server\d*$|serveraddress$|gateway$|proxy$|registrar$|host$|address$/i;
const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;

export function markupSites(text: string, lexicon?: Lexicon): readonly Site[] {
  const reader = new MarkupReader(lexicon);
  for (const match of text.matchAll(TAG)) {
    const [whole, closing, qualified = '', attributes = ''] = match;
    const name = (qualified.split(':').at(-1) ?? '').toLowerCase();
    lexicon?.learnName(qualified);
    if (attributes !== '') lexicon?.learnName(attributes);
    if (name.endsWith('struct')) reader.onStruct();
    const leaf =
      closing === '/' || attributes.endsWith('/') ? undefined : leafAt(text, match.index + whole.length);
    if (leaf !== undefined) reader.onLeaf(name, leaf);
  }
  return reader.sites;
}

class MarkupReader {
  readonly sites: Site[] = [];
  readonly #lexicon: Lexicon | undefined;
  #parameter: string | undefined;
  #value: Leaf | undefined;

  constructor(lexicon: Lexicon | undefined) {
    this.#lexicon = lexicon;
  }

  /** A Name and a Value belong together only within one struct. */
  onStruct(): void {
    this.#parameter = undefined;
    this.#value = undefined;
  }

  onLeaf(name: string, leaf: Leaf): void {
    const isName = NAMING.test(name);
    if (isName) this.#lexicon?.learnName(leaf.text);
    if (MAKE.test(name) && leaf.text.length >= SHORTEST_MAKE) this.#lexicon?.learnMake(leaf.text);
    if (name === 'name') this.#parameter = leaf.text;
    else if (name === 'value') this.#value = leaf;
    else if (!isName) this.sites.push(...sitesOf(leaf, name));
    if (this.#parameter !== undefined && this.#value !== undefined) {
      this.sites.push(...sitesOf(this.#value, this.#parameter));
      this.#value = undefined;
    } else if (name === 'value') this.sites.push(...moved(sitesByForm(leaf.text), leaf.at));
  }
}

interface Leaf {
  readonly at: number;
  readonly text: string;
  readonly isCdata: boolean;
}

/** The text after a start tag, without surrounding white space. */
function leafAt(text: string, from: number): Leaf | undefined {
  const lead = from + (/\s*/y.exec(text.slice(from, from + 256))?.[0].length ?? 0);
  const isCdata = text.startsWith(CDATA, lead);
  const start = isCdata ? lead + CDATA.length : from;
  const end = text.indexOf(isCdata ? ']]>' : '<', start);
  const whole = text.slice(start, end < 0 ? text.length : end);
  const trimmed = whole.trimStart();
  const at = start + whole.length - trimmed.length;
  const bare = trimmed.trimEnd();
  return bare === '' ? undefined : { at, text: bare, isCdata };
}

function sitesOf({ at, isCdata, text }: Leaf, name: string): readonly Site[] {
  const kind = kindOf(name);
  const found = moved(sitesByForm(text, name), at);
  const spelling = isCdata ? 'plain' : 'xml';
  if (kind !== undefined) return [site(at, text.length, kind, spelling), ...found];
  const isHost = HOSTLY.test(name) && HOST_NAME.test(text) && !/^[\d.]+$/.test(text) && !isPublicHost(text);
  return isHost ? [site(at, text.length, 'host name', spelling)] : found;
}
