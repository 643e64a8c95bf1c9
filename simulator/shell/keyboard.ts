/**
 * Turns what a telnet client sends into keys: lines and their echo. Pure. Options of telnet (RFC 854) are
 * removed and not answered; a line ends at CR, CR LF, CR NUL or LF; both backspace characters are accepted.
 */

const IAC = 255;
const SUBNEGOTIATION = 250;
const SUBNEGOTIATION_END = 240;
const WILL = 251;

/** Maximum length of a line; further characters are ignored. */
const MAX_LINE_LENGTH = 1024;

export interface Keyboard {
  /** The echo of the received bytes, and the lines that they complete. */
  type(bytes: Uint8Array): readonly Typed[];
}

export type Typed =
  | { readonly is: 'echo'; readonly text: string }
  | { readonly is: 'line'; readonly text: string };

/** `hidden` says whether the current input is a password. */
export function createKeyboard(hidden: () => boolean): Keyboard {
  let line = '';
  let afterReturn = false;
  let telnet: 'none' | 'command' | 'option' | 'inside' | 'inside-command' = 'none';

  const option = (byte: number): boolean => {
    switch (telnet) {
      case 'none':
        if (byte !== IAC) return false;
        telnet = 'command';
        return true;
      case 'command':
        telnet = byte === SUBNEGOTIATION ? 'inside' : byte >= WILL && byte < IAC ? 'option' : 'none';
        return true;
      case 'option':
        telnet = 'none';
        return true;
      case 'inside':
        if (byte === IAC) telnet = 'inside-command';
        return true;
      case 'inside-command':
        telnet = byte === SUBNEGOTIATION_END ? 'none' : 'inside';
        return true;
    }
  };

  const key = (byte: number): Typed | undefined => {
    const wasReturn = afterReturn;
    afterReturn = byte === 13;
    if (byte === 13 || (byte === 10 && !wasReturn)) {
      const text = line;
      line = '';
      return { is: 'line', text };
    }
    if (byte === 8 || byte === 127) {
      if (line === '') return undefined;
      line = line.slice(0, -1);
      return { is: 'echo', text: '\b \b' };
    }
    if (byte === 21) {
      const text = '\b \b'.repeat(line.length);
      line = '';
      return text === '' ? undefined : { is: 'echo', text };
    }
    if (byte < 32 || line.length >= MAX_LINE_LENGTH) return undefined;
    const char = String.fromCharCode(byte);
    line += char;
    return { is: 'echo', text: hidden() ? '*' : char };
  };

  return {
    type: (bytes) => {
      const typed: Typed[] = [];
      for (const byte of bytes) {
        if (option(byte)) continue;
        const one = key(byte);
        if (one !== undefined) typed.push(one);
      }
      return typed;
    },
  };
}
