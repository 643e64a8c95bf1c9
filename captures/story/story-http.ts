/** Records of HTTP messages, and of those that belong to CWMP sessions. */

import { messageName } from '../../protocol/cwmp/message-name.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { quirk } from '../../protocol/quirks.ts';
import type { CwmpMessage } from '../conversation/cwmp-types.ts';
import { messageSummary } from '../conversation/message-summary.ts';
import type { HttpMessage } from '../http/http.ts';
import { headerOf } from '../http/http-head.ts';
import type { Mark, StoryRecord } from './story-record.ts';
import { mark, plain } from './story-record.ts';

/** Sender and receiver of an HTTP message. */
function ends({ from, stream }: HttpMessage): readonly [string, string] {
  return from === 'client' ? [stream.client, stream.server] : [stream.server, stream.client];
}

function oddMarks({ oddities }: HttpMessage): readonly Mark[] {
  return oddities.map((oddity) => {
    switch (oddity) {
      case 'gap':
        return mark('E_CAPTURE_GAP');
      case 'cut':
        return mark('E_BODY_CUT');
      case 'bad-encoding':
        return mark('E_ENCODING');
      default:
        return mark('E_HTTP_MALFORMED', oddity);
    }
  });
}

const utf8 = new TextDecoder();
/** Maximum characters of a raw text. */
const RAW = 256 * 1024;

function rawOf({ body, bodyLength, headText }: HttpMessage): string {
  const shown = utf8.decode(body.subarray(0, RAW));
  const left = Math.max(bodyLength, body.length) - RAW;
  const text = isText(body) ? shown : `(${bodyLength} bytes)`;
  return `${headText.replace(/\r\n/g, '\n')}${text}${left > 0 ? '…' : ''}`;
}

/** Whether a body is text: it begins without control characters other than line ends and tabs. */
function isText(body: Uint8Array): boolean {
  return body
    .subarray(0, 512)
    .every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

export function recordHttp(http: HttpMessage): StoryRecord {
  const { bodyLength, head } = http;
  const what = head.kind === 'request' ? `${head.method} ${head.target}` : `${head.status} ${head.reason}`;
  const type = headerOf(head.headers, 'content-type');
  const telling = bodyLength === 0 ? '' : `${bodyLength} bytes${type === undefined ? '' : ` of ${type}`}`;
  return {
    ...plain(http.began, 'HTTP', ...ends(http)),
    what,
    telling,
    breaches: oddMarks(http),
    raw: rawOf(http),
  };
}

export function recordCwmp({ breaches, content, from, http, notes, session }: CwmpMessage): StoryRecord {
  const { device, number } = session;
  const base = {
    ...plain(http.began, 'CWMP', ...ends(http)),
    session: number,
    ...(device === undefined ? {} : { device }),
    quirks: quirkMarks(notes),
    breaches: [...breaches.map(({ detail, id }) => mark(id, detail)), ...oddMarks(http)],
    raw: rawOf(http),
  };
  switch (content.is) {
    case 'empty':
      return { ...base, what: from === 'CPE' ? 'empty POST' : 'no more', telling: '' };
    case 'status':
      return {
        ...base,
        what: `${content.status} ${content.reason}`,
        telling: content.status === 401 ? challengeOf(http) : '',
      };
    case 'unreadable':
      return { ...base, what: 'unreadable', telling: ERRORS[content.error.code].says };
    case 'message': {
      const { envelope } = content;
      const { message } = envelope;
      const record = {
        ...base,
        what: messageName(message),
        telling: messageSummary(envelope),
        decoded: envelope,
      };
      const fault = faultOf(message);
      return fault === undefined ? record : { ...record, fault };
    }
  }
}

type CwmpMessageBody = Extract<CwmpMessage['content'], { is: 'message' }>['envelope']['message'];

/** A fault, or a transfer that is reported as failed. */
function faultOf(message: CwmpMessageBody): StoryRecord['fault'] {
  if (message.kind === 'fault') return { code: message.fault.FaultCode, text: message.fault.FaultString };
  if (message.kind !== 'request' || message.rpc !== 'TransferComplete') return undefined;
  const { FaultCode, FaultString } = message.args.FaultStruct;
  return FaultCode === 0 ? undefined : { code: FaultCode, text: FaultString };
}

const challengeOf = ({ head }: HttpMessage): string =>
  (headerOf(head.headers, 'www-authenticate') ?? '').replace(/\s.*/s, '');

/** Each quirk once per message, with its first detail. */
function quirkMarks(notes: CwmpMessage['notes']): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (const { detail = '', id } of notes)
    if (!marks.has(id)) marks.set(id, { id, title: quirk(id)?.title ?? '', detail });
  return [...marks.values()];
}
