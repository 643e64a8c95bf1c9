/**
 * The text form of a line: `latency:200,jitter:50`, `reset:after=4k,p=10%`. docs/line-faults.md describes it.
 */
import { ModemlabError } from '../../protocol/errors.ts';
import type { LineFault } from './flow.ts';
import type { Begin, Occurrence } from './pieces.ts';

/** The text of one fault: its name, the value after the colon, and parameters by name. */
export interface FaultWords {
  readonly name: string;
  readonly given: ReadonlyMap<string, string>;
}

/** The member of `given` that has no name. */
export const BARE = '';

/** More than anyone needs; each costs some work for every byte. */
const MAX_FAULTS = 32;

/**
 * `name`, `name:value`, `name:param=value`, each followed by any number of `param=value`; separated by
 * commas. Throws ModemlabError E_USAGE for anything else.
 */
export function splitLine(text: string): FaultWords[] {
  const words: { readonly name: string; readonly given: Map<string, string> }[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    const { name, key, value } = splitItem(item);
    const last = name === undefined ? words.at(-1) : { name, given: new Map<string, string>() };
    if (last === undefined || !/^[\w-]+$/.test(last.name) || (value === '' && item !== name))
      throw wrong(text, item, 'wants NAME, NAME:VALUE, NAME:PARAMETER=VALUE or PARAMETER=VALUE after a NAME');
    if (name !== undefined) words.push(last);
    if (value === '') continue;
    if (last.given.has(key)) throw wrong(text, item, 'is given twice');
    last.given.set(key, value);
  }
  if (words.length > MAX_FAULTS) throw wrong(text, `${words.length} faults`, `at most ${MAX_FAULTS}`);
  return words;
}

function splitItem(item: string): { name: string | undefined; key: string; value: string } {
  const colon = item.indexOf(':');
  const equals = item.indexOf('=');
  if (colon < 0 && equals < 0) return { name: item, key: BARE, value: '' };
  const rest = item.slice(colon + 1);
  const at = rest.indexOf('=');
  return {
    name: colon < 0 ? undefined : item.slice(0, colon),
    key: at < 0 ? BARE : rest.slice(0, at),
    value: rest.slice(at + 1),
  };
}

export function wrong(text: string, item: string, why: string): ModemlabError {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return new ModemlabError('E_USAGE', `line fault ${JSON.stringify(item.slice(0, 60))} in ${short}: ${why}`);
}

const TIME = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|min)?$/;
const BYTES = /^(\d{1,9}(?:\.\d{1,9})?)(k|M)?$/;
const SHARE = /^(\d{1,3}(?:\.\d{1,9})?)(%)?$/;

const SCALE: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['k', 1000],
  ['M', 1_000_000],
  ['%', 0.01],
]);

/** Maximum delay of a line in milliseconds: a day. */
const MAX_WAIT_MS = 86_400_000;

function scaled(form: RegExp, text: string): number | undefined {
  const [, number, unit] = form.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (SCALE.get(unit ?? '') ?? 1);
}

function time(text: string): number | undefined {
  const ms = scaled(TIME, text);
  return ms !== undefined && ms <= MAX_WAIT_MS ? ms : undefined;
}

/** Reads the parameters of one fault, and refuses unknown ones. */
export class Parameters {
  readonly #line: string;
  readonly #words: FaultWords;
  /** The parameter that a value without a name sets. */
  readonly #bare: string;
  readonly #known: string[] = [];

  constructor(line: string, words: FaultWords, bare: string) {
    this.#line = line;
    this.#words = words;
    this.#bare = bare;
  }

  /** Milliseconds; `forever` is Infinity where that makes sense. */
  ms(key: string, fallback?: number, forever = false): number {
    const also = forever ? ', or forever' : '';
    const wants = `milliseconds such as 200, or a time such as 3s, up to a day${also}`;
    const read = (text: string): number | undefined =>
      text === 'forever' && forever ? Infinity : time(text);
    return this.#optional(key, wants, read) ?? fallback ?? this.#refuse(key, wants);
  }

  /** A whole number of bytes from 1 to `most`. */
  bytes(key: string, most: number, fallback?: number): number {
    const wants = `bytes from 1 to ${most}, such as 64 or 4k`;
    const read = (text: string): number | undefined => {
      const bytes = scaled(BYTES, text);
      return bytes !== undefined && Number.isInteger(bytes) && bytes >= 1 && bytes <= most
        ? bytes
        : undefined;
    };
    return this.#optional(key, wants, read) ?? fallback ?? this.#refuse(key, wants);
  }

  direction(): LineFault['direction'] {
    const read = (text: string): LineFault['direction'] | undefined =>
      text === 'up' || text === 'down' || text === 'both' ? text : undefined;
    return this.#optional('dir', 'up, down or both', read) ?? 'both';
  }

  /** Bytes in its direction, or with a unit of time the time since the connection was opened. */
  begin(): Begin {
    const read = (text: string): Begin | undefined => {
      const bytes = scaled(BYTES, text);
      if (bytes !== undefined) return Number.isInteger(bytes) ? { bytes, ms: 0 } : undefined;
      const ms = time(text);
      return ms === undefined ? undefined : { bytes: 0, ms };
    };
    const wants = 'bytes such as 4000 or 4k, or a time such as 3s, up to a day';
    return this.#optional('after', wants, read) ?? { bytes: 0, ms: 0 };
  }

  occurrence(): Occurrence {
    const p = this.#optional('p', 'a probability such as 0.01 or 1%', (text) => {
      const share = scaled(SHARE, text);
      return share !== undefined && share > 0 && share <= 1 ? share : undefined;
    });
    const times = this.#optional('times', 'a whole number of at least 1', (text) =>
      /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined,
    );
    return { after: this.begin(), p, times };
  }

  /** Throws for parameters that were not read. */
  done(): void {
    const unknown = [...this.#words.given.keys()].find((key) => !this.#known.includes(key || this.#bare));
    if (unknown !== undefined)
      throw this.#wrong(unknown, `no such parameter; there are ${this.#known.join(', ')}`);
  }

  #optional<T>(key: string, wants: string, read: (text: string) => T | undefined): T | undefined {
    this.#known.push(key);
    const { given } = this.#words;
    const bare = key === this.#bare ? given.get(BARE) : undefined;
    if (bare !== undefined && given.has(key)) throw this.#wrong(key, 'is given twice');
    const text = bare ?? given.get(key);
    return text === undefined ? undefined : (read(text) ?? this.#refuse(key, wants));
  }

  #refuse(key: string, wants: string): never {
    throw this.#wrong(key, `${key} wants ${wants}`);
  }

  #wrong(key: string, why: string): ModemlabError {
    const { name, given } = this.#words;
    const value = given.get(key);
    const bare = given.get(BARE);
    const said = value === undefined ? (bare === undefined ? name : `${name}:${bare}`) : `${key}=${value}`;
    return wrong(this.#line, said, why);
  }
}
