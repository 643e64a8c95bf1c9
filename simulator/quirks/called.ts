/** Habits of groups AU and CR that show when a modem is called. */
import type { ConnectionRequestTraits } from '../profile/connection-request-traits.ts';
import type { Habit, Habits } from './habit.ts';
import { perform } from './habit.ts';

const callee = (change: Partial<ConnectionRequestTraits>): Habit => ({
  level: 'called',
  profile: (profile) => ({
    ...profile,
    connectionRequest: { ...profile.connectionRequest, ...change },
  }),
});

export const called = {
  'Q-AU-01': callee({ auth: 'digest', qop: false, algorithm: 'quoted', domain: '/' }),
  'Q-AU-08': callee({ afterChallenge: 'close' }),
  // Acknowledged, but ignored: it keeps its current one.
  'Q-AU-10': perform((request, plain) => {
    if (request.rpc !== 'SetParameterValues') return plain(request);
    const { ParameterList } = request.args;
    const kept = ParameterList.filter(({ Name }) => !Name.endsWith('.ConnectionRequestPassword'));
    if (kept.length > 0) return plain({ ...request, args: { ...request.args, ParameterList: kept } });
    return { ok: true, response: { kind: 'response', rpc: request.rpc, args: { Status: 0 } } };
  }),
  'Q-CR-01': callee({ session: 'before' }),
  'Q-CR-02': callee({ session: 'never' }),
} as const satisfies Habits;
