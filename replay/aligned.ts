/** Matches the requests of a peer with those recorded, whatever their order. */

/** A request, to be compared by its kind and by its contents. */
export interface ComparableRequest {
  /** The RPC, or the verb of MDAP. */
  readonly name: string;
  /** Equal if nothing differs except what is ignored. */
  readonly likeness: string;
}

export interface Aligned<R extends ComparableRequest, L extends ComparableRequest> {
  /** Equal requests, or the same RPC with other arguments; in the live order. */
  readonly pairs: readonly { readonly recorded: R; readonly live: L }[];
  readonly missing: readonly R[];
  readonly added: readonly L[];
  /** Where the order differs: the names from there to where it agrees again. */
  readonly order: { readonly recorded: readonly string[]; readonly live: readonly string[] } | undefined;
}

export function align<R extends ComparableRequest, L extends ComparableRequest>(
  recorded: readonly R[],
  live: readonly L[],
): Aligned<R, L> {
  const partner = new Map<number, number>();
  pair(recorded, live, partner, ({ likeness, name }) => `${name}\n${likeness}`);
  pair(recorded, live, partner, ({ name }) => name);
  const taken = new Set(partner.values());
  const pairs = live.flatMap((one, index) => {
    const other = recorded[partner.get(index) ?? -1];
    return other === undefined ? [] : [{ recorded: other, live: one }];
  });
  const sequence = live.flatMap((_, index) => partner.get(index) ?? []);
  return {
    pairs,
    missing: recorded.filter((_, index) => !taken.has(index)),
    added: live.filter((_, index) => !partner.has(index)),
    order: orderOf(recorded, sequence),
  };
}

/** Pairs each unpaired request with the first that has the same key. */
function pair(
  recorded: readonly ComparableRequest[],
  live: readonly ComparableRequest[],
  partner: Map<number, number>,
  keyOf: (asked: ComparableRequest) => string,
): void {
  const taken = new Set(partner.values());
  const waiting = new Map<string, number[]>();
  for (const [index, asked] of recorded.entries()) {
    if (taken.has(index)) continue;
    const key = keyOf(asked);
    const queue = waiting.get(key);
    if (queue === undefined) waiting.set(key, [index]);
    else queue.push(index);
  }
  for (const queue of waiting.values()) queue.reverse();
  for (const [index, asked] of live.entries()) {
    if (partner.has(index)) continue;
    const found = waiting.get(keyOf(asked))?.pop();
    if (found !== undefined) partner.set(index, found);
  }
}

function orderOf(
  recorded: readonly ComparableRequest[],
  sequence: readonly number[],
): Aligned<ComparableRequest, ComparableRequest>['order'] {
  const sorted = [...sequence].sort((a, b) => a - b);
  const first = sequence.findIndex((at, index) => at !== sorted[index]);
  if (first < 0) return undefined;
  let last = sequence.length - 1;
  while (sequence[last] === sorted[last]) last -= 1;
  const names = (indices: readonly number[]): readonly string[] =>
    indices.slice(first, last + 1).map((index) => recorded[index]?.name ?? '');
  return { recorded: names(sorted), live: names(sequence) };
}
