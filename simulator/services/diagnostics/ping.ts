/**
 * IPPing (TR-098 IPPingDiagnostics, TR-181 IP.Diagnostics.IPPing) and ATM F5 loopback: echoes, counted and
 * timed.
 */
import { resolveHost } from './internet.ts';
import type { Outcome, TestKind, TestRun } from './test-kind.ts';
import { failed, lacksInterface } from './test-kind.ts';

/** Simulated milliseconds from one echo request to the next. */
const INTERVAL_MS = 1000;
/** Echoes that are simulated one by one; beyond this the rest has the same statistics. */
const MAX_DRAWN = 1000;

interface Path {
  readonly answers: boolean;
  readonly rtt: number;
  readonly loss: number;
}

export const ping: TestKind = {
  is: 'simulated',
  run(test) {
    const host = resolveHost(test.setting('Host'));
    if (lacksInterface(test)) return { outcome: failed('Error_Other'), ms: 0 };
    if (host === undefined) return { outcome: failed('Error_CannotResolveHostName'), ms: 2000 };
    const { outcome, ms } = echoes(test, host, test.count('NumberOfRepetitions', 3));
    return { outcome: { ...outcome, results: { ...outcome.results, IPAddressUsed: ownAddress(test) } }, ms };
  },
};

/** OAM cells to the other end of the virtual circuit. */
export const loopback: TestKind = {
  is: 'simulated',
  run(test) {
    if (lacksInterface(test)) return { outcome: failed('Error_Other'), ms: 0 };
    const rtt = 6 + 14 * test.random();
    return echoes(test, { answers: true, rtt, loss: 0 }, test.count('NumberOfRepetitions', 1));
  },
};

function echoes(
  test: TestRun,
  path: Path,
  wanted: number,
): { readonly outcome: Outcome; readonly ms: number } {
  const timeout = test.count('Timeout', 1000);
  const drawn = Math.min(wanted, MAX_DRAWN);
  const times: number[] = [];
  for (let repetition = 0; repetition < drawn; repetition++) {
    const time = roundTrip(path, test);
    const isLost = !path.answers || test.random() < path.loss || time > timeout;
    if (!isLost) times.push(time);
  }
  const succeeded = Math.round((times.length / drawn) * wanted);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const outcome: Outcome = {
    state: 'Complete',
    results: {
      SuccessCount: succeeded,
      FailureCount: wanted - succeeded,
      ...inUnits('AverageResponseTime', mean),
      ...inUnits('MinimumResponseTime', least),
      ...inUnits('MaximumResponseTime', most),
    },
  };
  return { outcome, ms: (wanted - 1) * INTERVAL_MS + (succeeded === wanted ? mean : timeout) };
}

/** Milliseconds, and microseconds for models that have `Detailed`; 0 when nothing was measured. */
function inUnits(name: string, ms: number): Record<string, number> {
  const measured = Number.isFinite(ms) ? ms : 0;
  return { [name]: Math.round(measured), [`${name}Detailed`]: Math.round(measured * 1000) };
}

/** Most are close to the minimum; a few are late. */
export function roundTrip({ rtt }: { readonly rtt: number }, { random }: TestRun): number {
  const late = random();
  return rtt * (1 + 0.08 * random()) + (late > 0.97 ? 30 * random() : 0) + late * 0.5;
}

/** The address of the WAN side, if the model has it in its usual place. */
export function ownAddress({ device }: TestRun): string {
  const { root } = device.profile.tree;
  const places =
    root === 'Device.'
      ? ['Device.PPP.Interface.1.IPCP.LocalIPAddress', 'Device.IP.Interface.1.IPv4Address.1.IPAddress']
      : device.informParameters().flatMap(({ Name }) => (Name.endsWith('.ExternalIPAddress') ? Name : []));
  return places.map((name) => device.valueAt(name)).find((address) => address !== undefined) ?? '';
}
