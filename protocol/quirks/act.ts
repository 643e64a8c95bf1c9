/** Writes a message as a peer with quirks would: the simulator's and the fuzzer's way to bytes. */
import { encode } from '../cwmp/encode.ts';
import type { Envelope } from '../cwmp/messages.ts';
import type { QuirkKey } from '../quirks.ts';
import { isQuirkKey, QUIRKS } from '../quirks.ts';
import { assertNever } from '../result.ts';
import type { Dialect } from '../soap/dialect.ts';
import type { Act } from './quirk.ts';

/** The ids of all quirks that have an act, in the order of the table. */
export const ACTING: readonly QuirkKey[] = Object.keys(QUIRKS)
  .filter(isQuirkKey)
  .filter((id) => QUIRKS[id].act !== undefined);

/**
 * The text of an envelope, written in this dialect by a peer that has these quirks. What does not fit the
 * message, or has no act, is passed over. Changes are made to the message first, in the order given, then to
 * the dialect, then to the text; where two change the same thing the later one wins.
 */
export function applyQuirks(envelope: Envelope, dialect: Dialect, ids: readonly QuirkKey[]): string {
  let message = envelope;
  for (const act of actsOf(ids)) if (act.on === 'message' && act.fits(message)) message = act.change(message);
  let spelling = dialect;
  const ofText: ((text: string) => string)[] = [];
  for (const act of actsOf(ids)) {
    if (act.on === 'message' || !act.fits(message)) continue;
    switch (act.on) {
      case 'dialect':
        spelling = act.change(spelling);
        break;
      case 'text':
        ofText.push(act.change);
        break;
      default:
        assertNever(act);
    }
  }
  return ofText.reduce((text, change) => change(text), encode(message, spelling));
}

/**
 * What of the envelope can be read back after `applyQuirks` with this one quirk; `undefined` where it does
 * not fit.
 */
export function keptOf(envelope: Envelope, id: QuirkKey): Envelope | undefined {
  const { act } = QUIRKS[id];
  if (act === undefined || !act.fits(envelope)) return undefined;
  if (act.keeps !== undefined) return act.keeps(envelope);
  return act.on === 'message' ? act.change(envelope) : envelope;
}

function actsOf(ids: readonly QuirkKey[]): readonly Act[] {
  return ids.flatMap((id) => QUIRKS[id].act ?? []);
}
