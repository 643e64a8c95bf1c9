/**
 * Bytes of an HTTP body to one CWMP message: the only way in. Lenient; whatever is odd is noted by its quirk
 * id.
 */
import type { WireError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Note, Noted } from '../quirks/quirk.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';
import { int, optional, repeated, string, struct } from '../soap/codec.ts';
import { CWMP_NS_STEM, ENVELOPE_NS } from '../soap/namespaces.ts';
import { XmlReader } from '../xml/read.ts';
import type { DecodedText } from '../xml/text.ts';
import { bytePlaces, decodeText } from '../xml/text.ts';
import type { CwmpFault, Envelope, Header, Message } from './messages.ts';
import { isRpcName, RPCS } from './messages.ts';
import { noteMessage } from './notes.ts';

export interface Decoded {
  readonly envelope: Envelope;
  readonly notes: readonly Noted[];
}

export interface DecodeOptions {
  /** charset parameter of the Content-Type header. */
  readonly charset?: string | undefined;
  readonly maxBytes?: number;
}

/** Any bytes give a message or a typed error with its place; never a throw; in time linear in the input. */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Result<Decoded, WireError> {
  if (bytes.length > (options.maxBytes ?? LIMITS.bodyBytes))
    return err({ code: 'E_TOO_LARGE', at: bytes.length });
  const notes: Noted[] = [];
  const decoded = decodeText(bytes, options.charset, collect(notes));
  if (decoded === undefined)
    return err({ code: 'E_ENCODING', at: 0, found: (options.charset ?? '').slice(0, 24) });
  // With a byte order mark or under another charset, it is that which is odd (Q-XM-01, Q-HT-03).
  if (decoded.units === 'utf-8' && notes.length === 0) notes.push({ id: 'Q-VL-15', at: 0 });
  return decodeMessage(decoded, notes);
}

/** The same for text that is at hand. Offsets are then those of its UTF-8 form. */
export function decodeString(text: string): Result<Decoded, WireError> {
  return decodeMessage({ text, units: 'utf-8', start: 0 }, []);
}

/** Keeps the first few notes; a document of ten thousand padded counts need not make ten thousand of them. */
function collect(notes: Noted[]): Note {
  return (id, at, detail) => {
    if (notes.length >= LIMITS.notesPerMessage && notes.some((noted) => noted.id === id)) return;
    notes.push(detail === undefined ? { id, at } : { id, at, detail });
  };
}

function decodeMessage(decoded: DecodedText, notes: Noted[]): Result<Decoded, WireError> {
  const ofBody = notes.length;
  const reader = new XmlReader(decoded.text, collect(notes));
  const envelope = readEnvelope(reader);
  const place = bytePlaces(decoded);
  if (reader.error !== undefined) return err({ ...reader.error, at: place(reader.error.at) });
  if (envelope === undefined) return err({ code: 'E_SOAP_NO_BODY', at: place(reader.at) });
  noteMessage(reader.note, envelope);
  const same = decoded.units === 'bytes' && decoded.start === 0;
  // What the bytes showed is counted in bytes already.
  return ok({
    envelope,
    notes: same ? notes : notes.map((n, i) => (i < ofBody ? n : { ...n, at: place(n.at) })),
  });
}

interface Parts {
  /** Namespace of the envelope, whichever it is. */
  soap: string | undefined;
  id: string | undefined;
  header: Header | undefined;
  namespace: string | undefined;
  message: Message | undefined;
}

function readEnvelope(reader: XmlReader): Envelope | undefined {
  if (!reader.open()) {
    reader.fail('E_XML_NO_ELEMENT');
    return undefined;
  }
  if (!reader.is('Envelope')) {
    reader.fail('E_SOAP_NOT_ENVELOPE', reader.tagAt);
    return undefined;
  }
  const soap = reader.uri(reader.prefix);
  if (soap !== ENVELOPE_NS) reader.note('Q-XM-10', reader.tagAt);
  const parts: Parts = { soap, id: undefined, header: undefined, namespace: undefined, message: undefined };
  const declared = declaredNamespace(reader);
  if (reader.enter()) {
    while (reader.open()) {
      if (reader.is('Header')) readHeader(reader, parts);
      else if (reader.is('Body')) readBody(reader, parts);
      else {
        reader.note('Q-XM-07', reader.tagAt, reader.name.slice(0, 32));
        reader.skip();
      }
    }
  }
  noteTrailer(reader);
  if (parts.header === undefined) reader.note('Q-ID-01', 0);
  if (parts.message === undefined) return undefined;
  return {
    id: parts.id,
    namespace: parts.namespace ?? declared ?? `${CWMP_NS_STEM}0`,
    header: parts.header ?? {},
    message: parts.message,
  };
}

