/** Whether the scenes of RPCs, each played by hand-written text and by the ACS, miss any RPC or fault. */
import t from 'tap';
import { FAULTS } from '../../../../protocol/cwmp/faults.ts';
import type { CpeMethod } from '../../../../protocol/cwmp/messages.ts';
import { RPCS } from '../../../../protocol/cwmp/messages.ts';
import { SCENES } from '../../../support/modem/rpc-cases.ts';
import { TRANSFER_SCENES } from '../../../support/modem/rpc-transfer-cases.ts';

/** Codes of a CPE that no simulated modem needs, with the reason. */
const UNUSED: ReadonlyMap<number, string> = new Map([
  [9014, 'no modem here fetches files by multicast: such a URL is 9013'],
]);

const cases = [...SCENES, ...TRANSFER_SCENES].flatMap((scene) => scene.cases);
const both = cases.filter(({ byHandOnly }) => byHandOnly !== true);

t.test('each RPC of a CPE is carried out and is refused, by text and by the ACS', async (t) => {
  const methods = Object.entries(RPCS).flatMap(([name, { by }]) => (by === 'ACS' ? [] : [name]));
  const of = (method: string) => both.filter(({ ask }) => ask.request.rpc === method);
  for (const method of methods) {
    t.ok(
      of(method).some(({ fault }) => fault === undefined),
      `${method} is carried out`,
    );
    t.ok(
      of(method).some(({ fault }) => fault !== undefined),
      `${method} is refused`,
    );
  }
  const known: readonly CpeMethod[] = both.map(({ ask }) => ask.request.rpc);
  t.strictSame([...new Set<string>(known)].sort(), methods.sort(), 'and there are no others');
});

t.test('each fault code of a CPE is seen, by text and by the ACS', async (t) => {
  const seen = new Set(
    both.flatMap(({ fault, inner = [], reported }) => [
      fault,
      reported?.code,
      ...inner.map(([, code]) => code),
    ]),
  );
  const codes = [...FAULTS.keys()].filter((code) => code >= 9000 && code < 9800);
  t.ok(codes.length >= 33);
  for (const code of codes) t.not(seen.has(code), UNUSED.has(code), `${code} ${UNUSED.get(code) ?? ''}`);
});
