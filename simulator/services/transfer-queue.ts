/**
 * Transfers that a modem accepted: when they are due, executed, reported (TR-069a6 A.3.2.8, A.4.1.5,
 * A.4.1.8).
 */
import { UNKNOWN_TIME } from '../../protocol/datamodel/date-time.ts';
import { attributesOf } from '../device/rpc/attributes.ts';
import type { Aftermath, Done, Performed } from '../device/rpc/dispatch.ts';
import { faultText, refuse } from '../device/rpc/dispatch.ts';
import type { AutonomousTransfer, Transfer } from '../device/transfer-list.ts';
import {
  addTransfer,
  forgetTransfers,
  isDownload,
  keyOf,
  removeTransfer,
  transfersOf,
} from '../device/transfer-list.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';
import { TIMEOUT_MS } from '../modem-types.ts';
import type { Applied } from './file-work.ts';
import { carryFile, fileNameOf, fileTypeOf, takeFile } from './file-work.ts';
import { announces, completion } from './transfer-report.ts';
import { nextTry } from './transfer-window.ts';
import type { Transferred } from './transfers.ts';

/** Real work that `stop` waits for. */
const running = new WeakMap<ModemContext, Set<Promise<unknown>>>();

export const transferQueue: ModemService = {
  answer(modem, performed) {
    const transfer = transferOf(modem, performed.later);
    return transfer === undefined ? undefined : carryNow(modem, performed, transfer);
  },

  afterwards(modem, task) {
    if (!isTransfer(task)) return false;
    if (modem.on) arm(modem);
    return true;
  },

  booted(modem) {
    for (const transfer of [...transfersOf(modem.device)]) tellOfRestart(modem, transfer);
    arm(modem);
  },

  down(modem, cause) {
    if (cause === 'factory-reset') forgetTransfers(modem.device);
    for (const transfer of transfersOf(modem.device)) interrupt(modem, transfer);
  },

  sessionEnded(modem) {
    // During a session the ACS sees no change that it did not make, and no restart (TR-069a6 3.7.1.1).
    for (const transfer of transfersOf(modem.device))
      if (transfer.phase === 'finishing' && !modem.timers.has(timerOf(transfer)))
        modem.timers.set(timerOf(transfer), 0, () => finish(modem, transfer));
  },

  async stop(modem) {
    await Promise.allSettled(running.get(modem) ?? []);
  },
};

const isTransfer = (task: Aftermath): boolean =>
  task.do === 'download' || task.do === 'upload' || task.do === 'schedule-download';

function transferOf(modem: ModemContext, task: Aftermath | undefined): Transfer | undefined {
  if (task === undefined || !isTransfer(task)) return undefined;
  return transfersOf(modem.device).find(({ order }) => order === task);
}

/**
 * The modem fetches or sends a file that no ACS requested; AutonomousTransferComplete reports it if its
 * policy says so.
 */
export function transferAutonomously(modem: ModemContext, args: AutonomousTransfer): void {
  addTransfer(modem.device, { do: 'autonomous', args });
  if (modem.on) arm(modem);
}

/** A restart ends a running transfer; a scheduled download starts over, and flash that was written runs. */
function interrupt({ device }: ModemContext, transfer: Transfer): void {
  transfer.abort?.abort();
  delete transfer.abort;
  if (transfer.phase === 'running')
    transfer.phase = transfer.order.do === 'schedule-download' ? 'waiting' : 'broken';
  if (transfer.phase !== 'finishing') return;
  const applied = takeFile(device, fileTypeOf(transfer.order), transfer.fetched ?? NOTHING);
  if (!applied.ok || applied.firmware === undefined) return;
  device.firmware = applied.firmware;
  transfer.phase = 'written';
}

const NOTHING = new Uint8Array();

/** Transfers that a restart interrupted. Nothing is retried automatically. */
function tellOfRestart(modem: ModemContext, transfer: Transfer): void {
  const { order, phase, fetched: bytes = NOTHING } = transfer;
  if (phase === 'broken') fail(modem, transfer, isDownload(order) ? 9017 : 9011, 'a restart interrupted it');
  else if (phase === 'written') {
    tellOfVersion(modem);
    report(modem, transfer, { code: 0, bytes, why: '' });
  }
}

/** A delayed transfer must start within an hour of its time (A.3.2.8). */
const LATEST_MS = 3_600_000;

function arm(modem: ModemContext): void {
  for (const transfer of [...transfersOf(modem.device)]) {
    if (modem.timers.has(timerOf(transfer))) continue;
    if (transfer.phase === 'waiting') armWaiting(modem, transfer);
    else if (transfer.phase === 'finishing') finish(modem, transfer);
  }
}

const timerOf = ({ id }: Transfer): string => `transfer ${id}`;

