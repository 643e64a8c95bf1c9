/** Values of parameters: which texts are valid for a kind, and how help names the kinds. */
import { addressNumber } from '../../protocol/ipv4.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Kind } from './definition.ts';

const isAddress = (text: string): boolean => addressNumber(text) !== undefined;

/** The value in the spelling of the kind; `undefined`: it is invalid. */
export function readValue(kind: Kind, text: string): string | undefined {
  switch (kind.is) {
    case 'string':
    case 'password':
    case 'interface':
      return text;
    case 'number':
      return /^\d{1,10}$/.test(text) && Number(text) >= kind.from && Number(text) <= kind.to
        ? String(Number(text))
        : undefined;
    case 'choice': {
      const named = kind.of.find((one) => one.toLowerCase() === text.toLowerCase());
      // Numbers are indices into the list.
      return named ?? (/^\d{1,3}$/.test(text) ? kind.of[Number(text)] : undefined);
    }
    case 'address':
      return isAddress(text) ? text : undefined;
    case 'address-mask': {
      const [address = '', bits, ...more] = text.split('/');
      const fits = bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) <= 32);
      return isAddress(address) && fits && more.length === 0 ? text : undefined;
    }
    case 'mask':
      return isAddress(text) || (/^\d{1,2}$/.test(text) && Number(text) <= 32) ? text : undefined;
    case 'range':
      return /^[\d.*[\]/-]{1,64}$/.test(text) ? text : undefined;
    default:
      return assertNever(kind);
  }
}

/** As help writes it. */
export function describeKind(kind: Kind): string {
  switch (kind.is) {
    case 'string':
      return '<string>';
    case 'password':
      return '<password>';
    case 'number':
      return `<number{${kind.from}-${kind.to}}>`;
    case 'choice':
      return `<{${kind.of.join(' | ')}}>`;
    case 'address':
    case 'address-mask':
      return '<ip-address>';
    case 'mask':
      return '<ip-mask(dotted or cidr)>';
    case 'range':
      return '<ip-range>';
    case 'interface':
      return '<intfname>';
    default:
      return assertNever(kind);
  }
}
