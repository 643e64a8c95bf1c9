/**
 * Makes of one POST what a session works with: an event for its machine, and the quirks that the POST shows.
 */
import type { IncomingMessage } from 'node:http';
import { decode } from '../../protocol/cwmp/decode.ts';
import type { Envelope, Inform } from '../../protocol/cwmp/messages.ts';
import type { AcsEvent as MachineEvent } from '../../protocol/cwmp/session-acs.ts';
import { charsetOf, isBlank } from '../../protocol/http/content.ts';
import { noteExchange } from '../../protocol/http/notice.ts';
import type { Noted } from '../../protocol/quirks/note.ts';

export interface DecodedPost {
  readonly event: MachineEvent;
  /** Quirks of its HTTP and of its envelope. */
  readonly notes: readonly Noted[];
  /** Whether it has values without a type (Q-AT-08). */
  readonly untyped: boolean;
}

export function decodePost(request: IncomingMessage, body: Uint8Array, maxBytes: number): DecodedPost {
  const isEmpty = isBlank(body);
  const notes = noteExchange({
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    headers: linesOf(request.rawHeaders),
    bodyLength: body.length,
    isEmpty,
  });
  if (isEmpty) return { event: { is: 'empty' }, notes, untyped: false };
  const decoded = decode(body, { charset: charsetOf(request.headers['content-type']), maxBytes });
  if (!decoded.ok) return { event: { is: 'unreadable', error: decoded.error }, notes, untyped: false };
  const { envelope } = decoded.value;
  return {
    event: { is: 'message', envelope },
    notes: [...notes, ...decoded.value.notes],
    untyped: decoded.value.notes.some(({ id }) => id === 'Q-AT-08'),
  };
}

export interface InformPost {
  readonly inform: Inform;
  readonly envelope: Envelope;
}

/** The Inform in a POST, if it is one. */
export function informIn({ event }: DecodedPost): InformPost | undefined {
  if (event.is !== 'message') return undefined;
  const { message } = event.envelope;
  if (message.kind !== 'request' || message.rpc !== 'Inform') return undefined;
  return { inform: message.args, envelope: event.envelope };
}

/** Node gives header lines as one flat list of names and values. */
function linesOf(raw: readonly string[]): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) lines.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return lines;
}