/** The cwmp namespace that the root declares: all that a fault without cwmp detail has of it. */
function declaredNamespace(reader: XmlReader): string | undefined {
  return reader.attributes.find(({ prefix, value }) => prefix === 'xmlns' && isCwmp(value))?.value;
}

/** A cwmp namespace of any version, lawful or not; our answers repeat it, so that it must be short. */
const isCwmp = (uri: string): boolean =>
  uri.startsWith(CWMP_NS_STEM) && uri.length <= CWMP_NS_STEM.length + 16;

/** What follows the envelope: white space is lawful, a second envelope is refused, anything else is noted. */
function noteTrailer(reader: XmlReader): void {
  if (reader.error !== undefined) return;
  const at = reader.at;
  const rest = reader.source.slice(at, at + 256);
  if (rest.trim() === '') return;
  const next = reader.source.indexOf('<', at);
  if (next >= 0 && /^<(\?xml|([\w.-]{1,64}:)?Envelope)[\s>/]/.test(reader.source.slice(next, next + 96))) {
    reader.fail('E_SOAP_SEVERAL_ENVELOPES', next);
    return;
  }
  reader.note('Q-XM-03', at);
}

function readHeader(reader: XmlReader, parts: Parts): void {
  const header: MutableHeader = {};
  if (reader.enter()) while (reader.open()) readHeaderElement(reader, parts, header);
  parts.header = header;
}

type MutableHeader = { -readonly [K in keyof Header]: Header[K] };

function readHeaderElement(reader: XmlReader, parts: Parts, header: MutableHeader): void {
  const at = reader.tagAt;
  const name = reader.name;
  noteMustUnderstand(reader, name, parts.soap);
  switch (name) {
    case 'NoMoreRequests':
    case 'HoldRequests':
      header[name] = /^\s*(1|true)\s*$/.test(reader.text());
      return;
    case 'ID':
      if (parts.id !== undefined) reader.note('Q-XM-11', at);
      parts.id = reader.text();
      if (parts.id.length > LIMITS.idLength) reader.fail('E_TOO_LONG', at);
      return;
    case 'SupportedCWMPVersions':
      header.SupportedCWMPVersions = reader
        .text()
        .split(',')
        .map((version) => version.trim());
      return;
    case 'UseCWMPVersion':
      header.UseCWMPVersion = reader.text().trim();
      return;
  }
  if (name.toLowerCase() === 'sessiontimeout') header.SessionTimeout = readTimeout(reader);
  else {
    reader.note('Q-XM-07', at, name.slice(0, 32));
    reader.skip();
  }
}

function readTimeout(reader: XmlReader): number {
  const text = reader.text().trim();
  return /^\d{1,9}$/.test(text) ? Number(text) : 30;
}

/** mustUnderstand is never acted upon: modems put it where it does not belong (Q-NS-02, Q-ID-08). */
function noteMustUnderstand(reader: XmlReader, header: string, soap: string | undefined): void {
  const attribute = reader.attribute('mustUnderstand');
  if (attribute === undefined) {
    if (header === 'ID') reader.note('Q-ID-08', reader.tagAt, 'absent');
    return;
  }
  if (reader.uri(attribute.prefix) !== soap) reader.note('Q-NS-02', reader.tagAt);
  else if (attribute.value !== '1' && attribute.value !== '0')
    reader.note('Q-ID-08', reader.tagAt, attribute.value.slice(0, 16));
}

