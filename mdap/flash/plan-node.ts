/** Reads a YAML document member by member, and reports every problem with its line, not only the first. */
import type { Document } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { PlanProblem } from './plan.ts';

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
  readonly problems: PlanProblem[];
}

/** A value of the document, or its absence. */
export class PlanNode {
  readonly #node: unknown;
  readonly #source: Source;
  /** Its name in problems: `rules[2].address`. */
  readonly #name: string;
  readonly line: number;

  constructor(node: unknown, name: string, line: number, source: Source) {
    const { document, lines } = source;
    this.#node = isAlias(node) ? node.resolve(document) : node;
    this.#name = name;
    this.#source = source;
    const at = isNode(node) ? node.range?.[0] : undefined;
    this.line = at === undefined ? line : lines.linePos(at).line;
  }

  /** Reads a whole document. YAML errors are problems too. */
  static read(text: string, file: string, problems: PlanProblem[]): PlanNode {
    const lines = new LineCounter();
    const document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: true,
      merge: false,
      version: '1.2',
    });
    // The library repeats the place at the end of its message.
    for (const { pos, message } of document.errors)
      problems.push({
        file,
        line: lines.linePos(pos[0]).line,
        says: (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
        remedy: 'mend the YAML',
      });
    return new PlanNode(document.contents, '', 1, { file, lines, document, problems });
  }

  get absent(): boolean {
    return (
      this.#node === undefined || this.#node === null || (isScalar(this.#node) && this.#node.value === null)
    );
  }

  /** Reports a problem at this place. */
  refuse(says: string, remedy: string): void {
    const { file, problems } = this.#source;
    problems.push({
      file,
      line: this.line,
      says: this.#name === '' ? says : `${this.#name}: ${says}`,
      remedy,
    });
  }

  /** The members of a mapping; unknown ones are problems. */
  members<const K extends string>(known: readonly K[]): Readonly<Record<K, PlanNode>> {
    const found = this.#pairs();
    for (const [key, node] of found)
      if (!known.some((name) => name === key)) node.refuse('no such member', `known are ${known.join(', ')}`);
    const member = (key: K): [K, PlanNode] => [
      key,
      found.get(key) ?? this.#child(undefined, this.#nameOf(key)),
    ];
    return record(known.map(member));
  }

  /** All members of a mapping with free names. */
  entries(): ReadonlyMap<string, PlanNode> {
    return this.#pairs();
  }

  list(): readonly PlanNode[] {
    if (this.absent) return [];
    if (isSeq(this.#node))
      return this.#node.items.map((item, index) => this.#child(item, `${this.#name}[${index + 1}]`));
    this.refuse('wants a list', 'begin each line of it with "- "');
    return [];
  }

  /** A text as it is written: 0644 stays 0644. */
  text(): string | undefined {
    if (this.absent) return undefined;
    if (isScalar(this.#node)) {
      const { value, source } = this.#node;
      return typeof value === 'string' ? value : (source ?? String(value));
    }
    this.refuse('wants a text', 'put it into quotes');
    return undefined;
  }

  boolean(fallback: boolean): boolean {
    if (this.absent) return fallback;
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'boolean') return value;
    this.refuse('wants true or false', 'write true or false');
    return fallback;
  }

  whole(fallback: number, low: number, high: number): number {
    if (this.absent) return fallback;
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    this.refuse('wants a whole number', `write one from ${low} to ${high}`);
    return fallback;
  }

  choice<const T extends string>(choices: readonly T[], fallback: T): T {
    const text = this.text();
    if (text === undefined) return fallback;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.refuse(`${text} is not known`, `write one of ${choices.join(', ')}`);
    return found ?? fallback;
  }

  get isMapping(): boolean {
    return isMap(this.#node);
  }

  #pairs(): Map<string, PlanNode> {
    const found = new Map<string, PlanNode>();
    if (this.absent) return found;
    if (!isMap(this.#node)) {
      this.refuse('wants members', 'write them as "name: value", one a line');
      return found;
    }
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.source ?? key.value) : '';
      const line = isNode(key) && key.range ? this.#source.lines.linePos(key.range[0]).line : this.line;
      found.set(name, new PlanNode(value, this.#nameOf(name), line, this.#source));
    }
    return found;
  }

  #nameOf(member: string): string {
    return this.#name === '' ? member : `${this.#name}.${member}`;
  }

  #child(node: unknown, name: string): PlanNode {
    return new PlanNode(node, name, this.line, this.#source);
  }
}

/** An object made of pairs, typed by their keys. */
function record<K extends string>(pairs: readonly (readonly [K, PlanNode])[]): Readonly<Record<K, PlanNode>> {
  const made: Partial<Record<K, PlanNode>> = {};
  for (const [key, node] of pairs) made[key] = node;
  if (isWhole(made, pairs)) return made;
  throw new Error('unreachable: a member is missing');
}

const isWhole = <K extends string>(
  made: Partial<Record<K, PlanNode>>,
  pairs: readonly (readonly [K, PlanNode])[],
): made is Record<K, PlanNode> => pairs.every(([key]) => made[key] !== undefined);
