/** SEQ-NR: the step of a conversation in a request; step, end or error in a reply. */
import { assertNever } from '../result.ts';

/**
 * What an ant refuses with: -1 wrong user, password or rights; -2 wrong SEQ-NR; -3 unknown command; -4 was
 * never seen and stands for "busy"; -5 malformed message.
 */
export type AntError = -1 | -2 | -3 | -4 | -5;

export type ReplySeq =
  | { readonly is: 'step'; readonly number: number }
  /** The last reply. `text` is its spelling; some have no number. */
  | { readonly is: 'done'; readonly number: number | undefined; readonly text: string }
  /** `code` is below zero; AntError lists those that are known. */
  | { readonly is: 'error'; readonly code: number }
  | { readonly is: 'unreadable'; readonly text: string | undefined };

/** How the last reply is spelled. This is not documented; a reader accepts any text that contains DONE. */
export const DONE_STYLES = ['n DONE', 'DONE', 'n-DONE'] as const;
export type DoneStyle = (typeof DONE_STYLES)[number];

export const done = (number: number, style: DoneStyle): ReplySeq => {
  const text = style.replace('n', String(number));
  return { is: 'done', number: style === 'DONE' ? undefined : number, text };
};

export const readRequestSeq = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

export function readReplySeq(text: string | undefined): ReplySeq {
  if (text === undefined) return { is: 'unreadable', text };
  if (/^-0*[1-9]\d{0,8}$/.test(text)) return { is: 'error', code: Number(text) };
  if (text.startsWith('-')) return { is: 'unreadable', text };
  const number = /^\d{1,9}(?!\d)/.exec(text)?.[0];
  if (/DONE/i.test(text))
    return { is: 'done', number: number === undefined ? undefined : Number(number), text };
  return number === text ? { is: 'step', number: Number(number) } : { is: 'unreadable', text };
}

export function replySeqText(seq: ReplySeq): string | undefined {
  switch (seq.is) {
    case 'step':
      return String(seq.number);
    case 'error':
      return String(seq.code);
    case 'done':
    case 'unreadable':
      return seq.text;
    default:
      return assertNever(seq);
  }
}
