/** The result of a run for every modem: JSON for programs, rows of a table for people. */
import type { Member } from './fleet.ts';
import type { StateName } from './modem.ts';
import { FLASH_REASONS, type FlashReason } from './reasons.ts';

export interface ModemReport {
  /** `null` if it was seen only in boot mode. */
  readonly serial: string | null;
  readonly mac: string | null;
  readonly name: string | null;
  readonly product: string | null;
  readonly board: string | null;
  readonly state: StateName;
  /** Why it failed; `null` if it did not. */
  readonly reason: FlashReason | null;
  /** The same as a sentence, and what to do. */
  readonly says: string | null;
  readonly remedy: string | null;
  /** Details: versions, boards, the command. */
  readonly note: string | null;
  readonly notes: readonly string[];
  readonly versionBefore: string | null;
  readonly version: string | null;
  readonly image: string | null;
  readonly address: string | null;
  readonly transfers: number;
  /** Seconds of the last transfer; `null` if there was none, or it did not end. */
  readonly transferSeconds: number | null;
  /** Commands that it carried out. */
  readonly commands: number;
  /** Seconds from its first message to its end; `null` if it has not ended. */
  readonly seconds: number | null;
}

export interface FlashReport {
  readonly plan: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
  /** In the order of their serial numbers. */
  readonly modems: readonly ModemReport[];
}

export function reportOf(
  plan: string,
  members: readonly Member[],
  startedAt: number,
  endedAt: number,
): FlashReport {
  const modems = [...members].map(modemReport).sort(byIdentity);
  const count = (state: StateName): number => modems.filter((modem) => modem.state === state).length;
  return {
    plan,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    done: count('done'),
    failed: count('failed'),
    skipped: count('skipped'),
    cancelled: count('cancelled'),
    modems,
  };
}

const identity = ({ serial, mac }: ModemReport): string => serial ?? `~${mac ?? ''}`;
const byIdentity = (a: ModemReport, b: ModemReport): number => (identity(a) < identity(b) ? -1 : 1);

export function modemReport({ modem, startedAt, endedAt, transferMs }: Member): ModemReport {
  const { state, facts, job } = modem;
  const reason = state.at === 'failed' ? state.reason : undefined;
  return {
    serial: facts.serial ?? null,
    mac: facts.mac === '' ? null : facts.mac,
    name: job?.name ?? null,
    product: facts.product ?? null,
    board: facts.board ?? null,
    state: state.at,
    reason: reason ?? null,
    says: reason === undefined ? null : FLASH_REASONS[reason].says,
    remedy: reason === undefined ? null : FLASH_REASONS[reason].remedy,
    note: noteOf(modem) ?? null,
    notes: modem.notes,
    versionBefore: modem.versionBefore ?? null,
    version: facts.version ?? null,
    image: job?.image?.file ?? null,
    address: facts.address ?? null,
    transfers: modem.transfers,
    transferSeconds: transferMs === undefined ? null : transferMs / 1000,
    commands: modem.ran.length,
    seconds: endedAt === undefined ? null : (endedAt - startedAt) / 1000,
  };
}

/** A note for people on a modem, in addition to its state. */
export function noteOf({ state, notes }: Member['modem']): string | undefined {
  if (state.at === 'failed') return state.note === '' ? undefined : state.note;
  if (state.at === 'skipped') return state.note;
  if (state.at === 'cancelled') return `stopped while ${state.from}`;
  return notes.at(-1);
}
