/**
 * Where a text stops being JSON. The engine's own message names the place only sometimes, so it is looked for
 * here.
 */

const WHITE = /[ \t\n\r]*/y;
const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const SCALAR = new RegExp(`${STRING}|${NUMBER}|true|false|null`, 'y');

/** What may come next. `first-*`: right after an opening bracket, where it may close again at once. */
type Wants = 'value' | 'first-value' | 'name' | 'first-name' | 'colon' | 'separator' | 'end';

/**
 * Offset of the first token that does not fit or is cut; the length of the text when it is JSON, or ends too
 * early.
 */
export const jsonErrorOffset = (text: string): number => new Scanner(text).errorOffset();

class Scanner {
  readonly #text: string;
  readonly #open: ('{' | '[')[] = [];
  #wants: Wants = 'value';
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  errorOffset(): number {
    while (this.#take());
    return this.#at;
  }

  /** Takes the next token. False when it does not fit, or there is none. */
  #take(): boolean {
    WHITE.lastIndex = this.#at;
    WHITE.test(this.#text);
    this.#at = WHITE.lastIndex;
    const character = this.#text[this.#at];
    if (character === undefined) return false;
    return this.#takeBracket(character) || this.#takeMark(character) || this.#takeScalar(character);
  }

  #takeBracket(character: string): boolean {
    const wants = this.#wants;
    const inside = this.#open.at(-1);
    const closes = character === (inside === '{' ? '}' : inside === '[' ? ']' : undefined);
    if (closes && (wants === 'separator' || wants === 'first-value' || wants === 'first-name')) {
      this.#open.pop();
      this.#advance(this.#afterValue());
      return true;
    }
    const isValue = wants === 'value' || wants === 'first-value';
    if (!isValue || (character !== '{' && character !== '[')) return false;
    this.#open.push(character);
    this.#advance(character === '{' ? 'first-name' : 'first-value');
    return true;
  }

  #takeMark(character: string): boolean {
    if (this.#wants === 'separator' && character === ',') {
      this.#advance(this.#open.at(-1) === '{' ? 'name' : 'value');
      return true;
    }
    if (this.#wants !== 'colon' || character !== ':') return false;
    this.#advance('value');
    return true;
  }

  #takeScalar(character: string): boolean {
    const wants = this.#wants;
    const isName = wants === 'name' || wants === 'first-name';
    if (!isName && wants !== 'value' && wants !== 'first-value') return false;
    SCALAR.lastIndex = this.#at;
    if (!SCALAR.test(this.#text) || (isName && character !== '"')) return false;
    this.#at = SCALAR.lastIndex;
    this.#wants = isName ? 'colon' : this.#afterValue();
    return true;
  }

  #afterValue(): Wants {
    return this.#open.length === 0 ? 'end' : 'separator';
  }

  #advance(wants: Wants): void {
    this.#at += 1;
    this.#wants = wants;
  }
}
