/** Reads a JSON object member by member, and reports exactly which member of which file is wrong. */
import { ModemlabError } from '../../protocol/errors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class Fields {
  /** Its place, for errors: `st706.json: http`. */
  readonly place: string;
  readonly #object: JsonObject;
  readonly #read = new Set<string>();

  constructor(value: unknown, place: string) {
    if (!isObject(value)) throw new ModemlabError('E_FILE_INVALID', `${place}: wants an object`);
    this.place = place;
    this.#object = value;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#object, key);
  }

  keys(): string[] {
    return Object.keys(this.#object);
  }

  get(key: string): unknown {
    this.#read.add(key);
    return this.has(key) ? this.#object[key] : undefined;
  }

  string(key: string, fallback?: string): string {
    const value = this.get(key) ?? fallback;
    return typeof value === 'string' ? value : this.refuse(key, 'a text');
  }

  number(key: string, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? value
      : this.refuse(key, 'a number of at least 0');
  }

  boolean(key: string, fallback?: boolean): boolean {
    const value = this.get(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false');
  }

  choice<const T extends string | number>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.get(key) ?? fallback;
    return choices.find((choice) => choice === value) ?? this.refuse(key, `one of ${choices.join(', ')}`);
  }

  choices<const T extends string>(key: string, choices: readonly T[], fallback?: readonly T[]): readonly T[] {
    if (!this.has(key) && fallback !== undefined) return fallback;
    return this.strings(key).map(
      (text) => choices.find((choice) => choice === text) ?? this.refuse(key, `of ${choices.join(', ')}`),
    );
  }

  list(key: string, fallback?: readonly unknown[]): readonly unknown[] {
    const value = this.get(key) ?? fallback;
    return Array.isArray(value) ? value : this.refuse(key, 'a list');
  }

  strings(key: string, fallback?: readonly string[]): readonly string[] {
    return this.list(key, fallback).map((member) =>
      typeof member === 'string' ? member : this.refuse(key, 'a list of texts'),
    );
  }

  /** An object whose members are all texts. */
  texts(key: string): Map<string, string> {
    const fields = this.fields(key);
    return new Map(fields.keys().map((name) => [name, fields.string(name)]));
  }

  /** An object in it; one that is absent is empty. */
  fields(key: string): Fields {
    return new Fields(this.get(key) ?? {}, `${this.place}: ${key}`);
  }

  /** Refuses members that were not read: they are misspelt. */
  done(): void {
    const unknown = this.keys().find((key) => !this.#read.has(key));
    if (unknown !== undefined)
      this.refuse(unknown, `no such member; known are ${[...this.#read].join(', ')}`);
  }

  refuse(key: string, wants: string): never {
    throw new ModemlabError('E_FILE_INVALID', `${this.place}: ${key} wants ${wants}`);
  }
}

/** `over` merged into `base`: objects member by member, everything else replaced. */
export function overlay(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over === undefined ? base : over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) merged.set(key, overlay(merged.get(key), value));
  return Object.fromEntries(merged);
}
