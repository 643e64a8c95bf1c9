/**
 * Copies of values that keep nothing else alive. V8 makes a slice of a string a pointer into the whole, so one kept
 * parameter value would hold the whole document of some 400 KB that it was read from.
 */
export function flatJson(value: unknown): string {
  return JSON.stringify(value);
}

/** The text that `flatJson` made, as a value again; `undefined` when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
