import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { HeapTimer, TimerHeap } from '../../../simulator/time/timer-heap.ts';
import { Timers } from '../../../simulator/time/timers.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import { property } from '../../support/seed.ts';

const HOUR = 3_600_000;

class Noted extends HeapTimer {
  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }

  run(): void {}
}

property(
  t,
  'a heap orders timers by time, equal times by when they were set, whatever was moved or dropped',
  fc.property(
    fc.array(
      fc.record({ id: fc.nat(15), at: fc.nat(6), does: fc.constantFrom('put', 'put', 'drop', 'take') }),
      { maxLength: 60 },
    ),
    (steps) => {
      const queue = new TimerHeap();
      const all = Array.from({ length: 16 }, (_, id) => new Noted(id));
      let model: { id: number; at: number; order: number }[] = [];
      for (const [order, { id, at, does }] of steps.entries()) {
        const due = all[id];
        assert.ok(due);
        const first = [...model].sort((a, b) => a.at - b.at || a.order - b.order)[0];
        const { first: head } = queue;
        assert.equal(head instanceof Noted ? head.id : undefined, first?.id);
        const gone = does === 'take' ? first?.id : id;
        model = model.filter((other) => other.id !== gone);
        if (does === 'put') {
          queue.put(due, at);
          model.push({ id, at, order });
        } else if (does === 'drop') queue.drop(due);
        else if (head !== undefined) queue.drop(head);
        assert.equal(queue.size, model.length);
        assert.equal(
          due.place >= 0,
          model.some((other) => other.id === id),
        );
      }
    },
  ),
  500,
);

t.test('a timer that is cancelled leaves the queue at once', async (t) => {
  const scheduler = createScheduler({ clock: () => 0 });
  const timers = new Timers(scheduler);
  for (let round = 0; round < 10_000; round++) {
    timers.set('periodic', 43_200_000, () => undefined);
    scheduler.after(HOUR, () => undefined)();
  }
  t.equal(scheduler.waiting, 1);
  timers.set('retry', 5000, () => undefined);
  timers.set('boot', 5000, () => undefined);
  t.ok(timers.has('retry'));
  timers.clear('retry');
  t.notOk(timers.has('retry'));
  t.equal(scheduler.waiting, 2);
  timers.clearAll();
  t.equal(scheduler.waiting, 0);
  t.notOk(timers.has('boot'));
});

t.test('a timer by name runs once, the last one that was set, and may set itself again', async (t) => {
  const time = simulatedTime(0);
  const timers = new Timers(time.scheduler);
  const ran: string[] = [];
  timers.set('a', 1000, () => ran.push('never'));
  timers.set('a', 2000, () => {
    ran.push('a');
    timers.set('a', 500, () => ran.push('again'));
  });
  timers.set('b', 2250, () => ran.push('b'));
  await time.pass(10_000);
  t.strictSame(ran, ['a', 'b', 'again']);
  t.equal(time.scheduler.waiting, 0);
});

t.test('at speed max time jumps from one moment to the next, and years pass at once', async (t) => {
  const scheduler = createScheduler({ speed: 'max', start: 1000 });
  const ran: [string, number][] = [];
  const note = (what: string) => () => ran.push([what, scheduler.now()]);
  await new Promise<void>((resolve) => {
    scheduler.after(365 * 24 * HOUR, () => {
      note('year')();
      scheduler.after(0, () => {
        note('then')();
        resolve();
      });
    });
    scheduler.after(2000, note('b'));
    scheduler.after(1000, note('a'));
    scheduler.after(2000, note('c'));
    scheduler.after(1500, note('never'))();
    t.equal(scheduler.now(), 1000, 'asking moves nothing');
  });
  const year = 1000 + 365 * 24 * HOUR;
  t.strictSame(ran, [
    ['a', 2000],
    ['b', 3000],
    ['c', 3000],
    ['year', year],
    ['then', year],
  ]);
});

