/** Quirks that show over time, as a service of the modem. */
import type { ModemContext, ModemService } from '../modem-context.ts';
import { habitsOf } from './habits.ts';

const servicesOf = ({ device, options: { quirks } }: ModemContext): readonly ModemService[] =>
  quirks === undefined ? [] : habitsOf(device, quirks).life;

export const quirkService: ModemService = {
  booted(modem) {
    for (const service of servicesOf(modem)) service.booted?.(modem);
  },
  sessionEnded(modem, report) {
    for (const service of servicesOf(modem)) service.sessionEnded?.(modem, report);
  },
};
