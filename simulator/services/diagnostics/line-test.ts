/**
 * The test of an ADSL line from both ends (TR-098 WANDSLDiagnostics, TR-181 ADSLLineTest; values as in
 * G.992.3 8.12.3).
 */
import type { TestKind, TestRun } from './test-kind.ts';
import { failed, lacksInterface } from './test-kind.ts';

/** The line is down during it. */
const LINE_TEST_MS = 25_000;
/** Groups of subcarriers, each with one value. */
const GROUPS = 64;

export const lineTest: TestKind = {
  is: 'simulated',
  run(test) {
    if (lacksInterface(test)) return { outcome: failed('Error_Other'), ms: 0 };
    const between = (low: number, high: number): number => Math.round(low + (high - low) * test.random());
    return {
      ms: LINE_TEST_MS,
      outcome: {
        state: 'Complete',
        results: {
          ACTPSDds: between(-420, -380),
          ACTPSDus: between(-390, -370),
          ACTATPds: between(170, 204),
          ACTATPus: between(110, 125),
          HLINSCds: between(8000, 32_000),
          HLINpsds: overGroups(
            test,
            (far) => `${Math.round(30_000 * (1 - far) ** 2)},${Math.round(-900 * far)}`,
          ),
          QLNpsds: overGroups(test, (far, noise) => Math.round(186 + 40 * far + 8 * noise)),
          SNRpsds: overGroups(test, (far, noise) => Math.round(170 - 110 * far - 10 * noise)),
          BITSpsds: overGroups(test, (far, noise) => Math.max(0, Math.round(14 - 13 * far - noise))),
          GAINSpsds: overGroups(test, (_, noise) => Math.round(490 + 40 * noise)),
        },
      },
    };
  },
};

/** Comma-separated; `far` grows from 0 at the lowest carrier to 1: copper attenuates higher ones more. */
function overGroups({ random }: TestRun, value: (far: number, noise: number) => string | number): string {
  return Array.from({ length: GROUPS }, (_, group) => value(group / (GROUPS - 1), random())).join(',');
}
