/** The flashing of one modem against a modem, a wire and a shell that do anything at any time. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { dueAt, type FlashState, isEnd, type Job, type Outcome } from '../../../mdap/flash/modem.ts';
import type { NewEvent } from '../../support/oracle/flash-oracle.ts';
import { CONTEXT, FlashStage, IMAGE, JOB, nextWell, playTo } from '../../support/oracle/flash-oracle.ts';
import { commandOptions, missingIn, reachingProperty, readTransitions } from '../../support/oracle/model.ts';
import { property } from '../../support/seed.ts';

const reached = new Set<string>();

const nameOf = (state: FlashState): string => (state.at === 'failed' ? `failed ${state.reason}` : state.at);

type Stage = { readonly stage: FlashStage };

/** Gives the event, and notes which transition it was. */
function hear(stage: FlashStage, event: NewEvent, ms = 10): void {
  const before = stage.modem.state.at;
  const named = nameOf(stage.modem.state);
  const name = event.is === 'answered' ? `answered ${event.outcome}` : event.is;
  stage.see(event, ms);
  const after = nameOf(stage.modem.state);
  // What changes nothing is of no interest: most events of the wire do, in most states.
  if (after !== named || stage.effects.length > 0)
    reached.add(`${before}: ${name} > ${before === 'failed' ? after.split(' ')[0] : after}`);
}

class Play implements fc.Command<Stage, Stage> {
  readonly name: string;
  readonly #make: (stage: FlashStage) => NewEvent | undefined;
  readonly #ms: number;

  constructor(name: string, make: (stage: FlashStage) => NewEvent | undefined, ms = 10) {
    this.name = name;
    this.#make = make;
    this.#ms = ms;
  }

  check({ stage }: Stage): boolean {
    return this.#make(stage) !== undefined;
  }

