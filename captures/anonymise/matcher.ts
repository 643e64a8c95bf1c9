/**
 * Finds many texts in byte text in one pass; of those that begin at the same place the longest match counts.
 */

/** What must surround a text for it to match. */
export type Edges =
  /** No letter, digit or underscore next to one at its own ends. */
  | 'word'
  /** Neither that nor a part of a longer dotted number. */
  | 'address'
  /** Nothing. */
  | 'any';

export interface Match<Value> {
  readonly at: number;
  readonly length: number;
  readonly value: Value;
}

interface Node<Value> {
  readonly next: Map<number, Node<Value>>;
  found: { readonly edges: Edges; readonly value: Value } | undefined;
}

const newNode = <Value>(): Node<Value> => ({ next: new Map(), found: undefined });

const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const DOT = 0x2e;

export class Matcher<Value> {
  readonly #root: Node<Value> = newNode();

  /** The first value added for a text counts. */
  add(text: string, edges: Edges, value: Value): void {
    let node = this.#root;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      let next = node.next.get(code);
      if (next === undefined) {
        next = newNode();
        node.next.set(code, next);
      }
      node = next;
    }
    if (text !== '') node.found ??= { edges, value };
  }

  /** In order; none overlaps another. `longest`: maximum length of a match. */
  find(text: string, longest = Number.POSITIVE_INFINITY): readonly Match<Value>[] {
    const matches: Match<Value>[] = [];
    for (let at = 0; at < text.length; ) {
      const match = this.#at(text, at, longest);
      if (match !== undefined) matches.push(match);
      at += match?.length ?? 1;
    }
    return matches;
  }

  #at(text: string, at: number, longest: number): Match<Value> | undefined {
    let node = this.#root.next.get(text.charCodeAt(at));
    let best: Match<Value> | undefined;
    for (let end = at + 1; node !== undefined; end += 1) {
      if (end - at > longest) break;
      if (node.found !== undefined && fits(text, at, end, node.found.edges))
        best = { at, length: end - at, value: node.found.value };
      node = end < text.length ? node.next.get(text.charCodeAt(end)) : undefined;
    }
    return best;
  }
}

function fits(text: string, at: number, end: number, edges: Edges): boolean {
  if (edges === 'any') return true;
  const before = at === 0 ? 0 : text.charCodeAt(at - 1);
  const after = end < text.length ? text.charCodeAt(end) : 0;
  if (edges === 'word')
    return !(
      (isWord(before) && isWord(text.charCodeAt(at))) ||
      (isWord(after) && isWord(text.charCodeAt(end - 1)))
    );
  if (isWord(before) || before === DOT || isWord(after)) return false;
  return !(after === DOT && end + 1 < text.length && isDigit(text.charCodeAt(end + 1)));
}
