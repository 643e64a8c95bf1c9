/** Values as the standard requires them: those of a modem without quirks. */
import fc from 'fast-check';
import { VALUE_TYPES } from '../../protocol/cwmp/parameter-value.ts';
import { UNKNOWN_TIME } from '../../protocol/datamodel/date-time.ts';
import { cleanText } from './text.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const small = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const clock = fc
  .tuple(small(0, 23), small(0, 59), small(0, 59))
  .map(([hour, minute, second]) => `${two(hour)}:${two(minute)}:${two(second)}`);
const zone = fc.oneof(
  fc.constant('Z'),
  fc
    .tuple(fc.constantFrom('+', '-'), small(0, 13), fc.constantFrom('00', '30', '45'))
    .map(([sign, hour, minute]) => `${sign}${two(hour)}:${minute}`),
);

/** An absolute time with its offset. */
function absoluteTime(): fc.Arbitrary<string> {
  return fc
    .tuple(small(2006, 2099), small(1, 12), small(1, 28), clock, zone)
    .map(([year, month, day, time, offset]) => `${year}-${two(month)}-${two(day)}T${time}${offset}`);
}

/** Time since boot, as a modem without a clock gives it (TR-069a6 A.2.1). */
function relativeTime(): fc.Arbitrary<string> {
  return fc.tuple(small(1, 28), clock).map(([day, time]) => `0001-01-${two(day)}T${time}`);
}

/** What Inform's CurrentTime may be. */
export function currentTime(): fc.Arbitrary<string> {
  return fc.oneof({ weight: 4, arbitrary: absoluteTime() }, { weight: 1, arbitrary: relativeTime() });
}

export function dateTimeText(): fc.Arbitrary<string> {
  return fc.oneof(
    currentTime(),
    fc.constantFrom(UNKNOWN_TIME, '9999-12-31T23:59:59Z', '2012-02-29T23:59:59.5Z'),
  );
}

export const base64Text = (): fc.Arbitrary<string> => fc.base64String({ maxLength: 64 });

const hexText = (): fc.Arbitrary<string> => fc.stringMatching(/^([0-9A-F]{2}){0,16}$/);

/** A value of a type, and the type; long ones as decimal digits. */
export function cleanValue(): fc.Arbitrary<{ readonly Value: string; readonly Type: string }> {
  return fc.constantFrom(...VALUE_TYPES).chain((Type) => textOf(Type).map((Value) => ({ Value, Type })));
}

function textOf(type: (typeof VALUE_TYPES)[number]): fc.Arbitrary<string> {
  switch (type) {
    case 'string':
      return cleanText();
    case 'int':
      return small(-2147483648, 2147483647).map(String);
    case 'unsignedInt':
      return small(0, 4294967295).map(String);
    case 'long':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case 'unsignedLong':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case 'boolean':
      return fc.constantFrom('0', '1', 'true', 'false');
    case 'dateTime':
      return fc.oneof(absoluteTime(), relativeTime(), fc.constant(UNKNOWN_TIME));
    case 'base64':
      return base64Text();
    case 'hexBinary':
      return hexText();
  }
}

const word = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,11}$/);
const segment = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 2, arbitrary: small(1, 99).map(String) },
  { weight: 1, arbitrary: word.map((name) => `X_000E50_${name}`) },
);

/** `InternetGatewayDevice.` or `Device.` and some objects under it; ends with a dot. */
export function objectPath(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom('InternetGatewayDevice', 'Device'),
      fc.array(segment, { minLength: 1, maxLength: 5 }),
    )
    .map(([root, parts]) => `${root}.${parts.join('.')}.`);
}

export function parameterPath(): fc.Arbitrary<string> {
  return fc.tuple(objectPath(), word).map(([object, leaf]) => object + leaf);
}

/** Names of a tree as GetParameterNames lists them: all objects, each before its content. */
export function treeNames(): fc.Arbitrary<string[]> {
  return fc.array(parameterPath(), { minLength: 1, maxLength: 6 }).map((leaves) => {
    const names = new Set<string>();
    for (const leaf of leaves) {
      for (let dot = leaf.indexOf('.'); dot >= 0; dot = leaf.indexOf('.', dot + 1))
        names.add(leaf.slice(0, dot + 1));
      names.add(leaf);
    }
    return [...names].sort();
  });
}

export function url(): fc.Arbitrary<string> {
  const path = fc.stringMatching(/^[A-Za-z0-9_-]{4,24}$/);
  return fc
    .tuple(small(1, 223), small(0, 255), small(1, 65535), path)
    .map(([first, last, port, end]) => `http://${first}.0.2.${last}:${port}/${end}`);
}

export function uuid(): fc.Arbitrary<string> {
  return fc.uuid();
}
