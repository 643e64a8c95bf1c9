/** The story of a capture: what a person reads, and what a program gets. */
import t from 'tap';
import { createDatagrams } from '../../../captures/conversation/datagrams.ts';
import { addressBytes } from '../../../captures/packet/ip.ts';
import { writeUdp } from '../../../captures/packet/udp.ts';
import { createStory } from '../../../captures/story/story.ts';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { isoTime } from '../../../captures/story/story-record.ts';
import { encodeBootp, hardwareAddress } from '../../../protocol/bootp/message.ts';
import { DHCP_TYPES, OPTION, option, writeOptions } from '../../../protocol/bootp/options.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import { encodeTftp, type TftpPacket } from '../../../protocol/tftp/packet.ts';
import { sessionOf } from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf } from '../../../scripts/captures/packets.ts';

const recordsOf = (packets: readonly Uint8Array[]): readonly StoryRecord[] => {
  const story = createStory();
  return [...framesOf(packets).flatMap((frame) => [...story.push(frame)]), ...story.end()];
};

const HOST = addressBytes('192.168.1.1') ?? new Uint8Array(4);
const ANT = addressBytes('192.168.1.254') ?? new Uint8Array(4);
const toAnt = (from: number, to: number, payload: Uint8Array): Uint8Array =>
  writeUdp({ source: HOST, destination: ANT, sourcePort: from, destinationPort: to }, payload);
const toHost = (from: number, to: number, payload: Uint8Array): Uint8Array =>
  writeUdp({ source: ANT, destination: HOST, sourcePort: from, destinationPort: to }, payload);

const ROOT = 'InternetGatewayDevice.';
const ask: readonly (readonly [Message, Message])[] = [
  [
    { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: [`${ROOT}ManagementServer.`] } },
    {
      kind: 'response',
      rpc: 'GetParameterValues',
      args: {
        ParameterList: [
          { Name: `${ROOT}ManagementServer.URL`, Value: 'http://acs/', Type: 'string' },
          { Name: `${ROOT}ManagementServer.Password`, Value: 'secret', Type: 'string' },
        ],
      },
    },
  ],
  [
    { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'later' } },
    { kind: 'fault', fault: { FaultCode: 9001, FaultString: '', SetParameterValuesFault: [] } },
  ],
];

t.test('a session becomes lines that name what counts', async (t) => {
  const records = recordsOf(packetsOf(sessionOf(ask), PLAIN));
  t.strictSame(
    records.map(({ telling, what }) => `${what}: ${telling}`),
    [
      'Inform: 1 BOOT, serial CP0644JTSGR, 2 values',
      'InformResponse: MaxEnvelopes=1',
      'empty POST: ',
      'GetParameterValues: InternetGatewayDevice.ManagementServer.',
      'GetParameterValuesResponse: …ManagementServer.URL=http://acs/, …ManagementServer.Password=***',
      'Reboot: CommandKey=later',
      'Fault: 9001 Request denied',
      'no more: ',
    ],
  );
  t.match(records[0], {
    time: '2023-11-14T22:13:20.003000000Z',
    protocol: 'CWMP',
    from: '192.0.2.2:50000',
    to: '192.0.2.1:7547',
    session: 1,
    device: '00147F-SpeedTouch%20780-CP0644JTSGR',
    quirks: [{ id: 'Q-VL-07', title: /time zone/ }],
    breaches: [],
    raw: /^POST \/cwmp HTTP\/1.1\nHost: acs\n/,
  });
  t.match(records[6], { fault: { code: 9001 } });
});

t.test('MDAP comes with what ants answer, and a wrong check value as a breach', async (t) => {
  const search = encodeMessage({ kind: 'ANT-SEARCH', version: '1.2', body: '', extra: [] });
  const refusal = encodeMessage({
    kind: 'REPLY-EXEC-CLI',
    version: '1.2',
    body: '',
    extra: [],
    antId: '0606EG36M(00-14-7F-00-00-01)',
    toHost: '192.168.1.1:3235',
    doubleCheck: false,
    seq: { is: 'error', code: -1 },
  });
  const wrong = Uint8Array.from(search);
  wrong[wrong.length - 1] = 0x58;
  const records = recordsOf([
    toAnt(3235, 3235, search),
    toHost(3235, 3235, refusal),
    toAnt(3235, 3235, wrong),
  ]);
  t.match(records, [
    { protocol: 'MDAP', what: 'ANT-SEARCH', breaches: [] },
    { protocol: 'MDAP', what: 'REPLY-EXEC-CLI', fault: { code: -1 } },
    { protocol: 'MDAP', breaches: [{ id: 'E_MDAP_CHECK' }] },
  ]);
});

