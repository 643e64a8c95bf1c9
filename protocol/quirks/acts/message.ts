/**
 * What acts read from a message, and how they change it: typed changes of the RPCs that most quirks concern.
 */
import type { Args, Envelope, Inform, ParameterValueStruct } from '../../cwmp/messages.ts';
import { RPCS } from '../../cwmp/messages.ts';
import type { FieldSchema, Schema } from '../../soap/codec.ts';

/** One node of a message: what its schema says, its element, and the value there. */
export interface Node {
  readonly schema: Schema;
  readonly name: string;
  readonly value: unknown;
}

export const always = (): boolean => true;

/**
 * Every node of the arguments of a request or response, parents first. Faults and vendor methods have none.
 */
export function nodes({ message }: Envelope): readonly Node[] {
  if (message.kind !== 'request' && message.kind !== 'response') return [];
  const out: Node[] = [];
  collect(RPCS[message.rpc][message.kind].schema, message.rpc, message.args, out);
  return out;
}

function collect(schema: Schema, name: string, value: unknown, out: Node[]): void {
  if (value === undefined) return;
  out.push({ schema, name, value });
  switch (schema.is) {
    case 'struct':
      if (typeof value !== 'object' || value === null) return;
      for (const field of schema.fields)
        collect(field.schema, field.name, Reflect.get(value, field.name), out);
      return;
    case 'array':
    case 'repeated':
      if (!Array.isArray(value)) return;
      for (const member of value)
        collect(schema.of, schema.is === 'array' ? schema.member : name, member, out);
      return;
    case 'choice': {
      const chosen = chosenOf(schema.of, value);
      if (chosen !== undefined) collect(chosen, name, value, out);
    }
  }
}

/** The schema of an operation, by its name. */
function chosenOf(choices: Readonly<Record<string, Schema>>, value: unknown): Schema | undefined {
  const choice: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'Operation') : undefined;
  return typeof choice === 'string' && Object.hasOwn(choices, choice) ? choices[choice] : undefined;
}

export const some = (envelope: Envelope, test: (node: Node) => boolean): boolean =>
  nodes(envelope).some(test);

/** The number of members of each array. */
export function arrayLengths(envelope: Envelope): readonly number[] {
  return nodes(envelope).flatMap(({ schema, value }) =>
    schema.is === 'array' && Array.isArray(value) ? [value.length] : [],
  );
}

export const hasArray = (envelope: Envelope): boolean => arrayLengths(envelope).length > 0;

/** Every text in the elements of a message. */
export function texts({ id, message }: Envelope): readonly string[] {
  const out: string[] = id === undefined ? [] : [id];
  strings(message, out);
  return out;
}

function strings(value: unknown, out: string[]): void {
  if (typeof value === 'string') out.push(value);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) strings(inner, out);
}

/** The arguments of an Inform; `undefined` for any other message. */
export function informOf({ message }: Envelope): Inform | undefined {
  return message.kind === 'request' && message.rpc === 'Inform' ? message.args : undefined;
}

export const isInform = (envelope: Envelope): boolean => informOf(envelope) !== undefined;

/** The envelope with its Inform changed; any other message stays as it is. */
export function changeInform(envelope: Envelope, change: (inform: Inform) => Partial<Inform>): Envelope {
  const { message } = envelope;
  if (message.kind !== 'request' || message.rpc !== 'Inform') return envelope;
  return { ...envelope, message: { ...message, args: { ...message.args, ...change(message.args) } } };
}

export function changeDevice(envelope: Envelope, change: Partial<Inform['DeviceId']>): Envelope {
  return changeInform(envelope, ({ DeviceId }) => ({ DeviceId: { ...DeviceId, ...change } }));
}

/** Adds a parameter to an Inform, replacing one of the same name. */
export function addParameter(envelope: Envelope, name: string, Value: string, Type = 'string'): Envelope {
  return changeInform(envelope, ({ ParameterList }) => {
    const Name = name.startsWith('*.') ? `${rootOf(ParameterList)}${name.slice(1)}` : name;
    return {
      ParameterList: [
        ...ParameterList.filter((parameter) => !parameter.Name.endsWith(name.replace('*', ''))),
        { Name, Value, Type },
      ],
    };
  });
}

function rootOf(list: readonly ParameterValueStruct[]): string {
  return list.some(({ Name }) => Name.startsWith('Device.')) ? 'Device' : 'InternetGatewayDevice';
}

