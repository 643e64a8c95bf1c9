/**
 * How a peer spells its envelopes. One message has one meaning and many spellings: a dialect is the spelling,
 * as data, so that a profile can hold it in a file and a quirk can be a change of it.
 */
import type { NamespaceName } from './namespaces.ts';

export interface Dialect {
  /** Prefix of each namespace; they are arbitrary (Q-NS-01). */
  readonly prefixes: Readonly<Record<NamespaceName, string>>;
  /** Namespaces that the envelope declares, in this order. */
  readonly declares: readonly NamespaceName[];
  /** URI of XML Schema and its instance namespace; some stacks still say 1999. */
  readonly schemaYear: 1999 | 2001;
  readonly xmlDeclaration: 'none' | 'plain' | 'encoding' | 'standalone';
  readonly byteOrderMark: boolean;
  readonly encodingStyle: 'none' | 'envelope' | 'body';
  /** Line breaks and indentation: none, or the two forms of Thomson's client. */
  readonly layout: 'compact' | 'thomson-g6' | 'thomson-g7';
  /** Digits of array counts, and what is added to the true count. */
  readonly arrayCount: { readonly width: number; readonly pad: '0' | ' '; readonly off: number | 'zero' };
  /** arrayType attribute: `cwmp:X[1]`, `X[1]`, `cwmp:string[1]` for strings, or none. */
  readonly arrayType: 'prefixed' | 'bare' | 'cwmp-only' | 'none';
  /** `xsi:type="enc:Array"` on array elements. */
  readonly arrayXsiType: boolean;
  /** xsi:type: on values of any type (as 3.5 requires), nowhere, or without a prefix. */
  readonly valueTypes: 'prefixed' | 'bare' | 'none';
  /** Types spelled differently from the schema, by their correct name; `*` for all. */
  readonly typeNames: Readonly<Record<string, string>>;
  readonly booleans: 'digits' | 'words' | 'capitals' | 'yes-no';
  /** Digits of unsignedInt elements such as RetryCount. */
  readonly counterWidth: number;
  readonly header: {
    /** false: no Header element at all (Q-ID-01). */
    readonly present: boolean;
    readonly mustUnderstand: 'one' | 'true' | 'none' | 'encoding-namespace';
    /** NoMoreRequests of TR-069 issue 1, in these kinds of messages. */
    readonly noMoreRequests: readonly ('request' | 'response' | 'fault')[];
    /** HoldRequests from a CPE, which must not send it. */
    readonly holdRequests: boolean;
  };
  /** Elements below the RPC that carry the cwmp prefix (Q-NS-04); `*` for all. */
  readonly qualified: readonly string[];
  /** Elements left out, as `Struct.Element` or `Element` at the top of an RPC. */
  readonly omits: readonly string[];
  /** Inform's members in this order instead of the schema's. */
  readonly informOrder: readonly string[];
  /** Text written instead of an empty string value, such as `(null)`. */
  readonly nullText: string;
  /** Text written after each value; and after serial number and ID. */
  readonly valueSuffix: string;
  readonly identitySuffix: string;
  /** How & < > are written in text: as references, or raw. */
  readonly escapes: 'references' | 'raw';
  /** Characters above 126: as character references (§3.4.1), or as they are. */
  readonly nonAscii: 'references' | 'raw';
  readonly selfClosing: 'never' | 'empty-responses' | 'always';
  /** `client`: always Client, whatever the code. */
  readonly faultcode: 'plain' | 'prefixed' | 'client';
  /** detail with cwmp:Fault, or a bare SOAP fault (Q-FT-07). */
  readonly faultDetail: boolean;
  /** Text after the envelope's end. */
  readonly trailer: string;
  readonly maxEnvelopes: number;
}

/**
 * The one envelope that every client we know of can read (Q-NS-08): all five namespaces on the root, an ID
 * always, the prefixes SOAP-ENV and soap-enc. The XML declaration is a step of the reply ladder, not of this.
 */
export const CANONICAL: Dialect = {
  prefixes: { env: 'SOAP-ENV', enc: 'soap-enc', xsd: 'xsd', xsi: 'xsi', cwmp: 'cwmp' },
  declares: ['env', 'enc', 'xsd', 'xsi', 'cwmp'],
  schemaYear: 2001,
  xmlDeclaration: 'none',
  byteOrderMark: false,
  encodingStyle: 'none',
  layout: 'compact',
  arrayCount: { width: 1, pad: '0', off: 0 },
  arrayType: 'prefixed',
  arrayXsiType: false,
  valueTypes: 'prefixed',
  typeNames: {},
  booleans: 'digits',
  counterWidth: 1,
  header: { present: true, mustUnderstand: 'one', noMoreRequests: [], holdRequests: false },
  qualified: [],
  omits: [],
  informOrder: [],
  nullText: '',
  valueSuffix: '',
  identitySuffix: '',
  escapes: 'references',
  nonAscii: 'references',
  selfClosing: 'empty-responses',
  faultcode: 'plain',
  faultDetail: true,
  trailer: '',
  maxEnvelopes: 1,
};
