/**
 * The events of Inform (TR-069a6 3.7.1.5 Table 8): what each is delivered by, when it is sent again and when
 * discarded; and the queue that a device keeps of them, as a value.
 */
import { LIMITS } from '../limits.ts';
import type { AcsMethod, CwmpVersion, Inform } from './messages.ts';

export type EventStruct = Inform['Event'][number];

export interface EventRule {
  /**
   * single: at most one entry of the code in an Inform. multiple: one an occurrence, each with its
   * CommandKey.
   */
  readonly cumulative: 'single' | 'multiple';
  /** The request whose response counts as delivery. */
  readonly deliveredBy: AcsMethod;
  /** Whether it is sent again after a session that failed; `may` is left to the device, and modemlab does. */
  readonly retry: 'must' | 'may' | 'never';
  /** Whether a reboot discards what is undelivered. */
  readonly discardOnReboot: boolean;
  /** The event without which this one is not sent: they have one root cause. */
  readonly with?: string;
  readonly since: CwmpVersion;
}

const rule = (since: CwmpVersion, deliveredBy: AcsMethod, change: Partial<EventRule> = {}): EventRule => ({
  cumulative: 'single',
  deliveredBy,
  retry: 'must',
  discardOnReboot: false,
  since,
  ...change,
});
const command = (since: CwmpVersion, deliveredBy: AcsMethod, companion: string): EventRule =>
  rule(since, deliveredBy, { cumulative: 'multiple', with: companion });

const BOOTSTRAP = '0 BOOTSTRAP';
const HEARTBEAT = '14 HEARTBEAT';

/** Table 8 by exact code. BOOTSTRAP discards all other undelivered events, and nothing discards BOOTSTRAP. */
export const EVENTS: ReadonlyMap<string, EventRule> = new Map([
  [BOOTSTRAP, rule('1.0', 'Inform')],
  ['1 BOOT', rule('1.0', 'Inform', { discardOnReboot: true })],
  ['2 PERIODIC', rule('1.0', 'Inform')],
  ['3 SCHEDULED', rule('1.0', 'Inform')],
  ['4 VALUE CHANGE', rule('1.0', 'Inform', { discardOnReboot: true })],
  ['5 KICKED', rule('1.0', 'Kicked', { retry: 'may' })],
  ['6 CONNECTION REQUEST', rule('1.0', 'Inform', { retry: 'never', discardOnReboot: true })],
  ['7 TRANSFER COMPLETE', rule('1.0', 'TransferComplete')],
  ['8 DIAGNOSTICS COMPLETE', rule('1.0', 'Inform', { discardOnReboot: true })],
  ['9 REQUEST DOWNLOAD', rule('1.0', 'RequestDownload', { retry: 'may' })],
  ['10 AUTONOMOUS TRANSFER COMPLETE', rule('1.1', 'AutonomousTransferComplete')],
  ['11 DU STATE CHANGE COMPLETE', rule('1.2', 'DUStateChangeComplete')],
  ['12 AUTONOMOUS DU STATE CHANGE COMPLETE', rule('1.2', 'AutonomousDUStateChangeComplete')],
  ['13 WAKEUP', rule('1.4', 'Inform', { discardOnReboot: true })],
  [HEARTBEAT, rule('1.4', 'Inform', { discardOnReboot: true })],
  ['M Reboot', command('1.0', 'Inform', '1 BOOT')],
  ['M ScheduleInform', command('1.0', 'Inform', '3 SCHEDULED')],
  ['M Download', command('1.0', 'TransferComplete', '7 TRANSFER COMPLETE')],
  ['M ScheduleDownload', command('1.2', 'TransferComplete', '7 TRANSFER COMPLETE')],
  ['M Upload', command('1.0', 'TransferComplete', '7 TRANSFER COMPLETE')],
  ['M ChangeDUState', command('1.2', 'DUStateChangeComplete', '11 DU STATE CHANGE COMPLETE')],
]);

/**
 * Vendor events (`M X_<VENDOR>_<method>`, `X <VENDOR> <event>`) and unknown ones: Table 8 leaves their rules
 * to the vendor.
 */
const VENDOR_COMMAND: EventRule = rule('1.0', 'Inform', { cumulative: 'multiple' });
const VENDOR: EventRule = rule('1.0', 'Inform');

export function eventRule(code: string): EventRule {
  return EVENTS.get(code) ?? (code.startsWith('M ') ? VENDOR_COMMAND : VENDOR);
}

/** An event that is not delivered. */
interface QueuedEvent extends EventStruct {
  /**
   * Unique in the queue, and new each time the event occurs: what occurs after an Inform was made is not in
   * it.
   */
  readonly serial: number;
  /** Times it occurred; of interest for single ones that a call of their own delivers. */
  readonly times: number;
}

/** The undelivered events of a device, oldest first; never more than fit into one Inform. */
export interface EventQueue {
  readonly events: readonly QueuedEvent[];
  readonly raised: number;
}

/** The events of one Inform, and which of the queue's they are. */
export interface InformEvents {
  readonly Event: readonly EventStruct[];
  readonly serials: readonly number[];
}

export const noEvents: EventQueue = { events: [], raised: 0 };

