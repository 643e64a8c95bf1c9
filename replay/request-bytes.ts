/**
 * A recorded POST, adapted to the live ACS: target, Host, cookies, credentials, cwmp:ID. Everything else
 * stays.
 */
import type { HttpMessage } from '../captures/http/http.ts';
import type { Cookie, CookieStyle } from '../protocol/http/cookie.ts';
import { writeCookie } from '../protocol/http/cookie.ts';
import { headLines, lineName, messageBytes, withValue } from './message-bytes.ts';

export interface Adaptation {
  readonly url: URL;
  /** Cookies that the live ACS has set. */
  readonly cookies: readonly Cookie[];
  /** Whether the recorded modem returned cookies, or was never given any. */
  readonly returnsCookies: boolean;
  /** Value of Authorization; `keep`: as recorded. */
  readonly authorization: string | 'keep' | undefined;
  /** Another body instead of the recorded one. */
  readonly body?: Uint8Array | undefined;
}

export const requestBytes = (recorded: HttpMessage, adaptation: Adaptation): Uint8Array =>
  messageBytes(recorded, adaptation.body ?? recorded.body, (length) =>
    rewriteHead(recorded, adaptation, length),
  );

function rewriteHead(recorded: HttpMessage, adaptation: Adaptation, length: number): string {
  const { url, authorization } = adaptation;
  const { first, headers, rest } = headLines(recorded.headText);
  const start = first.replace(
    /^(\S+[ \t]+)\S+/,
    (_, method: string) => `${method}${url.pathname}${url.search}`,
  );
  // A modem that sends no headers at all gets none added.
  if (headers.length === 0) return recorded.headText.replace(first, start);
  const cookies = adaptation.returnsCookies
    ? [...writeCookie(adaptation.cookies, cookieStyle(recorded))]
    : [];
  const kept = headers.flatMap((line): readonly string[] => {
    switch (lineName(line)) {
      case 'host':
        return [withValue(line, hostOf(recorded, line, url))];
      case 'content-length':
        return [withValue(line, String(length))];
      case 'cookie':
        return cookies.splice(0).map((value) => withValue(line, value));
      case 'authorization':
        if (authorization === 'keep') return [line];
        return authorization === undefined ? [] : [withValue(line, authorization)];
      default:
        return [line];
    }
  });
  const ending = first.endsWith('\r') ? '\r' : '';
  kept.push(...cookies.map((value) => `Cookie: ${value}${ending}`));
  const isNew = authorization !== undefined && authorization !== 'keep';
  if (isNew && !headers.some((line) => lineName(line) === 'authorization'))
    kept.push(`Authorization: ${authorization}${ending}`);
  return [start, ...kept, ...rest].join('\n');
}

/** With a port if the recorded one had it, or needed none; some modems never send it. */
function hostOf({ stream }: HttpMessage, line: string, url: URL): string {
  const named = /:\d+\s*$/.test(line.slice(line.indexOf(':') + 1));
  const usual = /:(80|443)$/.test(stream.server);
  return named || usual ? url.host : url.hostname;
}

function cookieStyle({ head }: HttpMessage): CookieStyle {
  const lines = head.headers.flatMap(([name, value]) => (name.toLowerCase() === 'cookie' ? [value] : []));
  const [line = ''] = lines;
  if (lines.length > 1) return 'lines';
  if (/^\$Version="/.test(line)) return 'rfc2109';
  if (/^\$Version=/.test(line)) return 'unquoted';
  if (/;\$Path="/.test(line)) return 'dimark';
  if (/; path=/i.test(line)) return 'echo';
  return /, /.test(line) ? 'comma' : 'plain';
}
