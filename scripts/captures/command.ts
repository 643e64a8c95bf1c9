/** Runs a command of modemlab in this process. */
import { main } from '../../cli/main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** As in a pipe: `input` is its standard input, and there is no terminal. */
export async function runCommand(argv: readonly string[], input: Uint8Array): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    columns: undefined,
    rows: undefined,
    colours: { out: false, err: false },
    readInput: async () => Buffer.from(input).toString(),
    openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
    inputBytes: async function* () {
      yield input;
    },
    onSignal: () => () => undefined,
    abort: () => undefined,
  });
  return { code, out, err };
}
