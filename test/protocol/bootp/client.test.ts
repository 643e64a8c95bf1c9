import t from 'tap';
import type {
  BootpClientEvent,
  BootpClientSettings,
  BootpClientState,
} from '../../../protocol/bootp/client.ts';
import {
  BOOTP_CLIENT_DEFAULTS,
  initialBootpClient,
  stepBootpClient,
} from '../../../protocol/bootp/client.ts';
import { decodeBootp, encodeBootp } from '../../../protocol/bootp/message.ts';
import { OPTION, optionOf, readOptions } from '../../../protocol/bootp/options.ts';
import { initialBootpServer, stepBootpServer } from '../../../protocol/bootp/server.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../../protocol/bootp/server-types.ts';
import { decodeStOptions } from '../../../protocol/bootp/st-options.ts';

const settings: BootpClientSettings = {
  ...BOOTP_CLIENT_DEFAULTS,
  mac: '00:14:7f:28:54:65',
  xid: 0x1234,
  board: 'BANT-R',
  random: () => 0.5,
};

/** The waits and the requests of so many times that are over. */
function times(change: Partial<BootpClientSettings>, count: number) {
  let state: BootpClientState = initialBootpClient();
  const waits: number[] = [];
  const sent: Uint8Array[] = [];
  const events: BootpClientEvent[] = [{ is: 'start' }, ...Array(count).fill({ is: 'due' })];
  for (const event of events) {
    const step = stepBootpClient({ ...settings, ...change }, state, event);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.do === 'wait') waits.push(effect.ms);
      if (effect.do === 'send') sent.push(effect.bytes);
    }
  }
  return { waits, sent, state };
}

t.test('ten requests a second apart, then one every four seconds', async (t) => {
  t.strictSame(times({}, 12).waits, [...Array(10).fill(1000), 4000, 4000, 4000]);
  t.strictSame(times({ random: () => 0 }, 2).waits, [1000, 750, 750]);
});

t.test('RFC 951 7.2: the bound of a random wait doubles up to 64 s', async (t) => {
  const repetition = { by: 'back-off', firstMs: 1000, lastMs: 64_000 } as const;
  t.strictSame(
    times({ repetition, random: () => 1 }, 8).waits,
    [1, 2, 4, 8, 16, 32, 64, 64, 64].map((s) => s * 1000),
  );
});

t.test('a request says who it is, and secs since the start unless the loader leaves them out', async (t) => {
  const { sent } = times({ vendor: { serial: '0626JTRAS', reason: 'button' } }, 3);
  const decoded = decodeBootp(sent[2] ?? new Uint8Array());
  if (!decoded.ok) throw new Error('unreadable');
  t.match(decoded.value, { op: 1, xid: 0x1234, file: 'BANT-R', flags: 0x8000, secs: 3 });
  const data = optionOf(readOptions(decoded.value.vend).options, OPTION.vendorSpecific);
  t.strictSame(decodeStOptions(data ?? new Uint8Array()), { serial: '0626JTRAS', reason: 'button' });
  const bare = decodeBootp(times({ secs: 'zero', broadcast: false }, 3).sent[2] ?? new Uint8Array());
  t.match(bare, { value: { secs: 0, flags: 0 } });
});

t.test('it gives up after the time set, and is silent then', async (t) => {
  const { state, sent } = times({ giveUpMs: 5000 }, 20);
  t.strictSame(state, { at: 'gave-up' });
  t.equal(sent.length, 4);
});

t.test('a reply of our server gives it a lease; others are passed over with a reason', async (t) => {
  const { sent, state } = times({}, 1);
  const answer = stepBootpServer(
    {
      ...BOOTP_SERVER_DEFAULTS,
      address: '192.168.1.10',
      pool: ['192.168.1.64'],
      router: '192.168.1.1',
      rules: [{ for: { by: 'board', board: 'BANT-R' }, image: { file: 'ZZOGAA6.2H5' } }],
    },
    initialBootpServer(),
    {
      is: 'datagram',
      bytes: sent[0] ?? new Uint8Array(),
      from: { address: '0.0.0.0', port: 68 },
      at: 0,
      serialOf: () => undefined,
    },
  ).effects[0];
  if (answer?.do !== 'reply') throw new Error('no reply');
  const hear = (bytes: Uint8Array) => stepBootpClient(settings, state, { is: 'datagram', bytes });
  for (const [why, change] of [
    ['not-a-reply', { op: 1 }],
    ['not-mine', { xid: 1 }],
    ['not-mine', { chaddr: new Uint8Array(16) }],
    ['no-address', { yiaddr: '0.0.0.0' }],
    ['no-server', { siaddr: '0.0.0.0' }],
    ['no-file', { file: '' }],
  ] as const) {
    const step = hear(encodeBootp({ ...answer.message, ...change }));
    t.strictSame(step, { state, effects: [{ do: 'ignored', why }] }, why);
  }
  t.match(hear(new Uint8Array(3)).effects, [{ why: 'unreadable' }]);
  const leased = hear(answer.bytes);
  const lease = {
    address: '192.168.1.64',
    server: '192.168.1.10',
    file: 'ZZOGAA6.2H5',
    mask: '255.255.255.0',
    router: '192.168.1.1',
  };
  t.strictSame(leased, { state: { at: 'leased', lease }, effects: [{ do: 'leased', lease }] });
  t.strictSame(stepBootpClient(settings, leased.state, { is: 'due' }).effects, []);
  t.match(
    stepBootpClient(settings, leased.state, { is: 'start' }).effects,
    [{ do: 'wait' }],
    'boot mode again',
  );
});