  run({ stage }: Stage): void {
    const event = this.#make(stage);
    assert.ok(event !== undefined);
    hear(stage, event, this.#ms);
  }

  toString(): string {
    return this.name;
  }
}

const ms = fc.constantFrom(10, 10, 10, 2500);
const always = (event: NewEvent): fc.Arbitrary<Play> => ms.map((ms) => new Play(event.is, () => event, ms));

const well = ms.map((ms) => new Play('well', (stage) => nextWell(stage), ms));

const answered = (outcome: Outcome, text: string, version: string | undefined): fc.Arbitrary<Play> =>
  fc.constant(
    new Play(`answered ${outcome}`, ({ modem, waiting }) => {
      if (waiting === modem.request) return undefined;
      return { is: 'answered', request: modem.request, outcome, facts: { board: 'BANT-W', version }, text };
    }),
  );

const bootp = fc
  .record({
    board: fc.constantFrom('BANT-W', 'BANT-W', 'bant-w', 'BANT-R', undefined),
    xid: fc.constantFrom(7, 7, 8),
    invalid: fc.boolean(),
  })
  .map((request) => new Play('bootp', () => ({ is: 'bootp', ...request })));

const found = fc
  .record({
    serial: fc.constant('0703KT3PP'),
    product: fc.constantFrom('SpeedTouch 585', undefined),
    address: fc.constantFrom('192.168.1.254', '192.168.1.241'),
  })
  .map((reply) => new Play('found', () => ({ is: 'found', ...reply })));

/** Of the transfer that is alive, or of one that is not. */
const onTransfer = (is: 'sent' | 'progress' | 'transfer-failed'): fc.Arbitrary<Play> =>
  fc.boolean().map(
    (right) =>
      new Play(is, ({ alive }) => {
        const transfer = right ? [...alive][0] : 'stray';
        if (transfer === undefined) return undefined;
        if (is === 'sent') return { is, transfer };
        return is === 'progress' ? { is, transfer, bytes: 1024 } : { is, transfer, why: 'error 0' };
      }),
  );

let transfers = 0;
const rrq = fc.constant(
  new Play('rrq', () => {
    transfers += 1;
    return { is: 'rrq', transfer: `other-${transfers}` };
  }),
);

/** Plans answer when they are asked for. */
const planned = (event: NewEvent): fc.Arbitrary<Play> =>
  fc.constant(
    new Play(event.is, ({ effects }) => (effects.some((effect) => effect.do === 'plan') ? event : undefined)),
  );

const unflashed = { ...JOB, image: undefined };
const other = { ...IMAGE, file: 'other.bli', board: '', version: '6.2.17.5' };

const anything: fc.Arbitrary<fc.Command<Stage, Stage>>[] = [
  found,
  bootp,
  bootp,
  rrq,
  onTransfer('sent'),
  onTransfer('progress'),
  onTransfer('transfer-failed'),
  answered('ok', '', '6.2.17.5'),
  answered('ok', '192.168.1.241', IMAGE.version),
  answered('credentials', 'wrong user', undefined),
  answered('refused', 'unknown command', undefined),
  answered('unanswered', '', undefined),
  planned({ is: 'planned', job: unflashed }),
  planned({ is: 'planned', job: { ...JOB, always: true } }),
  planned({ is: 'planned', job: { ...JOB, image: other } }),
  planned({ is: 'planned', job: { ...JOB, image: { ...IMAGE, board: 'BANT-R' } } }),
  planned({
    is: 'planned',
    job: { ...JOB, commands: [], checks: [], verify: { version: false, address: false } },
  }),
  planned({ is: 'planned', job: { ...JOB, serial: undefined, commands: [] } }),
  planned({ is: 'refused', reason: 'no-image', note: 'none for BANT-W' }),
  planned({ is: 'unplanned', note: 'no rule' }),
  always({ is: 'offered' }),
  always({ is: 'timeout' }),
  always({ is: 'timeout' }),
];

const rarely: fc.Arbitrary<fc.Command<Stage, Stage>>[] = [
  always({ is: 'conflict', note: 'two MAC addresses' }),
  always({ is: 'missing' }),
  always({ is: 'warned', note: 'another DHCP server' }),
  always({ is: 'stop' }),
  always({ is: 'resumed' }),
];

const commands = [...anything, ...anything, ...anything, ...rarely, ...Array<typeof well>(110).fill(well)];

/** For late states, where much has to go wrong in a row. */
const hostile = [...anything, ...rarely, ...Array<typeof well>(15).fill(well)];

/** Nothing but time passes: conversations begin, and every limit runs out. */
function runOut(stage: FlashStage, most: number): void {
  for (let steps = 0; !isEnd(stage.modem.state); steps += 1) {
    assert.ok(steps < most, `it ends, and is ${stage.at}`);
    const { state, request } = stage.modem;
    if (state.at === 'unknown') stage.see({ is: 'missing' });
    else if (dueAt(state) === undefined) stage.see({ is: 'started', request });
    else stage.see({ is: 'timeout' });
  }
}

/** Every transfer that is allowed is begun and breaks off. */
function breakTransfers(stage: FlashStage, job: Job): void {
  for (let broken = 0; broken < stage.context.settings.transfers; broken += 1) {
    playTo(stage, 'transferring', job);
    stage.see({ is: 'transfer-failed', transfer: [...stage.alive][0] ?? '', why: 'error 0' });
  }
}

/** Every BOOTP request that is answered is sent, and then the modem is back without a transfer. */
function ignoreOffers(stage: FlashStage, job: Job): void {
  playTo(stage, 'offered', job);
  while (stage.modem.repeats < stage.context.settings.bootpRepeats)
    stage.see({ is: 'bootp', board: 'BANT-W', xid: stage.modem.repeats, invalid: false });
  stage.see({ is: 'timeout' });
  stage.see({ is: 'found', serial: '0703KT3PP', product: undefined, address: '192.168.1.254' });
}

function begin(stage: FlashStage, start: string, job = JOB): void {
  if (start === 'waiting, transfers used up') breakTransfers(stage, job);
  else if (start === 'discovered, offers used up') ignoreOffers(stage, job);
  else playOn(stage, start, job);
  assert.equal(stage.at, start.replace(/[ ,].*/, ''));
}

function playOn(stage: FlashStage, start: string, job: Job): void {
  const from = new Map([
    ['trigger-failed', 'triggered'],
    ['waiting', 'offered'],
    ['rebooting', 'verifying'],
  ]).get(start);
  playTo(stage, from ?? start.replace(/ .*/, ''), job);
  if (from !== undefined) stage.see({ is: 'timeout' });
  if (!start.startsWith('configuring last')) return;
  for (let more = 4; more > 0; more -= 1) stage.see(nextWell(stage));
  if (start === 'configuring last') return;
  for (const event of [nextWell(stage), { is: 'stop' }, { is: 'resumed' }] as const) stage.see(event);
  playTo(stage, 'configuring', job);
}

const anythingAtAll = fc.property(
  fc.oneof(fc.commands(commands, commandOptions(60)), fc.commands(hostile, commandOptions(12))),
  fc.constantFrom(0, 1),
  fc.boolean(),
  // Late states are reached too seldom from the beginning.
  fc.constantFrom(
    'unknown',
    'unknown',
    'discovered, offers used up',
    'triggered',
    'trigger-failed',
    'waiting',
    'waiting, transfers used up',
    'rebooting',
    'back',
    'configuring',
    'configuring last',
    'configuring last, interrupted',
    'checking',
  ),
  (commands, rewrites, stranger, start) => {
    const context = { ...CONTEXT, settings: { ...CONTEXT.settings, rewrites, bootpRepeats: 3 } };
    const stage = new FlashStage(context, stranger ? undefined : '0703KT3PP');
    begin(stage, start);
    fc.modelRun(() => ({ model: { stage }, real: { stage } }), commands);
    runOut(stage, 60);
  },
);

property(
  t,
  'a modem that never stops asking and answering comes to an end all the same',
  fc.property(fc.infiniteStream(fc.nat({ max: 99 })), fc.constantFrom(0, 3), (choices, rewrites) => {
    const context = { ...CONTEXT, settings: { ...CONTEXT.settings, rewrites } };
    const stage = new FlashStage(context);
    for (let steps = 0; !isEnd(stage.modem.state); steps += 1) {
      assert.ok(steps < 2000, `it ends, and is ${stage.at}`);
      const choice = choices.next().value ?? 0;
      const { request } = stage.modem;
      if (stage.effects.some((effect) => effect.do === 'plan')) stage.see({ is: 'planned', job: JOB });
      else if (stage.waiting === request) stage.see({ is: 'started', request });
      else if (choice < 40) stage.see(nextWell(stage), 3000);
      else if (choice < 60) stage.see({ is: 'timeout' });
      else if (choice < 80) stage.see({ is: 'bootp', board: 'BANT-W', xid: choice, invalid: true });
      else if (choice < 90) stage.see({ is: 'rrq', transfer: `r${steps}` });
      else stage.see({ is: 'found', serial: '0703KT3PP', product: undefined, address: '192.168.1.254' });
    }
  }),
  1000,
);

/** An event that changes nothing and has nothing done is in no line. */
const TRANSITIONS = `
  unknown: stop > cancelled
  unknown: found > discovered
  unknown: conflict > failed conflict
  unknown: missing > failed missing
  unknown: rrq > unknown
  unknown: bootp > bootp-seen or failed image-rejected or failed no-valid-image
  discovered: stop > cancelled
  discovered: rrq, answered ok, answered refused > discovered
  discovered: conflict > failed conflict
  discovered: refused > failed no-image
  discovered: unplanned > skipped
  discovered: resumed > unknown
  discovered: bootp > bootp-seen or failed no-tftp or failed wrong-board
  discovered: answered credentials > discovered or failed credentials
  discovered: timeout, answered unanswered > discovered or failed no-answer
  discovered: planned > checking or configuring or done or failed no-boot-mode or failed wrong-board or failed wrong-version or triggered
  triggered: stop > cancelled
  triggered: conflict > failed conflict
  triggered: answered refused > failed refused
  triggered: rrq > triggered
  triggered: resumed > unknown
  triggered: answered credentials > failed credentials or triggered
  triggered: timeout > failed no-boot-mode or trigger-failed
  triggered: bootp > bootp-seen or failed no-tftp or failed wrong-board
  trigger-failed: stop > cancelled
  trigger-failed: conflict > failed conflict
  trigger-failed: timeout > failed no-boot-mode
  trigger-failed: rrq > trigger-failed
  trigger-failed: found > triggered
  trigger-failed: resumed > unknown
  trigger-failed: bootp > bootp-seen or failed no-tftp or failed wrong-board
  bootp-seen: stop > cancelled
  bootp-seen: conflict > failed conflict
  bootp-seen: refused > failed no-image
  bootp-seen: offered > offered
  bootp-seen: unplanned > skipped
  bootp-seen: resumed > unknown
  bootp-seen: timeout > waiting
  bootp-seen: rrq > bootp-seen or failed transfer or transferring
  bootp-seen: planned > bootp-seen or failed no-image or failed wrong-board
  bootp-seen: bootp > bootp-seen or failed no-tftp or failed wrong-board
  offered: stop > cancelled
  offered: conflict > failed conflict
  offered: resumed > unknown
  offered: timeout > waiting
  offered: bootp > bootp-seen or failed no-tftp or failed wrong-board
  offered: rrq > failed transfer or offered or transferring
  waiting: stop > cancelled
  waiting: found > discovered
  waiting: conflict > failed conflict
  waiting: resumed > unknown
  waiting: timeout > failed no-tftp or failed transfer
  waiting: rrq > failed transfer or transferring or waiting
  waiting: bootp > bootp-seen or failed no-tftp or failed wrong-board
  transferring: conflict > failed conflict
  transferring: resumed > unknown
  transferring: bootp > bootp-seen or failed transfer
  transferring: sent > cancelled or verifying
  transferring: transfer-failed > cancelled or waiting
  transferring: rrq > failed transfer or transferring
  transferring: timeout > cancelled or failed transfer or waiting
  verifying: stop > cancelled
  verifying: conflict > failed conflict
  verifying: timeout > rebooting
  verifying: resumed > unknown
  verifying: rrq > verifying
  verifying: found > back or discovered
  verifying: bootp > bootp-seen or failed image-rejected or failed no-valid-image or failed wrong-board
  rebooting: stop > cancelled
  rebooting: conflict > failed conflict
  rebooting: timeout > failed not-back
  rebooting: rrq > rebooting
  rebooting: resumed > unknown
  rebooting: found > back or discovered
  rebooting: bootp > bootp-seen or failed image-rejected or failed no-valid-image or failed wrong-board
  back: rrq > back
  back: stop > cancelled
  back: bootp > failed boot-mode-again
  back: conflict > failed conflict
  back: resumed > unknown
  back: answered credentials > back or failed credentials
  back: timeout, answered refused, answered unanswered > back or failed no-answer
  back: answered ok > configuring or done or failed wrong-version
  configuring: stop > cancelled
  configuring: rrq > configuring
  configuring: bootp > failed boot-mode-again
  configuring: conflict > failed conflict
  configuring: resumed > unknown
  configuring: answered ok > checking or configuring
  configuring: answered refused, answered unanswered > checking or configuring or failed command
  configuring: answered credentials > configuring or failed credentials
  configuring: timeout > checking or configuring or failed command
  checking: stop > cancelled
  checking: rrq > checking
  checking: bootp > failed boot-mode-again
  checking: conflict > failed conflict
  checking: timeout > configuring or failed verify
  checking: resumed > unknown
  checking: answered credentials > checking or failed credentials
  checking: answered refused, answered unanswered > checking or failed verify
  checking: found, answered ok > checking or done or failed verify
  done: rrq > done
  failed: rrq > failed
  failed: resumed > unknown
  skipped: rrq > skipped
  skipped: resumed > unknown
  cancelled: rrq > cancelled
  cancelled: resumed > unknown
`;

/** A plan of one command that takes the modem away, and no check but that of its address. */
const BRIEF = {
  ...JOB,
  commands: [{ line: 'system reboot', silent: true, onFailure: { is: 'stop' } } as const],
  checks: [],
  verify: { version: false, address: true },
};

function answers(outcome: Outcome, times: number): NewEvent[] {
  return Array.from({ length: times }, (): NewEvent => ({ is: 'answered', request: -1, outcome, text: '' }));
}

const seen = (address: string) => ({ serial: '0703KT3PP', product: undefined, address });

const found241: NewEvent = { is: 'found', ...seen('192.168.1.241') };

const broken = (times: number): NewEvent[] =>
  Array.from({ length: times }, (_, n): NewEvent[] => [
    { is: 'rrq', transfer: `b${n}` },
    { is: 'transfer-failed', transfer: `b${n}`, why: 'error 0' },
  ]).flat();

const pushed = (times: number): NewEvent[] =>
  Array.from(
    { length: times },
    (_, xid): NewEvent => ({ is: 'bootp', board: 'BANT-W', xid, invalid: false }),
  );

/** Its boot loader gives up, and the old firmware is found and planned for once more. */
const gaveUp = (): NewEvent[] => [
  { is: 'timeout' },
  { is: 'found', ...seen('192.168.1.254') },
  ...answers('ok', 1),
  { is: 'planned', job: JOB },
];

/** Deaf to the upgrade command. */
const deaf = (): NewEvent[] => [{ is: 'timeout' }, { is: 'found', ...seen('192.168.1.254') }];

/** What needs so many misfortunes in a row that chance does not bring it. */
const RARE: readonly {
  readonly title: string;
  readonly start: string;
  readonly job?: Job;
  readonly events: readonly NewEvent[];
}[] = [
  { title: 'an address that is all there is to see', start: 'checking', job: BRIEF, events: [found241] },
  {
    title: 'a last command that takes the modem away',
    start: 'configuring',
    job: BRIEF,
    events: answers('unanswered', 1),
  },
  {
    title: 'one that goes into boot mode and out of it again',
    start: 'triggered',
    events: [...deaf(), ...deaf(), ...pushed(1), ...gaveUp()],
  },
  {
    title: 'one that asks by BOOTP, gives up and asks again',
    start: 'triggered',
    events: [...pushed(3), ...gaveUp(), ...pushed(1)],
  },
  { title: 'BOOTP requests and never a request for the file', start: 'triggered', events: pushed(4) },
  {
    title: 'a modem that does not answer after its restart',
    start: 'back',
    events: answers('unanswered', 3),
  },
  {
    title: 'a last command that fails and need not matter',
    start: 'configuring last',
    events: answers('unanswered', 1),
  },
  {
    title: 'a check that nobody answers',
    start: 'checking',
    events: [found241, ...answers('unanswered', 3)],
  },
  { title: 'a check that is refused', start: 'checking', events: [found241, ...answers('refused', 3)] },
  { title: 'users that are refused one by one', start: 'triggered', events: answers('credentials', 2) },
  {
    title: 'a transfer that breaks when all is to end',
    start: 'transferring',
    events: [{ is: 'stop' }, { is: 'transfer-failed', transfer: 't0', why: 'x' }],
  },
  { title: 'a file asked for again and again without BOOTP', start: 'offered', events: broken(4) },
];

t.test('rare misfortunes', async (t) => {
  for (const { title, start, job, events } of RARE) {
    const stage = new FlashStage({ ...CONTEXT, settings: { ...CONTEXT.settings, bootpRepeats: 3 } });
    begin(stage, start, job);
    for (const event of events) {
      const { request } = stage.modem;
      if (stage.waiting === request) hear(stage, { is: 'started', request });
      hear(stage, event.is === 'answered' ? { ...event, request } : event);
    }
    t.pass(title);
  }
});

reachingProperty(
  t,
  'whatever happens, one transfer is alive, the end is the end, and time alone brings it',
  anythingAtAll,
  3000,
  () => missingIn(readTransitions(TRANSITIONS), reached),
);

t.test('no other transition is reached', async (t) => {
  t.strictSame(missingIn(reached, readTransitions(TRANSITIONS)), []);
});
