/** The parameters of a scenario: `${minutes}` in its file, `--set minutes=3` in a command. */
import { ModemlabError } from '../../../protocol/errors.ts';
import type { Fields } from '../../profile/fields.ts';
import type { ScenarioParameter } from './types.ts';

export type Bound = ReadonlyMap<string, string | number>;

export function readParameters(file: Fields): ScenarioParameter[] {
  const all = file.fields('parameters');
  return all.keys().map((name) => {
    if (!/^[a-z]\w*$/i.test(name)) all.refuse(name, 'a name of letters and digits');
    const fields = all.fields(name);
    const parameter = { name, says: fields.string('says'), value: readDefault(fields) };
    fields.done();
    return parameter;
  });
}

function readDefault(fields: Fields): string | number | undefined {
  const value = fields.get('default');
  return value === undefined || typeof value === 'string' || typeof value === 'number'
    ? value
    : fields.refuse('default', 'a text or a number');
}

/**
 * Throws ModemlabError E_USAGE for unknown names, for text in place of a number, and for missing parameters.
 */
export function bind(
  scenario: string,
  parameters: readonly ScenarioParameter[],
  set: Readonly<Record<string, string | number>>,
): Bound {
  const given = new Map(Object.entries(set));
  const bound = new Map<string, string | number>();
  for (const { name, value, says } of parameters) {
    const text = given.get(name);
    given.delete(name);
    const taken = text ?? value;
    if (taken === undefined) throw new ModemlabError('E_USAGE', `${scenario} wants ${name}: ${says}`);
    const wantsNumber = typeof value === 'number';
    if (wantsNumber && !/^\d{1,12}(\.\d{1,9})?$/.test(String(taken)))
      throw new ModemlabError(
        'E_USAGE',
        `${scenario}: ${name} wants a number, not ${String(taken).slice(0, 60)}`,
      );
    bound.set(name, wantsNumber ? Number(taken) : taken);
  }
  for (const name of given.keys()) {
    const known = parameters.map((parameter) => parameter.name).join(', ') || 'none';
    throw new ModemlabError('E_USAGE', `${scenario} has no parameter ${name.slice(0, 60)}; it has: ${known}`);
  }
  return bound;
}

/** The JSON with its `${name}` filled in; a text that consists of one becomes the number itself. */
export function fillIn(json: unknown, bound: Bound, place: string): unknown {
  if (typeof json === 'string') return fillText(json, bound, place);
  if (Array.isArray(json)) return json.map((item, at) => fillIn(item, bound, `${place}[${at}]`));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      String(fillText(key, bound, place)),
      fillIn(value, bound, `${place}: ${key}`),
    ]),
  );
}

function fillText(text: string, bound: Bound, place: string): string | number {
  const bindingOf = (name: string): string | number => {
    const value = bound.get(name);
    if (value === undefined)
      throw new ModemlabError('E_FILE_INVALID', `${place}: no parameter ${name} is declared`);
    return value;
  };
  const whole = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (whole !== undefined) return bindingOf(whole);
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => String(bindingOf(name)));
}

/** An object of texts, in which a parameter may have put a number. */
export function textsOf(file: Fields, key: string): Map<string, string> {
  const fields = file.fields(key);
  return new Map(
    fields.keys().map((name) => {
      const value = fields.get(name);
      return [name, typeof value === 'number' ? String(value) : fields.string(name)];
    }),
  );
}
