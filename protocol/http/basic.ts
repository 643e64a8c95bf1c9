/** HTTP Basic credentials (RFC 7617). */
import { fromByteText, toByteText } from './byte-text.ts';

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Credentials out of the word after `Basic`; `undefined` where it is not base64 or has no colon. */
export function readBasic(token68: string): BasicCredentials | undefined {
  let bytes: string;
  try {
    bytes = atob(token68);
  } catch {
    return undefined;
  }
  const text = fromByteText(bytes);
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The value of Authorization, in UTF-8. A colon in the user name is not possible (RFC 7617 2). */
export function writeBasic({ username, password }: BasicCredentials): string {
  return `Basic ${btoa(toByteText(`${username}:${password}`))}`;
}
