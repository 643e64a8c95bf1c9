/** How a device speaks HTTP, from its POSTs: the `http` member of a profile. */
import { headerOf } from '../../captures/http/http-head.ts';
import { readSetCookie } from '../../protocol/http/cookie.ts';
import { isWrittenHeader } from '../../simulator/http/http-request.ts';
import type { HttpTraits } from '../../simulator/profile/profile.ts';
import type { Evidence, Post } from './evidence.ts';
import { isEmpty } from './evidence.ts';

export interface HttpSeen {
  /** Members of `http` that the capture shows. */
  readonly traits: Partial<HttpTraits>;
  /** What it does not show, one sentence each. */
  readonly unseen: readonly string[];
}

export function httpTraitsOf({ sessions, firmware }: Evidence): HttpSeen {
  const posts = sessions.flatMap((session) => session.posts);
  const full = posts.filter((post) => !isEmpty(post));
  const empty = posts.filter(isEmpty);
  const unseen: string[] = [];
  const headers = mergeOrders(posts.map(({ head }) => head.headers.map(([name]) => name)));
  const odd = headers.filter((name) => !isWrittenHeader(name));
  if (odd.length > 0) unseen.push(`header lines that no profile has are left out: ${odd.join(', ')}`);
  if (empty.length === 0) unseen.push('no empty POST: taken as Content-Length: 0');
  const type = usual(full.flatMap((post) => lineOf(post, 'content-type') ?? []));
  const agent = usual(posts.flatMap((post) => lineOf(post, 'user-agent') ?? []));
  const action = usual(full.flatMap((post) => lineOf(post, 'soapaction') ?? []));
  return {
    traits: {
      version: posts[0]?.head.version === '1.0' ? '1.0' : '1.1',
      headers: headers.filter(isWrittenHeader),
      ...(agent === undefined ? {} : { userAgent: withFirmware(agent, firmware) }),
      ...(type === undefined ? {} : { contentType: type, charset: charsetOf(type) }),
      chunked: most(full, (post) => lineOf(post, 'transfer-encoding') !== undefined),
      host: hostOf(posts),
      soapAction: soapActionOf(full, empty),
      ...(action === undefined ? {} : { soapActionText: action }),
      emptyPost: emptyPostOf(empty),
      ...cookiesOf(
        sessions.map((session) => session.posts),
        unseen,
      ),
      connection: connectionOf(posts),
      newConnectionPerRequest: reconnects(sessions.map((session) => session.posts)),
      expectContinue: most(full, (post) => lineOf(post, 'expect') !== undefined),
      ...credentialsOf(posts),
    },
    unseen,
  };
}

const lineOf = ({ head }: Post, name: string): string | undefined => headerOf(head.headers, name);

