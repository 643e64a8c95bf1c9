/**
 * What one HTTP request of a modem shows by itself: the quirks of groups HT, CK and AU that need no second
 * request.
 */
import type { Noted } from '../quirks/note.ts';
import { readBasic } from './basic.ts';
import type { HeaderScheme } from './header.ts';
import { readSchemes } from './header.ts';

export interface SeenRequest {
  readonly method: string;
  /** As in the request line, without `HTTP/`: `1.1`. */
  readonly httpVersion: string;
  /** Header lines in their order, names as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of the body, decoded from chunks. */
  readonly bodyLength: number;
  /** Whether the body has nothing but white space. */
  readonly isEmpty: boolean;
  /** Schemes of the challenge that it answers, in lower case, most preferred first. */
  readonly offered?: readonly string[];
}

/**
 * The quirks that one request shows, each once, in the order of its header lines. Works for any text in the
 * headers, in time linear in their length.
 */
export function noteExchange(request: SeenRequest): Noted[] {
  const notes = new ExchangeNotes();
  if (request.httpVersion !== '1.1' || request.method !== 'POST')
    notes.add('Q-HT-18', `${request.method} HTTP/${request.httpVersion}`);
  if (request.headers.length === 0) notes.add('Q-HT-19');
  const seen: SeenHeaders = { soapAction: undefined, contentType: undefined, cookies: 0 };
  for (const [name, value] of request.headers) noteHeader(notes, seen, request, name.toLowerCase(), value);
  if (seen.cookies > 1) notes.add('Q-CK-04', String(seen.cookies));
  if (!request.isEmpty) noteContent(notes, seen);
  else if (seen.contentType !== undefined || seen.soapAction !== undefined)
    notes.add('Q-HT-06', seen.contentType ?? 'SOAPAction');
  return notes.list;
}

/** What is judged only after all header lines were seen. */
interface SeenHeaders {
  soapAction: string | undefined;
  contentType: string | undefined;
  cookies: number;
}

function noteHeader(
  notes: ExchangeNotes,
  seen: SeenHeaders,
  { offered }: SeenRequest,
  name: string,
  value: string,
): void {
  switch (name) {
    case 'soapaction':
      seen.soapAction = value;
      break;
    case 'content-type':
      seen.contentType = value;
      break;
    case 'transfer-encoding':
      if (/chunked/i.test(value)) notes.add('Q-HT-02');
      break;
    case 'expect':
      notes.add('Q-HT-05');
      break;
    case 'cookie':
      seen.cookies += 1;
      noteCookie(notes, value);
      break;
    case 'authorization':
      for (const scheme of readSchemes(value)) noteCredentials(notes, scheme, offered);
      if (!/^\s*(basic|digest)\s+\S/i.test(value)) notes.add('Q-AU-09');
      break;
  }
}

/** TR-069a6 3.4.1 prescribes SOAPAction for answers and faults only; a request may give it any value. */
function noteContent(notes: ExchangeNotes, { soapAction, contentType }: SeenHeaders): void {
  if (soapAction === undefined) notes.add('Q-HT-01', 'missing');
  else if (soapAction !== '') notes.add('Q-HT-01', soapAction);
  if (contentType === undefined) notes.add('Q-HT-04', 'missing');
  else if (!/^text\/xml\s*;\s*charset\s*=\s*[^\s"']/i.test(contentType)) notes.add('Q-HT-04', contentType);
}

/** Adds each quirk once. A class, not a closure, since one is created for every request. */
class ExchangeNotes {
  readonly list: Noted[] = [];

  add(id: Noted['id'], detail?: string): void {
    if (this.list.some((noted) => noted.id === id)) return;
    this.list.push(detail === undefined ? { id, at: -1 } : { id, at: -1, detail: detail.slice(0, 48) });
  }
}

/** RFC 6265 requires `name=value; name=value`. */
function noteCookie(notes: ExchangeNotes, value: string): void {
  const version = /^\s*\$Version\s*=\s*("?)/i.exec(value);
  if (version !== null) notes.add(version[1] === '"' ? 'Q-CK-01' : 'Q-CK-02');
  else if (/;\s*\$(Path|Domain)\s*=/i.test(value)) notes.add('Q-CK-01');
  const bare = value.replace(/"[^"]*"/g, '""');
  // A name after a value and a single space: the semicolon between two cookies is missing.
  if (/=[^\s;,=]*[ \t]+[^\s;,=$]+=/.test(bare)) notes.add('Q-CK-03');
  if (/,\s*[^\s;,=]+=/.test(bare)) notes.add('Q-CK-05');
}

function noteCredentials(notes: ExchangeNotes, scheme: HeaderScheme, offered: readonly string[] = []): void {
  if (scheme.scheme === 'digest') noteDigest(notes, scheme);
  if (scheme.scheme !== 'basic') return;
  if (offered.includes('digest')) notes.add('Q-HT-16');
  const credentials = scheme.token68 === undefined ? undefined : readBasic(scheme.token68);
  if (credentials === undefined) notes.add('Q-AU-09', 'Basic');
  else if (credentials.password === '') notes.add('Q-HT-15');
}

function noteDigest(notes: ExchangeNotes, { parameters }: HeaderScheme): void {
  if (!['username', 'nonce', 'uri', 'response'].every((name) => parameters.has(name)))
    notes.add('Q-AU-09', 'Digest');
  for (const name of ['qop', 'nc', 'algorithm']) if (parameters.get(name)?.quoted) notes.add('Q-AU-02', name);
  if (hidesNul(parameters.get('cnonce')?.value ?? '')) notes.add('Q-AU-03');
  if (parameters.get('opaque')?.value === '(null)') notes.add('Q-AU-04');
  if ([...parameters.values()].some(({ stray }) => stray)) notes.add('Q-AU-05');
  const nc = parameters.get('nc')?.value ?? '';
  if (/^[0-9a-f]{8}$/i.test(nc) && Number.parseInt(nc, 16) > 1) notes.add('Q-AU-07', nc);
}

/** Whether it is the base64 of digits and a NUL: a longer cnonce may contain a NUL by chance. */
function hidesNul(cnonce: string): boolean {
  if (!/^[A-Za-z0-9+/]{4,64}={0,2}$/.test(cnonce) || cnonce.length % 4 !== 0) return false;
  try {
    return /^\d+\0$/.test(atob(cnonce));
  } catch {
    return false;
  }
}
