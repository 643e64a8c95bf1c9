/** Other people's programs against ours, on loopback and high ports. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { LINK_TYPES } from '../../captures/file/frame.ts';
import { pcapngInterface, pcapngPacket, pcapngSection } from '../../captures/file/pcapng-write.ts';
import { writeUdp } from '../../captures/packet/udp.ts';
import { openUdp } from '../../mdap/datagram-port.ts';
import { fetchByTftp, sendByTftp } from '../../mdap/tftp-client.ts';
import { BOOTP_CLIENT_DEFAULTS, initialBootpClient, stepBootpClient } from '../../protocol/bootp/client.ts';
import { encodeBootp, hardwareAddress } from '../../protocol/bootp/message.ts';
import { addressAsOption, DHCP_TYPES, OPTION, option, writeOptions } from '../../protocol/bootp/options.ts';
import { initialBootpServer, stepBootpServer } from '../../protocol/bootp/server.ts';
import type { BootpServerState } from '../../protocol/bootp/server-types.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../protocol/bootp/server-types.ts';
import { addressBytes, macBytes, NO_ADDRESS } from '../../protocol/ipv4.ts';
import { grantOptions, OPTION_CAPS } from '../../protocol/tftp/options.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { encodeTftp } from '../../protocol/tftp/packet.ts';
import { noTshark, wireshark } from '../support/capture/capture-files.ts';
import { LOOPBACK, patterned, temporaryFolder, tftpStage } from '../support/lan/tftp-stage.ts';

const IMAGE = patterned(400_000);

/** Why a test is skipped; `false`: the program is there. */
function missing(program: string, args: readonly string[]): string | false {
  return spawnSync(program, args, { timeout: 5000 }).error === undefined
    ? false
    : `${program} is not installed`;
}
const noTftpHpa = missing('tftp', ['-V']);
const noAtftp = missing('atftp', ['--version']);
const noTftpd = missing('/usr/sbin/in.tftpd', ['--version']);

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a program to its end, for twenty seconds at most. */
function runProgram(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, timeout: 20_000 });
    let text = '';
    const add = (chunk: unknown): void => {
      text += String(chunk);
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('error', reject).on('close', (code) => resolve({ code, text }));
  });
}

t.test('tftp-hpa fetches an image and sends one', { skip: noTftpHpa }, async (t) => {
  const folder = await temporaryFolder(t);
  const upload = { folder: await temporaryFolder(t), maxBytes: 500_000 };
  const { server, files, event } = await tftpStage(t, { settings: { upload, netascii: true, lingerMs: 1 } });
  files.publish('image', IMAGE);
  files.publish('text', Buffer.from('one\ntwo\n'));
  const at = [LOOPBACK, String(server.local.port), '-c'];
  const got = await runProgram('tftp', ['-m', 'binary', ...at, 'get', 'image', 'got'], folder);
  t.equal(got.code, 0, got.text);
  t.ok((await readFile(path.join(folder, 'got'))).equals(IMAGE));
  t.match(await event('begun'), { size: 400_000 });
  t.equal((await runProgram('tftp', ['-m', 'ascii', ...at, 'get', 'text', 'text'], folder)).code, 0);
  t.equal(await readFile(path.join(folder, 'text'), 'utf8'), 'one\ntwo\n');
  const put = await runProgram('tftp', ['-m', 'binary', ...at, 'put', 'got', 'put'], folder);
  t.equal(put.code, 0, put.text);
  await server.stop();
  t.ok((await readFile(path.join(upload.folder, 'put'))).equals(IMAGE));
});

