/** The header lines of a request as text: how habits read and change them. The first is the request line. */

export function headerOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((candidate) => isNamed(candidate, name));
  return line?.slice(line.indexOf(':') + 1).trim();
}

/** Without the header, or with these values of it, each on a line, where the first was or at the end. */
export function withValues(
  lines: readonly string[],
  name: string,
  values: readonly string[],
): readonly string[] {
  const at = lines.findIndex((line) => isNamed(line, name));
  const others = lines.filter((line) => !isNamed(line, name));
  const before = at < 0 ? others.length : at;
  const written = values.map((value) => (value === '' ? `${name}:` : `${name}: ${value}`));
  return [...others.slice(0, before), ...written, ...others.slice(before)];
}

const isNamed = (line: string, name: string): boolean =>
  line.slice(0, name.length + 1).toLowerCase() === `${name.toLowerCase()}:`;
