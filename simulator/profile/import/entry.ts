/** What an imported file says about one name of a parameter tree. */
import type { ValueType } from '../../../protocol/cwmp/parameter-value.ts';
import { VALUE_TYPES } from '../../../protocol/cwmp/parameter-value.ts';
import { leafType } from '../../../protocol/datamodel/leaf-type.ts';
import { ModemlabError } from '../../../protocol/errors.ts';

export interface TreeEntry {
  /** The full name; an object's ends with a dot. */
  readonly name: string;
  /** `undefined`: the file does not say, or it is an object. */
  readonly type: ValueType | undefined;
  readonly value: string | undefined;
  readonly writable: boolean | undefined;
  readonly notification: number | undefined;
  readonly accessList: readonly string[] | undefined;
}

/** Refuses a file, at a place in it. */
export type Refuse = (place: string, wants: string) => never;

export function refuser(file: string): Refuse {
  return (place, wants) => {
    const where = place === '' ? file : `${file}: ${place}`;
    throw new ModemlabError('E_FILE_INVALID', `${where}: ${wants}`);
  };
}

/** Maximum length of a name (TR-069a6 A.3.2.3): a longer one could not be requested. */
export const LONGEST_NAME = 256;

/** Why this is not a name of a parameter or object, or `undefined`. */
export function nameFlaw(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `a name of at most ${LONGEST_NAME} characters`;
  const segments = (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  return segments.some((segment) => segment === '' || /[\s:]/.test(segment))
    ? 'a name of words joined by dots'
    : undefined;
}

const BY_NAME: ReadonlyMap<string, ValueType> = new Map([
  ...VALUE_TYPES.map((type) => [type.toLowerCase(), type] as const),
  ['base64binary', 'base64'],
]);

/** A type by its schema name, with or without a prefix; `undefined` for an unknown one. */
export const readType = (text: string): ValueType | undefined =>
  BY_NAME.get(text.replace(/^.*:/, '').toLowerCase());

/** The type of a parameter: from the file, else from the model, else a string. */
export const typeOf = ({ type, name }: TreeEntry): ValueType => type ?? leafType(name) ?? 'string';
