/**
 * Command scripts of the lab: one command line of the modem a line. `#` begins a comment line, blank lines
 * mean nothing, `ask(prompt|default)` is asked for once before anything is sent, and `${n}` is the number of
 * the ant, `${ant}`, `${mac}`, `${name}`, `${address}` what is known of it. A `$` before anything but a brace
 * is the modem's own.
 */
import { ModemlabError } from '../protocol/errors.ts';
import type { AntRecord } from './ant-fleet.ts';

export interface ScriptLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

export interface Question {
  readonly prompt: string;
  readonly fallback: string;
}

export interface Script {
  readonly lines: readonly ScriptLine[];
  /** In their order, each once: the same question has the same answer everywhere. */
  readonly questions: readonly Question[];
}

const ASK = /\bask\(([^()|]*)(?:\|([^()]*))?\)/g;
const VALUE = /\$\{([^}]*)\}/g;
const VALUES = ['n', 'ant', 'mac', 'name', 'address'] as const;

/** Reads a script. Throws E_FILE_INVALID with the line where a value is not known or `ask(` is not closed. */
export function readScript(text: string, place: string): Script {
  const lines: ScriptLine[] = [];
  const questions = new Map<string, Question>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = { number: index + 1, text: raw.trim() };
    if (line.text === '' || line.text.startsWith('#')) continue;
    const where = `${place}:${line.number}`;
    for (const [, name = ''] of line.text.matchAll(VALUE))
      if (!VALUES.some((value) => value === name))
        throw new ModemlabError(
          'E_FILE_INVALID',
          `${where}: \${${name}} is not known; known are ${VALUES.join(', ')}`,
        );
    for (const [, prompt = '', fallback = ''] of line.text.matchAll(ASK)) {
      const question = { prompt: prompt.trim(), fallback: fallback.trim() };
      if (!questions.has(question.prompt)) questions.set(question.prompt, question);
    }
    if (/\bask\(/.test(line.text.replace(ASK, '')))
      throw new ModemlabError('E_FILE_INVALID', `${where}: ask(prompt|default) is not closed`);
    lines.push(line);
  }
  return { lines, questions: [...questions.values()] };
}

/** The command lines for one ant. `answers` by prompt; one that is missing is the default. */
export function scriptFor(
  script: Script,
  ant: Pick<AntRecord, 'antId' | 'name' | 'macs' | 'address'>,
  n: number,
  answers: ReadonlyMap<string, string>,
): readonly ScriptLine[] {
  const values = new Map<string, string>([
    ['n', String(n)],
    ['ant', ant.antId],
    ['mac', ant.macs[0] ?? ''],
    ['name', ant.name ?? ''],
    ['address', ant.address],
  ]);
  const fallbacks = new Map(script.questions.map(({ prompt, fallback }) => [prompt, fallback]));
  // In one pass, so that values and answers are not searched for placeholders themselves.
  return script.lines.map(({ number, text }) => ({
    number,
    text: text.replace(
      new RegExp(`${VALUE.source}|${ASK.source}`, 'g'),
      (_all, value: string | undefined, prompt: string | undefined) => {
        if (value !== undefined) return values.get(value) ?? '';
        const key = (prompt ?? '').trim();
        return answers.get(key) ?? fallbacks.get(key) ?? '';
      },
    ),
  }));
}
