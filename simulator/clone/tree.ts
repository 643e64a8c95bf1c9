/** The tree of a device as its messages first told it: names in the order of its lists, types, what can be written, values. */
import type { ParameterValueStruct } from '../../protocol/cwmp/parameter-value.ts';
import type { TreeEntry } from '../import/entry.ts';
import { nameFlaw, readType } from '../import/entry.ts';
import type { Evidence } from './evidence.ts';
import { exchangesOf, informsOf, responseOf } from './exchanges.ts';

export interface TreeSeen {
  readonly entries: readonly TreeEntry[];
  /** Instances that the ACS added: the factory has them not. Paths with a dot at the end. */
  readonly added: ReadonlySet<string>;
  readonly counts: {
    readonly parameters: number;
    readonly typesUnknown: number;
    readonly writableUnknown: number;
    readonly valuesUnknown: number;
    /** Parameters that read otherwise later, without having been set: they move. */
    readonly moving: number;
    readonly objectsUnlisted: number;
  };
  /** Whether lists of names were asked for. */
  readonly listed: boolean;
  /** Every value of an Inform is told as a string, though some are none. */
  readonly informTypes: 'tree' | 'string';
  readonly notes: readonly string[];
}

type Known = { -readonly [K in keyof TreeEntry]: TreeEntry[K] };

/** `typed`: whether GetParameterValuesResponse tells types. */
export function seenTree(evidence: Evidence, typed: boolean): TreeSeen {
  const known = new Map<string, Known>();
  const set = new Set<string>();
  const moving = new Set<string>();
  const added = new Set<string>();
  const notes: string[] = [];
  let listed = false;
  let informTypes: 'tree' | 'string' | undefined;

  const at = (name: string): Known | undefined => {
    const entry = known.get(name);
    if (entry !== undefined) return entry;
    // What is told of a connection that is not there is no parameter (Q-PN-01).
    if (name.startsWith('.')) return undefined;
    const flaw = nameFlaw(name);
    if (flaw !== undefined) {
      notes.push(`a name is left out that is not ${flaw}: ${name.slice(0, 64)}`);
      return undefined;
    }
    const made: Known = {
      ...{ name, type: undefined, value: undefined, writable: undefined },
      ...{ notification: undefined, accessList: undefined },
    };
    known.set(name, made);
    return made;
  };
  const take = ({ Name, Type, Value }: ParameterValueStruct, tellsType: boolean): void => {
    const entry = at(Name);
    if (entry === undefined) return;
    if (tellsType) entry.type ??= readType(Type);
    if (entry.value === undefined) entry.value = Value;
    else if (entry.value !== Value && !set.has(Name)) moving.add(Name);
  };

  const exchanges = exchangesOf(evidence);
  // Lists of names have the order of the device; what is told besides stands behind them.
  for (const exchange of exchanges) {
    const response = responseOf(exchange);
    if (response?.rpc !== 'GetParameterNames') continue;
    listed = true;
    for (const { Name, Writable } of response.args.ParameterList) {
      const entry = at(Name);
      if (entry !== undefined) entry.writable ??= Writable;
    }
  }
  for (const exchange of exchanges) {
    const { request } = exchange;
    const response = responseOf(exchange);
    if (request.rpc === 'AddObject' && response?.rpc === 'AddObject')
      added.add(`${request.args.ObjectName}${response.args.InstanceNumber}.`);
    if (request.rpc === 'SetParameterValues' && response !== undefined)
      for (const { Name } of request.args.ParameterList) set.add(Name);
    if (response?.rpc === 'GetParameterValues')
      for (const value of response.args.ParameterList) take(value, typed);
    if (response?.rpc === 'GetParameterAttributes')
      for (const { AccessList, Name, Notification } of response.args.ParameterList) {
        const entry = at(Name);
        if (entry === undefined) continue;
        entry.notification ??= Notification;
        entry.accessList ??= AccessList;
      }
  }
  for (const { inform } of informsOf(evidence.sessions)) {
    const types = new Set(inform.ParameterList.map(({ Type }) => Type));
    const others = inform.ParameterList.some(({ Name }) => {
      const type = known.get(Name)?.type;
      return type !== undefined && type !== 'string';
    });
    if (types.size === 1 && types.has('string') && others) informTypes ??= 'string';
    else informTypes ??= 'tree';
    for (const value of inform.ParameterList) take(value, informTypes === 'tree');
  }
  const entries = [...known.values()];
  const leaves = entries.filter(({ name }) => !name.endsWith('.'));
  return {
    ...{ entries, added, listed, notes },
    informTypes: informTypes ?? 'tree',
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

function objectsUnlisted(entries: readonly TreeEntry[]): number {
  const objects = new Set(entries.filter(({ name }) => name.endsWith('.')).map(({ name }) => name));
  const implied = new Set<string>();
  for (const { name } of entries)
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1))
      implied.add(name.slice(0, dot + 1));
  return [...implied].filter((name) => !objects.has(name)).length;
}
