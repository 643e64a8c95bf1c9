import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { dialect } from '../../../fuzz/arbitraries/dialect.ts';
import { inEnvelope, request } from '../../../fuzz/arbitraries/message.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import { informText } from '../../../protocol/cwmp/inform-text.ts';
import type { Envelope, Request } from '../../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import { property } from '../../support/seed.ts';

const inform = () =>
  inEnvelope(request('Inform').filter((one): one is Request<'Inform'> => one.rpc === 'Inform'));
const write = ({ message, ...envelope }: Envelope<Request<'Inform'>>, spelling: Dialect): string =>
  informText({ ...envelope, message }, message.args, spelling);

/** The same Inform with other texts where Informs of one modem differ; what is empty stays so. */
function retold(
  { message, ...envelope }: Envelope<Request<'Inform'>>,
  turn: (text: string) => string,
): Envelope<Request<'Inform'>> {
  const other = (text: string): string => (text === '' ? '' : turn(text));
  const { args } = message;
  return {
    ...envelope,
    id: envelope.id === undefined ? undefined : other(envelope.id),
    message: {
      ...message,
      args: {
        ...args,
        DeviceId: { ...args.DeviceId, SerialNumber: other(args.DeviceId.SerialNumber) },
        CurrentTime: other(args.CurrentTime),
        Event: args.Event.map(({ EventCode, CommandKey }) => ({
          EventCode: other(EventCode),
          CommandKey: other(CommandKey),
        })),
        ParameterList: args.ParameterList.map((one) => ({ ...one, Value: other(one.Value) })),
      },
    },
  };
}

property(
  t,
  'what is kept of one Inform writes the next as it should be, in any dialect',
  fc.property(inform(), inform(), dialect(), fc.string(), (one, another, spelling, text) => {
    for (const envelope of [one, retold(one, () => text), another, retold(one, (was) => `${was}<&\u00e9`)])
      assert.equal(write(envelope, spelling), encode(envelope, spelling));
  }),
  300,
);

/** The same but for one thing that modems of a kind have in common. */
function otherwise(
  { message, ...envelope }: Envelope<Request<'Inform'>>,
  change: number,
): Envelope<Request<'Inform'>> {
  const { args } = message;
  const changed = (more: Partial<typeof args>) => ({
    ...envelope,
    message: { ...message, args: { ...args, ...more } },
  });
  const again = (text: string): string => `${text}x`;
  switch (change % 7) {
    case 0:
      return changed({ MaxEnvelopes: args.MaxEnvelopes + 1 });
    case 1:
      return changed({ RetryCount: args.RetryCount + 1 });
    case 2:
      return changed({ DeviceId: { ...args.DeviceId, OUI: again(args.DeviceId.OUI) } });
    case 3:
      return changed({ Event: [...args.Event, { EventCode: '1 BOOT', CommandKey: '' }] });
    case 4:
      return changed({ ParameterList: args.ParameterList.map((one) => ({ ...one, Type: 'int' })) });
    case 5:
      return changed({ ParameterList: args.ParameterList.map((one) => ({ ...one, Name: again(one.Name) })) });
    default:
      return { ...envelope, message, header: { ...envelope.header, SessionTimeout: 77 } };
  }
}

property(
  t,
  'what differs between kinds of Informs is written as it is',
  fc.property(inform(), fc.nat(), (one, change) => {
    for (const envelope of [one, otherwise(one, change), one])
      assert.equal(write(envelope, CANONICAL), encode(envelope, CANONICAL));
  }),
  200,
);

property(
  t,
  'one dialect serves Informs of any kinds, more than it keeps',
  fc.property(fc.array(inform(), { minLength: 20, maxLength: 30 }), (all) => {
    for (const envelope of [...all, ...all])
      assert.equal(write(envelope, CANONICAL), encode(envelope, CANONICAL));
  }),
  10,
);

t.test('control characters of the modem are not taken for places', async (t) => {
  const [envelope] = fc.sample(inform(), { numRuns: 1, seed: 7 });
  if (envelope === undefined) throw new Error('no sample');
  const { args } = envelope.message;
  const odd = {
    ...envelope,
    message: {
      ...envelope.message,
      args: { ...args, DeviceId: { ...args.DeviceId, Manufacturer: 'A\u00011\u0001B' } },
    },
  };
  for (let turn = 0; turn < 2; turn++) t.equal(write(odd, CANONICAL), encode(odd, CANONICAL));
});
