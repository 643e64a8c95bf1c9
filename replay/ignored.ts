/** What a replay does not compare: paths of fields, with `*` for any text. */

/**
 * What differs between any two sessions, or between two modems of a model: times, serial numbers, IDs and
 * keys, and what HTTP negotiates per connection. Users can add to it, but not remove.
 */
export const ALWAYS_IGNORED: readonly string[] = [
  '*.Header.ID',
  ...['date', 'set-cookie', 'set-cookie2', 'expires', 'last-modified', 'etag'].map(
    (name) => `*.HTTP.${name}`,
  ),
  // Who speaks to whom.
  ...['host', 'cookie', 'cookie2', 'authorization'].map((name) => `*.HTTP.${name}`),
  // How a body is delimited, and how long a connection is kept (RFC 9110 7.6.1).
  ...['content-length', 'transfer-encoding', 'connection', 'keep-alive'].map((name) => `*.HTTP.${name}`),
  ...['CurrentTime', 'StartTime', 'CompleteTime', 'CommandKey', 'ParameterKey'].map((name) => `*.${name}`),
  '*.SerialNumber',
  ...[
    'ConnectionRequestUsername',
    'ConnectionRequestPassword',
    'ConnectionRequestURL',
    'ParameterKey',
    'URL',
  ].map((name) => `*.ManagementServer.${name}].Value`),
  ...['SerialNumber', 'MACAddress', 'UpTime', 'CurrentLocalTime', 'LeaseTimeRemaining'].map(
    (name) => `*.${name}].Value`,
  ),
  // The same of ants.
  ...['ANT-ID', 'ANT-MAC', 'TO-ANT', 'SERIAL-NR', 'MAC-ADDR', 'UPTIME'].map((name) => `*.${name}`),
  // What a modem counts.
  ...['BytesSent', 'BytesReceived', 'PacketsSent', 'PacketsReceived'].map((name) => `*${name}].Value`),
];

export type Ignores = (path: string) => boolean;

export function createIgnores(patterns: readonly string[]): Ignores {
  const known = new Map<string, boolean>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const ignored = patterns.some((pattern) => matches(pattern, path));
    if (known.size < REMEMBERED) known.set(path, ignored);
    return ignored;
  };
}

/** Maximum number of cached paths: the parameters of a large tree. */
const REMEMBERED = 50_000;

/** Whether a pattern matches the whole text; takes the product of their lengths at worst. */
export function matches(pattern: string, text: string): boolean {
  let at = 0;
  let within = 0;
  let star = -1;
  let resumed = 0;
  while (at < text.length) {
    if (pattern[within] === '*') {
      star = within;
      resumed = at;
      within += 1;
    } else if (pattern[within] === text[at]) {
      within += 1;
      at += 1;
    } else if (star >= 0) {
      within = star + 1;
      resumed += 1;
      at = resumed;
    } else return false;
  }
  while (pattern[within] === '*') within += 1;
  return within === pattern.length;
}
