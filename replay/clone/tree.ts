/**
 * The tree of a device as its messages first show it: names in the order of its lists, types, writability,
 * values.
 */
import type { ParameterValueStruct } from '../../protocol/cwmp/parameter-value.ts';
import type { TreeEntry } from '../../simulator/profile/import/entry.ts';
import { nameFlaw, readType } from '../../simulator/profile/import/entry.ts';
import type { Evidence } from './evidence.ts';
import type { RpcExchange } from './exchanges.ts';
import { informsOf, responseOf, rpcExchangesOf } from './exchanges.ts';

export interface TreeSeen {
  readonly entries: readonly TreeEntry[];
  /** Instances that the ACS added, which a factory-new device lacks: paths with a dot at the end. */
  readonly added: ReadonlySet<string>;
  readonly counts: {
    readonly parameters: number;
    readonly typesUnknown: number;
    readonly writableUnknown: number;
    readonly valuesUnknown: number;
    /** Parameters that change without having been set. */
    readonly moving: number;
    readonly objectsUnlisted: number;
  };
  /** Whether the device answered GetParameterNames. */
  readonly listed: boolean;
  /** `string`: an Inform has every value as a string, although some have other types. */
  readonly informTypes: 'tree' | 'string';
  readonly notes: readonly string[];
}

type Known = { -readonly [K in keyof TreeEntry]: TreeEntry[K] };

/** `typed`: whether GetParameterValuesResponse has types. */
export function seenTree(evidence: Evidence, typed: boolean): TreeSeen {
  const names = new Names();
  const exchanges = rpcExchangesOf(evidence);
  const listed = listNames(names, exchanges);
  for (const exchange of exchanges) takeTraits(names, exchange, typed);
  const informTypes = informTypesOf(names, evidence);
  const { added, moving } = takeValues(names, evidence, informTypes === 'tree');
  const entries = names.all();
  const leaves = entries.filter(({ name }) => !name.endsWith('.'));
  return {
    entries,
    added,
    listed,
    informTypes,
    notes: names.notes,
    counts: {
      parameters: leaves.length,
      typesUnknown: leaves.filter(({ type }) => type === undefined).length,
      writableUnknown: leaves.filter(({ writable }) => writable === undefined).length,
      valuesUnknown: leaves.filter(({ value }) => value === undefined).length,
      moving: moving.size,
      objectsUnlisted: objectsUnlisted(entries),
    },
  };
}

/** The entries of a tree by name, in the order in which they came. */
class Names {
  readonly notes: string[] = [];
  readonly #known = new Map<string, Known>();

