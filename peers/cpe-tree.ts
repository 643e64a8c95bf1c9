/** A tree of parameters, and how a CPE that follows the standard answers for it. */
import type { CpeMethod, Message, Request, Response } from '../protocol/cwmp/messages.ts';
import { fault } from './cpe-session.ts';

export interface CpeLeaf {
  readonly value: string;
  readonly type?: string;
  readonly writable?: boolean;
}

export interface CpeTree {
  /** Leaves by their full names. */
  readonly leaves: ReadonlyMap<string, CpeLeaf>;
  /** Names of further objects, which have no leaves. */
  readonly objects?: readonly string[];
}

/** `count` leaves below a few objects, named after their number. */
export function leavesOf(count: number, root = 'InternetGatewayDevice.'): Map<string, CpeLeaf> {
  const leaves = new Map<string, CpeLeaf>();
  for (let i = 1; i <= count; i++) {
    const object = ['DeviceInfo.', 'LANDevice.1.', 'LANDevice.1.Hosts.Host.2.', ''][i % 4] ?? '';
    leaves.set(`${root}${object}P${i}`, { value: `v${i}`, type: 'string', writable: i % 3 === 0 });
  }
  return leaves;
}

/** Every name of the tree: leaves and the objects above them. */
export function namesOf({ leaves, objects = [] }: CpeTree): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>(objects.map((name) => [name, true]));
  for (const [name, { writable = false }] of leaves) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
      names.set(name.slice(0, dot + 1), false);
    names.set(name, writable);
  }
  return names;
}

/** GetParameterNames by the book (TR-069a6 A.3.2.3); 9005 for what is not there. */
export function answerNames(tree: CpeTree, path: string, nextLevel: boolean): Message {
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

/** GetParameterValues of full names; 9005 when one of them is not there. */
export function answerValues({ leaves }: CpeTree, names: readonly string[]): Message {
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
export const goodCpe =
  (tree: CpeTree): ((request: Request<CpeMethod>) => Message) =>
  (request) => {
    switch (request.rpc) {
      case 'GetRPCMethods':
        return METHODS;
      case 'GetParameterNames':
        return answerNames(tree, request.args.ParameterPath, request.args.NextLevel);
      case 'GetParameterValues':
        return answerValues(tree, request.args.ParameterNames);
      default:
        return fault(9000, 'Method not supported');
    }
  };

/** Names of each GetParameterValues that was asked. */
export const batchesOf = (asked: readonly Request<CpeMethod>[]): readonly (readonly string[])[] =>
  asked.flatMap((request) => (request.rpc === 'GetParameterValues' ? [request.args.ParameterNames] : []));
