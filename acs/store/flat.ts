/**
 * Copies of values that keep nothing else alive. In V8 a slice of a string points into the whole string, so
 * one parameter value would keep the whole document of some 400 KB that it was read from.
 */
export function flatJson(value: unknown): string {
  return JSON.stringify(value);
}

/** The value of a JSON text; `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
