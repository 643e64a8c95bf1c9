/** TraceRoute (TR-098 TraceRouteDiagnostics, TR-181 IP.Diagnostics.TraceRoute). */
import { resolveHost, routerTo } from './internet.ts';
import { ownAddress, roundTrip } from './ping.ts';
import type { TestKind, TestRun } from './test-kind.ts';
import { failed, lacksInterface } from './test-kind.ts';

/** More than any route has; an ACS can set MaxHopCount and NumberOfTries to anything. */
const MAX_HOPS = 64;
const MAX_TRIES = 10;

export const traceRoute: TestKind = {
  is: 'simulated',
  run(test) {
    const host = resolveHost(test.setting('Host'));
    if (lacksInterface(test)) return { outcome: failed('Error_Other'), ms: 0 };
    if (host === undefined) return { outcome: failed('Error_CannotResolveHostName'), ms: 2000 };
    const timeout = test.count('Timeout', 5000);
    const tries = Math.min(test.count('NumberOfTries', 3), MAX_TRIES);
    const allowed = Math.min(test.count('MaxHopCount', 30), MAX_HOPS);
    const isReached = host.answers && host.hops <= allowed;
    // Towards a host that does not answer the last router is the last to answer.
    const answering = Math.min(allowed, host.answers ? host.hops : host.hops - 1);
    const rows = [];
    let ms = 0;
    let last = 0;
    for (let hop = 1; hop <= (isReached ? host.hops : allowed); hop++) {
      const isHost = isReached && hop === host.hops;
      const times = hop <= answering ? timesTo((host.rtt * hop) / host.hops, tries, test) : [];
      last = times.reduce((sum, time) => sum + time, 0) / (times.length || 1);
      ms += times.length === 0 ? tries * timeout : times.reduce((sum, time) => sum + time, 0);
      const router = routerTo(host, hop);
      const who = isHost ? { name: test.setting('Host'), address: host.address } : router;
      rows.push(hopRow(times.length === 0 ? undefined : who, times));
    }
    return {
      outcome: {
        state: isReached ? 'Complete' : 'Error_MaxHopCountExceeded',
        results: { ResponseTime: isReached ? Math.round(last) : 0, IPAddressUsed: ownAddress(test) },
        rows: { table: 'RouteHops', rows },
      },
      ms,
    };
  },
};

const timesTo = (rtt: number, tries: number, test: TestRun): number[] =>
  Array.from({ length: tries }, () => Math.round(roundTrip({ rtt }, test)));

/** In TR-098 the names begin with `Hop`. The code is that of ICMP: 0 for time exceeded in transit. */
function hopRow(
  who: { readonly name: string; readonly address: string } | undefined,
  times: readonly number[],
): Record<string, string | number> {
  const row = {
    Host: who?.name ?? '',
    HostAddress: who?.address ?? '',
    ErrorCode: 0,
    RTTimes: times.join(','),
  };
  const old = Object.entries(row).map(([name, value]) => [
    name === 'RTTimes' ? 'HopRTTimes' : `Hop${name}`,
    value,
  ]);
  return { ...row, ...Object.fromEntries(old) };
}
