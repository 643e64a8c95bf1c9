/**
 * Changes by others than the ACS: which of them are reported, and when (TR-069a6 3.2.1, A.3.2.4, 3.7.1.5
 * Table 8). Changes by a user or another service arrive by `valueChanged`. Values that vary by themselves are
 * compared with what was last reported: when an Inform is made, and with active notification at the moment at
 * which they may have changed. Only parameters that vary and have to be reported are watched; a modem without
 * any has no state here and no timer.
 */
import type { Device } from '../device/device.ts';
import { attributesOf } from '../device/rpc/attributes.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';
import type { Profile } from '../profile/profile.ts';

/**
 * Simulated milliseconds between two checks of what varies all the time, such as a counter with active
 * notification.
 */
const SAMPLE_MS = 30_000;

const VALUE_CHANGE = '4 VALUE CHANGE';

interface Watch {
  /** Changed since the last Inform that was answered. */
  readonly changed: Set<string>;
  /** Watched parameters: their values in the last Inform that was answered, or when the watch began. */
  readonly reported: Map<string, string>;
  /** The firmware that the ACS knows. */
  firmware: string;
  /** Simulated end of the last good session. */
  endedAt: number | undefined;
}

const watches = new WeakMap<ModemContext, Watch>();

function watchOf(modem: ModemContext): Watch {
  const watch = watches.get(modem) ?? {
    changed: new Set(),
    reported: new Map(),
    firmware: modem.device.profile.identity.firmware,
    endedAt: undefined,
  };
  watches.set(modem, watch);
  return watch;
}

/** Values 3 and 5 are reported only by lightweight notification (TR-069a6 A.3.2.4 Table 13). */
function tells(notification: number): 'never' | 'next-inform' | 'at-once' {
  if (notification === 2) return 'at-once';
  return notification === 1 || notification === 4 || notification === 6 ? 'next-inform' : 'never';
}

function tellsOf(device: Device, name: string): ReturnType<typeof tells> {
  const found = device.tree.find(name);
  return found?.is === 'leaf' ? tells(attributesOf(device, name, found.shape).Notification) : 'never';
}

/** A parameter was changed by someone other than the ACS, and has its new value already. */
export function valueChanged(modem: ModemContext, name: string): void {
  const how = tellsOf(modem.device, name);
  if (how === 'never') return;
  watchOf(modem).changed.add(name);
  modem.raise(VALUE_CHANGE);
  if (how === 'at-once') open(modem);
}

/**
 * Before an Inform is made: raises `4 VALUE CHANGE` for values that have varied, and returns all changes to
 * report.
 */
export function changesToTell(modem: ModemContext): Iterable<string> {
  const { device } = modem;
  const reported = watches.get(modem);
  if (device.firmware !== (reported?.firmware ?? device.profile.identity.firmware)) {
    const name = device.name('DeviceInfo.SoftwareVersion');
    if (tellsOf(device, name) !== 'never') {
      watchOf(modem).changed.add(name);
      modem.raise(VALUE_CHANGE);
    }
  }
  const watch = watches.get(modem);
  if (watch === undefined) return [];
  moved(modem, watch, () => true);
  return watch.changed;
}

/** A first contact: what an earlier ACS did not receive does not concern this one. */
export function forgetChanges(modem: ModemContext): void {
  const watch = watches.get(modem);
  if (watch === undefined) return;
  watch.changed.clear();
  watch.firmware = modem.device.firmware;
  for (const name of watch.reported.keys()) watch.reported.set(name, modem.device.valueAt(name) ?? '');
}

export const notifications: ModemService = {
  booted(modem) {
    const watch = watches.get(modem);
    if (watch !== undefined) arm(modem, watch);
  },

  /**
   * Pending changes are lost with their event (Table 8); values that differ after the restart will be
   * reported again.
   */
  down(modem, cause) {
    const watch = watches.get(modem);
    watch?.changed.clear();
    if (cause === 'factory-reset') watch?.reported.clear();
  },

  /** A change by the ACS is not reported to it. */
  written(modem, changes) {
    const reported = watches.get(modem)?.reported;
    for (const { name, value } of changes) if (reported?.has(name) === true) reported.set(name, value);
  },

  delivered(modem, request) {
    const watch = watches.get(modem);
    if (watch === undefined || request.rpc !== 'Inform' || !tellsChanges(request.args.Event)) return;
    for (const { Name, Value } of request.args.ParameterList) {
      watch.changed.delete(Name);
      if (watch.reported.has(Name)) watch.reported.set(Name, Value);
    }
    watch.firmware = modem.device.firmware;
    if (watch.changed.size === 0) modem.timers.clear('notify');
  },

  sessionEnded(modem, { ok, requests }) {
    const { device } = modem;
    if (!watches.has(modem)) {
      // Until the first Inform is answered there is nothing to compare with.
      if (!ok || (device.attributes.size === 0 && activeMovers(device).length === 0)) return;
      choose(modem, watchOf(modem));
    }
    const watch = watchOf(modem);
    if (requests.some((rpc) => CHOOSE_AGAIN.has(rpc))) choose(modem, watch);
    if (ok) watch.endedAt = modem.scheduler.now();
    if (modem.on) arm(modem, watch);
  },
};

