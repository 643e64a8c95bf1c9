/** A profile from a Broadband Forum data model: a modem that would have all of it. */
import { Fields } from '../fields.ts';
import { readShared } from '../profile-files.ts';
import { LEAF_LETTERS } from '../tree-shape.ts';
import type { Refuse } from './entry.ts';
import type { ModelObject, ModelParameter } from './expand.ts';
import { expandModel } from './expand.ts';
import { genericModel } from './from-names.ts';
import type { Definition, Document } from './library.ts';
import { Library } from './library.ts';
import type { Model } from './profile-json.ts';
import type { Syntax } from './syntax.ts';
import { readSyntax } from './syntax.ts';

/** Whether a text is such a file. */
export const isDataModel = (text: string): boolean =>
  /<([\w-]+:)?document[\s>]/.test(text.slice(0, 65_536)) && /^\ufeff?\s*</.test(text.slice(0, 1024));

export interface DataModel {
  /** `Device:2.11` */
  readonly name: string;
  readonly model: Model;
  readonly notes: readonly string[];
}

/** Initial instances of a table at most: a model that asks for more would make the tree too large. */
const MAX_ROWS = 8;
/** Parameters of all instances together. */
const MAX_PARAMETERS = 100_000;

/** `folder`: where the imported files are. */
export function readDataModel(text: string, file: string, folder: string, refuse: Refuse): DataModel {
  const library = new Library(folder);
  const document = library.begin(file, text);
  const definition =
    rootModel(document) ?? refuse('', 'it defines no model: give the file of the model itself');
  const name = definition.element.attributes.get('name') ?? '';
  const { objects, notes } = expandModel(definition, library);
  const tree = new ModelTree(rootOf(objects, refuse), objects, library);
  const model = tree.write(name, refuse);
  const missing = Array.from(
    library.missing,
    ([from, names]) => `${from} is not beside it: ${[...names].slice(0, 8).join(', ')} could not be read`,
  );
  return { name, model, notes: [...notes, ...missing] };
}

/** The last model in the file that has a root of its own, else the last. */
function rootModel(document: Document): Definition | undefined {
  const models = [...document.defined.model.values()];
  const element =
    models.filter(({ attributes }) => attributes.get('isService') !== 'true').at(-1) ?? models.at(-1);
  return element === undefined ? undefined : { element, document };
}

function rootOf(objects: ReadonlyMap<string, ModelObject>, refuse: Refuse): string {
  // A service stands below Services of any device (TR-106).
  for (const path of objects.keys())
    return path.startsWith('.') ? 'Device.' : path.slice(0, path.indexOf('.') + 1);
  return refuse('model', 'it has no objects, or none of the files that have them is there');
}

class ModelTree {
  readonly #root: string;
  readonly #library: Library;
  /** By path below the root. */
  readonly #objects = new Map<string, ModelObject>();
  readonly #values = new Map<string, string>();
  readonly #limits = new Map<string, object>();
  readonly #secret: string[] = [];
  readonly #generic: Fields;

  constructor(root: string, objects: ReadonlyMap<string, ModelObject>, library: Library) {
    this.#root = root;
    this.#library = library;
    for (const [path, object] of objects) {
      const full = path.startsWith('.') ? `${root}Services${path}` : path;
      if (full.startsWith(root)) this.#objects.set(full.slice(root.length), object);
    }
    const name = genericModel(root);
    this.#generic = new Fields(name === undefined ? {} : readShared('values', name), 'values');
  }

