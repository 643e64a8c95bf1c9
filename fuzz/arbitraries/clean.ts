/** Flawless envelopes: encoded canonically and decoded again, they make the decoder note nothing. */
import fc from 'fast-check';
import { FAULTS } from '../../protocol/cwmp/faults.ts';
import type { Envelope, FaultMessage, Header, Message, RpcName } from '../../protocol/cwmp/messages.ts';
import { RPCS } from '../../protocol/cwmp/messages.ts';
import { REQUIRED_OF_CPE } from '../../protocol/cwmp/notes.ts';
import { CWMP_NS_STEM } from '../../protocol/soap/namespaces.ts';
import {
  base64Text,
  cleanValue,
  currentTime,
  dateTimeText,
  objectPath,
  parameterPath,
  treeNames,
  url,
  uuid,
} from './clean-values.ts';
import { RPC_NAMES, requestOf, responseOf } from './message.ts';
import type { Fill } from './schema.ts';
import { fromSchema } from './schema.ts';
import { cleanText } from './text.ts';

const OUIS = ['000E50', '00147F', '0090D0', 'F4CAE5'] as const;

/** Strings by the name of their element, where the standard restricts the text. */
type OfString = (max: number, struct: string) => fc.Arbitrary<string>;
const STRINGS: ReadonlyMap<string, OfString> = new Map<string, OfString>([
  ['Manufacturer', (max) => cleanText({ min: 1, max })],
  ['OUI', () => fc.constantFrom(...OUIS)],
  ['ProductClass', () => fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 -]{0,40}[A-Za-z0-9]$/)],
  ['SerialNumber', () => fc.stringMatching(/^CP[0-9]{4}[A-Z0-9]{5,20}$/)],
  ['CommandKey', (max) => cleanText({ min: 1, max })],
  ['ParameterNames', () => fc.oneof(parameterPath(), objectPath())],
  ['ParameterPath', () => fc.oneof(parameterPath(), objectPath(), fc.constant(''))],
  ['ObjectName', () => objectPath()],
  ['ParameterName', () => parameterPath()],
  ['Name', (max, struct) => (struct === 'ArgStruct' ? cleanText({ min: 1, max }) : parameterPath())],
  ['AccessList', () => fc.constant('Subscriber')],
  [
    'FileType',
    () => fc.constantFrom('1 Firmware Upgrade Image', '3 Vendor Configuration File', 'X 000E50 Log'),
  ],
  [
    'WindowMode',
    () => fc.constantFrom('1 At Any Time', '2 Immediately', '3 When Idle', '4 Confirmation Needed'),
  ],
  ['UUID', () => uuid()],
  ['CurrentState', () => fc.constantFrom('Installed', 'Uninstalled', 'Failed')],
  ['OperationPerformed', () => fc.constantFrom('Install', 'Update', 'Uninstall')],
  ...['URL', 'SuccessURL', 'FailureURL', 'AnnounceURL', 'TransferURL', 'Next', 'NextURL'].map(
    (name) => [name, () => url()] as const,
  ),
]);

/** Integers by the name of their element: the ranges that the standard gives. */
const INTEGERS: ReadonlyMap<string, readonly [min: number, max: number]> = new Map([
  ['Status', [0, 1]],
  ['State', [1, 3]],
  ['Notification', [0, 2]],
  ['MaxEnvelopes', [1, 1]],
  ['RetryCount', [0, 100]],
  ['InstanceNumber', [1, 65535]],
  ['DelaySeconds', [1, 86400]],
  ['FaultCode', [9000, 9019]],
  ['Mode', [0, 2]],
  ['IsTransferable', [0, 1]],
  ['MaxRetries', [-1, 10]],
]);

const EVENTS = [
  '0 BOOTSTRAP',
  '1 BOOT',
  '2 PERIODIC',
  '4 VALUE CHANGE',
  '6 CONNECTION REQUEST',
  'X 000E50 Alarm',
] as const;
const KEYED_EVENTS = ['M Reboot', 'M Download', 'M Upload', 'M ScheduleInform'] as const;

/** Events with a command key where the standard has one (TR-069a6 A.3.3.1), each code once. */
function events(): fc.Arbitrary<unknown> {
  const plain = fc.constantFrom(...EVENTS).map((EventCode) => ({ EventCode, CommandKey: '' }));
  const keyed = fc
    .tuple(fc.constantFrom(...KEYED_EVENTS), cleanText({ min: 1, max: 32 }))
    .map(([EventCode, CommandKey]) => ({ EventCode, CommandKey }));
  return fc.uniqueArray(fc.oneof(plain, keyed), { selector: ({ EventCode }) => EventCode, maxLength: 5 });
}

const parameter = fc
  .tuple(parameterPath(), cleanValue())
  .map(([Name, { Value, Type }]) => ({ Name, Value, Type }));

/** Each parameter once, and among them the URL by which the ACS can call. */
function parameters(): fc.Arbitrary<unknown> {
  const connectionRequest = fc
    .tuple(fc.constantFrom('InternetGatewayDevice', 'Device'), url())
    .map(([root, Value]) => ({
      Name: `${root}.ManagementServer.ConnectionRequestURL`,
      Value,
      Type: 'string',
    }));
  return fc
    .tuple(fc.array(parameter, { maxLength: 5 }), fc.option(connectionRequest))
    .map(([list, known]) => [
      ...new Map([...(known === null ? [] : [known]), ...list].map((p) => [p.Name, p])).values(),
    ]);
}

