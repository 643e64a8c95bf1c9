/**
 * The baseline: node:http that answers any POST with canned bytes and reads its body only to find the end.
 */
import { createServer } from 'node:http';
import { envelopeText } from '../peers/samples/invented-modem.ts';
import { answerCpu } from './child.ts';

const inform = envelopeText({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } });
const request = envelopeText({
  kind: 'request',
  rpc: 'GetParameterNames',
  args: { ParameterPath: 'InternetGatewayDevice.', NextLevel: false },
});

const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = Buffer.concat(chunks);
    // The driver names the answer in a header, so that the body need not be read. A modem does not.
    const wanted = incoming.headers['x-answer'] ?? (body.length === 0 ? 'empty' : 'inform');
    if (wanted === 'empty') {
      response.writeHead(204).end();
      return;
    }
    const text = wanted === 'request' ? request : inform;
    response.writeHead(200, {
      'Content-Type': 'text/xml',
      'Content-Length': text.length,
      'Set-Cookie': 'session=1; Path=/',
    });
    response.end(text);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});
answerCpu();