  write(name: string, refuse: Refuse): Model {
    const rows: (readonly [string, string])[] = [];
    const names = new Set<string>();
    for (const [path, object] of this.#objects) {
      rows.push([path, Array.from(object.parameters.values(), (leaf) => this.#leaf(path, leaf)).join(' ')]);
      for (const leaf of object.parameters.keys()) names.add(path + leaf);
      this.#counter(path, object);
    }
    const version = /:(\d{1,3}(?:\.\d{1,3})?)$/.exec(name)?.[1];
    if (version !== undefined && names.has('RootDataModelVersion'))
      this.#values.set('RootDataModelVersion', version);
    if (names.has('DeviceSummary')) this.#values.set('DeviceSummary', `${name}[](Baseline:1)`);
    const concrete = this.#instances(refuse);
    return {
      root: this.#root,
      tree: {
        root: this.#root,
        objects: rows,
        addable: [...this.#objects].flatMap(([path, { writable }]) =>
          path.endsWith('.{i}.') && writable ? [path.slice(0, -'{i}.'.length)] : [],
        ),
        instances: Object.fromEntries(concrete),
      },
      given: {},
      values: Object.fromEntries(this.#values),
      attributes: {},
      secret: this.#secret,
      lists: 'objects',
      limits: Object.fromEntries(this.#limits),
      has: (leaf) => names.has(leaf.replace(/\.\d+(?=\.)/g, '.{i}')),
      value: () => undefined,
      leaves: [...names].map((leaf) => leaf.replaceAll('{i}', '1')),
    };
  }

  /**
   * How many instances each table begins with, by concrete path: the minimum of the model, and at least one.
   */
  #instances(refuse: Refuse): Map<string, number> {
    const counts = new Map<string, number>();
    const concrete = new Map<string, readonly string[]>([['', ['']]]);
    let parameters = 0;
    const place = (path: string): readonly string[] => {
      const known = concrete.get(path);
      if (known !== undefined) return known;
      const [, above = '', last = ''] = /^(.*\.|)([^.]+\.)$/.exec(path) ?? [];
      let made: readonly string[];
      if (last === '{i}.') {
        const count = Math.min(Math.max(1, this.#objects.get(path)?.least ?? 0), MAX_ROWS);
        made = place(above).flatMap((table) => {
          counts.set(table, count);
          return Array.from({ length: count }, (_, index) => `${table}${index + 1}.`);
        });
      } else made = place(above).map((object) => object + last);
      concrete.set(path, made);
      return made;
    };
    for (const [path, object] of this.#objects) {
      parameters += place(path).length * (object.parameters.size + 1);
      if (parameters > MAX_PARAMETERS)
        refuse(`object ${path}`, `the tree has more than ${MAX_PARAMETERS} parameters`);
    }
    return counts;
  }

  /** A counter whose name does not say what it counts. */
  #counter(path: string, { counter }: ModelObject): void {
    const [, above = '', table = ''] = /^(.*\.|)([^.]+)\.\{i\}\.$/.exec(path) ?? [];
    if (counter !== undefined && table !== '' && this.#objects.get(above)?.parameters.has(counter))
      this.#values.set(above + counter, `\${count:${table}}`);
  }

  #leaf(path: string, { name, writable, syntax }: ModelParameter): string {
    const template = path + name;
    const read = readSyntax(syntax, this.#library);
    if (read.hidden) this.#secret.push(template);
    if (writable) {
      const limits = limitsOf(read);
      if (Object.keys(limits).length > 0) this.#limits.set(template, limits);
    }
    // The value on the generic device with this root is more plausible than one that the model merely allows.
    const isKnown = this.#generic.has(template) || this.#generic.has(`*.${name}`);
    if (!isKnown && !/(NumberOfEntries|DiagnosticsState)$/.test(name)) {
      const value = firstValue(read);
      if (value !== undefined && !value.includes('${')) this.#values.set(template, value);
    }
    return `${name}:${LEAF_LETTERS.get(read.type) ?? 's'}${writable ? '*' : ''}`;
  }
}

/** As limits in the format of docs/profiles.md. */
function limitsOf({ type, list, values, ranges, length, patterns, reference }: Syntax): object {
  const number = /^(int|unsignedInt|long|unsignedLong)$/.test(type);
  const pattern = number ? undefined : patternOf(patterns);
  return {
    ...(ranges.length > 0 && number
      ? { range: ranges.map(([low, high]) => [low ?? null, high ?? null]) }
      : {}),
    ...(values.length > 0 && !number ? { values } : {}),
    ...(length !== undefined && !number ? { length: type === 'hexBinary' ? 2 * length : length } : {}),
    ...(list ? { list: true } : {}),
    ...(pattern === undefined ? {} : { pattern }),
    ...(reference === undefined ? {} : { reference }),
    ...(values.includes('') || patterns.includes('') ? { empty: true } : {}),
  };
}

/** Patterns of XML Schema that mean the same in JavaScript; others are not enforced. */
function patternOf(patterns: readonly string[]): string | undefined {
  const joined = patterns.join('|');
  if (patterns.length === 0 || joined.length > 512) return undefined;
  // Classes that JavaScript lacks, class subtraction, and nested repetitions, which may take for ever.
  if (/\\[icICpP]|-\[|[+*}]\)[+*{]/.test(joined)) return undefined;
  try {
    new RegExp(`^(?:${joined})$`, 'u');
    return joined;
  } catch {
    return undefined;
  }
}

/** The initial value when nothing else is known: its default, else the first valid one. */
function firstValue({ type, list, values, ranges, initial }: Syntax): string | undefined {
  if (initial !== undefined && isOfType(initial, type)) return initial;
  if (list) return undefined;
  if (values.length > 0 && !values.includes('')) return values[0];
  const [low, high] = ranges[0] ?? [];
  if (low !== undefined && low > 0) return String(low);
  if (high !== undefined && high < 0) return String(high);
  return undefined;
}

/** In some files defaults such as `<Empty>` stand for no value. */
function isOfType(value: string, type: string): boolean {
  switch (type) {
    case 'boolean':
      return /^(true|false|0|1)$/.test(value);
    case 'int':
    case 'long':
      return /^-?\d{1,20}$/.test(value);
    case 'unsignedInt':
    case 'unsignedLong':
      return /^\d{1,20}$/.test(value);
    case 'dateTime':
      return /^\d{4}-\d\d-\d\dT/.test(value);
    default:
      return !/^<\w*>$/.test(value);
  }
}
