/** Restart behaviour, from the Informs that follow a restart. */
import type { Evidence } from './evidence.ts';
import { informsOf } from './exchanges.ts';

/** The events of the first Inform after a restart, and how long after the restart it came. */
export function bootOf(
  informs: ReturnType<typeof informsOf>,
  { sessions }: Evidence,
  unseen: string[],
): { readonly bootEvents: readonly string[] | undefined; readonly bootSeconds: number | undefined } {
  const boot = informs.find(({ inform }) => inform.Event.some(({ EventCode }) => EventCode === '1 BOOT'));
  if (boot === undefined) {
    unseen.push('no restart: events and time of the first Inform after one are those of a plain device');
    return { bootEvents: undefined, bootSeconds: undefined };
  }
  const codes = boot.inform.Event.map(({ EventCode }) => EventCode);
  const took = boot.inform.RetryCount === 0 ? clockOf(boot.inform) : Number.NaN;
  const bootSeconds = isBootTime(took) ? took : rebootSeconds(sessions);
  if (bootSeconds === undefined) unseen.push('how long it takes from a restart to its Inform');
  return {
    bootEvents: codes.filter((code) => code === '1 BOOT' || code === '4 VALUE CHANGE'),
    bootSeconds,
  };
}

/** Seconds since 1970 by the clock of the device. */
const clockOf = ({ CurrentTime }: { readonly CurrentTime: string }): number =>
  Date.parse(CurrentTime.endsWith('Z') ? CurrentTime : `${CurrentTime}Z`) / 1000;

const isBootTime = (seconds: number): boolean => seconds > 0 && seconds < 3600;

/** By its clock, from the end of a session with a Reboot to its next Inform. */
function rebootSeconds(sessions: Evidence['sessions']): number | undefined {
  for (const [index, session] of sessions.entries()) {
    const [before, after] = [sessions[index - 1], session].map((one) => one && informsOf([one])[0]);
    if (before === undefined || after === undefined || after.inform.RetryCount > 0) continue;
    if (!after.inform.Event.some(({ EventCode }) => EventCode === 'M Reboot')) continue;
    const last = sessions[index - 1]?.posts.at(-1);
    const lasted = last === undefined ? 0 : Number((last.began - before.began) / 1_000_000_000n);
    const took = clockOf(after.inform) - clockOf(before.inform) - lasted;
    if (isBootTime(took)) return took;
  }
  return undefined;
}
