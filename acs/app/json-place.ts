/** Where a text stops being JSON. The engine's own message names the place only sometimes, so it is looked for here. */

const WHITE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next. `first-*`: right after the bracket that opened, where it may close again at once. */
type Wants = 'value' | 'first-value' | 'name' | 'first-name' | 'colon' | 'separator' | 'end';

/** Offset of the first token that does not fit or is cut; the length of the text when it is JSON, or ends too early. */
export function jsonErrorOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let wants: Wants = 'value';
  let at = 0;
  const after = (): Wants => (open.length === 0 ? 'end' : 'separator');
  for (;;) {
    WHITE.lastIndex = at;
    WHITE.test(text);
    at = WHITE.lastIndex;
    const character = text[at];
    if (character === undefined) return text.length;
    const inside = open.at(-1);
    const closes = character === (inside === '{' ? '}' : inside === '[' ? ']' : undefined);
    if (closes && (wants === 'separator' || wants === 'first-value' || wants === 'first-name')) {
      open.pop();
      wants = after();
      at += 1;
    } else if (wants === 'separator' && character === ',') {
      wants = inside === '{' ? 'name' : 'value';
      at += 1;
    } else if (wants === 'colon' && character === ':') {
      wants = 'value';
      at += 1;
    } else if ((wants === 'value' || wants === 'first-value') && (character === '{' || character === '[')) {
      open.push(character);
      wants = character === '{' ? 'first-name' : 'first-value';
      at += 1;
    } else {
      const isName: boolean = wants === 'name' || wants === 'first-name';
      if (!isName && wants !== 'value' && wants !== 'first-value') return at;
      SCALAR.lastIndex = at;
      if (!SCALAR.test(text) || (isName && character !== '"')) return at;
      at = SCALAR.lastIndex;
      wants = isName ? 'colon' : after();
    }
  }
}
