/** XT: what modemlab watches for, and can do, on the wire below the messages, though no device is named for it. */
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
    title: 'Half-closes behind its request',
    does: 'sends a FIN as soon as its request is out, and reads the answer after it',
    clause: 'RFC 7230 6.6: a server may take that for a client which is gone',
    we: 'the answer is written all the same; the session goes on over another connection',
  },
  'Q-XT-02': {
    ...nobody,
    title: 'A request in crumbs',
    does: 'writes header lines and body a few bytes at a time, borders within lines and line ends',
    clause: 'none broken: TCP has no borders',
    we: 'what comes is gathered; only a pause within it has a limit',
  },
  'Q-XT-03': {
    ...nobody,
    title: 'Content-Length of more than is sent',
    does: 'announces more bytes than the body has, and waits for the answer',
    clause: 'RFC 7230 3.3.2',
    we: 'answered with 408 after a pause; the next session is as good as any',
  },
  'Q-XT-04': {
    ...nobody,
    title: 'Content-Length of less than is sent',
    does: 'announces fewer bytes than the body has, so that its end looks like another request',
    clause: 'RFC 7230 3.3.2',
    we: 'answered with 400 and closed; the next session is as good as any',
  },
  'Q-XT-05': {
    ...nobody,
    title: 'Line ends between requests',
    does: 'sends empty lines before each request line',
    clause: 'RFC 7230 3.5: a client must not, a server should bear one',
    we: 'passed over',
  },
  'Q-XT-06': {
    ...nobody,
    title: 'Resets the connection after each answer',
    does: 'ends each connection with a TCP reset and goes on over a new one',
    clause: 'TR-069a6 3.4.2: one connection is desired, not demanded',
    we: 'no error; the cookie carries the session',
  },
} as const satisfies Entries;