t.test('at speed max time stands still while there is work', async (t) => {
  const scheduler = createScheduler({ speed: 'max', start: 0 });
  const turns = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) await new Promise((resolve) => setImmediate(resolve));
  };
  let ran = 0;
  scheduler.after(HOUR, () => (ran += 1));
  let finish = (_: string): void => undefined;
  const work = scheduler.busy(
    new Promise<string>((resolve) => {
      finish = resolve;
    }),
  );
  const release = scheduler.hold();
  await turns(20);
  t.equal(scheduler.now(), 0, 'two hold it');
  finish('done');
  t.equal(await work, 'done', 'what it answers is the work itself');
  await turns(20);
  t.equal(scheduler.now(), 0, 'one still does');
  release();
  release();
  scheduler.hold();
  t.equal(ran, 0, 'nothing runs at once');
  await turns(20);
  t.equal(scheduler.now(), 0, 'a release counts once');
  const failed = createScheduler({ speed: 'max', start: 0 });
  await t.rejects(failed.busy(Promise.reject(new Error('broken'))), { message: 'broken' });
  await new Promise<void>((resolve) => {
    failed.after(5, resolve);
  });
  t.equal(failed.now(), 5, 'work that fails has ended too');
});

t.test('at speed max with overlap time goes on so far beside the work that began first', async (t) => {
  const scheduler = createScheduler({ speed: 'max', start: 0, overlap: 100 });
  const began: number[] = [];
  const ends: (() => void)[] = [];
  for (const at of [50, 100, 150, 151, 260])
    scheduler.after(at, () => {
      began.push(scheduler.now());
      ends.push(scheduler.hold());
    });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settle();
  t.strictSame(began, [50, 100, 150]);
  for (const end of ends.splice(0, 2)) end();
  await settle();
  t.strictSame(began, [50, 100, 150], 'one of them is not done');
  for (const end of ends.splice(0)) end();
  await settle();
  t.strictSame(began, [50, 100, 150, 151]);
  for (const end of ends.splice(0)) end();
  await settle();
  t.strictSame(began, [50, 100, 150, 151, 260]);
});

t.test('a timer that sets itself again at the same moment lets others run, and a stop ends it', async (t) => {
  for (const speed of ['max', 1] as const) {
    const scheduler = createScheduler({ speed, start: 0, clock: () => 0 });
    let ran = 0;
    await new Promise<void>((resolve) => {
      const again = (): void => {
        ran += 1;
        scheduler.after(0, again);
        if (ran === 2) setImmediate(resolve);
      };
      scheduler.after(0, again);
    });
    t.ok(ran >= 2, `${speed}: it ran, and so did others`);
    scheduler.stop();
    const before = ran;
    for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
    t.equal(ran, before, `${speed}: it is over`);
    await new Promise<void>((resolve) => {
      scheduler.after(0, resolve);
    });
    t.pass(`${speed}: it can be used again`);
  }
});

t.test('time that flows runs what became due together in the order of time', async (t) => {
  let real = 0;
  const scheduler = createScheduler({ speed: 10, start: 0, clock: () => real });
  const ran: number[] = [];
  for (const at of [300, 100, 200]) scheduler.after(at, () => ran.push(at));
  const done = new Promise<void>((resolve) => {
    scheduler.after(300, resolve);
  });
  real = 30;
  t.equal(scheduler.now(), 300);
  await done;
  t.strictSame(ran, [100, 200, 300]);
});

t.test('the scheduler runs what is due in the order of time, and not what was cancelled', async (t) => {
  // A clock of the test's own: on a busy machine real time passes between two calls.
  let real = 0;
  const scheduler = createScheduler({ speed: 1000, start: 0, clock: () => real });
  const ran: number[] = [];
  const cancels: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    for (const seconds of [9, 3, 7, 1, 8, 2, 6, 4, 5])
      cancels[seconds] = scheduler.after(seconds * 1000, () => {
        ran.push(seconds);
        if (seconds === 2) cancels[6]?.();
        if (seconds === 9) resolve();
      });
    cancels[1]?.();
    real = 10;
  });
  t.strictSame(ran, [2, 3, 4, 5, 7, 8, 9]);
  t.ok(scheduler.now() >= 9000, 'simulated time went with it');
  scheduler.after(0, () => t.fail('stopped'));
  scheduler.stop();
});

t.test('equal times run in the order in which they were asked for', async (t) => {
  let real = 0;
  const scheduler = createScheduler({ speed: 1, start: 0, clock: () => real });
  const ran: number[] = [];
  const done = new Promise<void>((resolve) => {
    for (let n = 0; n < 50; n++) scheduler.after(1, () => (ran.push(n) === 50 ? resolve() : undefined));
  });
  real = 5;
  await done;
  t.strictSame(
    ran,
    Array.from({ length: 50 }, (_, n) => n),
  );
});
