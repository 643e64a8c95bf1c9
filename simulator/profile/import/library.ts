/**
 * Broadband Forum data-model files, and those beside them that they import: what each defines, and where a
 * name that it uses is defined. Nothing is downloaded, and nothing outside the folder is read.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { ModemlabError } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { StrictElement } from '../../../protocol/xml/strict.ts';
import { parseStrict } from '../../../protocol/xml/strict.ts';
import type { Refuse } from './entry.ts';
import { refuser } from './entry.ts';

export type Kind = 'dataType' | 'component' | 'model';
const KINDS: readonly Kind[] = ['dataType', 'component', 'model'];
const isKind = (name: string): name is Kind => KINDS.some((kind) => kind === name);

export interface Document {
  /** Its name without the folder, for errors. */
  readonly file: string;
  readonly defined: Readonly<Record<Kind, ReadonlyMap<string, StrictElement>>>;
  /** What it imports from other files, by its own name for it. */
  readonly imported: Readonly<Record<Kind, ReadonlyMap<string, Import>>>;
  readonly refuse: Refuse;
}

interface Import {
  readonly file: string;
  /** Its name there. */
  readonly name: string;
}

/** What a name means, and in which file. */
export interface Definition {
  readonly element: StrictElement;
  readonly document: Document;
}

/** Maximum of files that make up one model: each amendment imports the one before it. */
const MAX_FILES = 256;

export class Library {
  readonly #folder: string;
  readonly #documents = new Map<string, Document | undefined>();
  #bytes = 0;
  /** Missing files, with what was to be imported from each. */
  readonly missing = new Map<string, Set<string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file that the user named, whose text is already loaded. */
  begin(file: string, text: string): Document {
    const document = readDocument(file, text);
    this.#documents.set(file, document);
    return document;
  }

  /**
   * Follows imports until a file defines it; `undefined` when a file is missing, or the last does not have
   * it.
   */
  find(from: Document, kind: Kind, name: string): Definition | undefined {
    let document = from;
    let wanted = name;
    for (let step = 0; step < MAX_FILES; step++) {
      const element = document.defined[kind].get(wanted);
      if (element !== undefined) return { element, document };
      const source = document.imported[kind].get(wanted);
      if (source === undefined) return undefined;
      const next = this.#load(source.file, document);
      if (next === undefined) {
        const names = this.missing.get(source.file) ?? new Set();
        this.missing.set(source.file, names.add(`${kind} ${source.name}`));
        return undefined;
      }
      document = next;
      wanted = source.name;
    }
    return from.refuse(`${kind} ${name}`, 'the files import it from each other in a circle');
  }

  #load(file: string, from: Document): Document | undefined {
    if (this.#documents.has(file)) return this.#documents.get(file);
    if (this.#documents.size >= MAX_FILES)
      return from.refuse('import', `at most ${MAX_FILES} files are allowed`);
    const found = this.#beside(file);
    let document: Document | undefined;
    if (found !== undefined) {
      const { text, bytes } = readBounded(path.join(this.#folder, found), found);
      this.#bytes += bytes;
      if (this.#bytes > LIMITS.fileBytes) from.refuse(`import ${file}`, 'all files together are too large');
      document = readDocument(found, text);
    }
    this.#documents.set(file, document);
    return document;
  }

  /** The file in the folder with this name; or, if the name omits the corrigendum, the latest of those. */
  #beside(file: string): string | undefined {
    if (file.includes('/') || file.includes('\\') || !file.endsWith('.xml')) return undefined;
    const names = readdirSync(this.#folder);
    if (names.includes(file)) return file;
    const stem = file.slice(0, -'.xml'.length);
    const number = (name: string): number => Number(name.slice(stem.length + 1, -'.xml'.length));
    return names
      .filter((name) => name.startsWith(`${stem}-`) && /^\d{1,4}$/.test(name.slice(stem.length + 1, -4)))
      .sort((a, b) => number(b) - number(a))[0];
  }
}

function readDocument(file: string, text: string): Document {
  const refuse = refuser(file);
  const parsed = parseStrict(text);
  if (!parsed.ok) {
    const { code, at } = parsed.error;
    const before = Buffer.from(text, 'utf8').subarray(0, at).toString('latin1').split('\n').length;
    throw new ModemlabError(code, `${file}: line ${before}`);
  }
  const root = parsed.value;
  if (localName(root.name) !== 'document')
    return refuse(`element ${root.name}`, 'a data model is a dm:document');
  const defined = {
    dataType: new Map(),
    component: new Map(),
    model: new Map(),
  } satisfies Tables<StrictElement>;
  const imported = { dataType: new Map(), component: new Map(), model: new Map() } satisfies Tables<Import>;
  for (const element of elementsOf(root)) {
    const kind = localName(element.name);
    const name = element.attributes.get('name');
    if (isKind(kind) && name !== undefined) define(defined[kind], name, element);
    else if (kind === 'import') readImport(element, imported, refuse);
  }
  return { file, defined, imported, refuse };
}

type Tables<T> = Record<Kind, Map<string, T>>;

function define(table: Map<string, StrictElement>, name: string, element: StrictElement): void {
  table.set(name, element);
}

function readImport(element: StrictElement, imported: Tables<Import>, refuse: Refuse): void {
  const file = element.attributes.get('file') ?? refuse('import', 'an attribute file is required');
  for (const child of elementsOf(element)) {
    const kind = localName(child.name);
    const name = child.attributes.get('name');
    if (isKind(kind) && name !== undefined)
      imported[kind].set(name, { file, name: child.attributes.get('ref') ?? name });
  }
}

/** The text of a file. Throws E_DATA_UNREADABLE, or E_TOO_LARGE beyond the limit. */
export function readBounded(file: string, place: string): { readonly text: string; readonly bytes: number } {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    throw new ModemlabError('E_DATA_UNREADABLE', place, { cause: error });
  }
  try {
    const { size } = fstatSync(handle);
    if (size > LIMITS.fileBytes) throw new ModemlabError('E_TOO_LARGE', `${place}: ${size} bytes`);
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const count = readSync(handle, bytes, at, size - at, at);
      if (count === 0) break;
      at += count;
    }
    return { text: decode(bytes.subarray(0, at)), bytes: at };
  } catch (error) {
    if (error instanceof ModemlabError) throw error;
    throw new ModemlabError('E_DATA_UNREADABLE', place, { cause: error });
  } finally {
    closeSync(handle);
  }
}

/** UTF-8, or UTF-16 by its byte order mark; Latin-1 where it is not UTF-8, as spreadsheets write. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.subarray(2).toString('utf16le');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

export const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

export function elementsOf({ children }: StrictElement): StrictElement[] {
  return children.filter((child): child is StrictElement => typeof child !== 'string');
}

/** The first child of a name. */
export const childOf = (element: StrictElement, name: string): StrictElement | undefined =>
  elementsOf(element).find((child) => localName(child.name) === name);
