/**
 * The secrets of a capture and their replacements. Each is replaced by what HMAC-SHA-256 makes of it under a
 * key, so that a text has the same replacement everywhere, and nothing leads back without the key. A text
 * that contains another secret then contains its replacement: a user name that ends with the serial number
 * still does.
 */
import { createHmac } from 'node:crypto';
import { canonicalMac, macBytes, macText } from '../../protocol/ipv4.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { addressBytes, addressText } from '../packet/ip.ts';
import type { Draw } from './addresses.ts';
import { isNobody, otherIpv4, otherIpv6, spellLike } from './addresses.ts';
import type { Kind } from './kinds.ts';
import type { Edges, Match } from './matcher.ts';
import { Matcher } from './matcher.ts';
import { isRecastable, recast } from './octet-text.ts';
import type { Lexicon } from './sites-markup.ts';
import { otherSpellings } from './spelling.ts';

/** A secret that was found in a text. */
export interface FoundSecret {
  readonly kind: Kind;
  readonly original: string;
  readonly replacement: string;
}

/** Attempts at a replacement that is not taken; a text of two digits has few. */
const TRIES = 200;
/** Addresses whose replacements are kept as bytes. */
const KNOWN_OCTETS = 4096;
/** Secrets below these lengths are replaced only in places where a secret is expected. */
const SHORTEST = 5;
const SHORTEST_NUMBER = 6;
/** From this length on a text of letters and digits is no coincidence, even within a longer word. */
const UNMISTAKABLE = 8;

/** Kinds that are not looked for elsewhere: they mean something only in their place, or are whole texts. */
const LOCAL: ReadonlySet<Kind> = new Set<Kind>(['cookie', 'digest response', 'log']);