/**
 * An event occurs. Its companion (7 TRANSFER COMPLETE for M Download and so on) occurs with it. BOOTSTRAP
 * discards all others, so at a first power-on raise it before 1 BOOT. Past 64 entries the oldest `M` events
 * are dropped (A.3.3.1).
 */
export function raise(queue: EventQueue, code: string, commandKey = ''): EventQueue {
  const companion = eventRule(code).with;
  const first = companion === undefined ? queue : put(queue, companion, '');
  return limited(put(code === BOOTSTRAP ? { ...first, events: [] } : first, code, commandKey));
}

function put({ events, raised }: EventQueue, code: string, commandKey: string): EventQueue {
  const serial = raised + 1;
  const single = eventRule(code).cumulative === 'single';
  const earlier = single ? events.find(({ EventCode }) => EventCode === code) : undefined;
  const times = (earlier?.times ?? 0) + 1;
  const event = { EventCode: code, CommandKey: single ? '' : commandKey, serial, times };
  return {
    events:
      earlier === undefined ? [...events, event] : events.map((other) => (other === earlier ? event : other)),
    raised: serial,
  };
}

function limited(queue: EventQueue): EventQueue {
  if (queue.events.length <= LIMITS.events) return queue;
  // Standard single codes are few: past the limit there are M events, or a vendor with dozens of codes of its
  // own.
  const older = queue.events.filter(({ serial }) => serial !== queue.raised);
  const oldest =
    older.find(({ EventCode }) => EventCode.startsWith('M ')) ??
    older.find(({ EventCode }) => !EVENTS.has(EventCode));
  // An event can bring its companion with it: then two are too many.
  return oldest === undefined ? queue : limited(without(queue, [oldest.serial]));
}

/** Removes events, and each companion whose last cause is removed with them. */
function without(queue: EventQueue, serials: readonly number[]): EventQueue {
  const gone = queue.events.filter(({ serial }) => serials.includes(serial));
  const left = queue.events.filter(({ serial }) => !serials.includes(serial));
  const alone = gone
    .map(({ EventCode }) => eventRule(EventCode))
    // BOOT is no mere companion: it has a cause of its own.
    .filter((rules) => rules.with !== undefined && rules.with !== '1 BOOT')
    .map((rules) => rules.with)
    .filter((companion) => !left.some(({ EventCode }) => eventRule(EventCode).with === companion));
  return { ...queue, events: left.filter(({ EventCode }) => !alone.includes(EventCode)) };
}

const isHeartbeat = ({ EventCode }: QueuedEvent): boolean => EventCode === HEARTBEAT;

/**
 * What goes into the next Inform: all of the queue, or HEARTBEAT by itself, which goes before what is due at
 * the same moment but lets the retry of another session go first (TR-069a6 Annex O).
 */
export function nextInform(queue: EventQueue, retriesOthers = false): InformEvents {
  const heartbeats = queue.events.filter(isHeartbeat);
  const others = queue.events.filter((event) => !isHeartbeat(event));
  const chosen = heartbeats.length === 0 || (retriesOthers && others.length > 0) ? others : heartbeats;
  return {
    Event: chosen.map(({ EventCode, CommandKey }) => ({ EventCode, CommandKey })),
    serials: chosen.map(({ serial }) => serial),
  };
}

/** InformResponse came: delivers those of the Inform's events that it is to deliver. */
export function informDelivered(queue: EventQueue, { serials }: InformEvents): EventQueue {
  const delivered = queue.events.filter(
    ({ EventCode, serial }) => serials.includes(serial) && eventRule(EventCode).deliveredBy === 'Inform',
  );
  return without(
    queue,
    delivered.map(({ serial }) => serial),
  );
}

/** The response to another request of the CPE came: delivers one occurrence of what it reports. */
export function callDelivered(queue: EventQueue, rpc: AcsMethod, commandKey = ''): EventQueue {
  if (rpc === 'Inform') return queue;
  const reported = queue.events.filter(({ EventCode }) => eventRule(EventCode).deliveredBy === rpc);
  const cause =
    reported.find(
      (event) => eventRule(event.EventCode).with !== undefined && event.CommandKey === commandKey,
    ) ??
    // Without a command behind it: an autonomous event, or a 7 or 11 that was raised by itself.
    (reported.some(({ EventCode }) => eventRule(EventCode).with !== undefined) ? undefined : reported[0]);
  if (cause === undefined) return queue;
  if (cause.times <= 1 || eventRule(cause.EventCode).cumulative === 'multiple')
    return without(queue, [cause.serial]);
  const fewer = { ...cause, times: cause.times - 1 };
  return { ...queue, events: queue.events.map((event) => (event === cause ? fewer : event)) };
}

/**
 * The session of this Inform failed: what it held must go into the next one, but CONNECTION REQUEST must not.
 */
export function informFailed(queue: EventQueue, { serials }: InformEvents): EventQueue {
  const stale = queue.events.filter(
    ({ EventCode, serial }) => serials.includes(serial) && eventRule(EventCode).retry === 'never',
  );
  return without(
    queue,
    stale.map(({ serial }) => serial),
  );
}

/** The device reboots: discards what is retried until the next reboot only. Raise 1 BOOT after it. */
export function rebooted(queue: EventQueue): EventQueue {
  return { ...queue, events: queue.events.filter(({ EventCode }) => !eventRule(EventCode).discardOnReboot) };
}
