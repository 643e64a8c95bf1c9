/**
 * The file of a deployment unit as a simulated modem expects it: text whose first lines are `Name: value`,
 * like the control file of a package. Package and Version are required; Vendor, Description, UUID,
 * Environment (the kind of execution environment it is for) and Size (in kilobytes when installed) are
 * optional.
 */
import { createHash } from 'node:crypto';

export interface UnitPackage {
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly description: string;
  readonly uuid: string;
  /** Empty: for any. */
  readonly environment: string;
  /** Kilobytes. */
  readonly size: number;
}

const MAX_LINES = 64;

export const UUID_FORM = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** `undefined`: the file is not a package. */
export function readPackage(bytes: Uint8Array): UnitPackage | undefined {
  const fields = new Map<string, string>();
  const text = Buffer.from(bytes.subarray(0, 16 * 1024)).toString('utf8');
  for (const line of text.split(/\r?\n/, MAX_LINES)) {
    const match = /^([A-Z][A-Za-z-]{0,31}): ?(.{0,256})$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) break;
    fields.set(match[1], match[2].trim());
  }
  const [name = '', version = '', vendor = ''] = ['Package', 'Version', 'Vendor'].map((key) =>
    fields.get(key),
  );
  const uuid = fields.get('UUID') ?? uuidOf(`${vendor}/${name}`);
  const size = Number(fields.get('Size') ?? 0);
  if (name === '' || version === '' || version.length > 32 || !UUID_FORM.test(uuid) || !(size >= 0))
    return undefined;
  const [description = '', environment = ''] = ['Description', 'Environment'].map((key) => fields.get(key));
  return { name, version, vendor, description, uuid, environment, size };
}

/** The same vendor and name give the same UUID (version 5, TR-069a6 Annex H). */
function uuidOf(text: string): string {
  const hex = createHash('sha1').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Negative: the first is older. Numeric parts are compared as numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(/[.\-_+]/), b.split(/[.\-_+]/)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one = '', other = ''] = [left[at], right[at]];
    const numbers = /^\d+$/.test(one || '0') && /^\d+$/.test(other || '0');
    const order = numbers ? Number(one || 0) - Number(other || 0) : one < other ? -1 : one > other ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}
