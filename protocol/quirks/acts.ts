/** The acts of all quirks that encoding can reproduce, by id. */
import type { Act, QuirkId } from './quirk.ts';

export const acts = {} as const satisfies Readonly<Partial<Record<QuirkId, Act>>>;
