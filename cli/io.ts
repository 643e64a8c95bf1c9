/** What a command may touch of the process it runs in. Tests give their own. */
import process from 'node:process';
import type { WriteStream } from 'node:tty';

export interface Io {
  /** Writes to standard output: the command's answer, and nothing else. */
  readonly out: (text: string) => void;
  /** Writes to standard error: progress, logs, errors. */
  readonly err: (text: string) => void;
  /** Columns of the terminal that standard output is; `undefined` when it is none. */
  readonly columns: number | undefined;
  /** Whether standard output and standard error bear colours. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** Calls back for every SIGINT and SIGTERM until what it returns is called. */
  readonly onSignal: (callback: () => void) => () => void;
  /** Ends the process at once: for a second signal, when a graceful stop takes too long. */
  readonly abort: (code: number) => void;
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
    colours: { out: bearsColours(stdout), err: bearsColours(stderr) },
    readInput: async () => {
      stdin.setEncoding('utf8');
      let text = '';
      for await (const chunk of stdin) text += chunk;
      return text;
    },
    onSignal: (callback) => {
      process.on('SIGINT', callback).on('SIGTERM', callback);
      return () => {
        process.off('SIGINT', callback).off('SIGTERM', callback);
      };
    },
    abort: (code) => process.exit(code),
  };
}
