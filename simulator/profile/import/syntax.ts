/** What a data model says about a parameter's value: its type, what may be written, and its initial value. */
import type { ValueType } from '../../../protocol/cwmp/parameter-value.ts';
import { VALUE_TYPES } from '../../../protocol/cwmp/parameter-value.ts';
import type { StrictElement } from '../../../protocol/xml/strict.ts';
import type { Definition, Library } from './library.ts';
import { elementsOf, localName } from './library.ts';

export interface Syntax {
  readonly type: ValueType;
  readonly hidden: boolean;
  readonly list: boolean;
  readonly values: readonly string[];
  /** `undefined`: open at that end. */
  readonly ranges: readonly (readonly [low: number | undefined, high: number | undefined])[];
  /** Characters; octets for base64 and hexBinary. */
  readonly length: number | undefined;
  readonly patterns: readonly string[];
  readonly reference: 'strong' | 'weak' | undefined;
  readonly initial: string | undefined;
}

/** Maximum depth of types based on types. */
const MAX_BASES = 16;

interface Building {
  type: ValueType | undefined;
  hidden: boolean;
  list: boolean;
  values: Set<string>;
  ranges: (readonly [number | undefined, number | undefined])[];
  length: number | undefined;
  patterns: string[];
  reference: 'strong' | 'weak' | undefined;
  initial: string | undefined;
}

const PRIMITIVES: ReadonlyMap<string, ValueType> = new Map([
  ...VALUE_TYPES.map((type) => [type, type] as const),
  ['decimal', 'string'],
]);

/**
 * The syntax elements of one parameter, the oldest amendment first: a later one adds enumerated values, and
 * replaces everything else that it specifies.
 */
export function readSyntax(elements: readonly Definition[], library: Library): Syntax {
  const all: Building = {
    type: undefined,
    hidden: false,
    list: false,
    values: new Set(),
    ranges: [],
    length: undefined,
    patterns: [],
    reference: undefined,
    initial: undefined,
  };
  for (const { element, document } of elements) {
    if (element.attributes.get('hidden') === 'true') all.hidden = true;
    for (const child of elementsOf(element)) readMember(child, { element: child, document }, all, library);
  }
  const { type = 'string', values, ...rest } = all;
  return { ...rest, type, values: [...values] };
}

function readMember(child: StrictElement, definition: Definition, all: Building, library: Library): void {
  const name = localName(child.name);
  if (name === 'list') all.list = true;
  else if (name === 'default') readDefault(child, all);
  else if (name === 'dataType') readNamed(child.attributes.get('ref') ?? '', definition, all, library, 0);
  else if (PRIMITIVES.has(name)) readFacets(name, child, all);
}

function readDefault(element: StrictElement, all: Building): void {
  const value = element.attributes.get('value');
  // `parameter` is the default of an omitted argument, not a value of the parameter.
  if (element.attributes.get('type') !== 'parameter' && value !== undefined) all.initial = value;
}

/** A type by its name, its base first; an undefined type is a string. */
function readNamed(name: string, from: Definition, all: Building, library: Library, step: number): void {
  const found = library.find(from.document, 'dataType', name);
  if (found === undefined) {
    all.type ??= PRIMITIVES.get(name) ?? 'string';
    return;
  }
  if (step > MAX_BASES)
    from.document.refuse(`dataType ${name}`, `at most ${MAX_BASES} types based on each other are allowed`);
  const base = found.element.attributes.get('base');
  if (base !== undefined) readNamed(base, found, all, library, step + 1);
  for (const child of elementsOf(found.element)) {
    const kind = localName(child.name);
    if (kind === 'list') all.list = true;
    else if (PRIMITIVES.has(kind)) readFacets(kind, child, all);
  }
  readFacets('', found.element, all);
  // A default comes only from the parameter.
}

interface Facets {
  readonly ranges: (readonly [number | undefined, number | undefined])[];
  readonly lengths: number[];
  readonly patterns: string[];
}

function readFacets(type: string, element: StrictElement, all: Building): void {
  all.type = PRIMITIVES.get(type) ?? all.type;
  const facets: Facets = { ranges: [], lengths: [], patterns: [] };
  for (const child of elementsOf(element)) readFacet(child, facets, all);
  const { ranges, lengths, patterns } = facets;
  if (ranges.length > 0) all.ranges = ranges;
  if (lengths.length > 0) all.length = Math.max(...lengths) === Infinity ? undefined : Math.max(...lengths);
  if (patterns.length > 0) all.patterns = patterns;
}

function readFacet({ name, attributes }: StrictElement, facets: Facets, all: Building): void {
  const value = attributes.get('value');
  switch (localName(name)) {
    case 'enumeration':
      if (value === undefined) break;
      if (/^(deleted|obsoleted)$/.test(attributes.get('status') ?? '')) all.values.delete(value);
      else all.values.add(value);
      break;
    case 'range':
      facets.ranges.push([
        readNumber(attributes.get('minInclusive')),
        readNumber(attributes.get('maxInclusive')),
      ]);
      break;
    case 'size':
      facets.lengths.push(readNumber(attributes.get('maxLength')) ?? Infinity);
      break;
    case 'pattern':
      if (value !== undefined) facets.patterns.push(value);
      break;
    case 'pathRef':
      all.reference = attributes.get('refType') === 'strong' ? 'strong' : 'weak';
      break;
  }
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?\d{1,20}$/.test(text.trim())) return undefined;
  return Number(text);
}
