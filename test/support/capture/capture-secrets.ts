/** Captures full of secrets, and what must not be left of them. */
import { encodeBootp, hardwareAddress } from '../../../protocol/bootp/message.ts';
import {
  addressAsOption,
  OPTION,
  option,
  textAsOption,
  writeOptions,
} from '../../../protocol/bootp/options.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import { macBytes } from '../../../protocol/ipv4.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import { encodeTftp } from '../../../protocol/tftp/packet.ts';
import { envelopeOf } from '../../../scripts/captures/cwmp-texts.ts';
import type { Said } from '../../../scripts/captures/packets.ts';
import { recordToMemory } from './record-memory.ts';

const SERIAL = 'CP0644JTSGR';
const ANT_ID = '0644JTSGR';
const MAC = '00-14-7F-9A-6E-C8';
const HOST_ADDRESS = '10.0.0.17';
const ANT_ADDRESS = '10.0.0.138';

/** Values by what they are; none of them may be in an anonymised file. */
export const SECRETS = {
  serial: SERIAL,
  antId: ANT_ID,
  macs: [MAC, '00:14:7f:9a:6e:c8', '00147F9A6EC8'],
  cpe: '203.0.113.77',
  acsName: 'acs.some-isp.net',
  wan: '85.147.3.211',
  v6: '2a02:8108:47c0::1f3e',
  user: 'j.doe@some-isp.net',
  password: 'hunter2&co',
  httpUser: '00147F-CP0644JTSGR',
  httpPassword: 'tr069-Geheim',
  ssid: 'Müllers WLAN',
  key: 'k9Xw<3fQz"7',
  pin: '4711',
  latitude: '52516275',
  phone: '+493012345678',
  hostName: 'annes-iphone',
  cookie: 'a81f3ce2-77d1',
  path: 'x7Kq03bd91',
  cliPassword: 'r00tkit-pw',
  bootName: 'annes-box',
} as const;

const parameter = (name: string, value: string, type = 'string') => ({
  Name: `InternetGatewayDevice.${name}`,
  Value: value,
  Type: type,
});

const inform: Message = {
  kind: 'request',
  rpc: 'Inform',
  args: {
    DeviceId: {
      Manufacturer: 'THOMSON',
      OUI: '00147F',
      ProductClass: 'SpeedTouch 780',
      SerialNumber: SERIAL,
    },
    Event: [{ EventCode: '1 BOOT', CommandKey: `reboot ${SERIAL}` }],
    MaxEnvelopes: 1,
    CurrentTime: '2026-01-31T12:00:00',
    RetryCount: 0,
    ParameterList: [
      parameter('DeviceInfo.SoftwareVersion', '7.4.1.7'),
      parameter('DeviceInfo.ProvisioningCode', 'GOLD.7711'),
      parameter('ManagementServer.ConnectionRequestURL', `http://${SECRETS.wan}:51005/${SECRETS.path}`),
      parameter('WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.ExternalIPAddress', SECRETS.wan),
    ],
  },
};

const values: Message = {
  kind: 'response',
  rpc: 'GetParameterValues',
  args: {
    ParameterList: [
      parameter('LANDevice.1.WLANConfiguration.1.SSID', SECRETS.ssid),
      parameter('LANDevice.1.WLANConfiguration.1.BSSID', SECRETS.macs[1]),
      parameter('LANDevice.1.WLANConfiguration.1.PreSharedKey.1.KeyPassphrase', SECRETS.key),
      parameter('LANDevice.1.Hosts.Host.1.HostName', SECRETS.hostName),
      parameter('LANDevice.1.Hosts.Host.1.IPAddress', '192.168.1.64'),
      parameter('LANDevice.1.LANHostConfigManagement.SubnetMask', '255.255.255.0'),
      parameter('DeviceInfo.X_GEO_Latitude', SECRETS.latitude),
      parameter('DeviceInfo.DeviceLog', `login of ${SECRETS.user} from ${SECRETS.v6}`),
      parameter('Services.VoiceService.1.VoiceProfile.1.Line.1.DirectoryNumber', SECRETS.phone),
      parameter('X_MODEM.SIM.PIN', SECRETS.pin),
      parameter('DeviceInfo.UpTime', SECRETS.pin, 'unsignedInt'),
      parameter('ManagementServer.URL', `http://${SECRETS.acsName}:7547/cwmp`),
    ],
  },
};

