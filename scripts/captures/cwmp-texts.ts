/** CWMP sessions as HTTP texts, to be put into captures. */

import type { Side } from '../../captures/packet/streams.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Envelope, Message } from '../../protocol/cwmp/messages.ts';
import type { Said } from './packets.ts';

export const INFORM: Message = {
  kind: 'request',
  rpc: 'Inform',
  args: {
    DeviceId: {
      Manufacturer: 'THOMSON',
      OUI: '00147F',
      ProductClass: 'SpeedTouch 780',
      SerialNumber: 'CP0644JTSGR',
    },
    Event: [{ EventCode: '1 BOOT', CommandKey: '' }],
    MaxEnvelopes: 1,
    CurrentTime: '2026-01-31T12:00:00',
    RetryCount: 0,
    ParameterList: [
      { Name: 'InternetGatewayDevice.DeviceInfo.SoftwareVersion', Value: '6.2.15.5', Type: 'string' },
      {
        Name: 'InternetGatewayDevice.ManagementServer.ConnectionRequestURL',
        Value: 'http://192.0.2.2:7547/cr',
        Type: 'string',
      },
    ],
  },
};
export const INFORM_RESPONSE: Message = { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } };

export const envelopeOf = (message: Message, id = '1'): Envelope => ({
  id,
  namespace: 'urn:dslforum-org:cwmp-1-0',
  header: {},
  message,
});

export interface HttpStyle {
  readonly chunked?: boolean;
  readonly cookie?: string;
}

/** A POST, with a body or empty. */
export function post(body: string | undefined, { chunked = false, cookie }: HttpStyle = {}): string {
  const cookies = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`;
  if (body === undefined) return `POST /cwmp HTTP/1.1\r\nHost: acs\r\n${cookies}Content-Length: 0\r\n\r\n`;
  const type = 'Content-Type: text/xml; charset=utf-8';
  const head = `POST /cwmp HTTP/1.1\r\nHost: acs\r\nSOAPAction: \r\n${type}\r\n${cookies}`;
  return chunked
    ? `${head}Transfer-Encoding: chunked\r\n\r\n${chunks(body)}`
    : `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function chunks(body: string): string {
  const bytes = Buffer.from(body);
  const middle = Math.ceil(bytes.length / 2);
  const parts = [bytes.subarray(0, middle), bytes.subarray(middle)].filter(({ length }) => length > 0);
  return `${parts.map((part) => `${part.length.toString(16)}\r\n${part.toString()}\r\n`).join('')}0\r\n\r\n`;
}

export function answer(body: string | undefined, { chunked = false, cookie }: HttpStyle = {}): string {
  if (body === undefined) return 'HTTP/1.1 204 No Content\r\n\r\n';
  const cookies = cookie === undefined ? '' : `Set-Cookie: ${cookie}; Path=/\r\n`;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n${cookies}`;
  return chunked
    ? `${head}Transfer-Encoding: chunked\r\n\r\n${chunks(body)}`
    : `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const say = (from: Side, text: string): Said => ({ from, bytes: Buffer.from(text) });

/** One session: Inform, then each request of the ACS with its answer, then nothing more. */
export function sessionOf(
  asked: readonly (readonly [question: Message, answer: Message])[],
  { chunked = false, cookie = 'session=abc' }: HttpStyle = {},
  inform: Message = INFORM,
): Said[] {
  const text = (message: Message, id: string): string => encode(envelopeOf(message, id));
  const said: Said[] = [
    say('client', post(text(inform, '1'), { chunked })),
    say('server', answer(text(INFORM_RESPONSE, '1'), { chunked, cookie })),
  ];
  let reply: string | undefined;
  asked.forEach(([question, answered], index) => {
    said.push(say('client', post(reply, { chunked, cookie })));
    said.push(say('server', answer(text(question, `acs${index}`), { chunked })));
    reply = text(answered, `acs${index}`);
  });
  said.push(say('client', post(reply, { chunked, cookie })), say('server', answer(undefined)));
  return said;
}
