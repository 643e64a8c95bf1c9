/**
 * What the flashing of one modem promises, watched from outside: effects are judged, nothing of the machine
 * is repeated.
 */
import assert from 'node:assert/strict';
import type { FlashContext } from '../../../mdap/flash/machine.ts';
import { stepFlash } from '../../../mdap/flash/machine.ts';
import type { FlashEffect, FlashEvent, FlashModem, Job } from '../../../mdap/flash/modem.ts';
import { dueAt, isEnd, newModem } from '../../../mdap/flash/modem.ts';
import { FLASH_SETTINGS } from '../../../mdap/flash/settings.ts';

export const MAC = '00-14-7F-12-34-56';
export const CONTEXT: FlashContext = { settings: FLASH_SETTINGS, credentials: 2 };

export const IMAGE = { file: 'new.bli', bytes: 4096, board: 'BANT-W', version: '6.2.29.2' };

export const JOB: Job = {
  serial: '0703KT3PP',
  name: 'bench-1',
  image: IMAGE,
  always: false,
  address: '192.168.1.241',
  commands: [
    { line: 'ip ipadd intf=LocalNetwork addr=192.168.1.241/24', silent: false, onFailure: { is: 'stop' } },
    { line: 'ip ipdelete addr=192.168.1.254', silent: true, onFailure: { is: 'continue' } },
    { line: 'saveall', silent: false, onFailure: { is: 'retry', times: 1 } },
  ],
  checks: [{ line: 'ip iplist', shows: '192.168.1.241' }],
  numbers: {},
  verify: { version: true, address: true },
};

/** An event without its time, which the stage gives. */
type Timeless<E> = E extends FlashEvent ? Omit<E, 'at'> : never;
export type NewEvent = Timeless<FlashEvent>;

export class FlashStage {
  modem: FlashModem;
  /** Milliseconds; goes on with every event. */
  now = 0;
  readonly context: FlashContext;
  /** Transfers that were begun and neither ended nor were cut. */
  readonly alive = new Set<string>();
  /** Conversation that was asked for and has not begun. */
  waiting: number | undefined;
  served = false;
  effects: readonly FlashEffect[] = [];

  constructor(context: FlashContext = CONTEXT, serial: string | undefined = '0703KT3PP') {
    this.context = context;
    this.modem = newModem({ mac: MAC, serial }, 0);
  }

  get at(): string {
    return this.modem.state.at;
  }

  /** One event, after so many milliseconds. */
  see(news: NewEvent, ms = 10): readonly FlashEffect[] {
    this.now += ms;
    const before = this.modem;
    const event: FlashEvent = { ...news, at: this.now };
    if (event.is === 'resumed') {
      // Sockets and timers of the program before are gone.
      this.alive.clear();
      this.served = false;
      this.waiting = undefined;
    }
    if (event.is === 'rrq') this.alive.add(event.transfer);
    if (event.is === 'sent' || event.is === 'transfer-failed') this.alive.delete(event.transfer);
    if (event.is === 'started' && event.request === this.waiting) this.waiting = undefined;
    const { modem, effects } = stepFlash(this.context, before, event);
    this.modem = modem;
    this.effects = effects;
    for (const effect of effects) this.#do(effect, isEnd(before.state) && event.is !== 'resumed');
    this.#judge();
    return effects;
  }

  #do(effect: FlashEffect, ended: boolean): void {
    switch (effect.do) {
      case 'abort':
        assert.ok(this.alive.delete(effect.transfer), 'only a transfer that is alive is cut');
        return;
      case 'quarantine':
        this.served = false;
        return;
      case 'serve':
        assert.ok(!ended, 'nothing is served after the end');
        assert.ok(this.modem.job?.image !== undefined, 'there is an image to serve');
        this.served = true;
        return;
      case 'ask':
      case 'trigger':
      case 'command':
        assert.ok(!ended, 'nothing is said after the end');
        assert.ok(effect.credential < this.context.credentials, 'with a user of the list');
        assert.equal(effect.request, this.modem.request, 'the last conversation is the one that counts');
        this.waiting = effect.request;
        return;
      case 'plan':
        assert.ok(!ended, 'nothing is planned after the end');
        return;
    }
  }

  #judge(): void {
    const { state } = this.modem;
    assert.ok(this.alive.size <= 1, 'one transfer at a time');
    if (isEnd(state)) {
      assert.equal(this.alive.size, 0, 'no transfer outlives the end');
      assert.ok(!this.served, 'nothing is served after the end');
      return;
    }
    if (state.at === 'transferring') assert.deepEqual([...this.alive], [state.transfer]);
    const limited = dueAt(state) !== undefined || this.waiting === this.modem.request;
    assert.ok(state.at === 'unknown' || limited, `${state.at} has a limit, or waits for its request`);
  }
}

/** Words of a modem and of the shell that stand for a run which goes well, up to a state. */
export function playTo(stage: FlashStage, state: string, job: Job = JOB): void {
  for (let steps = 0; stage.at !== state; steps += 1) {
    assert.ok(steps < 60, `${state} is reached, not ${stage.at}`);
    stage.see(nextWell(stage, job));
  }
}

/** What happens next when all goes well. */
export function nextWell(stage: FlashStage, job: Job = JOB): NewEvent {
  const { modem, waiting } = stage;
  const { state, request } = modem;
  const flashed = modem.flashed.length > 0;
  const found = {
    is: 'found',
    serial: '0703KT3PP',
    product: 'SpeedTouch 585',
    address: modem.ran.length > 0 ? '192.168.1.241' : '192.168.1.254',
  } as const;
  if (waiting === request) return { is: 'started', request };
  switch (state.at) {
    case 'unknown':
    case 'trigger-failed':
    case 'verifying':
    case 'rebooting':
      return found;
    case 'discovered':
      if (stage.effects.some((effect) => effect.do === 'plan')) return { is: 'planned', job };
      return answered(request, flashed ? IMAGE.version : '6.2.17.5');
    case 'triggered':
    case 'waiting':
      return { is: 'bootp', board: 'BANT-W', xid: 7, invalid: false };
    case 'bootp-seen':
      return modem.job === undefined ? { is: 'planned', job } : { is: 'offered' };
    case 'offered':
      return { is: 'rrq', transfer: `t${modem.transfers}` };
    case 'transferring':
      return state.bytes === 0
        ? { is: 'progress', transfer: state.transfer, bytes: 2048 }
        : { is: 'sent', transfer: state.transfer };
    case 'back':
      return answered(request, IMAGE.version);
    case 'configuring':
      return { is: 'answered', request, outcome: 'ok', text: '' };
    case 'checking':
      return state.address
        ? { ...answered(request, IMAGE.version), text: '1 LocalNetwork Ethernet 192.168.1.241' }
        : found;
    case 'done':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return { is: 'timeout' };
  }
}

const answered = (request: number, version: string) =>
  ({ is: 'answered', request, outcome: 'ok', facts: { board: 'BANT-W', version }, text: '' }) as const;
