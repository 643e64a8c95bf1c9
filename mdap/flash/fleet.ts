/** The modems of a run, by MAC address or serial number: never by IP address, which they all share. */

import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { canonicalMac } from '../../protocol/ipv4.ts';
import type { JournalEntry } from './journal-entry.ts';
import { type FlashContext, stepFlash } from './machine.ts';
import { type FlashEvent, type FlashModem, newModem } from './modem.ts';
import type { CounterNumbers } from './plan-job.ts';

/** A modem, and what the run keeps in addition to its machine. */
export interface Member {
  modem: FlashModem;
  /** When it was first heard from, in milliseconds as in events. */
  readonly startedAt: number;
  endedAt: number | undefined;
  /** When the current or last transfer began, and how long it took. */
  transferAt: number | undefined;
  transferMs: number | undefined;
}

export class Fleet {
  readonly #byMac = new Map<string, Member>();
  readonly #bySerial = new Map<string, Member>();
  readonly #all = new Set<Member>();

  get members(): readonly Member[] {
    return [...this.#all];
  }

  ofMac(mac: string): Member | undefined {
    return this.#byMac.get(mac);
  }

  ofSerial(serial: string): Member | undefined {
    return this.#bySerial.get(boardSerial(serial));
  }

  add(mac: string, serial: string | undefined, at: number): Member {
    const member: Member = {
      modem: newModem({ mac, serial }, at),
      startedAt: at,
      endedAt: undefined,
      transferAt: undefined,
      transferMs: undefined,
    };
    this.#all.add(member);
    this.know(member, mac, serial);
    return member;
  }

  /** Adds what has become known of its identity. */
  know(member: Member, mac: string, serial: string | undefined): void {
    const { facts } = member.modem;
    if (facts.mac === '' && mac !== '') member.modem = { ...member.modem, facts: { ...facts, mac } };
    if (mac !== '') this.#byMac.set(mac, member);
    // Of two with the same number the first one keeps it; the run reports both as a conflict.
    if (serial !== undefined && !this.#bySerial.has(boardSerial(serial)))
      this.#bySerial.set(boardSerial(serial), member);
  }

  /**
   * Replays a journal, with the numbers that its counters gave. Old effects are dropped; afterwards, every
   * modem that is not done waits for its next message.
   */
  restore(
    entries: readonly JournalEntry[],
    context: FlashContext,
    numbers: CounterNumbers,
    now: number,
  ): void {
    for (const { mac, serial, event } of entries) {
      const member = this.#find(mac, serial) ?? this.add(mac, serial, event.at);
      this.know(member, mac, serial);
      follow(member, stepFlash(context, member.modem, event).modem, event);
      if (event.is === 'planned' && event.job.serial !== undefined)
        numbers.restore(boardSerial(event.job.serial), event.job.numbers);
    }
    for (const member of this.#all) {
      const event = { is: 'resumed', at: now } as const;
      follow(member, stepFlash(context, member.modem, event).modem, event);
    }
  }

  #find(mac: string, serial: string | undefined): Member | undefined {
    return (
      (mac === '' ? undefined : this.#byMac.get(mac)) ?? ((serial && this.ofSerial(serial)) || undefined)
    );
  }
}

/** Stores the new state of a modem, and the times that reports need. */
export function follow(member: Member, modem: FlashModem, { at, is }: FlashEvent): void {
  const before = member.modem.state.at;
  member.modem = modem;
  const now = modem.state.at;
  if (is === 'rrq' && now === 'transferring') member.transferAt = at;
  if (before === 'transferring' && now !== 'transferring' && member.transferAt !== undefined)
    member.transferMs = at - member.transferAt;
  const ended = now === 'done' || now === 'failed' || now === 'skipped' || now === 'cancelled';
  member.endedAt = ended ? (member.endedAt ?? at) : undefined;
}

/** In canonical form; `undefined` if it is not a MAC address. */
export const macOf = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : canonicalMac(text);
