/**
 * The report on a cloned profile: what was taken from how many messages, and what the captures do not show.
 */
import type { QuirkId } from '../../protocol/quirks/note.ts';
import type { Clone } from './clone.ts';
import type { Evidence } from './evidence.ts';
import { isEmpty } from './evidence.ts';
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
  const { deviceId, firmware, sessions } = evidence;
  const { cwmp, profile, spelling, tree } = clone;
  const exchanges = rpcExchangesOf(evidence);
  const answers = (rpc: string): string => {
    const count = exchanges.filter((one) => one.request.rpc === rpc && faultOf(one) === undefined).length;
    return `${count} ${rpc}Response`;
  };
  const posts = sessions.flatMap((session) => session.posts);
  const { objectsUnlisted: _, parameters, typesUnknown, valuesUnknown, writableUnknown } = tree.counts;
  const attributes = tree.entries.filter(({ notification }) => notification !== undefined).length;
  const informs = `${informsOf(sessions).length} Inform`;
  const { inform } = profile;
  const { id, answerId, idCounts, lists, maxNames, termination } = profile.cwmp;
  const faults = [...cwmp.faults.keys()].sort((a, b) => a - b);
  return [
    [
      'identity',
      `${deviceId.Manufacturer} ${deviceId.ProductClass} ${deviceId.SerialNumber}, ${firmware}`,
      informs,
    ],
    ['names', `${parameters} parameters; lists have ${lists}`, answers('GetParameterNames')],
    ['can be written', `known of ${parameters - writableUnknown} parameters`, answers('GetParameterNames')],
    ['types', `of ${parameters - typesUnknown} parameters`, answers('GetParameterValues')],
    ['values', `of ${parameters - valuesUnknown} parameters`, answers('GetParameterValues')],
    ['attributes', `of ${attributes} parameters`, answers('GetParameterAttributes')],
    ['methods', `${profile.cwmp.methods.length}`, answers('GetRPCMethods')],
    [
      'Inform',
      `${inform.parameters.length} parameters, after a restart ${inform.bootEvents.join(' ')}`,
      informs,
    ],
    [
      'ids',
      `${id}, counting ${idCounts}; answers with ${answerId === 'echo' ? 'that of the request' : 'its own'}`,
      `${posts.length - posts.filter(isEmpty).length} messages`,
    ],
    ['end of a session', termination, `${sessions.length} sessions`],
    ['limits', maxNames === 0 ? 'none met' : `${maxNames} names at once`, answers('GetParameterValues')],
    ['faults', faults.length === 0 ? 'none met' : faults.join(' '), `${exchanges.length} answers`],
    ['spelling', `${spelling.alike} of ${spelling.of} messages letter by letter`, `${spelling.of} messages`],
    [
      'HTTP',
      `${profile.http.headers.join(', ')}${profile.http.chunked ? '; chunked' : ''}`,
      `${posts.length} POST`,
    ],
    ['cookies', `${profile.http.cookies}`, `${posts.length} POST`],
    ['quirks', profile.quirks.join(' ') || 'none beside the above', `${posts.length} POST`],
    ...(clone.latency === undefined
      ? []
      : ([
          [
            'time to answer',
            `${milliseconds(clone.latency)} ms (median); not in the profile`,
            `${exchanges.length} answers`,
          ],
        ] as const)),
  ];
}

const milliseconds = (nanoseconds: bigint): string => (Number(nanoseconds / 1000n) / 1000).toFixed(1);
