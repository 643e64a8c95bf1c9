/**
 * Four clients as they were observed, with invented identities, and Thomson's as in the tests of perl-cwmp.
 */
import type { Asked, Head, Peer, Tree } from './peer.ts';
import type { Identity } from './peer-parts.ts';
import {
  arrayWith,
  COMMON,
  ENC,
  ENV,
  enveloped,
  faultWith,
  gatewayTree,
  informOf,
  linesOf,
  XSD,
  xmlns,
} from './peer-parts.ts';
import type { Speech } from './peer-speech.ts';
import { answerOf, COMPACT, el, INDENTED, LINES, SLANTED, valueElement } from './peer-speech.ts';

export interface KnownPeer extends Peer {
  readonly identity: Identity;
  /** Body of a GetRPCMethods that the client sends itself. */
  readonly getMethods: (id: string) => string;
}

/**
 * easycwmp: XML declaration with standalone, an indented root with its declarations on lines of their own,
 * prefix soap_env, cwmp-1-2, SOAPAction without a value in all but empty POSTs, a cookie as curl keeps it.
 */
export function easycwmp(SerialNumber: string, credentials?: Peer['credentials']): KnownPeer {
  const identity: Identity = { Manufacturer: 'Peregrine', OUI: '02EA5C', ProductClass: 'wrt', SerialNumber };
  const tree = gatewayTree('InternetGatewayDevice', identity);
  const declared = xmlns(
    ['soap_env', ENV],
    ['soap_enc', ENC],
    ['xsd', XSD],
    ['xsi', `${XSD}-instance`],
    ['cwmp', 'urn:dslforum-org:cwmp-1-2'],
  ).join('\n');
  const whole = enveloped(
    'soap_env',
    declared,
    INDENTED,
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
  );
  const speech: Speech = {
    tree,
    methods: [...COMMON, 'SetParameterAttributes', 'AddObject', 'DeleteObject', 'Download'],
    knows: COMMON,
    envelope: (id, message) => whole(id, message).replace(':Envelope xmlns', ':Envelope\nxmlns'),
    fault: faultWith('soap_env', 'Client'),
    array: arrayWith('soap_enc'),
    nameType: '',
    flag: (value) => (value ? '1' : '0'),
    setStatus: '1',
    accessList: el('AccessList'),
    unknown: ({ id }) => speech.envelope(id, faultWith('soap_env', 'Server')(9000, 'Method not supported')),
  };
  return {
    identity,
    tree,
    ...(credentials === undefined ? {} : { credentials }),
    head: ({ length, cookie, authorization }) =>
      linesOf(
        'Host: 127.0.0.1:7547',
        authorization !== undefined && `Authorization: ${authorization}`,
        cookie !== undefined && `Cookie: ${cookie}`,
        'User-Agent: easycwmp',
        'Content-Type: text/xml; charset="utf-8"',
        length > 0 && 'SOAPAction:',
        `Content-Length: ${length}`,
      ),
    inform: (id, events) =>
      speech.envelope(id, informOf({ speech, identity, events, time: '2023-05-06T07:08:09+00:00' })),
    answer: (asked) => answerOf(speech, asked),
    getMethods: (id) => speech.envelope(id, el('cwmp:GetRPCMethods')),
  };
}

/**
 * netcwmp: no XML declaration, and none accepted, XML Schema of 1999, types on everything in an Inform, no
 * SOAPAction, the whole Set-Cookie line back as its last line, a fault whose detail is inside faultstring, an
 * empty POST as the answer to an unknown request.
 */
