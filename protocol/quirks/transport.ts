/**
 * XT: what modemlab watches for, and can do, on the wire below the messages, though no device is named for
 * it.
 */
import type { Entries } from './quirk.ts';

const nobody = {
  who: 'nobody yet',
  source: 'watched for',
  grade: 'none',
  noted: 'no',
} as const;

export const transport = {
  'Q-XT-01': {
    ...nobody,
    title: 'Half-closes after its request',
    does: 'sends a FIN as soon as its request is out, and then reads the answer',
    clause: 'RFC 7230 6.6: a server may take that to mean that the client has gone',
    we: 'the answer is written anyway; the session continues on another connection',
  },
  'Q-XT-02': {
    ...nobody,
    title: 'A request in tiny pieces',
    does: 'writes header lines and body a few bytes at a time, breaking inside lines and line ends',
    clause: 'none broken: TCP has no message boundaries',
    we: 'the pieces are collected; only a pause between them has a limit',
  },
  'Q-XT-03': {
    ...nobody,
    title: 'Content-Length larger than the body',
    does: 'announces more bytes than the body has, and waits for the answer',
    clause: 'RFC 7230 3.3.2',
    we: 'answered with 408 after a pause; the next session is not affected',
  },
  'Q-XT-04': {
    ...nobody,
    title: 'Content-Length smaller than the body',
    does: 'announces fewer bytes than the body has, so that its end looks like another request',
    clause: 'RFC 7230 3.3.2',
    we: 'answered with 400 and closed; the next session is not affected',
  },
  'Q-XT-05': {
    ...nobody,
    title: 'Line ends between requests',
    does: 'sends empty lines before each request line',
    clause: 'RFC 7230 3.5: a client must not, a server should tolerate one',
    we: 'skipped',
  },
  'Q-XT-06': {
    ...nobody,
    title: 'Resets the connection after each answer',
    does: 'ends each connection with a TCP reset and continues on a new one',
    clause: 'TR-069a6 3.4.2: one connection is preferred, not required',
    we: 'not an error; the session is tied to the cookie',
  },
} as const satisfies Entries;