t.test('BOOTP and DHCP are distinguished, with addresses and file', async (t) => {
  const message = {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 7,
    secs: 0,
    flags: 0,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    sname: '',
    file: '',
    chaddr: hardwareAddress(Uint8Array.of(0, 0x14, 0x7f, 0, 0, 1)),
    vend: new Uint8Array(64),
  };
  const reply = { ...message, op: 2, yiaddr: '192.168.1.254', siaddr: '192.168.1.1', file: 'ZZQIAA6.2F5' };
  const discover = { ...message, vend: writeOptions([option(OPTION.messageType, DHCP_TYPES.discover)]) };
  const records = recordsOf([
    toHost(68, 67, encodeBootp(message)),
    toAnt(67, 68, encodeBootp(reply)),
    toHost(68, 67, encodeBootp(discover)),
    toHost(68, 67, new Uint8Array(20)),
  ]);
  t.match(records, [
    { protocol: 'BOOTP', what: 'BOOTREQUEST', telling: '00-14-7F-00-00-01' },
    {
      what: 'BOOTREPLY',
      telling: '00-14-7F-00-00-01, gets 192.168.1.254, from 192.168.1.1, file ZZQIAA6.2F5',
    },
    { protocol: 'DHCP', what: 'DISCOVER' },
    { what: 'unreadable', breaches: [{ id: 'E_BOOTP_SHORT' }] },
  ]);
});

const data = (block: number, length: number): TftpPacket => ({
  kind: 'data',
  block,
  data: new Uint8Array(length),
});

t.test('a TFTP transfer comes as its request and its end, repeated blocks counted', async (t) => {
  const request = toHost(
    2000,
    69,
    encodeTftp({ kind: 'read', file: 'image.bli', mode: 'octet', options: [] }),
  );
  const block = (packet: TftpPacket): Uint8Array => toAnt(3000, 2000, encodeTftp(packet));
  const ack = (block: number): Uint8Array => toHost(2000, 3000, encodeTftp({ kind: 'ack', block }));
  const whole = [
    request,
    request,
    block(data(1, 512)),
    ack(1),
    block(data(2, 512)),
    block(data(2, 512)),
    ack(2),
    block(data(3, 0)),
    ack(3),
  ];
  t.match(recordsOf(whole), [
    { what: 'RRQ', telling: 'image.bli, octet' },
    { what: 'RRQ' },
    { what: 'transfer done', telling: 'image.bli, 1024 bytes, 3 blocks, 0.008 s, 1 sent again' },
  ]);
  const refused = [
    request,
    toAnt(3000, 2000, encodeTftp({ kind: 'error', code: 1, text: 'File not found' })),
  ];
  t.match(recordsOf(refused), [
    { what: 'RRQ' },
    { what: 'ERROR', fault: { code: 1 } },
    { what: 'transfer refused', telling: /File not found/ },
  ]);
  t.match(recordsOf(whole.slice(0, 4)).at(-1), { what: 'transfer unfinished', telling: /512 bytes/ });
});

t.test('a transfer of more blocks than 16 bits count is followed', async (t) => {
  const datagrams = createDatagrams();
  const base = { is: 'datagram', time: 0n, cut: false } as const;
  const [client, server] = ['10.0.0.2:2000', '10.0.0.1:3000'];
  const request = encodeTftp({ kind: 'read', file: 'a', mode: 'octet', options: [] });
  datagrams.push({ ...base, from: client, to: '10.0.0.1:69', payload: request });
  for (let block = 1; block <= 70_000; block += 1)
    datagrams.push({ ...base, from: server, to: client, payload: encodeTftp(data(block & 0xffff, 512)) });
  t.match(datagrams.end(), [{ blocks: 70_000, bytes: 70_000 * 512, repeated: 0, outcome: 'unfinished' }]);
});

t.test('times are exact to the nanosecond, and impossible ones do not throw', async (t) => {
  t.equal(isoTime(1_700_000_000_123_456_789n), '2023-11-14T22:13:20.123456789Z');
  for (const time of [-1n, 2n ** 64n, 2n ** 90n, -(2n ** 90n)]) t.match(isoTime(time), /^[-+\d]{4,}.*Z$/);
});
