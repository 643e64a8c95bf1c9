// The command from a clone: installs what is missing, then runs cli/bin.ts by tsx in this very process, so
// that signals, exit code and terminal are the command's own. Plain JavaScript: it has to run before anything
// is installed.
import { installMissing } from './scripts/install-missing.js';

if (installMissing()) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./cli/bin.ts');
} else process.exitCode = 1;
