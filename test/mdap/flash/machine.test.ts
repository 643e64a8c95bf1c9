import t from 'tap';
import { FLASH_REASONS } from '../../../mdap/flash/reasons.ts';
import type { NewEvent } from '../../support/oracle/flash-oracle.ts';
import { CONTEXT, FlashStage, IMAGE, JOB, nextWell, playTo } from '../../support/oracle/flash-oracle.ts';

const done = (stage: FlashStage): string[] => stage.effects.map((effect) => effect.do);
const bootp = (change: object = {}): NewEvent => ({
  is: 'bootp',
  board: 'BANT-W',
  xid: 7,
  invalid: false,
  ...change,
});
const answered = (stage: FlashStage, change: object): NewEvent => ({
  is: 'answered',
  request: stage.modem.request,
  outcome: 'ok',
  text: '',
  ...change,
});
const begun = (stage: FlashStage): NewEvent => ({ is: 'started', request: stage.modem.request });

/** The reason of a modem that failed. */
function reason(stage: FlashStage): string {
  const { state } = stage.modem;
  return state.at === 'failed' ? state.reason : state.at;
}

t.test('a modem goes from a search to its end, through every state in order', async (t) => {
  const stage = new FlashStage();
  const seen: string[] = [];
  for (let steps = 0; stage.at !== 'done' && steps < 60; steps += 1) {
    stage.see(nextWell(stage));
    if (seen.at(-1) !== stage.at) seen.push(stage.at);
  }
  t.strictSame(
    seen,
    'discovered triggered bootp-seen offered transferring verifying back configuring checking done'.split(
      ' ',
    ),
  );
  t.strictSame(
    stage.modem.ran,
    JOB.commands.map(({ line }) => line),
  );
});

t.test('one that has the version already is configured and not flashed', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'discovered');
  stage.see(begun(stage));
  stage.see(answered(stage, { facts: { board: 'BANT-W', version: IMAGE.version } }));
  stage.see({ is: 'planned', job: JOB });
  t.equal(stage.at, 'configuring');
});

t.test(
  'one that a button brought into boot mode is served for its board, and planned for when it is known',
  async (t) => {
    const stage = new FlashStage(CONTEXT, undefined);
    stage.see(bootp());
    t.strictSame([stage.at, done(stage)], ['bootp-seen', ['plan']]);
    stage.see({ is: 'planned', job: { ...JOB, serial: undefined, commands: [] } });
    t.strictSame([stage.at, done(stage)], ['bootp-seen', ['serve']]);
    playTo(stage, 'verifying');
    stage.see({ is: 'found', serial: '0703KT3PP', product: 'SpeedTouch 585', address: '192.168.1.254' });
    t.equal(stage.at, 'discovered', 'its serial number has a say now');
    playTo(stage, 'done');
    t.equal(stage.modem.ran.length, JOB.commands.length);
    t.equal(stage.modem.transfers, 1, 'it is not flashed twice');
  },
);

t.test('an image for another board is not even offered', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'discovered');
  stage.see(begun(stage));
  stage.see(answered(stage, { facts: { board: 'BANT-R', version: '6.1' } }));
  stage.see({ is: 'planned', job: JOB });
  t.strictSame([reason(stage), done(stage)], ['wrong-board', ['quarantine']]);
});

t.test('a loader that asks again after the whole image is left alone', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  stage.see(bootp(), 500);
  t.equal(stage.at, 'verifying', 'a late copy of the request is no refusal');
  stage.see(bootp(), 3000);
  t.strictSame([reason(stage), done(stage)], ['image-rejected', ['quarantine']]);
  stage.see(bootp());
  t.strictSame(done(stage), [], 'nobody answers it any more');
});

t.test('a new boot right after the image is a refusal at once: its xid is another', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  stage.see(bootp({ xid: 8 }), 500);
  t.equal(reason(stage), 'image-rejected');
});

t.test('a power cut during the write is distinguished from an image that it rejects', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  stage.see(bootp({ xid: 8, invalid: true }), 60_000);
  t.equal(reason(stage), 'no-valid-image');
});

t.test('one whose power was cut while it wrote gets the image again where that is set', async (t) => {
  const stage = new FlashStage({ ...CONTEXT, settings: { ...CONTEXT.settings, rewrites: 1 } });
  playTo(stage, 'verifying');
  stage.see(bootp({ xid: 8, invalid: true }), 60_000);
  t.equal(stage.at, 'bootp-seen');
  playTo(stage, 'done');
});

