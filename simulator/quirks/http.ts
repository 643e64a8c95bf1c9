/** Habits of group HT: the HTTP that carries the messages. */
import { writeBasic } from '../../protocol/http/basic.ts';
import type { Posting } from '../http/wire-hooks.ts';
import type { Habits } from './habit.ts';
import { session, traits, wire } from './habit.ts';
import { headerOf, withValues } from './head-lines.ts';
import { setInformText } from './message-edits.ts';

/** The name of the element below Body. */
const methodOf = ({ message = '' }: Posting): string =>
  /<(?:[\w.-]+:)?Body[^<>]*>\s*<(?:[\w.-]+:)?(\w+)/.exec(message)?.[1] ?? '';

/** Values of SOAPAction that were seen, one message after the other; `undefined`: no such line. */
const SOAP_ACTIONS: readonly ((method: string) => string | undefined)[] = [
  () => undefined,
  () => '""',
  (method) => method,
  (method) => `urn:dslforum-org:cwmp-1-0#${method}`,
];
const CONTENT_TYPES: readonly (string | undefined)[] = ['text/html', 'text/xml', undefined];

/** Returns one after the other, and starts over after the last. */
function cycleThrough<T>(all: readonly T[]): () => T | undefined {
  let count = 0;
  return () => all[count++ % all.length];
}

export const http = {
  'Q-HT-01': wire(() => {
    const next = cycleThrough(SOAP_ACTIONS);
    return {
      head(lines, posting) {
        if (posting.message === undefined) return lines;
        const value = next()?.(methodOf(posting));
        return withValues(lines, 'SOAPAction', value === undefined ? [] : [value]);
      },
    };
  }),
  // Far smaller than real ones, so that any message is cut within its tags.
  'Q-HT-02': traits({ chunked: true, chunkBytes: 61 }, 'Transfer-Encoding'),
  'Q-HT-03': {
    level: 'wire',
    profile: (profile) => {
      const bare = { xmlDeclaration: 'none', nonAscii: 'raw' } as const;
      return {
        ...profile,
        dialect: { ...profile.dialect, ...bare },
        dialects: new Map(Array.from(profile.dialects, ([name, dialect]) => [name, { ...dialect, ...bare }])),
        http: { ...profile.http, charset: 'iso-8859-1', contentType: 'text/xml; charset=ISO-8859-1' },
      };
    },
    make: () => ({ session: { say: (envelope) => setInformText(envelope, 'd\u00e9codeur') } }),
  },
  'Q-HT-04': wire(() => {
    const next = cycleThrough(CONTENT_TYPES);
    return {
      head(lines, { message }) {
        if (message === undefined) return lines;
        const value = next();
        return withValues(lines, 'Content-Type', value === undefined ? [] : [value]);
      },
    };
  }),
  'Q-HT-05': traits({ expectContinue: true }, 'Expect'),
  'Q-HT-06': wire(() => ({
    head: (lines, { message }) =>
      message === undefined
        ? withValues(withValues(lines, 'Content-Type', ['text/xml; charset=utf-8']), 'SOAPAction', [''])
        : lines,
  })),
  'Q-HT-07': session(() => ({ emptyFirst: true })),
  'Q-HT-08': session(() => ({
    instead: ({ message }) =>
      message.kind === 'response' &&
      (message.rpc === 'GetParameterNames' || message.rpc === 'SetParameterValues')
        ? 'empty-post'
        : undefined,
  })),
  'Q-HT-09': traits({ newConnectionPerRequest: true }),
  'Q-HT-10': wire(() => ({ noReconnect: true })),
  'Q-HT-11': wire(() => ({ probes: 3 })),
  'Q-HT-12': wire(() => {
    // Once: the next session shows whether its task came back.
    let isDone = false;
    return {
      resets({ number }) {
        const now = number === 2 && !isDone;
        isDone ||= now;
        return now;
      },
    };
  }),
  'Q-HT-13': wire(() => ({ bodyOf204: true })),
  'Q-HT-14': traits({ headFirst: true }),
  'Q-HT-15': wire((device) => ({
    head(lines) {
      if (headerOf(lines, 'Authorization') !== undefined) return lines;
      const { OUI, SerialNumber } = device.id;
      const credentials = { username: `${OUI}-${SerialNumber}`, password: '' };
      return withValues(lines, 'Authorization', [writeBasic(credentials)]);
    },
  })),
  'Q-HT-16': traits({ preferBasic: true }, 'Authorization'),
  'Q-HT-17': wire(() => ({ noCredentials: true })),
  'Q-HT-18': traits({ version: '1.0' }),
  'Q-HT-19': traits({ emptyPost: 'bare' }),
} as const satisfies Habits;
