/** What a command may use of the process it runs in. Tests pass their own. */
import process from 'node:process';
import type { Interface } from 'node:readline';
import type { WriteStream } from 'node:tty';

export interface Io {
  /** Writes to standard output: the command's answer, and nothing else. */
  readonly out: (text: string) => void;
  /** Writes to standard error: progress, logs, errors. */
  readonly err: (text: string) => void;
  /** Columns of the terminal on standard output; `undefined` if it is not a terminal. */
  readonly columns: number | undefined;
  /** Its rows, likewise. Both may change at any time. */
  readonly rows: number | undefined;
  /** Whether standard output and standard error support colours. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** Prompts for lines on a terminal, or reads them from standard input. */
  readonly openPrompt: () => Promise<Prompt>;
  /** Standard input as bytes, as they arrive. */
  readonly inputBytes: () => AsyncIterable<Uint8Array>;
  /** Calls back for every SIGINT and SIGTERM until what it returns is called. */
  readonly onSignal: (callback: () => void) => () => void;
  /** Ends the process at once: for a second signal, when a graceful stop takes too long. */
  readonly abort: (code: number) => void;
}

/** Prompts for lines, with editing and history on a terminal. */
export interface Prompt {
  /** The next line; `undefined` at the end of input. */
  readonly ask: (prompt: string) => Promise<string | undefined>;
  readonly close: () => void;
}

/** The process itself. NO_COLOR and FORCE_COLOR apply, as in node (getColorDepth). */
export function processIo(): Io {
  const { stdout, stderr, stdin } = process;
  const hasColours = (stream: WriteStream): boolean => stream.isTTY === true && stream.hasColors();
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
    colours: { out: hasColours(stdout), err: hasColours(stderr) },
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

/** Lines that arrive before they are asked for are kept. */
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
