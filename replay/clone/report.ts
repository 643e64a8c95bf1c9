/**
 * The report on a cloned profile: what was taken from how many messages, and what the captures do not show.
 */
import { counted } from '../../protocol/counted.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import type { Clone } from './clone.ts';
import type { Evidence } from './evidence.ts';
import { isEmpty } from './evidence.ts';
import type { RpcExchange } from './exchanges.ts';
import { faultOf, informsOf, rpcExchangesOf } from './exchanges.ts';

/** One feature of the profile. */
export interface Taken {
  readonly what: string;
  readonly taken: string;
  /** The messages that show it. */
  readonly from: string;
}

export interface CloneReport {
  /** Its key, and the firmware that was cloned. */
  readonly device: string;
  readonly firmware: string;
  readonly sessions: number;
  readonly messages: number;
  readonly taken: readonly Taken[];
  /** What the captures do not show, and what was assumed instead. */
  readonly unseen: readonly string[];
  /** Quirks that its messages showed, and how often. */
  readonly quirks: Readonly<Record<QuirkId, number>>;
}

export function reportOf(evidence: Evidence, clone: Clone): CloneReport {
  const { firmware, key, messages, quirks, sessions } = evidence;
  return {
    device: key,
    firmware,
    sessions: sessions.length,
    messages,
    taken: rowsOf(evidence, clone).map(([what, taken, from]) => ({ what, taken, from })),
    unseen: clone.unseen,
    quirks: Object.fromEntries(quirks),
  };
}

type Row = readonly [what: string, taken: string, from: string];

function rowsOf(evidence: Evidence, clone: Clone): readonly Row[] {
  const exchanges = rpcExchangesOf(evidence);
  const informs = `${informsOf(evidence.sessions).length} Inform`;
  return [
    ...deviceRows(evidence, clone, exchanges, informs),
    ...messageRows(evidence, clone, exchanges, informs),
  ];
}

/** Who the device is, and what its tree holds. */
function deviceRows(
  { deviceId, firmware }: Evidence,
  { profile, tree }: Clone,
  exchanges: readonly RpcExchange[],
  informs: string,
): readonly Row[] {
  const answers = answersIn(exchanges);
  const { parameters, typesUnknown, valuesUnknown, writableUnknown } = tree.counts;
  const attributes = tree.entries.filter(({ notification }) => notification !== undefined).length;
  const of = (count: number): string => `of ${counted(count, 'parameter')}`;
  const product = `${deviceId.Manufacturer} ${deviceId.ProductClass} ${deviceId.SerialNumber}`;
  const names = `${counted(parameters, 'parameter')}; lists have ${profile.cwmp.lists}`;
  return [
    ['identity', `${product}, ${firmware}`, informs],
    ['names', names, answers('GetParameterNames')],
    ['can be written', `known ${of(parameters - writableUnknown)}`, answers('GetParameterNames')],
    ['types', of(parameters - typesUnknown), answers('GetParameterValues')],
    ['values', of(parameters - valuesUnknown), answers('GetParameterValues')],
    ['attributes', of(attributes), answers('GetParameterAttributes')],
    ['methods', `${profile.cwmp.methods.length}`, answers('GetRPCMethods')],
  ];
}

/** How it writes its messages, and when. */
function messageRows(
  { sessions }: Evidence,
  { cwmp, latency, profile, spelling }: Clone,
  exchanges: readonly RpcExchange[],
  informs: string,
): readonly Row[] {
  const { http, inform } = profile;
  const { id, answerId, idCounts, maxNames, termination } = profile.cwmp;
  const posts = sessions.flatMap((session) => session.posts);
  const messages = counted(spelling.of, 'message');
  const replies = counted(exchanges.length, 'answer');
  const faults = [...cwmp.faults.keys()].sort((a, b) => a - b).join(' ') || 'none met';
  const limit = maxNames === 0 ? 'none met' : `${counted(maxNames, 'name')} at once`;
  const parameters = counted(inform.parameters.length, 'parameter');
  const rows: readonly Row[] = [
    ['Inform', `${parameters}, after a restart ${inform.bootEvents.join(' ')}`, informs],
    [
      'ids',
      `${id}, counting ${idCounts}; answers with ${answerId === 'echo' ? 'that of the request' : 'its own'}`,
      counted(posts.filter((post) => !isEmpty(post)).length, 'message'),
    ],
    ['end of a session', termination, counted(sessions.length, 'session')],
    ['limits', limit, answersIn(exchanges)('GetParameterValues')],
    ['faults', faults, replies],
    ['spelling', `${spelling.alike} of ${messages} letter by letter`, messages],
    ['HTTP', `${http.headers.join(', ')}${http.chunked ? '; chunked' : ''}`, `${posts.length} POST`],
    ['cookies', http.cookies, `${posts.length} POST`],
    ['quirks', profile.quirks.join(' ') || 'none beside the above', `${posts.length} POST`],
  ];
  if (latency === undefined) return rows;
  return [...rows, ['time to answer', `${milliseconds(latency)} ms (median); not in the profile`, replies]];
}

/** How many answers to an RPC the exchanges have, faults not counted. */
function answersIn(exchanges: readonly RpcExchange[]): (rpc: string) => string {
  return (rpc) => {
    const count = exchanges.filter((one) => one.request.rpc === rpc && faultOf(one) === undefined).length;
    return `${count} ${rpc}Response`;
  };
}

const milliseconds = (nanoseconds: bigint): string => (Number(nanoseconds / 1000n) / 1000).toFixed(1);
