/** Habits of group PN: what a tree says about itself that is not true. */
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import { refuse, renamed, withInstance, withNames, withValues } from './answers.ts';
import type { Habit, Habits } from './habit.ts';
import { perform } from './habit.ts';
import { changeInform } from './message-edits.ts';

/** Instance numbers are this much higher than they should be. */
const SHIFT = 2;

const shift = (name: string, by: number): string =>
  // A number that would become negative becomes 0, which no table has.
  name.replace(/\.(\d{1,9})(?=\.|,|$)/g, (_, number: string) => `.${Math.max(0, Number(number) + by)}`);

/** The other root of a device that has both trees. */
const otherRoot = (root: string): string => (root === 'Device.' ? 'InternetGatewayDevice.' : 'Device.');

export const names = {
  'Q-PN-07': perform((request, plain) =>
    request.rpc === 'GetParameterNames' && request.args.ParameterPath === '' ? refuse(9005) : plain(request),
  ),
  'Q-PN-08': perform((request, plain) =>
    request.rpc === 'GetParameterNames' && !request.args.NextLevel ? refuse(9004) : plain(request),
  ),
  'Q-PN-09': perform((request, plain) => {
    const isGhost = (name: string): boolean => name.endsWith('NumberOfEntries');
    if (request.rpc !== 'GetParameterValues') return plain(request);
    if (request.args.ParameterNames.some(isGhost)) return refuse(9005);
    return withValues(plain(request), (list) => list.filter(({ Name }) => !isGhost(Name)));
  }),
  'Q-PN-10': {
    level: 'rpc',
    make: ({ tree }) => ({
      session: {
        perform(request, plain) {
          if (request.rpc !== 'GetParameterValues') return plain(request);
          const known = request.args.ParameterNames.filter((name) => tree.find(name) !== undefined);
          const asked = { ...request, args: { ParameterNames: known } };
          return withValues(plain(asked), (list) => list.slice(0, Math.max(1, list.length - 1)));
        },
      },
    }),
  },
  'Q-PN-11': {
    level: 'rpc',
    make: ({ tree }) => {
      const isEmpty = (path: string): boolean => {
        const found = tree.find(path);
        return found?.is === 'table' && tree.instances(found.path).length === 0;
      };
      return {
        session: {
          perform(request, plain) {
            switch (request.rpc) {
              case 'GetParameterNames':
                return isEmpty(request.args.ParameterPath) ? refuse(9005) : plain(request);
              case 'GetParameterValues':
                return request.args.ParameterNames.some(isEmpty) ? refuse(9005) : plain(request);
              case 'AddObject':
                return isEmpty(request.args.ObjectName) ? refuse(9005) : plain(request);
              default:
                return plain(request);
            }
          },
        },
      };
    },
  },
  'Q-PN-12': shifted(),
  'Q-PN-13': {
    level: 'rpc',
    make: ({ tree }) => {
      const { root } = tree.shape;
      const other = otherRoot(root);
      const change = (from: string, to: string) => (name: string) =>
        name.startsWith(from) ? to + name.slice(from.length) : name;
      return {
        session: {
          perform(request, plain) {
            const [path] = pathsOf(request);
            if (path?.startsWith(other) === true)
              return renamed(request, plain, change(other, root), change(root, other));
            if (request.rpc !== 'GetParameterNames' || path !== '') return plain(request);
            return withNames(plain(request), (list) => [...list, { Name: other, Writable: false }]);
          },
        },
      };
    },
  },
  'Q-PN-15': perform((request, plain) =>
    withNames(plain(request), (list) =>
      list.map(({ Name, Writable }) => ({ Name, Writable: Name.endsWith('.') ? Writable : !Writable })),
    ),
  ),
} as const satisfies Habits;

function pathsOf(request: Request<CpeMethod>): readonly string[] {
  switch (request.rpc) {
    case 'GetParameterNames':
      return [request.args.ParameterPath];
    case 'GetParameterValues':
    case 'GetParameterAttributes':
      return request.args.ParameterNames;
    case 'SetParameterValues':
    case 'SetParameterAttributes':
      return request.args.ParameterList.map(({ Name }) => Name);
    case 'AddObject':
    case 'DeleteObject':
      return [request.args.ObjectName];
    default:
      return [];
  }
}

/** All its instances begin at 3, in what it reports by itself and in what it answers. */
function shifted(): Habit {
  const outward = (name: string): string => shift(name, SHIFT);
  return {
    level: 'rpc',
    make: () => ({
      session: {
        say: (envelope) =>
          changeInform(envelope, ({ ParameterList }) => ({
            ParameterList: ParameterList.map((value) => ({ ...value, Name: outward(value.Name) })),
          })),
        perform: (request, plain) =>
          withInstance(
            renamed(request, plain, (name) => shift(name, -SHIFT), outward),
            (number) => number + SHIFT,
          ),
      },
    }),
  };
}
