/**
 * A script of an ACS made of texts: it answers the modem's own requests, and asks what it is given, one
 * request a turn. It uses no codec or session machine of this project, so a test that compares texts tests
 * only the modem.
 */
import type { Script } from './acs.ts';
import { NO_CONTENT, soapText } from './answer.ts';

export interface TextScript {
  readonly script: Script;
  /** Texts to be asked in this order, in the sessions to come: what stands inside `<soap:Body>`. */
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

/** The requests that a modem sends of its own accord, with what their responses contain. */
const OWN: ReadonlyMap<string, string> = new Map([
  ['Inform', '<MaxEnvelopes>1</MaxEnvelopes>'],
  ['TransferComplete', ''],
  ['AutonomousTransferComplete', ''],
  ['DUStateChangeComplete', ''],
  ['AutonomousDUStateChangeComplete', ''],
  ['RequestDownload', ''],
  ['Kicked', '<NextURL></NextURL>'],
]);

const OWN_REQUEST = new RegExp(`<cwmp:(${[...OWN.keys()].join('|')})>`);

export function textScript(): TextScript {
  const left: string[] = [];
  let asked = 0;
  const script: Script = ({ body }) => {
    const rpc = OWN_REQUEST.exec(body)?.[1] ?? '';
    const content = OWN.get(rpc);
    if (content !== undefined) {
      const namespace = /urn:dslforum-org:cwmp-1-\d/.exec(body)?.[0] ?? 'urn:dslforum-org:cwmp-1-0';
      const id = /<cwmp:ID[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
      return soapText(envelope(namespace, id, `<cwmp:${rpc}Response>${content}</cwmp:${rpc}Response>`));
    }
    const next = left.shift();
    asked += 1;
    if (next === undefined) return NO_CONTENT;
    return soapText(envelope('urn:dslforum-org:cwmp-1-2', `raw-${asked}`, next));
  };
  return { script, ask: (...bodies) => void left.push(...bodies) };
}