export function netcwmp(SerialNumber: string): KnownPeer {
  const identity: Identity = { Manufacturer: 'Lodestar', OUI: '02C0DE', ProductClass: 'LS2', SerialNumber };
  const tree = gatewayTree('InternetGatewayDevice', identity);
  const year1999 = 'http://www.w3.org/1999/XMLSchema';
  const root = xmlns(
    ['SOAP-ENV', ENV],
    ['SOAP-ENC', ENC],
    ['xsi', `${year1999}-instance`],
    ['xsd', year1999],
    ['cwmp', 'urn:dslforum-org:cwmp-1-0'],
  ).join(' ');
  const speech: Speech = {
    tree,
    methods: [...COMMON, 'SetParameterAttributes', 'Download', 'Upload', 'FactoryReset', 'Inform'],
    knows: COMMON.filter((rpc) => rpc !== 'GetParameterAttributes'),
    envelope: enveloped('SOAP-ENV', root, LINES),
    fault: (code, text, details = []) =>
      el('SOAP-ENV:Fault', [
        el('faultcode', 'Client'),
        el('faultstring', [
          el('detail', [
            el('cwmp:Fault', [el('FaultCode', String(code)), el('FaultString', text), ...details]),
          ]),
        ]),
      ]),
    array: arrayWith('SOAP-ENC'),
    nameType: 'xsi:type="xsd:string"',
    flag: (value) => (value ? '1' : '0'),
    setStatus: '0',
    accessList: el('AccessList'),
    unknown: () => '',
  };
  const typed = (type: string): string => `xsi:type="xsd:${type}"`;
  return {
    identity,
    tree,
    head: ({ length, setCookie }) =>
      linesOf(
        'Host: 127.0.0.1:7547',
        'User-Agent: CPE Netcwmp Agent',
        'Accept: */*',
        'Content-Type: text/xml; charset=utf-8',
        `Content-Length: ${length}`,
        setCookie !== undefined && `Cookie: ${setCookie}`,
      ),
    inform: (id, events) =>
      speech.envelope(id, informOf({ speech, identity, events, typed, time: '2023-05-06T07:08:09' })),
    answer: (asked) => answerOf(speech, asked),
    dislikes: ({ body }) => body.startsWith('<?xml'),
    getMethods: (id) => speech.envelope(id, el('cwmp:GetRPCMethods')),
  };
}

/**
 * What two simulators that run on Node have in common: header lines of its HTTP client, a compact envelope,
 * booleans as words.
 */
function nodeSimulator(
  identity: Identity,
  tree: Tree,
  more: Pick<Speech, 'methods' | 'knows'> & {
    readonly declares?: number;
    readonly head: (head: Head) => readonly string[];
  },
): KnownPeer {
  const root = xmlns(
    ['soap-enc', ENC],
    ['soap-env', ENV],
    ['xsd', XSD],
    ['xsi', `${XSD}-instance`],
    ['cwmp', 'urn:dslforum-org:cwmp-1-0'],
  ).join(' ');
  const fault = faultWith('soap-env', 'Client');
  const speech: Speech = {
    tree,
    methods: more.methods,
    knows: more.knows,
    fault,
    envelope: enveloped('soap-env', root, COMPACT, '<?xml version="1.0" encoding="UTF-8"?>\n'),
    array: arrayWith('soap-enc'),
    nameType: '',
    flag: String,
    setStatus: '0',
    accessList: el('AccessList', '', 'soap-enc:arrayType="xsd:string[0]"'),
    unknown: ({ id }: Asked) => speech.envelope(id, fault(9000, 'Method not supported')),
  };
  const { declares } = more;
  return {
    identity,
    tree,
    knocks: true,
    head: more.head,
    inform: (id, events) =>
      speech.envelope(
        id,
        informOf({
          speech,
          identity,
          events,
          time: '2023-05-06T07:08:09.010Z',
          ...(declares === undefined ? {} : { declares }),
        }),
      ),
    answer: (asked) => answerOf(speech, asked),
    getMethods: (id) => speech.envelope(id, el('cwmp:GetRPCMethods')),
  };
}

const basic = (username: string): string =>
  `Authorization: Basic ${Buffer.from(`${username}:`).toString('base64')}`;

/**
 * genieacs-sim: 16 members declared and 7 sent, Basic credentials unasked, fault 9000 to all but three RPCs.
 */
