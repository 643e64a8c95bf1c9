/** What a bench finds, and how it is shown. */

export interface Figure {
  readonly question: string;
  readonly baseline: string;
  readonly own: string;
  /** Own over baseline; undefined where there is no baseline. */
  readonly ratio: number | undefined;
  /** Maximum of the ratio; undefined: it is shown, not judged. */
  readonly limit: number | undefined;
  /** Where there is no ratio: whether the limit is kept. */
  readonly kept?: boolean;
}

export function isKept({ ratio, limit, kept }: Figure): boolean {
  if (kept !== undefined) return kept;
  return limit === undefined || ratio === undefined || ratio <= limit;
}

/** A table in Markdown, as docs/performance.md has it. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { question, baseline, own, ratio, limit } = figure;
    const shown = ratio === undefined ? '' : ratio.toFixed(2);
    const kept = isKept(figure) ? 'yes' : 'NO';
    return `| ${question} | ${baseline} | ${own} | ${shown} | ${limit ?? ''} | ${kept} |`;
  });
  return [
    '| question | baseline | modemlab | ratio | limit | kept |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** The median: a noisy round does not count. */
export function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