const set: Message = {
  kind: 'request',
  rpc: 'SetParameterValues',
  args: {
    ParameterList: [
      parameter('WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Username', SECRETS.user),
      parameter('WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Password', SECRETS.password),
      parameter('ManagementServer.ConnectionRequestUsername', SECRETS.httpUser),
    ],
    ParameterKey: 'a',
  },
};

const ask: Message = {
  kind: 'request',
  rpc: 'GetParameterValues',
  args: { ParameterNames: ['InternetGatewayDevice.'] },
};

const body = (message: Message): Buffer => Buffer.from(encode(envelopeOf(message)));

/** In chunks that cut words apart. */
function chunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 37) {
    const part = bytes.subarray(at, at + 37);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const HOST = `Host: ${SECRETS.acsName}:7547\r\n`;
const COOKIE = `session=${SECRETS.cookie}`;
const BASIC = `Basic ${Buffer.from(`${SECRETS.httpUser}:${SECRETS.httpPassword}`).toString('base64')}`;
const DIGEST = `Digest username="${SECRETS.httpUser}", realm="cwmp", nonce="5ac3", uri="/cwmp", response="0a4f113b7b9cee55c5d1f5b3bd4d6a10"`;

const say = (from: Said['from'], head: string, bytes: Uint8Array = new Uint8Array(0)): Said => ({
  from,
  bytes: Buffer.concat([Buffer.from(head), bytes]),
});

const post = (lines: string, bytes?: Buffer): Said =>
  say(
    'client',
    `POST /cwmp HTTP/1.1\r\n${HOST}${lines}Content-Type: text/xml\r\nContent-Length: ${bytes?.length ?? 0}\r\n\r\n`,
    bytes,
  );
const answer = (lines: string, bytes: Buffer): Said =>
  say(
    'server',
    `HTTP/1.1 200 OK\r\n${lines}Content-Type: text/xml\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    bytes,
  );

/** A session of the device: challenged, then with cookies, one answer in chunks. */
export function secretSession(): readonly Said[] {
  return [
    post('', body(inform)),
    say(
      'server',
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="cwmp", nonce="5ac3"\r\nContent-Length: 0\r\n\r\n',
    ),
    post(`Authorization: ${DIGEST}\r\n`, body(inform)),
    answer(
      `Set-Cookie: ${COOKIE}; Path=/\r\n`,
      body({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } }),
    ),
    post(`Cookie: ${COOKIE}\r\nAuthorization: ${BASIC}\r\n`),
    answer('', body(ask)),
    say(
      'client',
      `POST /cwmp HTTP/1.1\r\n${HOST}Cookie: ${COOKIE}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      chunked(body(values)),
    ),
    answer('', body(set)),
    post(`Cookie: ${COOKIE}\r\n`, body({ kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } })),
    say('server', 'HTTP/1.1 204 No Content\r\n\r\n'),
  ];
}

const asking = {
  version: '1.2',
  extra: [],
  body: undefined,
  toAnt: ANT_ID,
  userId: 'Administrator',
  userPassword: SECRETS.cliPassword,
} as const;
const replying = { version: '1.2', antId: ANT_ID, toHost: `${HOST_ADDRESS}:3235`, extra: [] } as const;

type SentDatagram = readonly [from: string, fromPort: number, to: string, toPort: number, bytes: Uint8Array];

/** What an ant and its host say, and a modem that boots. */
const datagrams = (): readonly SentDatagram[] => [
  ...mdapDatagrams(),
  ['0.0.0.0', 68, '255.255.255.255', 67, bootRequest()],
  ...tftpDatagrams(),
  [HOST_ADDRESS, 5353, ANT_ADDRESS, 53, Buffer.from(`who is ${SECRETS.acsName}`)],
];