  all(): readonly Known[] {
    return [...this.#known.values()];
  }

  /** Whether anything is at this path or below it. */
  has(path: string): boolean {
    return [...this.#known.keys()].some((name) => name.startsWith(path));
  }

  /** The entry of a name, made where it is new; `undefined`: this is not a name. */
  at(name: string): Known | undefined {
    const entry = this.#known.get(name);
    if (entry !== undefined) return entry;
    // A name of a connection that does not exist is not a parameter (Q-PN-01).
    if (name.startsWith('.')) return undefined;
    const flaw = nameFlaw(name);
    if (flaw !== undefined) {
      this.notes.push(`a name is left out that is not ${flaw}: ${name.slice(0, 64)}`);
      return undefined;
    }
    const made: Known = {
      name,
      type: undefined,
      value: undefined,
      writable: undefined,
      notification: undefined,
      accessList: undefined,
    };
    this.#known.set(name, made);
    return made;
  }
}

/**
 * Adds listed names first, in the order of the device; others follow. Returns whether there was a list.
 */
function listNames(names: Names, exchanges: readonly RpcExchange[]): boolean {
  let listed = false;
  for (const exchange of exchanges) {
    const response = responseOf(exchange);
    if (response?.rpc !== 'GetParameterNames') continue;
    listed = true;
    for (const { Name, Writable } of response.args.ParameterList) {
      const entry = names.at(Name);
      if (entry !== undefined) entry.writable ??= Writable;
    }
  }
  return listed;
}

/** Takes types and attributes, and whether tables can have instances added if no list shows it. */
function takeTraits(names: Names, exchange: RpcExchange, typed: boolean): void {
  const { request } = exchange;
  const response = responseOf(exchange);
  if (response?.rpc === 'GetParameterValues')
    for (const { Name, Type } of response.args.ParameterList) {
      const entry = names.at(Name);
      if (entry !== undefined && typed) entry.type ??= readType(Type);
    }
  if (response?.rpc === 'GetParameterAttributes')
    for (const { AccessList, Name, Notification } of response.args.ParameterList) {
      const entry = names.at(Name);
      if (entry === undefined) continue;
      entry.notification ??= Notification;
      entry.accessList ??= AccessList;
    }
  if (request.rpc === 'AddObject') {
    const { ObjectName } = request.args;
    if (!ObjectName.endsWith('.') || (response === undefined && !names.has(ObjectName))) return;
    const table = names.at(ObjectName);
    if (table !== undefined) table.writable ??= response !== undefined;
  }
}

/** Whether an Inform has every value as a string, although some have other types. */
function informTypesOf(names: Names, { sessions }: Evidence): TreeSeen['informTypes'] {
  const [first] = informsOf(sessions);
  const list = first?.inform.ParameterList ?? [];
  const types = new Map(names.all().map(({ name, type }) => [name, type]));
  const others = list.some(({ Name }) => (types.get(Name) ?? 'string') !== 'string');
  return others && list.every(({ Type }) => Type === 'string') ? 'string' : 'tree';
}

/** Values as they were first read, in the order of time: what is read later may have been set. */
function takeValues(names: Names, { sessions }: Evidence, informTyped: boolean): ValueCollector {
  const collector = new ValueCollector(names, informTyped);
  for (const session of sessions) {
    for (const { inform } of informsOf([session])) collector.takeInform(inform.ParameterList);
    for (const exchange of rpcExchangesOf({ sessions: [session] })) collector.takeExchange(exchange);
  }
  return collector;
}

class ValueCollector {
  /** Parameters whose values change although nobody set them. */
  readonly moving = new Set<string>();
  /** Instances that the ACS added. */
  readonly added = new Set<string>();
  readonly #names: Names;
  readonly #informTyped: boolean;
  readonly #set = new Set<string>();

  constructor(names: Names, informTyped: boolean) {
    this.#names = names;
    this.#informTyped = informTyped;
  }

  takeInform(values: readonly ParameterValueStruct[]): void {
    for (const value of values) {
      this.#takeValue(value);
      const entry = this.#names.at(value.Name);
      if (entry !== undefined && this.#informTyped) entry.type ??= readType(value.Type);
    }
  }

  takeExchange(exchange: RpcExchange): void {
    const { request } = exchange;
    const response = responseOf(exchange);
    if (request.rpc === 'AddObject' && response?.rpc === 'AddObject')
      this.added.add(`${request.args.ObjectName}${response.args.InstanceNumber}.`);
    if (request.rpc === 'SetParameterValues' && response !== undefined)
      for (const { Name } of request.args.ParameterList) this.#set.add(Name);
    if (response?.rpc === 'GetParameterValues')
      for (const value of response.args.ParameterList) this.#takeValue(value);
  }

  #takeValue({ Name, Value }: ParameterValueStruct): void {
    const entry = this.#names.at(Name);
    // An instance that was added and set does not show what it was created with.
    if (entry === undefined || (this.#set.has(Name) && this.#isAdded(Name))) return;
    if (entry.value === undefined) entry.value = Value;
    else if (entry.value !== Value && !this.#set.has(Name) && !isOfTheAcs(Name)) this.moving.add(Name);
  }

  #isAdded(name: string): boolean {
    return [...this.added].some((path) => name.startsWith(path));
  }
}

/** Changes whenever the ACS sets something (TR-069a6 A.3.2.1). */
const isOfTheAcs = (name: string): boolean => name.endsWith('.ManagementServer.ParameterKey');

function objectsUnlisted(entries: readonly TreeEntry[]): number {
  const objects = new Set(entries.filter(({ name }) => name.endsWith('.')).map(({ name }) => name));
  const implied = new Set<string>();
  for (const { name } of entries) addObjects(implied, name);
  return [...implied].filter((name) => !objects.has(name)).length;
}

/** Adds the objects that contain a name, and the name itself if it is an object. */
export function addObjects(objects: Set<string>, name: string): void {
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const object = name.slice(0, dot + 1);
    if (objects.has(object)) return;
    objects.add(object);
  }
}
