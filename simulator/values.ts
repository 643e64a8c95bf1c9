/**
 * What a parameter reads as on a modem out of the factory: rules from the profile, by name. A value is computed when it
 * is asked for, from the modem's own facts and numbers, so that a modem costs no memory for what it shares with its kind.
 */
import { ModemlabError } from '../protocol/errors.ts';
import { hash } from './random.ts';
import type { LeafShape } from './tree-shape.ts';

/** What a rule may look at. */
export interface ValueSource {
  /** Facts by name: `serial`, `mac`, `firmware`, those of the profile, and what changes with time (`uptime`, `clock`). */
  fact(name: string): string | undefined;
  /** Instances of a table beside the parameter, by its name or the beginning of it; `undefined` when there is none. */
  count(table: string): number | undefined;
  readonly path: string;
  readonly indices: readonly number[];
  /** Makes random values differ between modems, and equal for one. */
  readonly seed: string;
}

type Part = (source: ValueSource) => string;
export type ValueRule = (source: ValueSource) => string;

/** The rules of a profile: by template name below the root, by `*.` and the last name, or by type as `:u`. */
export class ValueRules {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #compiled = new WeakMap<LeafShape, ValueRule>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
    // A rule that cannot be read is told when the profile is loaded, not when a modem is asked.
    for (const [name, text] of texts) compile(text, name);
  }

  rule(leaf: LeafShape): ValueRule {
    let rule = this.#compiled.get(leaf);
    if (rule === undefined) {
      rule = this.#find(leaf);
      this.#compiled.set(leaf, rule);
    }
    return rule;
  }

  #find(leaf: LeafShape): ValueRule {
    const text = this.#texts.get(leaf.template) ?? this.#texts.get(`*.${leaf.name}`);
    if (text !== undefined) return compile(text, leaf.template);
    const counted = /^(.*)NumberOfEntries$/.exec(leaf.name)?.[1];
    if (counted !== undefined) return (source) => String(source.count(counted) ?? 0);
    return compile(this.#texts.get(`:${leaf.type}`) ?? FALLBACKS.get(leaf.type) ?? '', leaf.template);
  }
}

const FALLBACKS: ReadonlyMap<string, string> = new Map([
  ['unsignedInt', '0'],
  ['int', '0'],
  ['boolean', '0'],
  ['dateTime', '0001-01-01T00:00:00Z'],
]);

/** Text with `${...}` in it, as docs/profiles.md lists them. */
export function compile(text: string, name: string): ValueRule {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\{([^}]{1,512})\}/g)) {
    const before = text.slice(from, match.index);
    if (before !== '') parts.push(() => before);
    parts.push(compilePart(match[1] ?? '', name));
    from = match.index + match[0].length;
  }
  const rest = text.slice(from);
  if (parts.length === 0) return () => rest;
  if (rest !== '') parts.push(() => rest);
  return (source) => parts.map((part) => part(source)).join('');
}

function compilePart(text: string, name: string): Part {
  const [, word = '', argument] = /^(\w+)(?::(.*))?$/s.exec(text) ?? [];
  if (argument !== undefined) return compileFunction(word, argument, name);
  const index = /^i(\d)?(?:([+*])(\d{1,6}))?$/.exec(text);
  if (index !== null) return compileIndex(index);
  const mac = /^mac(?:\+(\d{1,3}))?$/.exec(text);
  if (mac !== null) return ({ fact }) => shiftMac(fact('mac') ?? '', Number(mac[1] ?? 0));
  if (word === '') throw new ModemlabError('E_FILE_INVALID', `values: ${name}: \${${text}} is no rule`);
  return ({ fact, path }) => {
    const value = fact(word);
    if (value === undefined) throw new ModemlabError('E_FILE_INVALID', `values: ${path}: no fact ${word}`);
    return value;
  };
}

/** `i` is the last instance number, `i1` the first; `i+9` adds to it. */
function compileIndex([, which, operator, operand]: RegExpExecArray): Part {
  return ({ indices }) => {
    const index = (which === undefined ? indices.at(-1) : indices[Number(which) - 1]) ?? 0;
    if (operator === undefined) return String(index);
    return String(operator === '+' ? index + Number(operand) : index * Number(operand));
  };
}

function compileFunction(word: string, argument: string, name: string): Part {
  switch (word) {
    case 'count':
      return (source) => String(source.count(argument) ?? 0);
    case 'pick': {
      const choices = argument.split('|');
      return ({ indices }) => choices[((indices.at(-1) ?? 1) - 1) % choices.length] ?? '';
    }
    case 'one': {
      const choices = argument.split('|');
      return ({ seed, path }) => choices[hash(`${seed}/${path}`) % choices.length] ?? '';
    }
    case 'random': {
      const [low, high] = argument.split('-').map(Number);
      if (low === undefined || high === undefined || !(high >= low)) break;
      return ({ seed, path }) => String(low + (hash(`${seed}/${path}`) % (high - low + 1)));
    }
    case 'hex': {
      const digits = Number(argument);
      if (!(digits >= 1 && digits <= 64)) break;
      return ({ seed, path }) => randomHex(`${seed}/${path}`, digits);
    }
  }
  throw new ModemlabError('E_FILE_INVALID', `values: ${name}: \${${word}:${argument}} is no rule`);
}

function randomHex(seed: string, digits: number): string {
  let out = '';
  for (let turn = 0; out.length < digits; turn++)
    out += hash(`${seed}#${turn}`).toString(16).padStart(8, '0');
  return out.slice(0, digits).toUpperCase();
}

/** A MAC some steps after another, as one unit's interfaces follow each other. */
export function shiftMac(mac: string, by: number): string {
  const shifted = (Number.parseInt(mac.replaceAll(':', ''), 16) + by) % 2 ** 48;
  const digits = shifted.toString(16).padStart(12, '0');
  return (digits.match(/../g) ?? []).join(':');
}