function readBody(reader: XmlReader, parts: Parts): void {
  if (!reader.enter()) return;
  while (reader.open()) {
    if (parts.message !== undefined) {
      reader.fail('E_SOAP_SEVERAL_MESSAGES', reader.tagAt);
      return;
    }
    const name = reader.name;
    if (name === 'Fault') {
      parts.message = { kind: 'fault', fault: readFault(reader, parts) };
      continue;
    }
    const uri = reader.uri(reader.prefix);
    if (uri !== undefined && isCwmp(uri)) parts.namespace = uri;
    else reader.note('Q-XM-10', reader.tagAt, uri?.slice(0, 48) ?? reader.prefix);
    parts.message = readMessage(reader, name);
  }
}

function readMessage(reader: XmlReader, name: string): Message {
  const wanted = name.endsWith('Response') ? name.slice(0, -8) : name;
  if (!isRpcName(wanted)) {
    reader.skip();
    return { kind: 'unknown', name: name.slice(0, LIMITS.nameLength) };
  }
  return wanted === name ? RPCS[wanted].readRequest(reader) : RPCS[wanted].readResponse(reader);
}

const faultFields = { FaultCode: int, FaultString: string(65535) };
const setParameterValuesFault = struct('SetParameterValuesFault', {
  ParameterName: string(256),
  ...faultFields,
});
const cwmpFault = struct('Fault', {
  FaultCode: int,
  FaultString: optional(string(65535)),
  SetParameterValuesFault: optional(repeated(setParameterValuesFault)),
});

/**
 * A SOAP fault. Its faultcode may be ignored (TR-069a6 section 3.5); what counts is the cwmp:Fault in the
 * detail.
 */
function readFault(reader: XmlReader, parts: Parts): CwmpFault {
  const found: FoundFault = { fault: undefined, text: '' };
  const at = reader.tagAt;
  if (reader.enter()) while (reader.open()) readFaultElement(reader, parts, found, at);
  const { fault, text } = found;
  if (fault !== undefined && fault.FaultCode !== 0) return fault;
  reader.note('Q-FT-07', at);
  return { FaultCode: 0, FaultString: fault?.FaultString ?? text, SetParameterValuesFault: [] };
}

interface FoundFault {
  fault: CwmpFault | undefined;
  /** The faultstring. */
  text: string;
}

function readFaultElement(reader: XmlReader, parts: Parts, found: FoundFault, at: number): void {
  if (reader.is('detail')) found.fault = readDetail(reader, parts) ?? found.fault;
  else if (reader.is('faultstring') && holdsDetail(reader)) {
    const misplaced = readDetail(reader, parts, true);
    if (misplaced !== undefined) reader.note('Q-FT-07', at, 'detail in faultstring');
    found.fault = misplaced ?? found.fault;
  } else if (reader.is('faultstring')) found.text = reader.text();
  else if (reader.is('Fault')) found.fault = readCwmpFault(reader, parts);
  else reader.skip();
}

/**
 * Whether an element of a fault follows the tag just opened: netcwmp writes the whole detail inside
 * faultstring.
 */
const holdsDetail = (reader: XmlReader): boolean =>
  /^\s{0,64}<([\w.-]{1,32}:)?(detail|Fault)[\s>]/.test(reader.source.slice(reader.at, reader.at + 128));

/** `nested`: the element just opened may hold the detail instead of being it. */
function readDetail(reader: XmlReader, parts: Parts, nested = false): CwmpFault | undefined {
  let fault: CwmpFault | undefined;
  if (!reader.enter()) return undefined;
  while (reader.open()) {
    if (reader.is('Fault')) fault = readCwmpFault(reader, parts);
    else if (nested && reader.is('detail')) fault = readDetail(reader, parts) ?? fault;
    else reader.skip();
  }
  return fault;
}

function readCwmpFault(reader: XmlReader, parts: Parts): CwmpFault {
  const uri = reader.uri(reader.prefix);
  if (uri !== undefined && isCwmp(uri)) parts.namespace = uri;
  const { FaultCode, FaultString = '', SetParameterValuesFault = [] } = cwmpFault.read(reader);
  for (const { ParameterName } of SetParameterValuesFault) {
    if (ParameterName === '' || ParameterName.startsWith('-') || /^[^.]*\.$/.test(ParameterName))
      reader.note('Q-PN-14', reader.at, ParameterName.slice(0, 32));
  }
  if (FaultCode === 9814) reader.note('Q-FT-06', reader.at);
  return { FaultCode, FaultString, SetParameterValuesFault };
}
