/** `:ping` */
import { addressNumber, isSameNetwork } from '../../../protocol/ipv4.ts';
import type { Box } from '../box.ts';
import type { Command, Outcome, Values } from '../definition.ts';
import { done, lines, needed, number, optional } from '../definition.ts';

/** Only its own networks answer; there is no world beyond them. */
function ping(box: Box, values: Values): Outcome {
  const target = values.get('addr') ?? '';
  const count = Math.min(Number(values.get('count') ?? 1), 100);
  const near = box.addresses().some(({ address, mask }) => isSameNetwork(address, target, mask));
  const answers = addressNumber(target) !== undefined && near;
  return done(
    answers
      ? lines(...Array.from({ length: count }, () => `9 bytes from ${target}: Echo Reply`))
      : lines('No answer.'),
  );
}

export const PING: Command = {
  name: 'ping',
  help: 'Asks a host for an echo.',
  parameters: [
    needed('addr', { is: 'address' }),
    optional('count', number(1, 1_000_000)),
    optional('size', number(0, 20_000)),
  ],
  harmless: true,
  run: ping,
};
