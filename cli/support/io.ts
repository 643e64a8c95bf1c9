/** What a command may touch of the process it runs in. Tests give their own. */
import process from 'node:process';
import type { Interface } from 'node:readline';
import type { WriteStream } from 'node:tty';

export interface Io {
  /** Writes to standard output: the command's answer, and nothing else. */
  readonly out: (text: string) => void;
  /** Writes to standard error: progress, logs, errors. */
  readonly err: (text: string) => void;
  /** Columns of the terminal that standard output is; `undefined` when it is none. */
  readonly columns: number | undefined;
  /** Its rows, likewise. Both may change at any time. */
  readonly rows: number | undefined;
  /** Whether standard output and standard error bear colours. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** Asks a person at the terminal for lines, or reads them from standard input. */
  readonly openPrompt: () => Promise<Prompt>;
  /** Standard input as bytes, as they come. */
  readonly inputBytes: () => AsyncIterable<Uint8Array>;
  /** Calls back for every SIGINT and SIGTERM until what it returns is called. */
  readonly onSignal: (callback: () => void) => () => void;
  /** Ends the process at once: for a second signal, when a graceful stop takes too long. */
  readonly abort: (code: number) => void;
}

/** Lines that are asked for, with editing and a history where there is a terminal. */
export interface Prompt {
  /** The next line; `undefined`: there is none any more. */
  readonly ask: (prompt: string) => Promise<string | undefined>;
  readonly close: () => void;
}

/** The process itself. NO_COLOR and FORCE_COLOR are heeded, as node does (getColorDepth). */
export function processIo(): Io {
  const { stdout, stderr, stdin } = process;
  const bearsColours = (stream: WriteStream): boolean => stream.isTTY === true && stream.hasColors();
  return {
    out: (text) => {
      stdout.write(text);
    },
    err: (text) => {
      stderr.write(text);
    },
    get columns() {
      return stdout.isTTY === true ? stdout.columns : undefined;
    },
    get rows() {
      return stdout.isTTY === true ? stdout.rows : undefined;
    },
    colours: { out: bearsColours(stdout), err: bearsColours(stderr) },
    readInput: async () => {
      stdin.setEncoding('utf8');
      let text = '';
      for await (const chunk of stdin) text += chunk;
      return text;
    },
    openPrompt: async () => {
      const { createInterface } = await import('node:readline');
      const terminal = stdin.isTTY === true && stderr.isTTY === true;
      const reader = createInterface({ input: stdin, output: terminal ? stderr : undefined, terminal });
      return promptOf(reader, terminal);
    },
    inputBytes: () => stdin,
    onSignal: (callback) => {
      process.on('SIGINT', callback).on('SIGTERM', callback);
      return () => {
        process.off('SIGINT', callback).off('SIGTERM', callback);
      };
    },
    abort: (code) => process.exit(code),
  };
}

/** Lines that come before they are asked for wait. */
function promptOf(reader: Interface, terminal: boolean): Prompt {
  const lines: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let ended = false;
  const give = (line: string | undefined): void => {
    const resolve = waiting;
    waiting = undefined;
    if (resolve !== undefined) resolve(line);
    else if (line !== undefined) lines.push(line);
  };
  reader.on('line', give);
  reader.on('SIGINT', () => reader.close());
  reader.on('close', () => {
    ended = true;
    give(undefined);
  });
  return {
    ask: (prompt) => {
      const line = lines.shift();
      if (line !== undefined || ended) return Promise.resolve(line);
      if (terminal) {
        reader.setPrompt(prompt);
        reader.prompt();
      }
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    close: () => reader.close(),
  };
}