export function genieacsSim(SerialNumber: string): KnownPeer {
  const identity: Identity = {
    Manufacturer: 'Umbra & Co.',
    OUI: '02FACE',
    ProductClass: 'UM632',
    SerialNumber,
  };
  return nodeSimulator(identity, gatewayTree('InternetGatewayDevice', identity), {
    methods: undefined,
    knows: ['GetParameterNames', 'GetParameterValues', 'SetParameterValues'],
    declares: 16,
    head: ({ length, setCookie }) =>
      linesOf(
        `Content-Length: ${length}`,
        'Content-Type: text/xml; charset="utf-8"',
        basic(`02FACE${SerialNumber}`),
        setCookie !== undefined && `Cookie: ${setCookie}`,
        'Host: 127.0.0.1:7547',
        'Connection: keep-alive',
      ),
  });
}

/**
 * cwmp-sim: never a cookie, empty credentials, a Content-Type without a value on an empty POST, a Device:
 * tree.
 */
export function cwmpSim(SerialNumber: string, hosts?: number): KnownPeer {
  const identity: Identity = { Manufacturer: 'Softly', OUI: '02BEEF', ProductClass: 'Sim', SerialNumber };
  return nodeSimulator(identity, gatewayTree('Device', identity, hosts), {
    methods: [...COMMON, 'AddObject', 'DeleteObject', 'ScheduleDownload', 'CancelTransfer'],
    knows: COMMON,
    head: ({ length }) => [
      'User-Agent: CWMP/1.0',
      `Content-Length: ${length}`,
      `Content-Type: ${length > 0 ? 'text/xml; charset="utf-8"' : ''}`,
      basic(''),
      'Host: 127.0.0.1:7547',
      'Connection: keep-alive',
    ],
  });
}

/**
 * Thomson's client as perl-cwmp's tests post it by curl: prefixes soapenv and soap, encodingStyle on the
 * root, counts of two digits, more than one envelope offered, a name without its object, a date before 1970,
 * no cookie.
 */
export function thomson(SerialNumber: string): KnownPeer {
  const identity: Identity = {
    Manufacturer: 'THOMSON',
    OUI: '00147F',
    ProductClass: 'SpeedTouch 546',
    SerialNumber,
  };
  const tree = gatewayTree('InternetGatewayDevice', identity);
  const root = [
    `soapenv:encodingStyle="${ENC}"`,
    ...xmlns(
      ['soapenv', ENV],
      ['soap', ENC],
      ['xsd', XSD],
      ['xsi', `${XSD}-instance`],
      ['cwmp', 'urn:dslforum-org:cwmp-1-0'],
    ),
  ].join(' ');
  const speech: Speech = {
    tree,
    methods: COMMON,
    knows: COMMON,
    envelope: enveloped('soapenv', root, SLANTED),
    fault: faultWith('soapenv', 'Client'),
    array: (type, count) => `soap:arrayType="${type.replace('xsd:', '')}[${String(count).padStart(2, '0')}]"`,
    nameType: '',
    flag: (value) => (value ? '1' : '0'),
    setStatus: '0',
    accessList: el('AccessList', '', 'soap:arrayType="cwmp:string[00]"'),
    unknown: ({ id }) => speech.envelope(id, speech.fault(9000, 'Method not supported')),
  };
  const file = 'InternetGatewayDevice.DeviceInfo.VendorConfigFile.1.Date';
  const more = [
    valueElement(file, { value: '0000-00-00T00:00:00', type: 'dateTime', writable: false }, ''),
    valueElement('.ExternalIPAddress', { value: '10.20.30.254', type: 'string', writable: false }, ''),
  ];
  return {
    identity,
    tree,
    head: ({ length }) =>
      linesOf(
        'Host: 127.0.0.1:3333',
        'User-Agent: curl/7.88.1',
        'Accept: */*',
        length > 0 && 'Content-Type: text/xml',
        'SOAPAction:',
        `Content-Length: ${length}`,
      ),
    inform: (id, events) =>
      speech.envelope(
        id,
        informOf({
          speech,
          identity,
          events,
          more,
          time: '1970-01-01T00:41:07Z',
          maxEnvelopes: '2',
          retryCount: '3',
        }),
      ),
    answer: (asked) => answerOf(speech, asked),
    getMethods: (id) => speech.envelope(id, el('cwmp:GetRPCMethods')),
  };
}
