/** Every message that CWMP has, with any values at all: what encoding and decoding must carry unharmed. */
import fc from 'fast-check';
import type {
  CwmpFault,
  Envelope,
  FaultMessage,
  Header,
  Message,
  Request,
  Response,
  RpcName,
  UnknownMessage,
} from '../../protocol/cwmp/messages.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import { VALUE_TYPES } from '../../protocol/cwmp/parameter-value.ts';
import { CWMP_NS_STEM } from '../../protocol/soap/namespaces.ts';
import { dateTimeText } from './clean-values.ts';
import type { Fill } from './schema.ts';
import { fromSchema } from './schema.ts';
import { cleanText, ncName, xmlText } from './text.ts';

export const RPC_NAMES: readonly RpcName[] = Object.keys(RPCS).filter(isRpcName);

const KNOWN_TYPES: ReadonlySet<string> = new Set(
  [...VALUE_TYPES, 'base64binary'].map((type) => type.toLowerCase()),
);

/** The types of the standard, and one that a vendor made up. */
function valueType(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...VALUE_TYPES) },
    { weight: 1, arbitrary: ncName().filter((name) => !KNOWN_TYPES.has(name.toLowerCase())) },
  );
}

/** Any values that the schema lets through. */
const wild: Fill = {
  leaf(schema) {
    switch (schema.is) {
      case 'string':
        return xmlText({ max: schema.max });
      case 'boolean':
        return fc.boolean();
      case 'int':
        return fc.integer({ min: -2147483648, max: 2147483647 });
      case 'unsignedInt':
        return fc.integer({ min: 0, max: 4294967295 });
      case 'dateTime':
        return fc.oneof(dateTimeText(), xmlText({ max: 64 }));
      case 'base64':
      case 'value':
        return xmlText();
    }
  },
  parameterValue: () =>
    fc.record(
      { Name: xmlText({ max: 256 }), Value: xmlText(), Type: valueType() },
      { noNullPrototype: true },
    ),
};

/** Arguments that fit come back typed; what does not fit is a mistake in the arbitraries. */
export function requestOf(rpc: RpcName, args: unknown): Request {
  const made = RPCS[rpc].requestFrom(args);
  if (!made.ok) throw new Error(`${made.error.place} wants ${made.error.wants}`);
  return made.value;
}

export function responseOf(rpc: RpcName, args: unknown): Response {
  const made = RPCS[rpc].responseFrom(args);
  if (!made.ok) throw new Error(`${made.error.place} wants ${made.error.wants}`);
  return made.value;
}

const anyRpc = <T>(make: (rpc: RpcName) => fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof(...RPC_NAMES.map(make));

/** A request with any arguments; of one RPC, or of all alike. */
export function request(rpc?: RpcName): fc.Arbitrary<Request> {
  if (rpc === undefined) return anyRpc(request);
  return fromSchema(RPCS[rpc].request.schema, wild, rpc).map((args) => requestOf(rpc, args));
}

export function response(rpc?: RpcName): fc.Arbitrary<Response> {
  if (rpc === undefined) return anyRpc(response);
  return fromSchema(RPCS[rpc].response.schema, wild, `${rpc}Response`).map((args) => responseOf(rpc, args));
}

/** A fault with its code, perhaps with the bad parameters of a SetParameterValues. */
export function fault(): fc.Arbitrary<FaultMessage> {
  const code = fc.oneof(
    fc.constantFrom(9000, 9003, 9005, 8000, 8005, 9814),
    fc.integer({ min: -2147483648, max: 2147483647 }).filter((value) => value !== 0),
  );
  const bad = fc.record(
    {
      ParameterName: xmlText({ max: 256 }),
      FaultCode: fc.integer({ min: 0, max: 9999 }),
      FaultString: xmlText(),
    },
    { noNullPrototype: true },
  );
  const cwmp: fc.Arbitrary<CwmpFault> = fc.record(
    { FaultCode: code, FaultString: xmlText(), SetParameterValuesFault: fc.array(bad, { maxLength: 4 }) },
    { noNullPrototype: true },
  );
  // A SOAP fault without cwmp detail: all that is left of it is its text.
  const bare = xmlText().map((FaultString) => ({ FaultCode: 0, FaultString, SetParameterValuesFault: [] }));
  return fc
    .oneof({ weight: 8, arbitrary: cwmp }, { weight: 1, arbitrary: bare })
    .map((made) => ({ kind: 'fault', fault: made }));
}

/** Whether decoding takes the name for something else than a method that nobody knows. */
const isKnown = (name: string): boolean =>
  name === 'Fault' || isRpcName(name) || (name.endsWith('Response') && isRpcName(name.slice(0, -8)));

/** A method that no schema has. */
export function unknownMethod(): fc.Arbitrary<UnknownMessage> {
  const vendor = ncName().map((name) => `X_000E50_${name}`);
  return fc
    .oneof(
      vendor,
      ncName(40),
      fc.constantFrom('constructorResponse', 'Response', 'inform', 'InformResponseResponse'),
    )
    .filter((name) => !isKnown(name))
    .map((name) => ({ kind: 'unknown', name }));
}

export function message(): fc.Arbitrary<Message> {
  return fc.oneof(
    { weight: 8, arbitrary: request() },
    { weight: 8, arbitrary: response() },
    { weight: 2, arbitrary: fault() },
    { weight: 1, arbitrary: unknownMethod() },
  );
}

/** cwmp:ID as peers choose it: any text, the empty one too, or none. */
export function messageId(): fc.Arbitrary<string | undefined> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[0-9A-Za-z_-]{1,24}$/) },
    { weight: 2, arbitrary: xmlText({ max: 500 }) },
    { weight: 1, arbitrary: fc.constantFrom('', undefined) },
  );
}

export function namespace(): fc.Arbitrary<string> {
  return fc.constantFrom('0', '1', '2').map((minor) => CWMP_NS_STEM + minor);
}

/** Header elements in any company, lawful or not. */
export function header(): fc.Arbitrary<Header> {
  const version = fc.oneof(fc.constantFrom('1.0', '1.1', '1.2', '1.3', '1.4'), ncName());
  const any = fc.record(
    {
      HoldRequests: fc.boolean(),
      SessionTimeout: fc.integer({ min: 0, max: 999999999 }),
      SupportedCWMPVersions: fc.array(version, { minLength: 1, maxLength: 5 }),
      UseCWMPVersion: cleanText({ max: 16 }),
      NoMoreRequests: fc.boolean(),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  return fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: any });
}

export function inEnvelope<M extends Message>(messages: fc.Arbitrary<M>): fc.Arbitrary<Envelope<M>> {
  return fc.record(
    { id: messageId(), namespace: namespace(), header: header(), message: messages },
    { noNullPrototype: true },
  );
}

/** Any message in any envelope. */
export function envelope(): fc.Arbitrary<Envelope> {
  return inEnvelope(message());
}
