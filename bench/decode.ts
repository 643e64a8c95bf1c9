/** Reading and decoding a large answer, beside a scan of the same text for its tags. */
import { XMLParser } from 'fast-xml-parser';
import { envelopeText } from '../peers/samples/invented-modem.ts';
import { decode, decodeString } from '../protocol/cwmp/decode.ts';
import type { Figure } from './report.ts';

const VALUES = 2000;
const APPLICATIONS = 'InternetGatewayDevice.Services.X_000E50_NATApplicationList.Application.';

const text = envelopeText({
  kind: 'response',
  rpc: 'GetParameterValues',
  args: {
    ParameterList: Array.from({ length: VALUES }, (_, index) => ({
      Name: `${APPLICATIONS}${index}.Rule.1.ExternalPort`,
      Value: `value ${index} of it`,
      Type: index % 3 === 0 ? 'unsignedInt' : 'string',
    })),
  },
});
const bytes = new TextEncoder().encode(text);

/** Milliseconds of the best of several rounds, each of many calls. */
function time(call: () => void, calls: number): number {
  for (let i = 0; i < calls; i++) call();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, (performance.now() - before) / calls);
  }
  return best;
}

function scan(): void {
  let tags = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) tags += 1;
  if (tags === 0) throw new Error('unreachable: no tags');
}

function must(ok: boolean): void {
  if (!ok) throw new Error('unreachable: it does not decode');
}

export function decodeFigures(): readonly Figure[] {
  const base = time(scan, 200);
  const parser = new XMLParser({ ignoreAttributes: false });
  const rows: readonly [string, number, number | undefined][] = [
    ['from text', time(() => must(decodeString(text).ok), 40), 10],
    ['from bytes, their charset found', time(() => must(decode(bytes).ok), 40), undefined],
    [
      'by fast-xml-parser, for comparison: reading alone',
      time(() => must(parser.parse(text) !== undefined), 3),
      undefined,
    ],
  ];
  const kilobytes = Math.round(text.length / 1000);
  return rows.map(([how, own, limit]) => ({
    question: `${VALUES}-parameter GetParameterValuesResponse of ${kilobytes} KB read and decoded, ${how}`,
    baseline: `${base.toFixed(3)} ms for indexOf('<')`,
    own: `${own.toFixed(3)} ms`,
    ratio: own / base,
    limit,
  }));
}
