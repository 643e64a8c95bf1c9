/** When a scheduled download is tried (TR-069a6 A.4.1.8): offsets of windows count from the request. */
import type { Args } from '../../protocol/cwmp/messages.ts';
import type { Random } from '../../protocol/random.ts';
import type { Transfer } from '../device/transfer-list.ts';
import type { TransferTraits } from '../profile/rpc-traits.ts';

type Window = Args<'ScheduleDownload'>['TimeWindowList'][number];

/** Simulated milliseconds between two tries in one window. */
const RETRY_MS = 30_000;
/** Tries if the ACS leaves the number to the device (MaxRetries -1). */
const OWN_RETRIES = 3;
/** Simulated milliseconds until a subscriber has answered. */
const ANSWER_MS = 30_000;

/** Simulated time of the next try, now or later; `undefined`: no window is left. Past windows are removed. */
export function nextTry(
  transfer: Transfer,
  { confirmation }: TransferTraits,
  now: number,
  random: Random,
): number | undefined {
  if (transfer.order.do !== 'schedule-download') return now;
  const { TimeWindowList } = transfer.order.args;
  for (; transfer.window < TimeWindowList.length; transfer.window += 1, transfer.tries = 0) {
    const window = TimeWindowList[transfer.window];
    if (window === undefined) return undefined;
    const end = transfer.acceptedAt + window.WindowEnd * 1000;
    const at = timeOfTry(transfer, window, now, random);
    const isAllowed = transfer.tries <= retriesOf(window) && !isRefused(window, confirmation);
    if (isAllowed && at <= end) return at;
  }
  return undefined;
}

function timeOfTry({ acceptedAt, tries }: Transfer, window: Window, now: number, random: Random): number {
  const start = acceptedAt + window.WindowStart * 1000;
  if (tries > 0) return now + RETRY_MS;
  const begin = Math.max(start, now);
  const rest = acceptedAt + window.WindowEnd * 1000 - begin;
  switch (window.WindowMode.charAt(0)) {
    // At some time in the first half nobody uses the line.
    case '3':
      return begin + Math.floor(Math.max(0, rest) * 0.5 * random());
    case '4':
      return begin + ANSWER_MS;
    default:
      return begin;
  }
}

const retriesOf = ({ MaxRetries }: Window): number => (MaxRetries < 0 ? OWN_RETRIES : MaxRetries);

const isRefused = ({ WindowMode }: Window, confirmation: TransferTraits['confirmation']): boolean =>
  WindowMode.startsWith('4') && confirmation !== 'yes';
