/** The modems of a capture in recorded time, and captures that lack something. */
import type { Socket } from 'node:net';
import t from 'tap';
import { recordSocket } from '../../captures/record/record-socket.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import type { Recording } from '../../replay/index.ts';
import { createModem } from '../../simulator/index.ts';
import { runAcs } from '../support/acs/run-acs.ts';
import { recordToMemory } from '../support/capture/record-memory.ts';
import {
  firstContact,
  recordingOf,
  scriptedAcs,
  sessionCapture,
  toAcs,
} from '../support/capture/replay-parts.ts';

const reboot: Message = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } };
const rebooted: Message = { kind: 'response', rpc: 'Reboot', args: {} };

/** The same session, the second POST of the modem an hour later. */
function anHourLater({ mdap, sessions }: Recording): Recording {
  const later = sessions.map(({ session, exchanges }) => ({
    session,
    exchanges: exchanges.map((exchange, index) => {
      const { http } = exchange.request;
      if (index === 0) return exchange;
      return {
        ...exchange,
        request: { ...exchange.request, http: { ...http, began: http.began + 3_600_000_000_000n } },
      };
    }),
  }));
  return { mdap, sessions: later };
}

t.test('a replay keeps recorded time, or runs faster, and ends when it is interrupted', async (t) => {
  const capture = anHourLater(await recordingOf(sessionCapture([])));
  const acs = await scriptedAcs(t, []);
  t.match(await toAcs(capture, acs.url, { speed: 1_000_000 }), { same: true, played: 1, sent: 2 });
  const stop = new AbortController();
  const report = await toAcs(capture, acs.url, {
    speed: 1,
    signal: stop.signal,
    progress: (_played, _sessions, sent) => {
      if (sent === 1) setImmediate(() => stop.abort());
    },
  });
  t.match(report, { played: 0, sent: 1, notes: ['interrupted'] });
});

t.test('in recorded time sessions of several modems run beside each other', async (t) => {
  const [acs, other] = [await runAcs(), await runAcs()];
  t.teardown(() => Promise.all([acs.stop(), other.stop()]));
  const parts = await Promise.all(
    [1, 2, 3].map(async (seed) => recordingOf(await firstContact(t, acs.url, { profile: 'st510v6', seed }))),
  );
  const sessions = parts.flatMap((part) => part.sessions);
  const report = await toAcs({ sessions, mdap: [] }, other.url, { speed: 100 });
  t.match(report, { same: true, differences: [], recorded: 3, played: 3 });
});

t.test('a session that lacks bytes or its beginning is played as far as it goes, with a note', async (t) => {
  const { mdap, sessions } = await recordingOf(sessionCapture([[reboot, rebooted]]));
  const [whole] = sessions;
  if (whole === undefined) throw new Error('unreachable: it has a session');
  const exchanges = whole.exchanges.map((exchange, index) => {
    const { http } = exchange.request;
    return index < 2
      ? exchange
      : { ...exchange, request: { ...exchange.request, http: { ...http, oddities: ['gap'] as const } } };
  });
  const acs = await scriptedAcs(t, [reboot]);
  const cut = await toAcs({ mdap, sessions: [{ ...whole, exchanges }] }, acs.url);
  t.match(cut.notes, [/session 1 is played up to its message 3, of which bytes are missing/]);
  t.match(cut, { same: true, played: 1, sent: 2 });
  const late = await toAcs({ mdap, sessions: [{ ...whole, exchanges: whole.exchanges.slice(1) }] }, acs.url);
  t.match(late, { played: 0, sent: 0, notes: [/session 1 is not played: the capture lacks its Inform/] });
});

t.test('what a modem with quirks said is said again, also where it hung up', async (t) => {
  for (const quirk of [
    'Q-HT-12',
    'Q-EV-14',
    'Q-LG-02',
    'Q-ID-01',
    'Q-CK-01',
    'Q-HT-09',
    'Q-NS-03',
  ] as const) {
    const [acs, other] = [await runAcs(), await runAcs()];
    t.teardown(() => Promise.all([acs.stop(), other.stop()]));
    const { bytes, recorder } = recordToMemory();
    const onSocket = (socket: Socket): void => {
      recordSocket(recorder, socket, 'client');
    };
    const modem = createModem({
      acs: acs.url,
      profile: 'st510v6',
      seed: 5,
      speed: 1000,
      quirks: [quirk],
      onSocket,
    });
    const ended = modem.next('session-ended');
    modem.start();
    await ended;
    await modem.stop();
    t.match(await toAcs(await recordingOf(bytes()), other.url), { same: true, differences: [] }, quirk);
  }
});
