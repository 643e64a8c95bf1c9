/**
 * Names in TFTP requests, which come from anybody and end as paths: only plain ones below a root are taken.
 */
import { fromByteText } from '../http/byte-text.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

/** Why a name is not taken. */
export type NameFault = 'empty' | 'control' | 'backslash' | 'drive' | 'parent' | 'hidden';

/**
 * The parts of a path relative to the root. Slashes at the beginning are taken off, as loaders write them
 * (`//ZZQ2AA7.417`), and `.` and empty parts mean nothing.
 */
export function pathOfName(name: string): Result<readonly string[], NameFault> {
  const text = fromByteText(name);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return err('control');
  if (text.includes('\\')) return err('backslash');
  if (/^\/*[a-z]:/i.test(text)) return err('drive');
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return err('parent');
  if (parts.some((part) => part.startsWith('.'))) return err('hidden');
  return parts.length === 0 ? err('empty') : ok(parts);
}
