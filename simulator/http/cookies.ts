/** The modem's cookies, kept for a session and written in its own style. */
import type { HttpTraits } from '../profile/profile.ts';

interface Cookie {
  readonly value: string;
  readonly path: string | undefined;
}

/** TR-069a6 3.4.2 requires several and 512 bytes; these bounds are far above. */
const MAX_COOKIES = 32;
const LONGEST_COOKIE = 4096;

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Stores the values of Set-Cookie and Set-Cookie2 lines. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const semicolon = line.indexOf(';');
      const pair = semicolon < 0 ? line : line.slice(0, semicolon);
      const attributes = semicolon < 0 ? '' : line.slice(semicolon + 1);
      const equals = pair.indexOf('=');
      if (equals < 1 || line.length > LONGEST_COOKIE) continue;
      const name = pair.slice(0, equals).trim();
      if (attributeOf(attributes, 'max-age') === '0') this.#cookies.delete(name);
      else if (this.#cookies.size < MAX_COOKIES || this.#cookies.has(name))
        this.#cookies.set(name, {
          value: pair.slice(equals + 1).trim(),
          path: attributeOf(attributes, 'path'),
        });
    }
  }

  /** The value of the Cookie line; `undefined` when there is none to send. */
  line(style: HttpTraits['cookies']): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    const cookies = [...this.#cookies];
    switch (style) {
      case 'ignore':
        return undefined;
      case 'plain':
        return cookies.map(([name, { value }]) => `${name}=${value}`).join('; ');
      case 'rfc2109':
        return `$Version="0"; ${cookies
          .map(([name, { value, path }]) => `${name}=${value}${path === undefined ? '' : `;$Path=${path}`}`)
          .join('; ')}`;
    }
  }
}

/**
 * The value of an attribute of a Set-Cookie line. Most lines have few attributes, and are not split for one
 * they lack.
 */
function attributeOf(attributes: string, wanted: string): string | undefined {
  if (!attributes.toLowerCase().includes(`${wanted}=`)) return undefined;
  return attributes
    .split(';')
    .map((text) => text.trim())
    .find((text) => text.toLowerCase().startsWith(`${wanted}=`))
    ?.slice(wanted.length + 1);
}