/** What a CPE answers, and what an ACS does: each what it must, and more (TR-069a6 3.6 Table 5). */
function methods(): fc.Arbitrary<unknown> {
  const required = (by: readonly string[]): fc.Arbitrary<readonly string[]> =>
    fc.subarray(RPC_NAMES.filter((rpc) => !by.includes(rpc))).map((more) => [...by, ...more]);
  return fc.oneof(required(REQUIRED_OF_CPE), required(['Inform', 'GetRPCMethods', 'TransferComplete']));
}

/** A branch of the tree, objects and all (TR-069a6 A.3.2.3). */
function parameterInfos(): fc.Arbitrary<unknown> {
  return treeNames().chain((names) =>
    fc
      .array(fc.boolean(), { minLength: names.length, maxLength: names.length })
      .map((writable) => names.map((Name, index) => ({ Name, Writable: writable[index] === true }))),
  );
}

const clean: Fill = {
  leaf(schema, name, struct) {
    switch (schema.is) {
      case 'string':
        return STRINGS.get(name)?.(schema.max, struct) ?? cleanText({ max: schema.max });
      case 'boolean':
        return fc.boolean();
      case 'int':
      case 'unsignedInt': {
        const [min, max] = INTEGERS.get(name) ?? [0, schema.is === 'int' ? 2147483647 : 4294967295];
        return fc.integer({ min, max });
      }
      case 'dateTime':
        return name === 'CurrentTime' ? currentTime() : dateTimeText();
      case 'base64':
        return base64Text();
      case 'value':
        return cleanText();
    }
  },
  parameterValue: () => parameter,
  list(member, parent) {
    if (parent === 'GetRPCMethodsResponse') return methods();
    switch (member) {
      case 'EventStruct':
        return events();
      case 'ParameterValueStruct':
        return parameters();
      case 'ParameterInfoStruct':
        return parameterInfos();
      default:
        return undefined;
    }
  },
};

/** A fault of the standard's list; bad parameters belong to 9003 alone (TR-069a6 section 3.5). */
function cleanFault(): fc.Arbitrary<FaultMessage> {
  const bad = fc.record(
    {
      ParameterName: parameterPath(),
      FaultCode: fc.constantFrom(9005, 9006, 9007, 9008),
      FaultString: cleanText({ max: 256 }),
    },
    { noNullPrototype: true },
  );
  return fc
    .tuple(fc.constantFrom(...FAULTS.keys()), cleanText({ max: 256 }), fc.array(bad, { maxLength: 3 }))
    .map(([FaultCode, FaultString, list]) => ({
      kind: 'fault',
      fault: { FaultCode, FaultString, SetParameterValuesFault: FaultCode === 9003 ? list : [] },
    }));
}

/** The minor numbers of namespaces that have an RPC: cwmp-1-2 has all. */
function minors(rpc: RpcName): readonly [number, ...number[]] {
  switch (RPCS[rpc].since) {
    case '1.0':
      return [0, 1, 2];
    case '1.1':
      return [1, 2];
    case '1.2':
    case '1.3':
    case '1.4':
      return [2];
  }
}

/** The header elements that may accompany a message (TR-069a6 section 3.5 Table 4). */
function cleanHeader(message: Message, minor: number): fc.Arbitrary<Header> {
  if (message.kind === 'request' && message.rpc === 'Inform' && minor === 2) {
    return fc.record(
      {
        SessionTimeout: fc.integer({ min: 30, max: 3600 }),
        SupportedCWMPVersions: fc.constantFrom<readonly string[]>(
          ['1.0', '1.1', '1.2', '1.3', '1.4'],
          ['1.2'],
        ),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
  }
  if (message.kind === 'response' && message.rpc === 'Inform' && minor === 2)
    return fc.constantFrom({}, { UseCWMPVersion: '1.2' }, { UseCWMPVersion: '1.4' });
  const fromAcs =
    (message.kind === 'request' && RPCS[message.rpc].by === 'CPE') ||
    (message.kind === 'response' && RPCS[message.rpc].by === 'ACS');
  return fromAcs ? fc.constantFrom({}, { HoldRequests: true }, { HoldRequests: false }) : fc.constant({});
}

function around(
  messages: fc.Arbitrary<Message>,
  namespaces: readonly [number, ...number[]],
): fc.Arbitrary<Envelope> {
  return fc
    .tuple(messages, fc.constantFrom(...namespaces), fc.stringMatching(/^[0-9A-Za-z_-]{1,24}$/))
    .chain(([message, minor, id]) =>
      cleanHeader(message, minor).map((header) => ({
        id,
        namespace: `${CWMP_NS_STEM}${minor}`,
        header,
        message,
      })),
    );
}

/** Clean requests and responses of one RPC. */
export function cleanEnvelopeOf(rpc: RpcName): fc.Arbitrary<Envelope> {
  const { request, response } = RPCS[rpc];
  const messages = fc.oneof<fc.Arbitrary<Message>[]>(
    fromSchema(request.schema, clean, rpc).map((args) => requestOf(rpc, args)),
    fromSchema(response.schema, clean, `${rpc}Response`).map((args) => responseOf(rpc, args)),
  );
  return around(messages, minors(rpc));
}

/** Any message without a quirk: all RPCs both ways, faults, and vendors' methods. */
export function cleanEnvelope(): fc.Arbitrary<Envelope> {
  const vendor = fc
    .tuple(fc.constantFrom(...OUIS), fc.stringMatching(/^[A-Z][A-Za-z]{2,12}$/))
    .map(([oui, name]): Message => ({ kind: 'unknown', name: `X_${oui}_${name}` }));
  return fc.oneof(
    { weight: 24, arbitrary: fc.oneof(...RPC_NAMES.map(cleanEnvelopeOf)) },
    { weight: 2, arbitrary: around(cleanFault(), [0, 1, 2]) },
    { weight: 1, arbitrary: around(vendor, [0, 1, 2]) },
  );
}
