/** A modem written by hand for one test: a function that answers requests, over the real HTTP server. */

import { envelopeText, type InformOf, informText } from '../../../peers/samples/invented-modem.ts';
import { decodeString } from '../../../protocol/cwmp/decode.ts';
import type { CpeMethod, Envelope, Message, Request, Response } from '../../../protocol/cwmp/messages.ts';
import { RPCS } from '../../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../../protocol/soap/dialect.ts';
import type { RawAnswer, RawClient } from './raw-client.ts';
import { post, rawClient } from './raw-client.ts';

/**
 * The reaction to a request: a message, an empty POST in place of the answer, another Inform, or it hangs up.
 */
export type Say = Message | 'empty' | 'hang-up' | { readonly inform: InformOf } | { readonly raw: string };

export type Brain = (request: Request<CpeMethod>, id: string) => Say | Promise<Say>;

export interface Played {
  readonly asked: readonly Request<CpeMethod>[];
  /** `empty`: the ACS had nothing more. */
  readonly end: 'empty' | 'hung-up';
}

export interface SessionOptions {
  /** The content of its Inform, or its text. */
  readonly inform?: InformOf | string;
  readonly dialect?: Dialect;
  /** Messages of its own that it sends after the InformResponse, before its empty POST. */
  readonly first?: readonly Message[];
  /** Maximum number of messages; beyond it the test fails. */
  readonly most?: number;
}

export function envelopeOf(answer: RawAnswer): Envelope {
  const decoded = decodeString(answer.body);
  if (!decoded.ok) throw new Error(`${answer.status} ${answer.body.slice(0, 200)}: ${decoded.error.code}`);
  return decoded.value.envelope;
}

export const isForCpe = (message: Message): message is Request<CpeMethod> =>
  message.kind === 'request' && RPCS[message.rpc].by !== 'ACS';

export const fault = (FaultCode: number, FaultString = 'refused'): Message => ({
  kind: 'fault',
  fault: { FaultCode, FaultString, SetParameterValuesFault: [] },
});

/** One session from Inform to 204, on one connection, without cookies. */
export async function playSession(port: number, brain: Brain, options: SessionOptions = {}): Promise<Played> {
  const client = await rawClient(port);
  try {
    return await play(client, brain, options);
  } finally {
    client.close();
  }
}

async function play(client: RawClient, brain: Brain, options: SessionOptions): Promise<Played> {
  const asked: Request<CpeMethod>[] = [];
  const { inform, dialect, most = 2000 } = options;
  client.send(post(typeof inform === 'string' ? inform : informText(inform, dialect)));
  const began = envelopeOf(await client.answer()).message;
  if (began.kind !== 'response' || began.rpc !== 'Inform') throw new Error(`not begun: ${began.kind}`);
  for (const message of options.first ?? []) {
    client.send(post(envelopeText(message, 'own', dialect)));
    if ((await client.answer()).status !== 200) throw new Error('its own request was not answered');
  }
  client.send(post(''));
  for (let spoken = 0; spoken < most; spoken++) {
    const answer = await client.answer();
    if (answer.status === 204) return { asked, end: 'empty' };
    const { message, id = '' } = envelopeOf(answer);
    // The answer to an Inform in the middle of a session is not a request: the empty POST follows.
    if (!isForCpe(message)) {
      client.send(post(''));
      continue;
    }
    asked.push(message);
    const say = await brain(message, id);
    if (say === 'hang-up') return { asked, end: 'hung-up' };
    client.send(post(textOf(say, id, dialect)));
  }
  throw new Error(`the session has no end: ${asked.map(({ rpc }) => rpc).slice(0, 40)}`);
}

function textOf(say: Exclude<Say, 'hang-up'>, id: string, dialect: Dialect | undefined): string {
  if (say === 'empty') return '';
  if ('inform' in say) return informText(say.inform, dialect);
  if ('raw' in say) return say.raw;
  return envelopeText(say, id, dialect);
}

/** One leaf of a hand-written tree. */
export interface HandLeaf {
  readonly value: string;
  readonly type?: string;
  readonly writable?: boolean;
}

export interface HandTree {
  /** Leaves by their full names. */
  readonly leaves: ReadonlyMap<string, HandLeaf>;
  /** Names of further objects, which have no leaves. */
  readonly objects?: readonly string[];
}

/** `count` leaves below a few objects, named after their number. */
export function leavesOf(count: number, root = 'InternetGatewayDevice.'): Map<string, HandLeaf> {
  const leaves = new Map<string, HandLeaf>();
  for (let i = 1; i <= count; i++) {
    const object = ['DeviceInfo.', 'LANDevice.1.', 'LANDevice.1.Hosts.Host.2.', ''][i % 4] ?? '';
    leaves.set(`${root}${object}P${i}`, { value: `v${i}`, type: 'string', writable: i % 3 === 0 });
  }
  return leaves;
}

/** Every name of the tree: leaves and the objects above them. */
export function namesOf({ leaves, objects = [] }: HandTree): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>(objects.map((name) => [name, true]));
  for (const [name, { writable = false }] of leaves) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
      names.set(name.slice(0, dot + 1), false);
    names.set(name, writable);
  }
  return names;
}

/** GetParameterNames by the book (TR-069a6 A.3.2.3); 9005 for unknown names. */
export function tellNames(tree: HandTree, path: string, nextLevel: boolean): Message {
  const names = [...namesOf(tree)].filter(([name]) => {
    if (!name.startsWith(path)) return false;
    const rest = name.slice(path.length);
    return nextLevel ? /^[^.]+\.?$/.test(rest) : true;
  });
  const known = path === '' || [...namesOf(tree).keys()].some((name) => name.startsWith(path));
  if (!known) return fault(9005, 'Invalid parameter name');
  const ParameterList = names.map(([Name, Writable]) => ({ Name, Writable }));
  return { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList } };
}

/** GetParameterValues of full names; 9005 if one of them does not exist. */
export function tellValues({ leaves }: HandTree, names: readonly string[]): Message {
  const ParameterList: { Name: string; Value: string; Type: string }[] = [];
  for (const Name of names) {
    const leaf = leaves.get(Name);
    if (leaf === undefined) return fault(9005, 'Invalid parameter name');
    ParameterList.push({ Name, Value: leaf.value, Type: leaf.type ?? 'string' });
  }
  return { kind: 'response', rpc: 'GetParameterValues', args: { ParameterList } };
}

export const METHODS: Response<'GetRPCMethods'> = {
  kind: 'response',
  rpc: 'GetRPCMethods',
  args: { MethodList: ['GetRPCMethods', 'GetParameterNames', 'GetParameterValues'] },
};

/** Answers the three requests of a first contact from a tree by the book, all others with 9000. */
export const goodModem =
  (tree: HandTree): ((request: Request<CpeMethod>) => Message) =>
  (request) => {
    switch (request.rpc) {
      case 'GetRPCMethods':
        return METHODS;
      case 'GetParameterNames':
        return tellNames(tree, request.args.ParameterPath, request.args.NextLevel);
      case 'GetParameterValues':
        return tellValues(tree, request.args.ParameterNames);
      default:
        return fault(9000, 'Method not supported');
    }
  };

/** Names in each GetParameterValues that was received. */
export const batchesOf = (asked: readonly Request<CpeMethod>[]): readonly (readonly string[])[] =>
  asked.flatMap((request) => (request.rpc === 'GetParameterValues' ? [request.args.ParameterNames] : []));