/** The most frequent value. */
function usual(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

const most = (posts: readonly Post[], is: (post: Post) => boolean): boolean =>
  posts.filter(is).length * 2 > posts.length;

/**
 * One order of all names: the longest list first, then further names of the others after the one they follow
 * there.
 */
function mergeOrders(lists: readonly (readonly string[])[]): readonly string[] {
  const merged: string[] = [];
  const place = (name: string): number =>
    merged.findIndex((other) => other.toLowerCase() === name.toLowerCase());
  const fullest = [...lists].sort((a, b) => b.length - a.length);
  for (const list of fullest) {
    let at = -1;
    for (const name of list) {
      const known = place(name);
      if (known >= 0) at = known;
      else {
        at += 1;
        merged.splice(at, 0, name);
      }
    }
  }
  return merged;
}

/**
 * A version in a header is that of the running firmware; what looks like a rule of a profile must not become
 * one.
 */
function withFirmware(text: string, firmware: string): string {
  const plain = text.replaceAll('${', '$');
  return firmware.length < 3 ? plain : plain.replaceAll(firmware, `\${firmware}`);
}

const charsetOf = (type: string): HttpTraits['charset'] =>
  /charset\s*=\s*["']?(iso-?8859-?1|latin-?1)/i.test(type) ? 'iso-8859-1' : 'utf-8';

function hostOf(posts: readonly Post[]): HttpTraits['host'] {
  const hosts = posts.flatMap((post) => lineOf(post, 'host') ?? []);
  if (hosts.length === 0) return 'absent';
  const bare = posts.find((post) => {
    const host = lineOf(post, 'host');
    return host !== undefined && !/:\d+$/.test(host) && !/:(80|443)$/.test(post.to);
  });
  return bare === undefined ? 'with-port' : 'without-port';
}

function soapActionOf(full: readonly Post[], empty: readonly Post[]): HttpTraits['soapAction'] {
  const has = (post: Post): boolean => lineOf(post, 'soapaction') !== undefined;
  if (!full.some(has)) return 'never';
  return empty.length > 0 && empty.every(has) ? 'always' : 'messages';
}

function emptyPostOf(empty: readonly Post[]): HttpTraits['emptyPost'] {
  if (empty.some((post) => lineOf(post, 'transfer-encoding') !== undefined)) return 'chunked';
  return empty.length > 0 && empty.every(({ head }) => head.headers.length === 0) ? 'bare' : 'content-length';
}

function connectionOf(posts: readonly Post[]): HttpTraits['connection'] {
  const value = usual(posts.flatMap((post) => lineOf(post, 'connection')?.toLowerCase() ?? []));
  return value === 'close' || value === 'keep-alive' ? value : 'absent';
}

/** Whether it opens a connection per request, although the ACS left the last one open. */
function reconnects(sessions: readonly (readonly Post[])[]): boolean {
  let moved = 0;
  let stayed = 0;
  for (const posts of sessions)
    posts.slice(1).forEach((post, index) => {
      const before = posts[index];
      if (before === undefined || closes(before)) return;
      if (before.connection === post.connection) stayed += 1;
      else moved += 1;
    });
  return moved > stayed;
}

const closes = (post: Post): boolean =>
  /close/i.test(lineOf(post, 'connection') ?? '') ||
  /close/i.test(headerOf(post.answer?.head.headers ?? [], 'connection') ?? '');

function cookiesOf(sessions: readonly (readonly Post[])[], unseen: string[]): Partial<HttpTraits> {
  const sent = sessions.flat().flatMap((post) => lineOf(post, 'cookie') ?? []);
  const outlive = sessions.some((posts, index) => {
    const broken = index > 0 && sessions[index - 1]?.at(-1)?.answer?.content.is !== 'empty';
    return broken && posts[0] !== undefined && lineOf(posts[0], 'cookie') !== undefined;
  });
  if (sent.length > 0)
    return {
      cookies: sent.some((line) => line.trimStart().startsWith('$Version')) ? 'rfc2109' : 'plain',
      ...(outlive ? { cookiesOutlive: true } : {}),
    };
  const set = sessions.some((posts) =>
    posts
      .slice(0, -1)
      .some(({ answer }) =>
        (answer?.head.headers ?? []).some(
          ([name, value]) => name.toLowerCase() === 'set-cookie' && readSetCookie(value) !== undefined,
        ),
      ),
  );
  if (set) return { cookies: 'ignore' };
  unseen.push('the ACS set no cookie: taken as one that sends cookies back');
  return { cookies: 'plain' };
}

function credentialsOf(posts: readonly Post[]): Partial<HttpTraits> {
  const first = posts[0];
  const eager = first !== undefined && /^\s*basic/i.test(lineOf(first, 'authorization') ?? '');
  const prefers = posts.some((post, index) => {
    const offered = (posts[index - 1]?.answer?.head.headers ?? [])
      .filter(([name]) => name.toLowerCase() === 'www-authenticate')
      .map(([, value]) => value)
      .join();
    return (
      /digest/i.test(offered) &&
      /basic/i.test(offered) &&
      /^\s*basic/i.test(lineOf(post, 'authorization') ?? '')
    );
  });
  return { ...(eager ? { eagerBasic: true } : {}), ...(prefers ? { preferBasic: true } : {}) };
}
