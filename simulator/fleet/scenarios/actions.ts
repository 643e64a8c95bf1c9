/** What the steps of a scenario do to a modem. */
import { assertNever } from '../../../protocol/result.ts';
import type { Modem } from '../../modem-types.ts';
import type { Scheduler } from '../../time/scheduler.ts';
import type { Action } from './types.ts';

/** Until when the line of a modem is down: the latest end of overlapping drops. */
const downUntil = new WeakMap<Modem, number>();

/**
 * Does it now. Rejects with ModemlabError E_PARAMETER_UNKNOWN for a parameter that the modem does not have.
 */
export async function act(modem: Modem, action: Action, scheduler: Scheduler): Promise<void> {
  switch (action.do) {
    case 'power-cycle':
      modem.powerCycle();
      return;
    case 'factory-reset':
      modem.factoryReset();
      return;
    case 'power-off':
      await modem.stop();
      scheduler.after(action.seconds * 1000, () => modem.start());
      return;
    case 'drop-line':
      dropLine(modem, action.seconds, scheduler);
      return;
    case 'change':
      modem.change(modem.device.name(action.name), action.value);
      return;
    case 'credentials':
      modem.change(modem.device.name('ManagementServer.Username'), action.username);
      modem.change(modem.device.name('ManagementServer.Password'), action.password);
      return;
    case 'inform':
      modem.inform(action.event);
      return;
    case 'cut':
      modem.cutNextSession(action.point, action.rpc);
      return;
    default:
      assertNever(action);
  }
}

function dropLine(modem: Modem, seconds: number, scheduler: Scheduler): void {
  const until = Math.max(scheduler.now() + seconds * 1000, downUntil.get(modem) ?? 0);
  downUntil.set(modem, until);
  modem.dropLine();
  scheduler.after(seconds * 1000, () => {
    if (scheduler.now() >= until && downUntil.get(modem) === until) modem.restoreLine();
  });
}
