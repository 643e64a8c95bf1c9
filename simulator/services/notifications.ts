/**
 * Changes that are not the ACS's own: which of them are told, and when (TR-069a6 3.2.1, A.3.2.4, 3.7.1.5 Table 8). What a
 * user or another part changes comes by `valueChanged`. What moves by itself is compared with what was told last: when an
 * Inform is made, and for active notification at the moment at which it may have changed. Only parameters that move and
 * of which something is to be told are watched; a modem without any has no state here and no timer.
 */
import type { Device } from '../device/device.ts';
import { attributesOf } from '../device/rpc/attributes.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';
import type { Profile } from '../profile/profile.ts';

/** Simulated milliseconds between two looks at what moves all the time, such as a counter with active notification. */
const SAMPLE_MS = 30_000;

const VALUE_CHANGE = '4 VALUE CHANGE';

interface Watch {
  /** Changed since the last Inform that was heard. */
  readonly changed: Set<string>;
  /** What moves and is watched: how it read in the last Inform that was heard, or when the watch began. */
  readonly told: Map<string, string>;
  /** The firmware that the ACS knows of. */
  firmware: string;
  /** Simulated end of the last good session. */
  endedAt: number | undefined;
}

const watches = new WeakMap<ModemContext, Watch>();

function watchOf(modem: ModemContext): Watch {
  const watch = watches.get(modem) ?? {
    changed: new Set(),
    told: new Map(),
    firmware: modem.device.profile.identity.firmware,
    endedAt: undefined,
  };
  watches.set(modem, watch);
  return watch;
}

/** Values 3 and 5 are told by lightweight notification alone (TR-069a6 A.3.2.4 Table 13). */
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

/** An Inform is about to be made: raises `4 VALUE CHANGE` for what has moved, and gives all that is to be told. */
export function changesToTell(modem: ModemContext): Iterable<string> {
  const { device } = modem;
  const told = watches.get(modem);
  if (device.firmware !== (told?.firmware ?? device.profile.identity.firmware)) {
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

/** A first contact: what an earlier ACS did not hear is nothing to this one. */
export function forgetChanges(modem: ModemContext): void {
  const watch = watches.get(modem);
  if (watch === undefined) return;
  watch.changed.clear();
  watch.firmware = modem.device.firmware;
  for (const name of watch.told.keys()) watch.told.set(name, modem.device.valueAt(name) ?? '');
}

export const notifications: ModemService = {
  booted(modem) {
    const watch = watches.get(modem);
    if (watch !== undefined) arm(modem, watch);
  },

  /** What was to be told is lost with its event (Table 8); what reads otherwise after the restart will be told anew. */
  down(modem, cause) {
    const watch = watches.get(modem);
    watch?.changed.clear();
    if (cause === 'factory-reset') watch?.told.clear();
  },

  /** A change by the ACS is no news to it. */
  written(modem, changes) {
    const told = watches.get(modem)?.told;
    for (const { name, value } of changes) if (told?.has(name) === true) told.set(name, value);
  },

  delivered(modem, request) {
    const watch = watches.get(modem);
    if (watch === undefined || request.rpc !== 'Inform' || !tellsChanges(request.args.Event)) return;
    for (const { Name, Value } of request.args.ParameterList) {
      watch.changed.delete(Name);
      if (watch.told.has(Name)) watch.told.set(Name, Value);
    }
    watch.firmware = modem.device.firmware;
    if (watch.changed.size === 0) modem.timers.clear('notify');
  },

  sessionEnded(modem, { ok, requests }) {
    const { device } = modem;
    if (!watches.has(modem)) {
      // Until the first Inform is heard there is nothing to compare with.
      if (!ok || (device.attributes.size === 0 && activeMovers(device).length === 0)) return;
      choose(modem, watchOf(modem));
    }
    const watch = watchOf(modem);
    if (requests.some((rpc) => CHOOSE_AGAIN.has(rpc))) choose(modem, watch);
    if (ok) watch.endedAt = modem.scheduler.now();
    if (modem.on) arm(modem, watch);
  },
};

/** Whether an Inform carries changes; HEARTBEAT and a mere retry neither tell nor clear them. */
export function tellsChanges(events: readonly { readonly EventCode: string }[]): boolean {
  return events.some(({ EventCode }) => EventCode === VALUE_CHANGE);
}

/** Requests after which other parameters may be watched than before. */
const CHOOSE_AGAIN: ReadonlySet<string> = new Set([
  'SetParameterAttributes',
  'SetParameterValues',
  'AddObject',
  'DeleteObject',
]);

/** What is watched from now on: what moves by itself and has a notification. */
function choose(modem: ModemContext, { told }: Watch): void {
  const { device } = modem;
  const chosen = new Set(activeMovers(device).filter((name) => tellsOf(device, name) !== 'never'));
  for (const [name, { Notification }] of device.attributes)
    if (tells(Notification) !== 'never' && device.movesAt(name) !== undefined) chosen.add(name);
  for (const name of told.keys()) if (!chosen.has(name)) told.delete(name);
  for (const name of chosen) if (!told.has(name)) told.set(name, device.valueAt(name) ?? '');
}

/** Texts of the Inform of a profile that name parameters which move and are told of without being asked. */
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

/** Whether something watched, of those, reads otherwise than it was told, and was not found out before. */
function moved(modem: ModemContext, { told, changed }: Watch, which: (name: string) => boolean): boolean {
  let found = false;
  for (const [name, value] of told) {
    if (changed.has(name) || !which(name)) continue;
    const now = modem.device.valueAt(name);
    if (now === undefined || now === value) continue;
    changed.add(name);
    found = true;
  }
  if (found) modem.raise(VALUE_CHANGE);
  return found;
}

/** Looks again when something with active notification may have moved. */
function arm(modem: ModemContext, watch: Watch): void {
  const { device, scheduler, timers } = modem;
  const isActive = (name: string): boolean => tellsOf(device, name) === 'at-once';
  const now = scheduler.now();
  let wait = Infinity;
  for (const name of watch.told.keys()) {
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
 * A session for an active notification: not sooner after the last good one than the ACS allows
 * (DefaultActiveNotificationThrottle of TR-181). One for another reason takes the news along.
 */
function open(modem: ModemContext): void {
  const endedAt = watches.get(modem)?.endedAt;
  const throttle = Number(modem.device.setting('ManagementServer.DefaultActiveNotificationThrottle'));
  const wait = endedAt === undefined ? 0 : endedAt + (throttle || 0) * 1000 - modem.scheduler.now();
  if (wait > 0) modem.timers.set('notify', wait, () => modem.go());
  else modem.go();
}
