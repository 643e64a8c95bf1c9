/**
 * A run: finds modems, passes events to the machine of each, and carries out the effects. The modems are
 * independent: whatever one of them does or fails to do, the others are not held up.
 */
import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { assertNever } from '../../protocol/result.ts';
import { Deadlines, type Ticker } from '../deadlines.ts';
import { Semaphore } from '../semaphore.ts';
import { Fleet, follow, type Member } from './fleet.ts';
import { type Journal, NO_JOURNAL } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { type FlashContext, stepFlash } from './machine.ts';
import type { FlashEffect, FlashEvent } from './modem.ts';
import { dueAt, isEnd, wantsSearch } from './modem.ts';
import type { Plan, PlanImage } from './plan.ts';
import { CounterNumbers, type PlanDecision, planJob } from './plan-job.ts';
import type { AntHost, BootHandlers, BootService, FlashPorts, HostHandlers } from './ports.ts';
import { type FlashReport, reportOf } from './report.ts';
import { type RequestEffect, sendRequest } from './send-request.ts';

export interface FlashRunOptions extends FlashPorts {
  readonly plan: Plan;
  /** How many modems there should be; the search ends when they are found. */
  readonly expect?: number;
  /** Ask the modems and plan, but change nothing. */
  readonly dryRun?: boolean;
  readonly journal?: Journal;
  /** The journal of an earlier run, whose modems continue. */
  readonly history?: readonly JournalEntry[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ticker: Ticker;
  /** Something happened to a modem. */
  readonly onChange?: (member: Member, event: FlashEvent) => void;
}

/** What a dry run would do to a modem. */
export interface Intention {
  readonly member: Member;
  readonly decision: PlanDecision;
}

export interface FlashRun {
  /**
   * Resolves with the report when every modem has reached an end. Rejects with errors of the sockets or the
   * disk.
   */
  readonly done: Promise<FlashReport>;
  readonly members: () => readonly Member[];
  /** After a dry run: what would be done to whom. */
  readonly intentions: () => readonly Intention[];
  /** Running transfers are finished, nothing else is begun; then `done` resolves. */
  readonly stop: () => void;
}

type Timeless<E> = E extends FlashEvent ? Omit<E, 'at'> : never;
type NewEvent = Timeless<FlashEvent>;

export function startFlashRun(options: FlashRunOptions): FlashRun {
  const run = new Run(options);
  return {
    done: run.run(),
    members: () => run.fleet.members,
    intentions: () => run.intentions,
    stop: () => run.stop(),
  };
}

/**
 * Milliseconds between two searches during discovery: if many modems answer at once, some answers are lost.
 */
const SEARCH_MS = 1000;

class Run {
  readonly fleet = new Fleet();
  intentions: readonly Intention[] = [];
  readonly #options: FlashRunOptions;
  readonly #context: FlashContext;
  readonly #journal: Journal;
  readonly #deadlines: Deadlines;
  readonly #slots: Semaphore;
  readonly #numbers = new CounterNumbers();
  readonly #images: ReadonlyMap<string, PlanImage>;
  readonly #startedAt: number;
  /**
   * While true, modems are only found and identified, so that numbers are given in the order of serial
   * numbers.
   */
  #discovering = true;
  readonly #unplanned = new Set<Member>();
  #stopping = false;
  #host: AntHost | undefined;
  #boot: BootService | undefined;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #break: (error: unknown) => void = () => undefined;

