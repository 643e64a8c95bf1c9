/**
 * An ACS that works with texts alone: it answers a modem's own requests with an empty response, sends the
 * given requests one after the other, and keeps every body that came, byte for byte. It uses none of the
 * project's codecs or machines, so that it sees what was on the wire.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Test } from 'tap';

export interface RawAcs {
  readonly url: string;
  /** Bodies as they came; an empty POST is the empty text. */
  readonly posts: readonly string[];
  /** To be asked in the sessions to come, in this order: what stands between `<soap:Body>` and its end. */
  ask(...bodies: readonly string[]): void;
}

const NAMESPACES = [
  'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"',
  'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/"',
  'xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
].join(' ');

const envelope = (namespace: string, id: string, body: string): string =>
  `<soap:Envelope ${NAMESPACES} xmlns:cwmp="${namespace}"><soap:Header>` +
  `<cwmp:ID soap:mustUnderstand="1">${id}</cwmp:ID></soap:Header>` +
  `<soap:Body>${body}</soap:Body></soap:Envelope>`;

/** What a modem asks by itself. */
const OWN = /<cwmp:((?:Autonomous)?(?:TransferComplete|DUStateChangeComplete)|RequestDownload|Kicked)>/;

/** `faults`: an answer other than the usual to a request of the modem, as what stands in the Body. */
export async function rawAcs(
  t: Test,
  faults: (rpc: string) => string | undefined = () => undefined,
): Promise<RawAcs> {
  const posts: string[] = [];
  const asked: string[] = [];
  let number = 0;
  const answerTo = (body: string): string | undefined => {
    const namespace = /urn:dslforum-org:cwmp-1-\d/.exec(body)?.[0] ?? 'urn:dslforum-org:cwmp-1-0';
    const id = /<cwmp:ID[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
    if (/<cwmp:Inform>/.test(body))
      return envelope(
        namespace,
        id,
        '<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>',
      );
    const own = OWN.exec(body)?.[1];
    if (own !== undefined) {
      const arguments_ = own === 'Kicked' ? '<NextURL></NextURL>' : '';
      const usual = `<cwmp:${own}Response>${arguments_}</cwmp:${own}Response>`;
      return envelope(namespace, id, faults(own) ?? usual);
    }
    const next = asked.shift();
    number += 1;
    return next === undefined ? undefined : envelope('urn:dslforum-org:cwmp-1-2', `raw-${number}`, next);
  };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    posts.push(body);
    const text = answerTo(body);
    if (text === undefined) response.writeHead(204).end();
    else response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('unreachable: it listens on TCP');
  return {
    url: `http://127.0.0.1:${address.port}/cwmp`,
    posts,
    ask: (...bodies) => {
      asked.push(...bodies);
    },
  };
}
