/** Host and ant together, over a line that does what lines do. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { HostRequest } from '../../../protocol/mdap/host-conversation.ts';
import { DONE_STYLES } from '../../../protocol/mdap/sequence.ts';
import { HOST_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { MdapLine } from '../../support/lan/mdap-line.ts';
import { property } from '../../support/seed.ts';

const ask = (antId: string, command: string): HostRequest => ({
  verb: 'EXEC-CLI',
  antId,
  command,
  user: 'Administrator',
  password: '',
});

/** Enough patience for a line that loses a third of everything. */
const patient = { conv: { ...HOST_SETTINGS.conv, retries: 40, growth: 1, total: 600_000 } };

const listing = (name: string, bytes: number): string => {
  let text = '';
  for (let line = 0; text.length < bytes; line++) text += `${name} line ${line} of many\r\n`;
  return text.slice(0, bytes);
};

const faults = fc.record({
  loss: fc.constantFrom(0, 0.3),
  duplicates: fc.constantFrom(0, 0.1, 0.5),
  // Later than the next repetition: an old request may come when the conversation is further on.
  delay: fc.constantFrom<[number, number][]>([1, 1], [1, 50], [1, 3000]),
});

property(
  t,
  '5 KiB of output come whole over loss, duplicates and reordering, and the command is carried out once',
  fc.property(
    fc.nat(),
    faults,
    fc.constantFrom(...DONE_STYLES),
    fc.boolean(),
    fc.constantFrom(0, 0, 500),
    (seed, line, doneStyle, flag, takes) => {
      let runs = 0;
      const text = listing('route', 5 * 1024);
      const run = () => {
        runs += 1;
        return { is: 'text', text } as const;
      };
      const settings = {
        doneStyle,
        doubleCheckOnDone: flag,
        singleShotDone: flag,
        maxDatagram: flag ? 512 : 1400,
        // Longer than this line delays a copy of the first request: after that, an ant takes it for a new
        // one.
        replayCache: 60_000,
      };
      const pair = new MdapLine(seed, line, [{ antId: 'A', run, takes, settings }]);
      const held = pair.ask(ask('A', 'ip rtlist'), { settings: patient });
      pair.play();
      assert.deepEqual(held.outcome, { is: 'done', output: text, headers: [] });
      assert.equal(runs, 1);
    },
  ),
  300,
);

property(
  t,
  'several hosts and ants at once never mix: each gets the output of its own command',
  fc.property(fc.nat(), faults, (seed, line) => {
    const counts = new Map<string, number>();
    const ants = ['A', 'B'].map((antId) => ({
      antId,
      // Ants that remember for as long as this line delays: one that takes a late opening for a new one
      // refuses the next step.
      settings: { conversationIdle: 3_600_000, replayCache: 60_000 },
      run: ({ command = '' }: { readonly command: string | undefined }) => {
        counts.set(`${antId} ${command}`, (counts.get(`${antId} ${command}`) ?? 0) + 1);
        return { is: 'text', text: listing(`${antId} ${command}`, 3000) } as const;
      },
    }));
    const pair = new MdapLine(seed, line, ants);
    const wanted = ['first', 'second'].flatMap((host, index) =>
      ['A', 'B'].map((antId) => ({
        text: listing(`${antId} ${host}`, 3000),
        held: pair.ask(ask(antId, host), {
          address: `192.168.1.1${index}`,
          settings: patient,
          at: index * 5,
        }),
      })),
    );
    pair.play();
    for (const { text, held } of wanted)
      assert.deepEqual(held.outcome, { is: 'done', output: text, headers: [] });
    assert.deepEqual([...counts.values()], [1, 1, 1, 1]);
  }),
  100,
);

t.test('a command that takes the ant down ends as sent, and a lost ant as unanswered', async (t) => {
  const still = { loss: 0, duplicates: 0, delay: [1, 1] } as const;
  const runs: string[] = [];
  const run = ({ command = '' }: { readonly command: string | undefined }) => {
    runs.push(command);
    return command === 'system reboot' ? ({ is: 'silence' } as const) : ({ is: 'text', text: '' } as const);
  };
  const line = new MdapLine(1, still, [{ antId: 'A', run }]);
  const reboot = line.ask({ ...ask('A', 'system reboot'), expectSilence: true });
  const upgrade = line.ask({ ...ask('A', 'software upgrade'), expectSilence: true });
  const gone = line.ask(ask('B', 'ip iplist'));
  line.play();
  t.strictSame(reboot.outcome, { is: 'sent', answered: false, output: '' });
  t.strictSame(upgrade.outcome, { is: 'sent', answered: true, output: '' });
  t.strictSame(gone.outcome, { is: 'timeout', step: 1, output: '' });
  t.strictSame(runs, ['system reboot', 'software upgrade']);
});