  constructor(options: FlashRunOptions) {
    const { plan, journal = NO_JOURNAL, ticker, clock } = options;
    this.#options = options;
    this.#context = { settings: plan.settings, credentials: plan.credentials.length };
    this.#journal = journal;
    this.#deadlines = new Deadlines(ticker);
    this.#slots = new Semaphore(plan.settings.conversations);
    const images = [...plan.images, ...plan.rules.map(({ image }) => image)];
    this.#images = new Map(
      images.flatMap((image) => (typeof image === 'string' ? [] : [[image.file, image]])),
    );
    this.#startedAt = clock();
    this.#ended = new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      this.#break = reject;
    });
    // It may reject before anybody awaits it.
    this.#ended.catch(() => undefined);
  }

  async run(): Promise<FlashReport> {
    const { plan, clock, history = [], startHost, startBoot, dryRun = false } = this.#options;
    const now = clock();
    this.fleet.restore(history, this.#context, this.#numbers, now);
    if (!dryRun) for (const member of this.fleet.members) this.#write(member, { is: 'resumed', at: now });
    try {
      this.#host = await startHost({ onFound: (ant) => this.#found(ant) });
      if (!dryRun) this.#boot = await startBoot(this.#bootHandlers());
      if (!this.#stopping) this.#search();
      // After a run that was finished there may be nothing left to do.
      this.#checkEnd();
      await this.#ended;
    } finally {
      this.#deadlines.stop();
      await this.#host?.close();
      await this.#boot?.close();
    }
    await this.#journal.flushed();
    return reportOf(plan.file, this.fleet.members, this.#startedAt, clock());
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#discovering = false;
    for (const member of this.fleet.members) this.#dispatch(member, { is: 'stop' });
    this.#checkEnd();
  }

  /** Searches continue for as long as a modem is missing. */
  #search(): void {
    const { discoverMs, searchEveryMs } = this.#options.plan.settings;
    const again = (): void => {
      const wanted = this.fleet.members.some(({ modem }) => wantsSearch(modem.state));
      if (this.#discovering || wanted) this.#host?.search();
      this.#deadlines.set(
        again,
        this.#discovering ? Math.min(searchEveryMs, SEARCH_MS) : searchEveryMs,
        again,
      );
    };
    this.#deadlines.set(this, discoverMs, () => this.#endDiscovery());
    again();
  }

  #found({ serial, mac, product, address }: FoundAnt): void {
    if (mac === undefined) return;
    const at = this.#options.clock();
    const other = this.fleet.ofSerial(serial);
    const member = this.fleet.ofMac(mac) ?? (other?.modem.facts.mac === '' ? other : undefined);
    if (member === undefined && this.#stopping) return;
    if (other !== undefined && other !== member) {
      const note = `both ${other.modem.facts.mac} and ${mac} report ${serial}`;
      this.#dispatch(other, { is: 'conflict', note });
      this.#dispatch(member ?? this.fleet.add(mac, serial, at), { is: 'conflict', note });
      return;
    }
    const known = member ?? this.fleet.add(mac, serial, at);
    this.fleet.know(known, mac, serial);
    this.#dispatch(known, { is: 'found', serial, product, address });
  }

  /** How many there should be; `undefined` if that is not known. */
  get #expected(): number | undefined {
    const { expect, plan } = this.#options;
    if (expect !== undefined) return expect;
    const open = plan.rules.some(({ modems, prefixes }) => modems === undefined || prefixes.length > 0);
    return open ? undefined : plan.rules.reduce((sum, { modems = [] }) => sum + modems.length, 0);
  }

  /** Whether all expected modems are there and identified. */
  #allFound(): boolean {
    const ready = this.fleet.members.filter((member) => {
      const { at } = member.modem.state;
      return this.#unplanned.has(member) || (at !== 'unknown' && at !== 'discovered');
    });
    const expected = this.#expected;
    return expected !== undefined && ready.length >= expected;
  }

  #endDiscovery(): void {
    if (!this.#discovering) return;
    this.#discovering = false;
    this.#deadlines.clear(this);
    const { plan, clock, dryRun = false } = this.#options;
    for (const { serial } of plan.rules.flatMap(({ modems }) => modems ?? []))
      if (this.fleet.ofSerial(serial) === undefined) this.fleet.add('', boardSerial(serial), clock());
    const absent = this.fleet.members.filter(({ modem }) => modem.state.at === 'unknown');
    for (const member of absent) this.#dispatch(member, { is: 'missing' });
    const short = this.fleet.members.length - absent.length < (this.#expected ?? 0);
    const ready = [...this.#unplanned].sort(bySerial);
    this.#unplanned.clear();
    if (dryRun) {
      this.intentions = ready.map((member) => ({
        member,
        decision: planJob(plan, member.modem.facts, this.#numbers),
      }));
      this.#end();
    } else if (plan.onMissing === 'stop' && (short || absent.length > 0)) this.stop();
    else for (const member of ready) this.#plan(member);
    this.#checkEnd();
  }

  #plan(member: Member): void {
    this.#dispatch(member, planJob(this.#options.plan, member.modem.facts, this.#numbers));
  }

  /** One event: updates the modem, sets its deadline, and carries out the effects. */
  #dispatch(member: Member, news: NewEvent): void {
    const event: FlashEvent = { ...news, at: this.#options.clock() };
    const ended = isEnd(member.modem.state);
    const { modem, effects } = stepFlash(this.#context, member.modem, event);
    for (const effect of ended ? effects : []) this.#perform(member, effect);
    if (ended) return;
    follow(member, modem, event);
    // The progress of a transfer is not worth keeping.
    if (event.is !== 'progress') this.#write(member, event);
    const due = isEnd(modem.state) ? undefined : dueAt(modem.state);
    if (due === undefined) this.#deadlines.clear(member);
    else
      this.#deadlines.set(member, Math.max(0, due - event.at), () =>
        this.#dispatch(member, { is: 'timeout' }),
      );
    for (const effect of effects) this.#perform(member, effect);
    this.#options.onChange?.(member, event);
    this.#checkEnd();
  }

  #write({ modem: { facts } }: Member, event: FlashEvent): void {
    if (this.#options.dryRun === true) return;
    const { mac, serial } = facts;
    this.#journal.add({ mac, ...(serial === undefined ? {} : { serial }), event });
  }

  #checkEnd(): void {
    if (this.#discovering && this.#allFound()) this.#endDiscovery();
    if (!this.#discovering && this.fleet.members.every(({ modem }) => isEnd(modem.state))) this.#end();
  }

  #perform(member: Member, effect: FlashEffect): void {
    const { job, facts } = member.modem;
    switch (effect.do) {
      case 'plan':
        if (this.#discovering && (facts.serial !== undefined || this.#options.plan.onMissing === 'stop'))
          this.#unplanned.add(member);
        else this.#plan(member);
        return;
      case 'serve': {
        const image = this.#images.get(job?.image?.file ?? '');
        if (image !== undefined) this.#boot?.serve(facts.mac, image);
        return;
      }
      case 'quarantine':
        if (facts.mac !== '') this.#boot?.quarantine(facts.mac, member.modem.state.at);
        return;
      case 'abort':
        this.#boot?.abort(effect.transfer, 'the modem started again');
        return;
      case 'ask':
      case 'trigger':
      case 'command':
        this.#request(member, effect);
        return;
      default:
        assertNever(effect);
    }
  }

  /** Sends a request when a slot is free. What a modem may carry out is on the disk before it is sent. */
  #request(member: Member, effect: RequestEffect): void {
    const { request } = effect;
    const work = async (): Promise<void> => {
      const { modem } = member;
      // It may have been seen in boot mode in the meantime.
      if (modem.request !== request || isEnd(modem.state) || this.#host === undefined) return;
      this.#dispatch(member, { is: 'started', request });
      await this.#journal.flushed();
      const answer = await sendRequest(this.#host, this.#options.plan, modem.facts, effect);
      this.#dispatch(member, { is: 'answered', request, ...answer });
    };
    this.#slots.run(work).catch((error: unknown) => this.#break(error));
  }

  #bootHandlers(): BootHandlers {
    const of = (mac: string): Member | undefined =>
      this.fleet.ofMac(mac) ??
      (this.#stopping ? undefined : this.fleet.add(mac, undefined, this.#options.clock()));
    const tell = (mac: string, event: NewEvent): void => {
      const member = of(mac);
      if (member !== undefined) this.#dispatch(member, event);
    };
    return {
      onBootp: (mac, request) => tell(mac, { is: 'bootp', ...request }),
      onOffered: (mac) => tell(mac, { is: 'offered' }),
      onTransfer: (mac, transfer) => tell(mac, { is: 'rrq', transfer }),
      onProgress: (mac, transfer, bytes) => tell(mac, { is: 'progress', transfer, bytes }),
      onSent: (mac, transfer) => tell(mac, { is: 'sent', transfer }),
      onFailed: (mac, transfer, why) => tell(mac, { is: 'transfer-failed', transfer, why }),
      onOdd: (mac, note) => tell(mac, { is: 'warned', note }),
    };
  }
}

type FoundAnt = Parameters<HostHandlers['onFound']>[0];
const bySerial = (a: Member, b: Member): number =>
  (a.modem.facts.serial ?? '') < (b.modem.facts.serial ?? '') ? -1 : 1;