function armWaiting(modem: ModemContext, transfer: Transfer): void {
  const { order } = transfer;
  const now = modem.scheduler.now();
  if (order.do === 'schedule-download') {
    const at = nextTry(transfer, modem.device.profile.rpc.transfers, now, modem.random);
    if (at === undefined) fail(modem, transfer, 9020, 'no window is left');
    else modem.timers.set(timerOf(transfer), at - now, () => begin(modem, transfer));
    return;
  }
  const delay = order.do === 'autonomous' ? 0 : order.args.DelaySeconds * 1000;
  const due = transfer.acceptedAt + delay;
  if (delay > 0 && now > due + LATEST_MS)
    fail(modem, transfer, isDownload(order) ? 9010 : 9011, 'its time has passed');
  else modem.timers.set(timerOf(transfer), due - now, () => begin(modem, transfer));
}

function begin(modem: ModemContext, transfer: Transfer): void {
  const { fetched } = transfer;
  if (fetched !== undefined) taken(modem, transfer, fetched);
  else
    track(
      modem,
      carry(modem, transfer).then((outcome) => {
        if (outcome !== undefined) ended(modem, transfer, outcome);
      }),
    );
}

function track(modem: ModemContext, work: Promise<unknown>): void {
  const set = running.get(modem) ?? new Set();
  running.set(modem, set);
  const tracked = modem.busy(work).finally(() => {
    set.delete(tracked);
    if (set.size === 0) running.delete(modem);
  });
  set.add(tracked);
}

/** The result of the file; `undefined` if the transfer was cancelled or a restart ended it. */
async function carry(modem: ModemContext, transfer: Transfer): Promise<Transferred | undefined> {
  const abort = new AbortController();
  transfer.abort = abort;
  transfer.phase = 'running';
  transfer.startTime = modem.device.clock;
  const { timeoutMs = TIMEOUT_MS, tls, connect } = modem.options;
  const outcome = await carryFile(modem.device, transfer.order, {
    timeoutMs,
    random: modem.random,
    signal: abort.signal,
    headFirst: modem.device.profile.http.headFirst,
    ...(tls === undefined ? {} : { tls }),
    ...(connect === undefined ? {} : { connect }),
  });
  return abort.signal.aborted || transfer.abort !== abort ? undefined : outcome;
}

function ended(modem: ModemContext, transfer: Transfer, outcome: Transferred): void {
  const { order } = transfer;
  if (outcome.ok) {
    if (isDownload(order)) taken(modem, transfer, outcome.bytes);
    else report(modem, transfer, { code: 0, bytes: outcome.bytes, why: '' });
    return;
  }
  if (order.do !== 'schedule-download' || !RECOVERABLE.has(outcome.code)) {
    fail(modem, transfer, outcome.code, outcome.why);
    return;
  }
  transfer.phase = 'waiting';
  transfer.tries += 1;
  const { scheduler, random } = modem;
  const now = scheduler.now();
  const at = nextTry(transfer, modem.device.profile.rpc.transfers, now, random);
  const end = order.args.TimeWindowList.at(-1)?.WindowEnd ?? 0;
  if (at !== undefined) modem.timers.set(timerOf(transfer), at - now, () => begin(modem, transfer));
  else fail(modem, transfer, now > transfer.acceptedAt + end * 1000 ? 9020 : outcome.code, outcome.why);
}

/** Faults after which another try may succeed. */
const RECOVERABLE: ReadonlySet<number> = new Set([9010, 9015, 9017]);

/**
 * The file has arrived. Firmware takes its time to be written; nothing scheduled is applied outside a window.
 */
function taken(modem: ModemContext, transfer: Transfer, bytes: Uint8Array): void {
  const { order } = transfer;
  const { transfers } = modem.device.profile.rpc;
  const isFirmware = /^(1 Firmware|[68] Stored)/.test(fileTypeOf(order));
  const ms = isFirmware ? transfers.applySeconds * 1000 : 0;
  transfer.fetched = bytes;
  if (order.do === 'schedule-download' && !fitsWindow(modem, transfer, ms)) {
    transfer.phase = 'waiting';
    transfer.window += 1;
    armWaiting(modem, transfer);
    return;
  }
  transfer.phase = 'finishing';
  if (ms === 0) finish(modem, transfer);
  else modem.timers.set(timerOf(transfer), ms, () => finish(modem, transfer));
}

function fitsWindow(modem: ModemContext, { order, acceptedAt, window }: Transfer, ms: number): boolean {
  if (order.do !== 'schedule-download') return true;
  const end = order.args.TimeWindowList[window]?.WindowEnd ?? 0;
  return modem.scheduler.now() + ms <= acceptedAt + end * 1000;
}

