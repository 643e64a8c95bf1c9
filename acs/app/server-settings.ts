/** The choices of a server's settings. Light: a command's help needs them without the server. */
import type { AuthMode } from '../http/auth.ts';
import { REPLY_STYLES } from '../session/reply-style.ts';

export { QUEUE_KINDS } from '../queue/options.ts';
export { STORE_KINDS } from '../store/options.ts';

export const AUTH_MODES: readonly AuthMode[] = ['none', 'basic', 'digest'];
export const REPLY_STYLE_NAMES: readonly string[] = REPLY_STYLES.map(({ name }) => name);