function mdapDatagrams(): readonly SentDatagram[] {
  const user = `user=${SECRETS.user} password=${SECRETS.cliPassword}`;
  const send = (from: string, message: Parameters<typeof encodeMessage>[0]): SentDatagram => [
    from,
    3235,
    '224.0.0.103',
    3235,
    encodeMessage(message),
  ];
  return [
    send(ANT_ADDRESS, {
      kind: 'REPLY-ANT-SEARCH',
      version: '1.2',
      antId: ANT_ID,
      antName: 'SpeedTouch',
      antMac: MAC,
      hostSetup: `AUTO,${ANT_ADDRESS}`,
      toHost: `${HOST_ADDRESS}:3235`,
      tpVersion: '2.0.0',
      mdapVersion: '1.2',
      extra: [],
      body: undefined,
    }),
    send(HOST_ADDRESS, {
      kind: 'EXEC-CLI',
      ...asking,
      seqNr: 1,
      command: `user add name=jane password=${SECRETS.cliPassword}`,
    }),
    send(ANT_ADDRESS, {
      kind: 'REPLY-EXEC-CLI',
      ...replying,
      seq: { is: 'step', number: 1 },
      doubleCheck: false,
      body: `ppp ifconfig intf=Internet ${user}\r\nSoftware : 6.2.17.5\r\n`,
    }),
    send(ANT_ADDRESS, {
      kind: 'REPLY-EXEC-CLI',
      ...replying,
      seq: { is: 'done', number: 2, text: '2 DONE' },
      body: `serial ${ANT_ID}`,
      doubleCheck: true,
    }),
  ];
}

const bootRequest = (): Uint8Array =>
  encodeBootp({
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 7,
    secs: 0,
    flags: 0,
    sname: '',
    file: `${SERIAL}.bin`,
    ciaddr: ANT_ADDRESS,
    yiaddr: '0.0.0.0',
    siaddr: HOST_ADDRESS,
    giaddr: '0.0.0.0',
    chaddr: hardwareAddress(macBytes(MAC)),
    vend: writeOptions([
      option(OPTION.messageType, 1),
      textAsOption(OPTION.hostName, SECRETS.bootName),
      option(OPTION.clientIdentifier, 1, ...macBytes(MAC)),
      addressAsOption(OPTION.requestedAddress, ANT_ADDRESS),
      textAsOption(97, SERIAL),
    ]),
  });

function tftpDatagrams(): readonly SentDatagram[] {
  const request = encodeTftp({ kind: 'read', file: `${SERIAL}.bin`, mode: 'octet', options: [] });
  const data = encodeTftp({ kind: 'data', block: 1, data: Buffer.from(`[ini] ${SECRETS.password}`) });
  return [
    [ANT_ADDRESS, 2000, HOST_ADDRESS, 69, request],
    [HOST_ADDRESS, 4000, ANT_ADDRESS, 2000, data],
    [ANT_ADDRESS, 2000, HOST_ADDRESS, 4000, encodeTftp({ kind: 'ack', block: 1 })],
  ];
}

/** A pcapng file, as the project's recorder writes it: two sessions of the device, and the datagrams. */
export function secretFile(): Uint8Array {
  // Times that are not whole microseconds: a pcap file must be able to hold them.
  const { recorder, bytes: recorded } = recordToMemory(1_000_001n);
  for (const port of [50_000, 50_001]) {
    const connection = recorder.connection(
      { address: SECRETS.cpe, port },
      { address: '198.51.100.4', port: 7547 },
    );
    connection.comment(`modemlab: session of ${SERIAL}`);
    connection.comment(`seen at the flat of ${SECRETS.user}`);
    for (const { bytes, from } of secretSession()) connection.said(from, bytes);
    connection.closed('client', 'finished');
    connection.closed('server', 'finished');
  }
  for (const [from, fromPort, to, toPort, bytes] of datagrams())
    recorder.datagram({ address: from, port: fromPort }, { address: to, port: toPort }, bytes);
  return recorded();
}

/** Everything of the secrets that must not be in a file, as byte text. */
export function traces(): readonly string[] {
  const { macs, pin: _, ...texts } = SECRETS;
  const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
  const raw = (octets: readonly number[]): string => Buffer.from(octets).toString('latin1');
  return [
    ...[...Object.values(texts), ...macs, BASIC.slice(6)].map(utf8),
    'hunter2',
    'k9Xw',
    'some-isp',
    '7711',
    'f5b3bd4d6a10',
    'jane',
    ...[SECRETS.cpe, SECRETS.wan, ANT_ADDRESS, HOST_ADDRESS, '198.51.100.4'].map((text) =>
      raw(text.split('.').map(Number)),
    ),
    raw([...macBytes(MAC)]),
  ];
}