t.test('a power cut during the transfer starts it again, three times at most', async (t) => {
  const stage = new FlashStage();
  for (const xid of [8, 9]) {
    playTo(stage, 'transferring');
    stage.see(bootp({ xid }), 5000);
    t.strictSame([stage.at, done(stage)], ['bootp-seen', ['abort', 'serve']]);
  }
  playTo(stage, 'transferring');
  stage.see(bootp({ xid: 10 }), 5000);
  t.equal(reason(stage), 'transfer');
});

t.test('a late copy of a BOOTP request does not cut a transfer', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'transferring');
  stage.see(bootp(), 100);
  t.strictSame([stage.at, stage.modem.transfers], ['transferring', 1]);
});

t.test('a transfer that stands still is cut, and the loader may ask again', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'transferring');
  stage.see({ is: 'timeout' });
  t.strictSame([stage.at, done(stage)], ['waiting', ['abort']]);
  playTo(stage, 'done');
});

t.test('BOOTP requests without end, and no request for the file, are given up', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'triggered');
  for (let requests = 0; requests < 21; requests += 1) {
    t.not(stage.at, 'failed');
    stage.see(bootp());
    if (stage.at === 'bootp-seen') stage.see({ is: 'offered' });
  }
  t.equal(reason(stage), 'no-tftp');
});

t.test('one that does not go into boot mode gets the command three times', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'triggered');
  for (let retries = 0; retries < 2; retries += 1) {
    stage.see(begun(stage));
    stage.see({ is: 'timeout' });
    t.equal(stage.at, 'trigger-failed');
    playTo(stage, 'triggered');
  }
  stage.see({ is: 'timeout' });
  t.strictSame([reason(stage), stage.modem.triggers], ['no-boot-mode', 3]);
});

t.test('one that never comes back is reported as such', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  stage.see({ is: 'timeout' });
  stage.see({ is: 'timeout' });
  t.equal(reason(stage), 'not-back');
});

t.test('one that comes back with another version has failed', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'back');
  stage.see(begun(stage));
  stage.see(answered(stage, { facts: { board: 'BANT-W', version: '6.2.17.5' } }));
  t.match(stage.modem.state, {
    at: 'failed',
    reason: 'wrong-version',
    note: 'it says 6.2.17.5, the image holds 6.2.29.2',
  });
});

t.test(
  'users are tried in order, and again after flashing, which restores the factory settings',
  async (t) => {
    const stage = new FlashStage();
    playTo(stage, 'discovered');
    stage.see(begun(stage));
    stage.see(answered(stage, { outcome: 'credentials' }));
    t.match(stage.effects, [{ do: 'ask', credential: 1 }]);
    playTo(stage, 'triggered');
    t.match(stage.effects, [{ do: 'serve' }, { do: 'trigger', credential: 1 }]);
    playTo(stage, 'back');
    t.match(stage.effects, [{ do: 'ask', credential: 0 }]);
  },
);

t.test('one that takes no user of the plan has failed for that', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'discovered');
  for (const _ of [0, 1]) {
    stage.see(begun(stage));
    stage.see(answered(stage, { outcome: 'credentials' }));
  }
  t.equal(reason(stage), 'credentials');
});

t.test('what the plan says of a command that fails is done', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'configuring');
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'ok' }));
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'refused', text: 'no such address' }));
  t.match(stage.modem, { state: { at: 'configuring' }, ran: { length: 2 } }, 'this one may fail');
  t.strictSame(stage.modem.notes, ['ip ipdelete addr=192.168.1.254: no such address']);
  for (const _ of [0, 1]) {
    stage.see(begun(stage));
    stage.see(answered(stage, { outcome: 'unanswered' }));
  }
  t.match(stage.modem.state, { at: 'failed', reason: 'command', note: 'saveall: no answer' });
});

t.test('the address in the end decides, whatever the commands said', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'checking');
  stage.see({ is: 'found', serial: '0703KT3PP', product: undefined, address: '192.168.1.254' });
  stage.see({ is: 'timeout' });
  t.match(stage.modem.state, {
    at: 'failed',
    reason: 'verify',
    note: 'its address is 192.168.1.254, expected 192.168.1.241',
  });
});