t.test('atftp fetches an image, plain and with every option it knows', { skip: noAtftp }, async (t) => {
  const folder = await temporaryFolder(t);
  const { server, files, events } = await tftpStage(t);
  files.publish('image', IMAGE);
  const at = [LOOPBACK, String(server.local.port)];
  const plain = await runProgram('atftp', ['--get', '-r', 'image', '-l', 'plain', ...at], folder);
  t.equal(plain.code, 0, plain.text);
  t.ok((await readFile(path.join(folder, 'plain'))).equals(IMAGE));
  const flags = ['blksize 1428', 'tsize', 'timeout 3', 'windowsize 8'].flatMap((flag) => ['--option', flag]);
  const full = await runProgram('atftp', [...flags, '--get', '-r', 'image', '-l', 'full', ...at], folder);
  t.equal(full.code, 0, full.text);
  t.ok((await readFile(path.join(folder, 'full'))).equals(IMAGE));
  const begun = events.flatMap((event) => (event.is === 'begun' ? [event.terms] : []));
  t.match(begun, [
    { blksize: 512, windowsize: 1 },
    { blksize: 1428, timeoutMs: 3000 },
  ]);
  const none = await runProgram('atftp', ['--get', '-r', 'none', '-l', 'none', ...at], folder);
  t.not(none.code, 0, 'a file that is not there');
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const handlers = { onDatagram: () => undefined, onError: () => undefined };
  const port = await openUdp({ listen: { address: LOOPBACK, port: 0 } }, handlers);
  await port.close();
  return port.local.port;
}

/** Starts tftpd-hpa in the foreground; it ends with the test. */
async function startTftpd(t: Test, folder: string): Promise<number> {
  const port = await freePort();
  const child: ChildProcess = spawn('/usr/sbin/in.tftpd', ['-L', '-c', '-a', `${LOOPBACK}:${port}`, folder], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  t.teardown(async () => {
    child.kill();
    await ended;
  });
  return port;
}

t.test('our client fetches from tftpd-hpa and sends to it', { skip: noTftpd }, async (t) => {
  const folder = await temporaryFolder(t);
  // The server drops its rights.
  await chmod(folder, 0o777);
  await writeFile(path.join(folder, 'image'), IMAGE, { mode: 0o644 });
  const server = { address: LOOPBACK, port: await startTftpd(t, folder) };
  // It may not listen yet: the request is repeated.
  const quick = { firstTimeoutMs: 100, lastTimeoutMs: 1000, lingerMs: 10, maxSends: 20 };
  const file = path.join(folder, 'image');
  t.ok(Buffer.from(await fetchByTftp({ server, file, receiver: quick })).equals(IMAGE));
  let announced: number | undefined;
  const onProgress = (_: number, size: number | undefined): void => {
    announced = size;
  };
  const terms = { blksize: 1428, tsize: 0, timeoutMs: 2000 };
  t.ok(Buffer.from(await fetchByTftp({ server, file, terms, onProgress, receiver: quick })).equals(IMAGE));
  t.equal(announced, 400_000, 'it announced the size');
  await t.rejects(fetchByTftp({ server, file: path.join(folder, 'none'), receiver: quick }), /error 1/);
  await sendByTftp({ server, file: path.join(folder, 'sent'), terms }, IMAGE);
  t.ok((await readFile(path.join(folder, 'sent'))).equals(IMAGE));
});

const SERVER = '192.168.1.10';
const MAC = '00-14-7F-12-34-56';

interface Packet {
  readonly from: readonly [address: string, port: number];
  readonly to: readonly [address: string, port: number];
  readonly bytes: Uint8Array;
}

function dhcpRequest(type: number, wanted = NO_ADDRESS): Uint8Array {
  return encodeBootp({
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 8,
    secs: 0,
    flags: 0,
    ciaddr: NO_ADDRESS,
    yiaddr: NO_ADDRESS,
    siaddr: NO_ADDRESS,
    giaddr: NO_ADDRESS,
    chaddr: hardwareAddress(macBytes(MAC)),
    sname: '',
    file: 'BANT-R',
    vend: writeOptions([
      option(OPTION.messageType, type),
      ...(wanted === NO_ADDRESS ? [] : [addressAsOption(OPTION.requestedAddress, wanted)]),
      ...(wanted === NO_ADDRESS ? [] : [addressAsOption(OPTION.serverIdentifier, SERVER)]),
    ]),
  });
}

/** A boot by BOOTP and one by DHCP. */
function bootPackets(): Packet[] {
  const settings = {
    ...BOOTP_SERVER_DEFAULTS,
    address: SERVER,
    pool: ['192.168.1.64'],
    router: '192.168.1.1',
    answerDhcp: true,
    tellSize: true,
    rules: [
      { for: { by: 'board', board: 'BANT-R' }, image: { file: 'ZZOGAA6.2H5', size: 3_168_382 } } as const,
    ],
  };
  let state: BootpServerState = initialBootpServer();
  let at = 0;
  const exchange = (bytes: Uint8Array): Packet[] => {
    at += 1000;
    const from = { address: '0.0.0.0', port: 68 };
    const event = { is: 'datagram', bytes, from, at, serialOf: () => undefined } as const;
    const step = stepBootpServer(settings, state, event);
    state = step.state;
    const asked: Packet = { from: ['0.0.0.0', 68], to: ['255.255.255.255', 67], bytes };
    const answers = step.effects.flatMap((effect): Packet[] =>
      effect.do === 'reply'
        ? [{ from: [SERVER, 67], to: [effect.to.address, effect.to.port], bytes: effect.bytes }]
        : [],
    );
    return [asked, ...answers];
  };
  const vendor = {
    serial: '0626JTRAS',
    bootVersion: '1.0.6',
    reason: 'button',
    chip: 1,
    board: 'BANT-R',
  } as const;
  const client = { ...BOOTP_CLIENT_DEFAULTS, mac: MAC, xid: 7, board: 'BANT-R', vendor, random: () => 0.5 };
  const started = stepBootpClient(client, initialBootpClient(), { is: 'start' }).state;
  const [request] = stepBootpClient(client, started, { is: 'due' }).effects.flatMap((effect) =>
    effect.do === 'send' ? [effect.bytes] : [],
  );
  return [
    ...exchange(request ?? new Uint8Array()),
    ...exchange(dhcpRequest(DHCP_TYPES.discover)),
    ...exchange(dhcpRequest(DHCP_TYPES.request, '192.168.1.64')),
    ...exchange(dhcpRequest(DHCP_TYPES.request, '192.168.1.65')),
  ];
}

/** All kinds of packets of TFTP. */
function tftpPackets(): Packet[] {
  const options = [
    { name: 'blksize', value: '1024' },
    { name: 'tsize', value: '0' },
    { name: 'timeout', value: '2' },
    { name: 'windowsize', value: '4' },
  ];
  const granted = grantOptions(options, OPTION_CAPS, 1500);
  const answer = granted.ok ? granted.value.answer : [];
  const client = ['192.168.1.64', 2001] as const;
  const server = [SERVER, 40_001] as const;
  const read = { kind: 'read', file: 'ZZOGAA6.2H5', mode: 'octet', options } as const;
  const up = (packet: TftpPacket): Packet => ({ from: client, to: server, bytes: encodeTftp(packet) });
  const down = (packet: TftpPacket): Packet => ({ from: server, to: client, bytes: encodeTftp(packet) });
  return [
    { from: client, to: [SERVER, 69], bytes: encodeTftp(read) },
    down({ kind: 'oack', options: answer }),
    up({ kind: 'ack', block: 0 }),
    down({ kind: 'data', block: 1, data: patterned(1024) }),
    down({ kind: 'data', block: 2, data: patterned(476) }),
    up({ kind: 'ack', block: 2 }),
    { from: ['192.168.1.65', 2002], to: [SERVER, 69], bytes: encodeTftp({ ...read, kind: 'write' }) },
    {
      from: [SERVER, 69],
      to: ['192.168.1.65', 2002],
      bytes: encodeTftp({ kind: 'error', code: 2, text: 'no' }),
    },
  ];
}

t.test('tshark reads our BOOTP, DHCP and TFTP without a flaw', { skip: noTshark }, async (t) => {
  const packets = [...bootPackets(), ...tftpPackets()];
  const pieces = packets.map(({ from, to, bytes }, index) => {
    const ends = {
      source: addressBytes(from[0]),
      sourcePort: from[1],
      destination: addressBytes(to[0]),
      destinationPort: to[1],
    };
    const frame = writeUdp(ends, bytes, index);
    return pcapngPacket({ time: BigInt(index), bytes: frame, originalLength: frame.length });
  });
  const file = path.join(await temporaryFolder(t), 'boot.pcapng');
  const head = [pcapngSection(), pcapngInterface({ linkType: LINK_TYPES.raw })];
  await writeFile(file, Buffer.concat([...head, ...pieces]));
  // It marks every ERROR of TFTP, as it should.
  const flaws = '_ws.malformed || (_ws.expert.severity >= 0x600000 && !(tftp.opcode == 5))';
  t.equal(await wireshark('tshark', ['-r', file, '-Y', flaws]), '');
  const fields = ['dhcp.type', 'dhcp.option.dhcp', 'dhcp.file', 'tftp.opcode'].flatMap((field) => [
    '-e',
    field,
  ]);
  const columns = await wireshark('tshark', ['-r', file, '-T', 'fields', '-E', 'separator=;', ...fields]);
  t.strictSame(columns.trimEnd().split('\n'), [
    ...['1;;BANT-R;', '2;;ZZOGAA6.2H5;', '1;1;BANT-R;', '2;2;ZZOGAA6.2H5;'],
    ...['1;3;BANT-R;', '2;5;ZZOGAA6.2H5;', '1;3;BANT-R;', '2;6;;'],
    ...[';;;1', ';;;6', ';;;4', ';;;3', ';;;3', ';;;4', ';;;2', ';;;5'],
  ]);
});
