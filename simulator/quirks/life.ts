/** Quirks that show over time, as a part of the modem. */
import type { Inside, Part } from '../modem-context.ts';
import { habitsOf } from './habits.ts';

const partsOf = ({ device, options: { quirks } }: Inside): readonly Part[] =>
  quirks === undefined ? [] : habitsOf(device, quirks).life;

export const quirkLife: Part = {
  booted(modem) {
    for (const part of partsOf(modem)) part.booted?.(modem);
  },
  sessionEnded(modem, report) {
    for (const part of partsOf(modem)) part.sessionEnded?.(modem, report);
  },
};
