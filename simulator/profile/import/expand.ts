/**
 * A data model as the list of its objects: the model it is based on first, components inserted at their
 * paths, changes and deletions of later amendments applied. Every step is counted, so that files which refer
 * to themselves terminate.
 */
import { LIMITS } from '../../../protocol/limits.ts';
import type { StrictElement } from '../../../protocol/xml/strict.ts';
import type { Definition, Document, Library } from './library.ts';
import { childOf, elementsOf, localName } from './library.ts';

export interface ModelParameter {
  readonly name: string;
  writable: boolean;
  /** Syntax elements, that of the oldest amendment first. */
  readonly syntax: Definition[];
}

export interface ModelObject {
  /** `Device.IP.Interface.{i}.` */
  readonly path: string;
  writable: boolean;
  least: number;
  /** Name of the parameter that counts its instances, beside the table. */
  counter: string | undefined;
  readonly parameters: Map<string, ModelParameter>;
}

export interface Expanded {
  readonly objects: ReadonlyMap<string, ModelObject>;
  readonly notes: readonly string[];
}

/** Maximum depth of models based on each other and components within each other. */
const DEEPEST = 128;

export function expandModel(model: Definition, library: Library): Expanded {
  const expansion = new Expansion(library);
  expansion.model(model, 0);
  return { objects: expansion.objects, notes: expansion.notes() };
}

class Expansion {
  readonly objects = new Map<string, ModelObject>();
  readonly #library: Library;
  readonly #unknown = new Set<string>();
  #steps = 0;

  constructor(library: Library) {
    this.#library = library;
  }

  notes(): string[] {
    return [...this.#unknown].map((what) => `${what} is not defined, and is left out`);
  }

  model(definition: Definition, depth: number): void {
    const { element, document } = definition;
    const base = element.attributes.get('base');
    if (base !== undefined) {
      const found = this.#find(document, 'model', base, depth);
      if (found !== undefined) this.model(found, depth + 1);
    }
    this.#body(element, document, '', depth);
  }

  #find(
    document: Document,
    kind: 'model' | 'component',
    name: string,
    depth: number,
  ): Definition | undefined {
    if (depth > DEEPEST) return document.refuse(`${kind} ${name}`, 'it contains itself, or too many others');
    const found = this.#library.find(document, kind, name);
    if (found === undefined) this.#unknown.add(`${kind} ${name}`);
    return found;
  }

  #count(document: Document, place: string): void {
    this.#steps += 1;
    if (this.#steps > 4 * LIMITS.members)
      document.refuse(place, `the model has more than ${LIMITS.members} members`);
  }

  /** The members of a model, component or object, with names below `path`. */
  #body(element: StrictElement, document: Document, path: string, depth: number): void {
    for (const child of elementsOf(element)) {
      const kind = localName(child.name);
      if (kind === 'parameter') this.#parameter(child, document, path);
      else if (kind === 'object') this.#object(child, document, path, depth);
      else if (kind === 'component') this.#component(child, document, path, depth);
    }
  }

  #component(element: StrictElement, document: Document, path: string, depth: number): void {
    const name = element.attributes.get('ref');
    if (name === undefined) return;
    this.#count(document, `component ${name}`);
    const found = this.#find(document, 'component', name, depth);
    const below = path + (element.attributes.get('path') ?? '');
    if (found !== undefined) this.#body(found.element, found.document, below, depth + 1);
  }

  #object(element: StrictElement, document: Document, above: string, depth: number): void {
    const { attributes } = element;
    const name = attributes.get('name') ?? attributes.get('base');
    if (name === undefined) document.refuse(`object below ${above}`, 'an attribute name or base is required');
    const path = above + name;
    this.#count(document, `object ${path}`);
    if (!isPath(path))
      document.refuse(`object ${path.slice(0, 128)}`, 'a path that ends with a dot is required');
    if (isGone(attributes.get('status'))) {
      for (const key of this.objects.keys()) if (key.startsWith(path)) this.objects.delete(key);
      return;
    }
    const object = this.#at(path);
    const access = attributes.get('access');
    if (access !== undefined) object.writable = access === 'readWrite';
    const least = attributes.get('minEntries');
    if (least !== undefined) object.least = Number(/^\d{1,6}$/.exec(least)?.[0] ?? 0);
    object.counter = attributes.get('numEntriesParameter') ?? object.counter;
    this.#body(element, document, path, depth);
  }

  #at(path: string): ModelObject {
    const known = this.objects.get(path);
    if (known !== undefined) return known;
    const made: ModelObject = {
      path,
      writable: false,
      least: 0,
      counter: undefined,
      parameters: new Map(),
    };
    this.objects.set(path, made);
    return made;
  }

  #parameter(element: StrictElement, document: Document, path: string): void {
    const { attributes } = element;
    const name = attributes.get('name') ?? attributes.get('base');
    const place = `parameter ${path}${(name ?? '').slice(0, 128)}`;
    this.#count(document, place);
    if (name === undefined || !/^[^\s.:{}]{1,128}$/.test(name))
      document.refuse(place, 'a name without dots is required');
    if (path === '') document.refuse(place, 'it is outside an object');
    const { parameters } = this.#at(path);
    if (isGone(attributes.get('status'))) {
      parameters.delete(name);
      return;
    }
    const parameter = parameters.get(name) ?? { name, writable: false, syntax: [] };
    // A new definition of the same name is not a change of the old one.
    if (attributes.has('name')) parameter.syntax.length = 0;
    const access = attributes.get('access');
    if (access !== undefined) parameter.writable = access === 'readWrite';
    const syntax = childOf(element, 'syntax');
    if (syntax !== undefined) parameter.syntax.push({ element: syntax, document });
    parameters.set(name, parameter);
  }
}

const isGone = (status: string | undefined): boolean => status === 'deleted' || status === 'obsoleted';

/** Words and {i} joined by dots, with a dot at the end; a service begins with a dot. */
function isPath(path: string): boolean {
  if (path.length > 256 || !path.endsWith('.')) return false;
  const segments = path.slice(path.startsWith('.') ? 1 : 0, -1).split('.');
  return segments.every(
    (segment, index) =>
      /^[^\s.:{}]{1,128}$/.test(segment) || (segment === '{i}' && index > 0 && segments[index - 1] !== '{i}'),
  );
}