export class Secrets implements Lexicon {
  readonly #key: Uint8Array;
  readonly #kinds = new Map<string, Kind>();
  readonly #addresses = new Set<string>();
  readonly #macs = new Set<string>();
  readonly #makes = new Set<string>();
  readonly #words = new Set<string>();
  /** Addresses in packet headers, which come again and again. */
  readonly #octets = new Map<string, Uint8Array>();
  readonly #given = new Map<string, string>();
  readonly #taken = new Set<string>();
  #matcher = new Matcher<FoundSecret>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** A text to be replaced everywhere. All are learnt before the first is replaced. */
  learn(kind: Kind, text: string): void {
    if (kind === 'MAC address' && canonicalMac(text) !== undefined) this.learnMac(text);
    else if (kind === 'IP address' || addressBytes(text) !== undefined) this.learnAddress(text);
    else if (this.#isModel(kind, text)) return;
    else if (isRecastable(text) && !LOCAL.has(kind) && !this.#kinds.has(text)) this.#kinds.set(text, kind);
  }

  learnAddress(text: string): void {
    if (!isNobody(text)) this.#addresses.add(text);
  }

  /** An address of 4 or 16 bytes. */
  learnOctets(bytes: Uint8Array): void {
    this.learnAddress(addressText(bytes));
  }

  /** In any spelling; every other spelling is looked for as well. */
  learnMac(text: string): void {
    const mac = canonicalMac(text);
    if (mac !== undefined && isDevice(macBytes(mac))) this.#macs.add(mac);
  }

  /**
   * A name of the protocol or of a data model: a secret that is also a word of it is not looked for in other
   * places.
   */
  learnName(name: string): void {
    if (this.#words.has(name) || this.#words.size >= LIMITS.anonymiseWords) return;
    this.#words.add(name);
    for (const word of name.match(/\w+/g) ?? []) this.#words.add(word);
  }

  /** The make of a device. It stays, even as a part of a secret. */
  learnMake(make: string): void {
    if (this.#makes.size < LIMITS.anonymiseWords) this.#makes.add(make);
  }

  /** Everything is learnt: from now on it can be found. */
  seal(): void {
    const add = (kind: Kind, text: string, edges: Edges, replacement: string): void => {
      if (replacement !== text) this.#matcher.add(text, edges, { kind, original: text, replacement });
    };
    for (const make of this.#makes)
      this.#matcher.add(make, 'word', { kind: 'serial number', original: make, replacement: make });
    for (const mac of this.#macs) {
      const other = this.#spelledMac(mac);
      for (const spell of MAC_SPELLINGS) add('MAC address', spell(mac), 'word', spell(other));
    }
    for (const address of this.#addresses)
      for (const spelled of new Set([address, address.toLowerCase(), address.toUpperCase()]))
        add('IP address', spelled, 'address', this.address(spelled));
    const rest = [...this.#kinds].sort(([a], [b]) => a.length - b.length);
    for (const [text, kind] of rest) {
      if (!this.#isDistinct(text)) continue;
      const other = this.replace(kind, text);
      const edges = isUnmistakable(text) ? 'any' : 'word';
      for (const spell of [plain, ...otherSpellings(text), lower, upper])
        add(kind, spell(text), edges, spell(other));
    }
  }

  /** All secrets in a byte text, except those that are too short to be recognised everywhere. */
  find(text: string): readonly Match<FoundSecret>[] {
    return this.#matcher.find(text).filter(({ value }) => value.replacement !== value.original);
  }

  /** The replacement of a text of this kind: byte text of the same length. */
  replace(kind: Kind, text: string): string {
    if (addressBytes(text) !== undefined) return this.address(text);
    if (this.#isModel(kind, text)) return text;
    const mac = canonicalMac(text);
    if (mac !== undefined && (kind === 'MAC address' || this.#macs.has(mac))) return this.#macLike(text, mac);
    return (this.#kinds.get(text) ?? kind) === 'host name' ? this.#host(text) : this.#text(text);
  }

  /** An address in any spelling; those that identify nobody stay. */
  address(text: string): string {
    const bytes = addressBytes(text);
    if (bytes === undefined || isNobody(text)) return text;
    if (bytes.length === 4) return this.#ipv4(text);
    const mapped = /^(::ffff:)(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
    if (mapped !== null) return `${mapped[1]}${this.address(mapped[2] ?? '')}`;
    return spellLike(text, this.addressOctets(bytes)) ?? text;
  }

  /** An address of 4 or 16 bytes. */
  addressOctets(bytes: Uint8Array): Uint8Array {
    const text = addressText(bytes);
    const known = this.#octets.get(text) ?? this.#otherOctets(bytes);
    if (this.#octets.size >= KNOWN_OCTETS) this.#octets.clear();
    this.#octets.set(text, known);
    return known;
  }

  #otherOctets(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 4) return addressBytes(this.address(bytes.join('.'))) ?? bytes;
    const name = Buffer.from(bytes).toString('hex');
    if (name.startsWith('00000000000000000000ffff')) {
      const mapped = Uint8Array.from(bytes);
      mapped.set(this.addressOctets(bytes.subarray(12)), 12);
      return mapped;
    }
    const groups = (name.match(/.{4}/g) ?? []).join(':');
    if (isNobody(groups)) return bytes;
    const other = this.#choose(`6 ${name}`, (draw) => Buffer.from(otherIpv6(bytes, draw)).toString('hex'));
    return Uint8Array.from(Buffer.from(other, 'hex'));
  }

  /** A MAC address: the vendor's three bytes stay, and so do group addresses. */
  mac(bytes: Uint8Array): Uint8Array {
    return isDevice(bytes) ? macBytes(this.#spelledMac(macText(bytes))) : bytes;
  }

  #ipv4(text: string): string {
    return this.#choose(text, (draw) => otherIpv4(text, draw));
  }

  #spelledMac(mac: string): string {
    const vendor = mac.slice(0, 9);
    return this.#choose(mac, (draw) => `${vendor}${macText(Uint8Array.of(draw(256), draw(256), draw(256)))}`);
  }

  #macLike(text: string, mac: string): string {
    if (!isDevice(macBytes(mac))) return text;
    const other = this.#spelledMac(mac);
    const spell = MAC_SPELLINGS.find((one) => one(mac) === text);
    return spell === undefined ? lower(other).replaceAll('-', text.charAt(2)) : spell(other);
  }

  /** Label by label, so that two hosts of one domain still share it; the top-level domain stays. */
  #host(name: string): string {
    const labels = name.split('.');
    const top = labels.length > 1 && /^[A-Za-z]+$/.test(labels.at(-1) ?? '') ? labels.pop() : undefined;
    const others = labels.map((label) => this.#text(label));
    return [...others, ...(top === undefined ? [] : [top])].join('.');
  }

  #text(text: string): string {
    if (!isRecastable(text)) return text;
    return this.#choose(text, (draw) => {
      let out = '';
      let from = 0;
      const cast = (part: string): string =>
        recast(
          part,
          Uint8Array.from(part, () => draw(256)),
        );
      for (const { at, length, value } of this.#matcher.find(text, text.length - 1)) {
        out += cast(text.slice(from, at)) + value.replacement;
        from = at + length;
      }
      return out + cast(text.slice(from));
    });
  }

  /**
   * The replacement that a text already has, or a new one that is neither a secret nor another's replacement.
   */
  #choose(text: string, make: (draw: Draw) => string): string {
    const given = this.#given.get(text);
    if (given !== undefined) return given;
    let made = text;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      made = make(this.#drawFor(text, attempt));
      if (made !== text && !this.#taken.has(made) && !this.#isSecret(made)) break;
    }
    this.#given.set(text, made);
    this.#taken.add(made);
    return made;
  }

  /** Whether a device has the name of its model, as delivered. */
  #isModel(kind: Kind, text: string): boolean {
    return kind === 'device name' && (this.#words.has(text) || MODEL.test(text));
  }

  #isSecret(text: string): boolean {
    return this.#kinds.has(text) || this.#addresses.has(text) || this.#macs.has(text);
  }

  #drawFor(text: string, attempt: number): Draw {
    let block = new Uint8Array(0);
    let at = 0;
    let blocks = 0;
    return (below) => {
      if (at + 4 > block.length) {
        block = createHmac('sha256', this.#key).update(`${attempt} ${blocks} ${text}`).digest();
        blocks += 1;
        at = 0;
      }
      at += 4;
      return new DataView(block.buffer, block.byteOffset + at - 4, 4).getUint32(0) % below;
    };
  }

  #isDistinct(text: string): boolean {
    const shortest = /^\d+$/.test(text) ? SHORTEST_NUMBER : SHORTEST;
    return text.length >= shortest && !this.#words.has(text) && !/[^\u0000-\u00ff]/.test(text);
  }
}

/** ANT-NAME is the name of the model until somebody sets another. */
const MODEL = /^(?:SpeedTouch|ST|TG|Thomson|Technicolor)[ -]?(?:[A-Z]{0,2}\d{3,4}[A-Za-z]{0,3})?$/;

/** Neither a group address nor empty: it belongs to one device. */
const isDevice = (mac: Uint8Array): boolean => ((mac[0] ?? 1) & 1) === 0 && mac.some((byte) => byte !== 0);

const isUnmistakable = (text: string): boolean =>
  text.length >= UNMISTAKABLE && /[A-Za-z]/.test(text) && /\d/.test(text);

const plain = (text: string): string => text;
// Only of ASCII: other characters of byte text are parts of UTF-8.
const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

/** Ways to write a MAC address that is given in capitals with dashes. */
const MAC_SPELLINGS: readonly ((mac: string) => string)[] = [
  plain,
  lower,
  (mac) => mac.replaceAll('-', ':'),
  (mac) => lower(mac).replaceAll('-', ':'),
  (mac) => mac.replaceAll('-', ''),
  (mac) => lower(mac).replaceAll('-', ''),
];
