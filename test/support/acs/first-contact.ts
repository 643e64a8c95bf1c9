/**
 * The first contact of a simulated modem with our ACS, recorded in memory as `simulate cpe --record` does.
 */
import { recordSocket } from '../../../captures/record/record-socket.ts';
import type { Modem, ModemOptions } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { recordToMemory } from '../capture/record-memory.ts';
import { simulatedTime } from '../modem/simulated-time.ts';
import type { TestAcs } from './run-acs.ts';
import { runAcs } from './run-acs.ts';

/**
 * The capture, as pcapng. `start`: simulated time in milliseconds since 1970 at which the modem is switched
 * on; `more`: what happens after the first contact.
 */
export async function recordFirstContact(
  options: Omit<ModemOptions, 'acs' | 'scheduler'>,
  start: number,
  more: (modem: Modem, acs: TestAcs) => Promise<void> = async () => {},
): Promise<Uint8Array> {
  const { bytes, recorder } = recordToMemory();
  const acs = await runAcs();
  const { scheduler, until } = simulatedTime(start);
  const modem = createModem({
    ...options,
    acs: acs.url,
    scheduler,
    onSocket: (socket) => {
      recordSocket(recorder, socket, 'client');
    },
  });
  try {
    const ended = modem.next('session-ended');
    modem.start();
    const [report] = await until(ended);
    if (!report.ok) throw new Error(`the session failed: ${report.why}`);
    await until(more(modem, acs));
  } finally {
    await modem.stop();
    scheduler.stop();
    await acs.stop();
  }
  return bytes();
}
