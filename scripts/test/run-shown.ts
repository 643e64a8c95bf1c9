/** Runs test files one after the other, and shows all that they print. */
import { once } from 'node:events';
import { checkEnvironment, SettingError } from './settings.ts';
import { startTests, TIMEOUT_MS } from './test-process.ts';
import type { Tree } from './tree.ts';

/** Milliseconds for a file; TAP_TIMEOUT has seconds, for whoever stops in a debugger. */
const timeoutOf = (env: NodeJS.ProcessEnv): number => Number(env.TAP_TIMEOUT) * 1000 || TIMEOUT_MS;

/** Resolves with the exit code: 0 when all passed, 2 when a setting is wrong, else 1. */
export async function runShown(
  files: readonly string[],
  tree: Pick<Tree, 'root' | 'builtPath'>,
  ending: AbortSignal,
): Promise<number> {
  try {
    checkEnvironment(process.env);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  let failed = false;
  for (const file of files) {
    if (ending.aborted) break;
    const child = startTests([file], tree, timeoutOf(process.env), {
      env: process.env,
      stdio: 'inherit',
    });
    const [code] = await once(child, 'close');
    failed ||= code !== 0;
  }
  return failed ? 1 : 0;
}
