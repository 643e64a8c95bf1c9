/** A peer that says anything at all ends a replay with differences, and never with an exception. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import { answer, envelopeOf, INFORM, INFORM_RESPONSE, post } from '../../scripts/captures/cwmp-texts.ts';
import { recordingOf, sessionCapture, toAcs, toModems } from '../support/capture/replay-parts.ts';
import { property } from '../support/seed.ts';

const reboot: Message = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } };
const rebooted: Message = { kind: 'response', rpc: 'Reboot', args: {} };
const capture = await recordingOf(sessionCapture([[reboot, rebooted]]));
const text = (message: Message): string => encode(envelopeOf(message));

/** Texts that begin as they should, with a piece of them replaced by something else. */
const spoilt = (texts: readonly string[]) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([whole, at, count, other]) => {
        const from = at % whole.length;
        return whole.slice(0, from) + other + whole.slice(from + count);
      }),
  );

property(
  t,
  'whatever an ACS answers',
  fc.asyncProperty(
    fc.array(spoilt([answer(text(INFORM_RESPONSE)), answer(text(reboot)), answer(undefined)]), {
      maxLength: 5,
    }),
    async (said) => {
      const left = [...said];
      const server = net.createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => socket.end(Buffer.from(left.shift() ?? '', 'utf8')));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const report = await toAcs(capture, `http://127.0.0.1:${port}/`, { timeoutMs: 2000 });
      server.close();
      assert.equal(report.same, false);
      assert.equal(report.played, 1);
    },
  ),
  100,
);

property(
  t,
  'whatever a modem sends',
  fc.asyncProperty(
    fc.array(spoilt([post(text(INFORM)), post(undefined), post(text(rebooted))]), { maxLength: 5 }),
    async (said) => {
      const stop = new AbortController();
      const report = await toModems(
        capture,
        async (url) => {
          for (const one of said) {
            const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
            socket.on('error', () => undefined).end(Buffer.from(one, 'utf8'));
            await new Promise((resolve) => socket.resume().on('close', resolve));
          }
          stop.abort();
        },
        { signal: stop.signal },
      );
      assert.deepEqual(
        report.notes.filter((note) => note !== 'interrupted'),
        [],
      );
    },
  ),
  60,
);
