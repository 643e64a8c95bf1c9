/**
 * ScheduleInform: the scheduled informs, and the service that sends them. They survive a restart if and only
 * if the device knows the time (TR-069a6 A.4.1.2).
 */
import type { Device } from '../device/device.ts';
import type { Scheduled } from '../device/rpc/schedule.ts';
import { scheduledOf, unschedule } from '../device/rpc/schedule.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';

export const scheduledInforms: ModemService = {
  afterwards(modem, task) {
    if (task.do !== 'schedule-inform') return false;
    if (modem.on) arm(modem);
    return true;
  },

  booted: arm,

  down(modem, cause) {
    if (cause === 'factory-reset' || !knowsTime(modem.device)) unschedule(modem.device);
  },
};

const knowsTime = ({ profile }: Device): boolean => profile.inform.clock === 'absolute';

function arm(modem: ModemContext): void {
  for (const one of scheduledOf(modem.device))
    modem.timers.set(`scheduled ${one.id}`, one.due - modem.scheduler.now(), () => inform(modem, one));
}

function inform(modem: ModemContext, one: Scheduled): void {
  // One that replaced this has an id of its own.
  if (!unschedule(modem.device, one)) return;
  modem.raise('M ScheduleInform', one.commandKey);
  modem.go();
}