/** The parameter values of a message that has a list of them. */
export function valuesOf({ message }: Envelope): readonly ParameterValueStruct[] {
  if (message.kind === 'request' && (message.rpc === 'Inform' || message.rpc === 'SetParameterValues'))
    return message.args.ParameterList;
  if (message.kind === 'response' && message.rpc === 'GetParameterValues') return message.args.ParameterList;
  return [];
}

export const hasValues = (envelope: Envelope): boolean => valuesOf(envelope).length > 0;

type ChangeList = (list: readonly ParameterValueStruct[]) => readonly ParameterValueStruct[];

/** The envelope with another list of parameter values. */
export function changeList(envelope: Envelope, change: ChangeList): Envelope {
  const { message } = envelope;
  if (message.kind === 'request') {
    if (message.rpc === 'Inform')
      return changeInform(envelope, ({ ParameterList }) => ({ ParameterList: change(ParameterList) }));
    if (message.rpc !== 'SetParameterValues') return envelope;
    const args = { ...message.args, ParameterList: change(message.args.ParameterList) };
    return { ...envelope, message: { ...message, args } };
  }
  if (message.kind !== 'response' || message.rpc !== 'GetParameterValues') return envelope;
  return {
    ...envelope,
    message: { ...message, args: { ParameterList: change(message.args.ParameterList) } },
  };
}

/** The envelope with each parameter value changed. */
export function changeValues(
  envelope: Envelope,
  change: (value: ParameterValueStruct) => ParameterValueStruct,
): Envelope {
  return changeList(envelope, (list) => list.map(change));
}

type Infos = Extract<
  Envelope['message'],
  { kind: 'response'; rpc: 'GetParameterNames' }
>['args']['ParameterList'];

/** The names that an answer to GetParameterNames lists; none for any other message. */
export function infosOf({ message }: Envelope): Infos {
  return message.kind === 'response' && message.rpc === 'GetParameterNames' ? message.args.ParameterList : [];
}

export function changeInfos(envelope: Envelope, change: (list: Infos) => Infos): Envelope {
  const { message } = envelope;
  if (message.kind !== 'response' || message.rpc !== 'GetParameterNames') return envelope;
  return {
    ...envelope,
    message: { ...message, args: { ParameterList: change(message.args.ParameterList) } },
  };
}

/** The envelope with its TransferComplete changed. */
export function changeTransfer(envelope: Envelope, change: Partial<Args<'TransferComplete'>>): Envelope {
  const { message } = envelope;
  if (message.kind !== 'request' || message.rpc !== 'TransferComplete') return envelope;
  return { ...envelope, message: { ...message, args: { ...message.args, ...change } } };
}

/**
 * The envelope with every string of its arguments changed; unchanged if the result would not fit the schema.
 */
export function changeStrings(envelope: Envelope, change: (text: string) => string): Envelope {
  const { message } = envelope;
  if (message.kind !== 'request' && message.kind !== 'response') return envelope;
  const { request, response } = RPCS[message.rpc];
  const rpc = RPCS[message.rpc];
  if (message.kind === 'request') {
    const changed = rpc.requestFrom(mapStrings(request.schema, message.args, change));
    return changed.ok ? { ...envelope, message: changed.value } : envelope;
  }
  const changed = rpc.responseFrom(mapStrings(response.schema, message.args, change));
  return changed.ok ? { ...envelope, message: changed.value } : envelope;
}

function mapStrings(schema: Schema, value: unknown, change: (text: string) => string): unknown {
  switch (schema.is) {
    case 'string':
    case 'value':
      return typeof value === 'string' ? change(value) : value;
    case 'array':
    case 'repeated':
      return Array.isArray(value) ? value.map((member) => mapStrings(schema.of, member, change)) : value;
    case 'struct':
      return typeof value === 'object' && value !== null ? mapMembers(schema.fields, value, change) : value;
    case 'choice': {
      const chosen = chosenOf(schema.of, value);
      return chosen === undefined ? value : mapStrings(chosen, value, change);
    }
    default:
      return value;
  }
}

function mapMembers(
  fields: readonly FieldSchema[],
  value: object,
  change: (text: string) => string,
): Record<string, unknown> {
  // The Name of a ParameterValueStruct has a codec of its own, which fills no gaps.
  const isValue = fields.some(({ schema }) => schema.is === 'value');
  const out: Record<string, unknown> = { ...value };
  for (const { name, schema } of fields) {
    const member: unknown = Reflect.get(value, name);
    if (member !== undefined && !(isValue && name === 'Name')) out[name] = mapStrings(schema, member, change);
  }
  return out;
}
