/**
 * CommandKey and ParameterKey are chosen by the ACS, and come back from the modem: in events, in
 * TransferComplete, as a parameter (TR-069a6 A.3.2.1, A.3.3.1). The keys of the live ACS replace the recorded
 * ones.
 */
import type { Message } from '../protocol/cwmp/messages.ts';

export class AcsKeys {
  /** Keys of the live ACS by the recorded ones. */
  readonly #keys = new Map<string, string>();

  /** Learns from a request and the recorded one that it corresponds to. */
  learn(recorded: Message, live: Message): void {
    if (recorded.kind !== 'request' || live.kind !== 'request') return;
    for (const name of ['CommandKey', 'ParameterKey'] as const) {
      const [before, now] = [keyIn(recorded.args, name), keyIn(live.args, name)];
      if (before !== '' && now !== '' && before !== now) this.#keys.set(before, now);
    }
  }

  /**
   * The envelope with the keys of the live ACS; all other bytes stay.
   */
  renew(body: Uint8Array): Uint8Array {
    if (this.#keys.size === 0) return body;
    const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
    const renewed = text.replace(HOLDERS, (whole, before: string, key: string) => {
      const now = this.#keys.get(key.trim());
      return now === undefined ? whole : `${before}${key.replace(key.trim(), () => escaped(now))}`;
    });
    return renewed === text ? body : Buffer.from(renewed, 'latin1');
  }
}

/** A CommandKey element, or the value of a parameter `....ParameterKey`. */
const HOLDERS =
  /(<(?:[\w.-]{1,32}:)?CommandKey(?:\s[^<>]{0,200})?>|\.ParameterKey\s{0,64}<\/[\w:.-]{1,32}>\s{0,64}<(?:[\w.-]{1,32}:)?Value(?:\s[^<>]{0,200})?>)([^<]{1,256})/g;

const keyIn = (args: object, name: string): string => {
  const value: unknown = Object.hasOwn(args, name) ? Reflect.get(args, name) : undefined;
  return typeof value === 'string' ? value : '';
};

const escaped = (key: string): string =>
  key.replace(/[<>&]|[^ -~]/gu, (character) => `&#${character.codePointAt(0)};`);
