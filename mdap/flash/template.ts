/** Texts with placeholders for values: `bench-${n}`. `$$` stands for `$`. */
import type { Result } from '../../protocol/result.ts';
import { err, ok } from '../../protocol/result.ts';

export interface Template {
  readonly text: string;
  /** Texts, and names of values between them. */
  readonly parts: readonly (string | { readonly name: string })[];
}

/** Parses a template, or says what is wrong with it. */
export function parseTemplate(text: string): Result<Template, string> {
  const parts: (string | { name: string })[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '$') plain += text[at];
    else if (text[at + 1] === '$') {
      plain += '$';
      at += 1;
    } else if (text[at + 1] === '{') {
      const end = text.indexOf('}', at);
      const name = text.slice(at + 2, end);
      if (end < 0) return err('a value begins with $ and a brace, and is not closed');
      if (!/^[A-Za-z][\w-]*$/.test(name)) return err(`"${name}" is no name of a value`);
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push({ name });
      at = end;
    } else return err('a $ stands alone: write $$ for one');
  }
  if (plain !== '' || parts.length === 0) parts.push(plain);
  return ok({ text, parts });
}

export const namesOf = ({ parts }: Template): string[] =>
  parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]));

/** The text with its values. Unknown ones are empty: the plan has been checked. */
export const fill = ({ parts }: Template, lookUp: (name: string) => string | undefined): string =>
  parts.map((part) => (typeof part === 'string' ? part : (lookUp(part.name) ?? ''))).join('');