t.test('a question of the checks has no time limit before its turn has come', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'checking');
  t.match(stage.modem.state, { until: Number }, 'the search that is to show its address has one');
  stage.see({ is: 'found', serial: '0703KT3PP', product: undefined, address: '192.168.1.241' });
  t.strictSame(done(stage), ['ask']);
  t.match(stage.modem.state, { until: undefined }, 'others are asked first');
  stage.see(begun(stage), 600_000);
  t.equal(stage.at, 'checking');
  t.match(stage.modem.state, { until: Number });
  stage.see(answered(stage, { facts: { board: 'BANT-W', version: IMAGE.version } }));
  t.match([done(stage), stage.modem.state], [['command'], { until: undefined }]);
});

t.test('an answer to a question of long ago changes nothing', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'back');
  stage.see(answered(stage, { request: 1, outcome: 'credentials' }));
  t.equal(stage.at, 'back');
});

t.test('on stop, it finishes the running transfer, and nothing else', async (t) => {
  const busy = new FlashStage();
  playTo(busy, 'transferring');
  busy.see({ is: 'stop' });
  t.equal(busy.at, 'transferring');
  playTo(busy, 'cancelled');
  const idle = new FlashStage();
  playTo(idle, 'triggered');
  idle.see({ is: 'stop' });
  t.strictSame([idle.at, done(idle)], ['cancelled', ['quarantine']]);
});

t.test('after a new start its next word chooses the state', async (t) => {
  for (const state of 'discovered triggered bootp-seen offered transferring verifying back configuring checking'.split(
    ' ',
  )) {
    const stage = new FlashStage();
    playTo(stage, state);
    stage.see({ is: 'resumed' }, 60_000);
    t.equal(stage.at, 'unknown', state);
    playTo(stage, 'done');
    const flashed =
      state === 'verifying' || state === 'back' || state === 'configuring' || state === 'checking';
    t.equal(stage.modem.transfers, flashed ? 0 : 1, `${state}: what it has got it does not get again`);
  }
});

t.test('after a new start, a loader that has got all and asks again is one that refuses', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  stage.see({ is: 'resumed' }, 60_000);
  stage.see(bootp({ xid: 9 }), 60_000);
  t.equal(reason(stage), 'image-rejected');
});

t.test('a command that may have been carried out before the stop may fail', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'configuring');
  stage.see(begun(stage));
  stage.see({ is: 'resumed' }, 60_000);
  playTo(stage, 'configuring');
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'refused', text: 'address exists' }));
  t.equal(stage.at, 'configuring');
  t.match(stage.modem.notes, [/may have been done before/]);
});

t.test('one that is done is left alone after a new start; one that failed gets another chance', async (t) => {
  const good = new FlashStage();
  playTo(good, 'done');
  good.see({ is: 'resumed' });
  good.see({ is: 'found', serial: '0703KT3PP', product: undefined, address: '192.168.1.241' });
  t.strictSame([good.at, done(good)], ['done', []]);
  const bad = new FlashStage();
  playTo(bad, 'verifying');
  bad.see(bootp(), 3000);
  t.equal(reason(bad), 'image-rejected');
  bad.see({ is: 'resumed' });
  bad.see(bootp({ xid: 9 }));
  t.equal(bad.at, 'bootp-seen');
});

t.test('every reason is a sentence with a way out', async (t) => {
  for (const { says, remedy } of Object.values(FLASH_REASONS)) t.ok(says.length > 10 && remedy.length > 10);
});

t.test('a command that was lost shows by the address, and is given once more', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'configuring');
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'ok' }));
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'unanswered' }));
  t.equal(stage.modem.doubt, 1, 'it takes the address away: silence is no failure');
  stage.see(begun(stage));
  stage.see(answered(stage, { outcome: 'ok' }));
  t.equal(stage.at, 'checking');
  stage.see({ is: 'timeout' });
  t.match(stage.effects, [{ do: 'command', line: 'ip ipdelete addr=192.168.1.254' }]);
  for (const outcome of ['unanswered', 'refused']) {
    stage.see(begun(stage));
    stage.see(answered(stage, { outcome, text: 'done before' }));
  }
  t.equal(stage.at, 'checking', 'what may have been done before may fail now');
  stage.see({ is: 'timeout' });
  t.equal(reason(stage), 'verify', 'once, and no more');
});

t.test('from the last byte on it is served no more', async (t) => {
  const stage = new FlashStage();
  playTo(stage, 'verifying');
  t.strictSame(done(stage), ['quarantine']);
});
