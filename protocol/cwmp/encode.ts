/**
 * One CWMP message to the text of an envelope: the only way out. Exact; what is spelt otherwise is asked for
 * by the dialect.
 */
import { assertNever } from '../result.ts';
import type { Codec } from '../soap/codec.ts';
import type { Dialect } from '../soap/dialect.ts';
import { CANONICAL } from '../soap/dialect.ts';
import type { NamespaceName } from '../soap/namespaces.ts';
import { ENCODING_NS, ENVELOPE_NS, XSD_NS, XSI_NS } from '../soap/namespaces.ts';
import { XmlWriter } from '../xml/write.ts';
import { faultSide } from './faults.ts';
import type { CwmpFault, Envelope, Message } from './messages.ts';
import { RPCS } from './messages.ts';

const utf8 = new TextEncoder();

/** The envelope as text. The canonical dialect is pure ASCII, so that text and bytes have the same length. */
export function encode(envelope: Envelope, dialect: Dialect = CANONICAL): string {
  const writer = new XmlWriter(dialect);
  const name = writer.name('env', 'Envelope');
  writer.raw(`${dialect.byteOrderMark ? '\ufeff' : ''}${declaration(dialect)}`);
  writer.open(name, envelopeAttributes(writer, envelope.namespace));
  writeHeader(writer, envelope);
  const body = writer.name('env', 'Body');
  writer.open(body, dialect.encodingStyle === 'body' ? encodingStyle(writer) : '');
  writeMessage(writer, envelope.message);
  writer.close(body);
  writer.close(name);
  // Thomson's client ends with the last >, without a line break.
  return writer.output.trimEnd() + dialect.trailer;
}

export function encodeBytes(envelope: Envelope, dialect: Dialect = CANONICAL): Uint8Array {
  return utf8.encode(encode(envelope, dialect));
}

function declaration({ xmlDeclaration }: Dialect): string {
  switch (xmlDeclaration) {
    case 'none':
      return '';
    case 'plain':
      return '<?xml version="1.0"?>';
    case 'encoding':
      return '<?xml version="1.0" encoding="UTF-8"?>';
    case 'standalone':
      return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  }
}

const encodingStyle = (writer: XmlWriter): string =>
  ` ${writer.name('env', 'encodingStyle')}="${ENCODING_NS}"`;

function envelopeAttributes(writer: XmlWriter, namespace: string): string {
  const { declares, encodingStyle: style, prefixes, schemaYear } = writer.dialect;
  const uris: Record<NamespaceName, string> = {
    env: ENVELOPE_NS,
    enc: ENCODING_NS,
    xsd: schemaYear === 2001 ? XSD_NS : XSD_NS.replace('2001', '1999'),
    xsi: schemaYear === 2001 ? XSI_NS : XSI_NS.replace('2001', '1999'),
    cwmp: writer.attribute(namespace),
  };
  const declared = declares.map(
    (key) => ` xmlns${prefixes[key] === '' ? '' : ':'}${prefixes[key]}="${uris[key]}"`,
  );
  return (style === 'envelope' ? encodingStyle(writer) : '') + declared.join('');
}

function writeHeader(writer: XmlWriter, { id, header, message }: Envelope): void {
  const { header: style, identitySuffix } = writer.dialect;
  if (!style.present) return;
  const name = writer.name('env', 'Header');
  writer.open(name);
  if (id !== undefined)
    writer.leaf(writer.name('cwmp', 'ID'), id + identitySuffix, mustUnderstand(writer, '1'));
  const { HoldRequests, NoMoreRequests, SessionTimeout, SupportedCWMPVersions, UseCWMPVersion } = header;
  const held = HoldRequests ?? (style.holdRequests ? false : undefined);
  if (held !== undefined)
    writer.leaf(writer.name('cwmp', 'HoldRequests'), held ? '1' : '0', mustUnderstand(writer, '1'));
  const kind = message.kind === 'unknown' ? 'request' : message.kind;
  const noMore = NoMoreRequests ?? (style.noMoreRequests.includes(kind) ? true : undefined);
  if (noMore !== undefined)
    writer.leaf(writer.name('cwmp', 'NoMoreRequests'), noMore ? '1' : '0', mustUnderstand(writer, '0'));
  if (SessionTimeout !== undefined)
    writer.leaf(writer.name('cwmp', 'SessionTimeout'), String(SessionTimeout), mustUnderstand(writer, '0'));
  if (SupportedCWMPVersions !== undefined)
    writer.leaf(
      writer.name('cwmp', 'SupportedCWMPVersions'),
      SupportedCWMPVersions.join(','),
      mustUnderstand(writer, '0'),
    );
  if (UseCWMPVersion !== undefined)
    writer.leaf(writer.name('cwmp', 'UseCWMPVersion'), UseCWMPVersion, mustUnderstand(writer, '1'));
  writer.close(name);
}

function mustUnderstand(writer: XmlWriter, value: '0' | '1'): string {
  switch (writer.dialect.header.mustUnderstand) {
    case 'none':
      return '';
    case 'one':
      return ` ${writer.name('env', 'mustUnderstand')}="${value}"`;
    case 'true':
      return ` ${writer.name('env', 'mustUnderstand')}="${value === '1' ? 'true' : 'false'}"`;
    case 'encoding-namespace':
      return ` ${writer.name('enc', 'mustUnderstand')}="${value}"`;
  }
}

function writeMessage(writer: XmlWriter, message: Message): void {
  switch (message.kind) {
    case 'request':
      writeRpc(writer, message.rpc, RPCS[message.rpc].request, message.args);
      return;
    case 'response':
      writeRpc(writer, `${message.rpc}Response`, RPCS[message.rpc].response, message.args);
      return;
    case 'fault':
      writeFault(writer, message.fault);
      return;
    case 'unknown':
      writer.empty(writer.name('cwmp', message.name));
      return;
    default:
      assertNever(message);
  }
}

/**
 * Codec's methods are bivariant: the codec of one RPC is given that RPC's arguments, which the union has kept
 * together.
 */
function writeRpc(writer: XmlWriter, name: string, codec: Codec<unknown>, args: unknown): void {
  if (codec.schema.is === 'struct' && codec.schema.fields.length === 0)
    writer.empty(writer.name('cwmp', name));
  else codec.write(writer, writer.name('cwmp', name), args, name);
}

function writeFault(writer: XmlWriter, fault: CwmpFault): void {
  const { faultcode, faultDetail } = writer.dialect;
  const name = writer.name('env', 'Fault');
  const side = faultcode === 'client' ? 'Client' : faultSide(fault.FaultCode);
  writer.open(name);
  writer.leaf('faultcode', faultcode === 'prefixed' ? writer.name('env', side) : side);
  // FaultCode 0 is a fault that came without detail (Q-FT-07): its text is all there is.
  const detailed = faultDetail && fault.FaultCode !== 0;
  writer.leaf('faultstring', detailed ? 'CWMP fault' : fault.FaultString);
  if (detailed) {
    const inner = writer.name('cwmp', 'Fault');
    writer.open('detail');
    writer.open(inner);
    writer.leaf('FaultCode', String(fault.FaultCode));
    writer.leaf('FaultString', fault.FaultString);
    for (const { ParameterName, FaultCode, FaultString } of fault.SetParameterValuesFault) {
      writer.open('SetParameterValuesFault');
      writer.leaf('ParameterName', ParameterName);
      writer.leaf('FaultCode', String(FaultCode));
      writer.leaf('FaultString', FaultString);
      writer.close('SetParameterValuesFault');
    }
    writer.close(inner);
    writer.close('detail');
  }
  writer.close(name);
}
