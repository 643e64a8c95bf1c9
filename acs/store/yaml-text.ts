/**
 * A device as YAML, for people and for version control: fixed order, one line per fact, texts always in
 * quotes.
 */
import { Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml';
import { compareNames } from './order.ts';
import { isDeviceRecord, isLearned, isMembers, isParameter } from './shape.ts';
import type { DeviceRecord, Learned, Parameter } from './store.ts';

/** The content of one file. */
export interface DeviceFile {
  readonly record: DeviceRecord | undefined;
  readonly tree: ReadonlyMap<string, Parameter>;
}

const VERSION = 1;

/** Quotes around every text: `0123`, `yes`, `null` and `1e5` stay texts for any reader of YAML. */
const FORM = { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const;

/** Names are keys, so that a change of one parameter changes one place. In the order of compareNames. */
export function writeDevice({ record, tree }: DeviceFile, key: string): string {
  const names = [...tree.keys()].sort(compareNames);
  const members = new Map(names.map((name) => [name, withoutName(tree.get(name))]));
  return write({ version: VERSION, key, ...(record === undefined ? {} : { record }), tree: members });
}

const withoutName = ({ name: _, ...rest }: Parameter = { name: '' }) => rest;

/** The device and its key, or what is wrong with the text: `line 3: ...`. */
export function readDevice(text: string): (DeviceFile & { readonly key: string }) | string {
  const parsed = parse(text);
  if (typeof parsed === 'string') return parsed;
  const { members, lineOf } = parsed;
  if (members.get('version') !== VERSION) return `${lineOf('version')}: version`;
  const key = members.get('key');
  const record = members.get('record');
  const tree = members.get('tree');
  if (typeof key !== 'string') return `${lineOf('key')}: key`;
  const plain = plainObject(record);
  if (plain !== undefined && !isDeviceRecord(plain)) return `${lineOf('record')}: record`;
  if (!(tree instanceof Map)) return `${lineOf('tree')}: tree`;
  const parameters = new Map<string, Parameter>();
  for (const [name, value] of tree) {
    const members = plainObject(value);
    const parameter = { ...(isMembers(members) ? members : {}), name };
    if (typeof name !== 'string' || !isParameter(parameter))
      return `${lineOf('tree')}: tree, ${String(name)}`;
    parameters.set(name, parameter);
  }
  return { key, record: plain, tree: parameters };
}

export function writeLearned(learned: ReadonlyMap<string, Learned>): string {
  const models = [...learned.keys()].sort();
  return write({ version: VERSION, models: models.map((model) => learned.get(model)) });
}

export function readLearned(text: string): ReadonlyMap<string, Learned> | string {
  const parsed = parse(text);
  if (typeof parsed === 'string') return parsed;
  const models = plainObject(parsed.members.get('models'));
  if (!Array.isArray(models) || !models.every(isLearned)) return `${parsed.lineOf('models')}: models`;
  return new Map(models.map((learned) => [learned.model, learned]));
}

function write(content: unknown): string {
  return new Document(content, { aliasDuplicateObjects: false }).toString(FORM);
}

interface Parsed {
  readonly members: ReadonlyMap<unknown, unknown>;
  readonly lineOf: (member: string) => string;
}

function parse(text: string): Parsed | string {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    version: '1.2',
  });
  const [error] = document.errors;
  if (error !== undefined)
    return `line ${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0] ?? ''}`;
  const { contents } = document;
  if (!isMap(contents)) return 'line 1: no mapping';
  keepTexts(contents);
  const members: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 0 });
  if (!(members instanceof Map)) return 'line 1: no mapping';
  const lineOf = (member: string): string => {
    const pair = contents.items.find(({ key }) => isScalar(key) && key.value === member);
    const at = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return `line ${at === undefined ? 1 : lines.linePos(at).line}`;
  };
  return { members, lineOf };
}

/** A name or value that a person wrote without quotes is taken literally: 0123 is not 123. */
function keepTexts(contents: YAMLMap): void {
  const tree = contents.get('tree', true);
  if (!isMap(tree)) return;
  visit(tree, {
    Pair: (_, { key, value }) => {
      if (isScalar(key) && typeof key.value !== 'string') key.value = key.source ?? String(key.value);
      const isText =
        isScalar(key) && (key.value === 'value' || key.value === 'type' || key.value === 'readAt');
      if (isText && isScalar(value) && typeof value.value !== 'string') value.value = value.source ?? '';
    },
  });
}

/** Maps as objects; names such as `__proto__` become members like any other. */
function plainObject(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainObject);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, member]) => [String(name), plainObject(member)]));
}