function finish(modem: ModemContext, transfer: Transfer): void {
  // Applying waits for the end of the session: sessionEnded comes back to it.
  if (modem.inSession) return;
  const { fetched: bytes = NOTHING, order } = transfer;
  const before = modem.device.firmware;
  const applied = takeFile(modem.device, fileTypeOf(order), bytes);
  if (!applied.ok) {
    fail(modem, transfer, applied.code, applied.why);
    return;
  }
  report(modem, transfer, { code: 0, bytes, why: '' }, applied);
  if (modem.device.firmware !== before) tellOfVersion(modem);
}

type Brought = Pick<Extract<Applied, { ok: true }>, 'firmware' | 'settings'>;

function apply(modem: ModemContext, { firmware, settings = [] }: Brought): void {
  if (firmware !== undefined) modem.device.firmware = firmware;
  for (const { name, value } of settings) modem.change(name, value);
}

/** SoftwareVersion changed, and if its notification is active the Inform after the restart reports it. */
function tellOfVersion(modem: ModemContext): void {
  const { device } = modem;
  const leaf = device.tree.find(device.name('DeviceInfo.SoftwareVersion'));
  if (leaf?.is === 'leaf' && attributesOf(device, leaf.path, leaf.shape).Notification > 0)
    modem.raise('4 VALUE CHANGE');
}

function fail(modem: ModemContext, transfer: Transfer, code: number, why: string): void {
  report(modem, transfer, { code, why, bytes: NOTHING });
}

interface Outcome {
  /** 0: it succeeded. */
  readonly code: number;
  readonly bytes: Uint8Array;
  readonly why: string;
}

/** Reports how it ended, then applies its content: the resulting changes are in the same Inform. */
function report(modem: ModemContext, transfer: Transfer, outcome: Outcome, brought: Brought = {}): void {
  const { device } = modem;
  if (!removeTransfer(device, transfer)) return;
  tellHost(modem, transfer, outcome);
  const { order } = transfer;
  const { code: FaultCode } = outcome;
  if (announces(device, order, FaultCode)) {
    const FaultString = FaultCode === 0 ? '' : faultText(device, FaultCode);
    const times = { StartTime: transfer.startTime ?? UNKNOWN_TIME, CompleteTime: device.clock };
    modem.raise(EVENTS[order.do], keyOf(order));
    modem.enqueueRequest(completion(order, { FaultCode, FaultString }, times, outcome.bytes.length));
  }
  const wasInSession = modem.inSession;
  apply(modem, brought);
  if (brought.firmware !== undefined) modem.restart('upgrade');
  // The change may have opened the session that reports everything.
  else if (wasInSession || !modem.inSession) modem.go();
}

const EVENTS = {
  download: 'M Download',
  upload: 'M Upload',
  'schedule-download': 'M ScheduleDownload',
  autonomous: '10 AUTONOMOUS TRANSFER COMPLETE',
} as const;

function tellHost(modem: ModemContext, { order }: Transfer, { code, bytes, why }: Outcome): void {
  modem.emit('transferred', {
    kind: isDownload(order) ? 'download' : 'upload',
    url: order.do === 'autonomous' ? order.args.url : order.args.URL,
    file: fileNameOf(order),
    commandKey: keyOf(order),
    fault: code,
    bytes: bytes.length,
    why,
  });
}

/** Executes it in the session that requested it: the answer reports how it ended (Status 0). */
async function carryNow(modem: ModemContext, performed: Done, transfer: Transfer): Promise<Performed> {
  const { device } = modem;
  const outcome = await modem.busy(carry(modem, transfer));
  const applied: Applied | undefined =
    outcome?.ok === true && isDownload(transfer.order)
      ? takeFile(device, fileTypeOf(transfer.order), outcome.bytes)
      : undefined;
  // A restart or power loss ended it: there is nobody left to answer.
  if (outcome === undefined || !removeTransfer(device, transfer)) return refuse(device, 9002);
  const flaw = outcome.ok ? (applied?.ok === false ? applied : undefined) : outcome;
  const bytes = outcome.ok && flaw === undefined ? outcome.bytes : NOTHING;
  tellHost(modem, transfer, { code: flaw?.code ?? 0, why: flaw?.why ?? '', bytes });
  if (flaw !== undefined) return refuse(device, directFault(transfer, flaw.code));
  if (applied?.ok === true) apply(modem, applied);
  const { response } = performed;
  if (response.rpc !== 'Download' && response.rpc !== 'Upload') return performed;
  const args = { Status: 0, StartTime: transfer.startTime ?? UNKNOWN_TIME, CompleteTime: device.clock };
  return { ok: true, response: { ...response, args } };
}

/**
 * The precise codes are TransferComplete's; an answer has only three (14.9, 14.14 of the protocol's tables).
 */
function directFault({ order }: Transfer, code: number): number {
  if (code === 9012) return code;
  return isDownload(order) ? 9010 : 9011;
}
