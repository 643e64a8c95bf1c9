/**
 * The values of parameters on a factory-fresh modem: rules from the profile, by name. A value is computed
 * when it is read, from the modem's own facts and numbers, so that a modem needs no memory for what it shares
 * with its model.
 */
import { ModemlabError } from '../../protocol/errors.ts';
import { hash } from '../../protocol/random.ts';
import type { LeafShape } from './tree-shape.ts';
import type { ValueRule, ValueSource } from './value-rule.ts';
import { moving } from './value-rule.ts';
import { compileVaryingValue } from './varying-values.ts';

export type { ValueRule, ValueSource } from './value-rule.ts';

/** No profile has more texts beside its values; what tests expand is not kept for ever. */
const MAX_LINES = 256;

/**
 * The rules of a profile: by template name below the root, by `*.` and the last name, or by type as `:u`;
 * before them by the name of one parameter, with instance numbers. Values that were read from a device
 * precede all rules.
 */
export class ValueRules {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #compiled = new WeakMap<LeafShape, ValueRule>();
  /** By template: rules of single parameters, by their names below the root. */
  readonly #single = new Map<string, Map<string, ValueRule>>();
  readonly #given: ReadonlyMap<string, string>;
  readonly #lines = new Map<string, ValueRule>();

  /** `given`: values by names below the root, literal: no rules. */
  constructor(texts: ReadonlyMap<string, string>, given: ReadonlyMap<string, string> = new Map()) {
    this.#texts = texts;
    this.#given = given;
    for (const [name, text] of texts) {
      // An invalid rule is reported when the profile is loaded, not when a modem is asked.
      const rule = compile(text, name);
      const template = name.replace(/\.\d{1,9}(?=\.)/g, '.{i}');
      if (template === name) continue;
      const single = this.#single.get(template) ?? new Map<string, ValueRule>();
      this.#single.set(template, single.set(name, rule));
    }
  }

  rule(leaf: LeafShape): ValueRule {
    let rule = this.#compiled.get(leaf);
    if (rule === undefined) {
      rule = this.#find(leaf);
      const single = this.#single.get(leaf.template);
      if (single !== undefined) rule = eachBySelf(rule, ({ path }) => single.get(belowRoot(path)));
      if (this.#given.size > 0) rule = eachBySelf(rule, ({ path }) => this.#constant(path));
      this.#compiled.set(leaf, rule);
    }
    return rule;
  }

  /** The rule of a text of the profile: the name of a parameter, a header line. Compiled once. */
  text(text: string): ValueRule {
    const known = this.#lines.get(text);
    if (known !== undefined) return known;
    const rule = compile(text, text);
    if (this.#lines.size < MAX_LINES) this.#lines.set(text, rule);
    return rule;
  }

  #constant(path: string): ValueRule | undefined {
    const value = this.#given.get(belowRoot(path));
    return value === undefined ? undefined : () => value;
  }

  #find(leaf: LeafShape): ValueRule {
    const text = this.#texts.get(leaf.template) ?? this.#texts.get(`*.${leaf.name}`);
    if (text !== undefined) return compile(text, leaf.template);
    const counted = /^(.*)NumberOfEntries$/.exec(leaf.name)?.[1];
    if (counted !== undefined) return (source) => String(source.count(counted) ?? 0);
    // A test that was never run (TR-098, TR-181: DiagnosticsState, LoopDiagnosticsState).
    if (leaf.name.endsWith('DiagnosticsState')) return () => 'None';
    return compile(this.#texts.get(`:${leaf.type}`) ?? FALLBACKS.get(leaf.type) ?? '', leaf.template);
  }
}

const belowRoot = (path: string): string => path.slice(path.indexOf('.') + 1);

/** A rule for all parameters of a template, except those that have one of their own. */
function eachBySelf(rule: ValueRule, own: (source: ValueSource) => ValueRule | undefined): ValueRule {
  return moving(
    (source) => (own(source) ?? rule)(source),
    (source) => (own(source) ?? rule).next?.(source) ?? Infinity,
  );
}

const FALLBACKS: ReadonlyMap<string, string> = new Map([
  ['unsignedInt', '0'],
  ['int', '0'],
  ['unsignedLong', '0'],
  ['long', '0'],
  ['boolean', '0'],
  ['dateTime', '0001-01-01T00:00:00Z'],
]);

/** Facts that change from one moment to the next. */
const MOVING_FACTS: ReadonlySet<string> = new Set(['uptime', 'clock', 'weekday', 'connectionUptime']);

/** Text with `${...}` in it, as listed in docs/profiles.md. */
export function compile(text: string, name: string): ValueRule {
  const parts: ValueRule[] = [];
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
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const read = (source: ValueSource): string => parts.map((part) => part(source)).join('');
  const nexts = parts.flatMap(({ next }) => next ?? []);
  return nexts.length === 0 ? read : moving(read, (source) => Math.min(...nexts.map((next) => next(source))));
}

function compilePart(text: string, name: string): ValueRule {
  const [, word = '', argument] = /^(\w+)(?::(.*))?$/s.exec(text) ?? [];
  if (argument !== undefined) return compileFunction(word, argument, name);
  const index = /^i(\d)?(?:([+*])(\d{1,6}))?$/.exec(text);
  if (index !== null) return compileIndex(index);
  const mac = /^mac(?:\+(\d{1,3}))?$/.exec(text);
  if (mac !== null) return (source) => shiftMac(source.fact('mac') ?? '', Number(mac[1] ?? 0));
  if (word === '') throw new ModemlabError('E_FILE_INVALID', `values: ${name}: \${${text}} is not a rule`);
  const read = (source: ValueSource): string => {
    const value = source.fact(word);
    if (value === undefined)
      throw new ModemlabError('E_FILE_INVALID', `values: ${source.path}: no fact ${word}`);
    return value;
  };
  return MOVING_FACTS.has(word) ? moving(read, ({ now }) => now) : read;
}

/** `i` is the last instance number, `i1` the first; `i+9` adds to it. */
function compileIndex([, which, operator, operand]: RegExpExecArray): ValueRule {
  return ({ indices }) => {
    const index = (which === undefined ? indices.at(-1) : indices[Number(which) - 1]) ?? 0;
    if (operator === undefined) return String(index);
    return String(operator === '+' ? index + Number(operand) : index * Number(operand));
  };
}

function compileFunction(word: string, argument: string, name: string): ValueRule {
  const motion = compileVaryingValue(word, argument);
  if (motion !== undefined) return motion;
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
  throw new ModemlabError('E_FILE_INVALID', `values: ${name}: \${${word}:${argument}} is not a rule`);
}

function randomHex(seed: string, digits: number): string {
  let out = '';
  for (let block = 0; out.length < digits; block++)
    out += hash(`${seed}#${block}`).toString(16).padStart(8, '0');
  return out.slice(0, digits).toUpperCase();
}

/** The MAC address some steps after another, as one unit's interfaces follow each other. */
export function shiftMac(mac: string, by: number): string {
  const shifted = (Number.parseInt(mac.replaceAll(':', ''), 16) + by) % 2 ** 48;
  const digits = shifted.toString(16).padStart(12, '0');
  return (digits.match(/../g) ?? []).join(':');
}