/** Whether an Inform reports changes; HEARTBEAT and a mere retry neither report nor clear them. */
export function tellsChanges(events: readonly { readonly EventCode: string }[]): boolean {
  return events.some(({ EventCode }) => EventCode === VALUE_CHANGE);
}

/** Requests after which other parameters may have to be watched. */
const CHOOSE_AGAIN: ReadonlySet<string> = new Set([
  'SetParameterAttributes',
  'SetParameterValues',
  'AddObject',
  'DeleteObject',
]);

/** Sets what is watched: parameters that vary by themselves and have a notification. */
function choose(modem: ModemContext, { reported }: Watch): void {
  const { device } = modem;
  const chosen = new Set(activeMovers(device).filter((name) => tellsOf(device, name) !== 'never'));
  for (const [name, { Notification }] of device.attributes)
    if (tells(Notification) !== 'never' && device.movesAt(name) !== undefined) chosen.add(name);
  for (const name of reported.keys()) if (!chosen.has(name)) reported.delete(name);
  for (const name of chosen) if (!reported.has(name)) reported.set(name, device.valueAt(name) ?? '');
}

/**
 * Names in the Inform of a profile whose parameters vary and are reported without notification attributes.
 */
const moversOf = new WeakMap<Profile, readonly string[]>();

function activeMovers(device: Device): readonly string[] {
  const { profile } = device;
  let texts = moversOf.get(profile);
  if (texts === undefined) {
    texts = profile.inform.parameters.filter((text) => {
      const found = device.tree.find(device.expand(text));
      if (found?.is !== 'leaf' || profile.values.rule(found.shape).next === undefined) return false;
      return tells(attributesOf(device, '', found.shape).Notification) !== 'never';
    });
    moversOf.set(profile, texts);
  }
  return texts
    .map((text) => device.expand(text))
    .filter((name) => !device.attributes.has(name) && device.movesAt(name) !== undefined);
}

/** Whether one of these watched parameters differs from what was reported, and that was not known before. */
function moved(modem: ModemContext, { reported, changed }: Watch, which: (name: string) => boolean): boolean {
  let found = false;
  for (const [name, value] of reported) {
    if (changed.has(name) || !which(name)) continue;
    const now = modem.device.valueAt(name);
    if (now === undefined || now === value) continue;
    changed.add(name);
    found = true;
  }
  if (found) modem.raise(VALUE_CHANGE);
  return found;
}

/** Checks again when something with active notification may have changed. */
function arm(modem: ModemContext, watch: Watch): void {
  const { device, scheduler, timers } = modem;
  const isActive = (name: string): boolean => tellsOf(device, name) === 'at-once';
  const now = scheduler.now();
  let wait = Infinity;
  for (const name of watch.reported.keys()) {
    const at = isActive(name) ? device.movesAt(name) : undefined;
    if (at !== undefined) wait = Math.min(wait, at <= now ? SAMPLE_MS : Math.ceil(at - now));
  }
  timers.clear('watch');
  if (wait === Infinity) return;
  timers.set('watch', wait, () => {
    if (moved(modem, watch, isActive)) open(modem);
    arm(modem, watch);
  });
}

/**
 * A session for an active notification: no sooner after the last good one than the ACS allows
 * (DefaultActiveNotificationThrottle of TR-181). A session for another reason reports the changes too.
 */
function open(modem: ModemContext): void {
  const endedAt = watches.get(modem)?.endedAt;
  const throttle = Number(modem.device.setting('ManagementServer.DefaultActiveNotificationThrottle'));
  const wait = endedAt === undefined ? 0 : endedAt + (throttle || 0) * 1000 - modem.scheduler.now();
  if (wait > 0) modem.timers.set('notify', wait, () => modem.go());
  else modem.go();
}
