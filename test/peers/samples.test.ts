import t from 'tap';
import { REQUESTS, RESPONSES } from '../../peers/samples/rpcs.ts';
import { decode } from '../../protocol/cwmp/decode.ts';
import { encodeBytes } from '../../protocol/cwmp/encode.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';

t.test('there is a sample of each RPC', async (t) => {
  t.strictSame(Object.keys(REQUESTS).sort(), Object.keys(RPCS).sort());
  t.strictSame(Object.keys(RESPONSES).sort(), Object.keys(RPCS).sort());
});

t.test('each goes there and back, and nothing is odd about it', async (t) => {
  for (const message of [...Object.values(REQUESTS), ...Object.values(RESPONSES)]) {
    const title = `${message.kind} ${message.rpc}`;
    const namespace = `urn:dslforum-org:cwmp-1-${Math.min(2, Number(RPCS[message.rpc].since.slice(2)))}`;
    const decoded = decode(encodeBytes({ id: '1', namespace, header: {}, message }));
    t.ok(decoded.ok && isRpcName(message.rpc), title);
    if (!decoded.ok) continue;
    t.strictSame(decoded.value.envelope.message, message, title);
    t.strictSame(decoded.value.notes, [], `${title}: no quirk`);
  }
});
