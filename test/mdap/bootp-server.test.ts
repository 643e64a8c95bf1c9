import t from 'tap';
import type { BootpEvent, BootpServerOptions } from '../../mdap/bootp-server.ts';
import { startBootpServer } from '../../mdap/bootp-server.ts';
import type { DatagramPort, OpenPort, PortHandlers, PortOptions } from '../../mdap/datagram-port.ts';
import { openUdp } from '../../mdap/datagram-port.ts';
import type { BootLease, BootpClientSettings, BootpClientState } from '../../protocol/bootp/client.ts';
import { BOOTP_CLIENT_DEFAULTS, initialBootpClient, stepBootpClient } from '../../protocol/bootp/client.ts';
import type { BootpMessage } from '../../protocol/bootp/message.ts';
import { encodeBootp, hardwareAddress } from '../../protocol/bootp/message.ts';
import { writeOptions } from '../../protocol/bootp/options.ts';
import type { BootpServerSettings } from '../../protocol/bootp/server-types.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../protocol/bootp/server-types.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import { macBytes } from '../../protocol/ipv4.ts';

const MAC = '00-14-7F-28-54-65';
const NONE = '0.0.0.0';

const settings: BootpServerSettings = {
  ...BOOTP_SERVER_DEFAULTS,
  address: '192.168.1.10',
  pool: ['192.168.1.64', '192.168.1.65'],
  replyMode: 'loopback',
  minReplyGapMs: 0,
  rules: [{ for: { by: 'board', board: 'BANT-R' }, image: { file: 'ZZOGAA6.2H5', board: 'BANT-R' } }],
};

const request: BootpMessage = {
  op: 1,
  htype: 1,
  hlen: 6,
  hops: 0,
  xid: 7,
  secs: 0,
  flags: 0,
  ciaddr: NONE,
  yiaddr: NONE,
  siaddr: NONE,
  giaddr: NONE,
  chaddr: hardwareAddress(macBytes(MAC)),
  sname: '',
  file: 'BANT-R',
  vend: writeOptions([]),
};

t.test('a boot loader gets its lease over real sockets, and events are emitted', async (t) => {
  const events: BootpEvent[] = [];
  const server = await startBootpServer({
    listen: { address: '127.0.0.1', port: 0 },
    settings,
    onEvent: (event) => events.push(event),
    serialOf: (mac) => (mac === MAC ? '0626JTRAS' : undefined),
  });
  t.teardown(() => server.stop());
  const lease = await new Promise<BootLease>((resolve, reject) => {
    const client: BootpClientSettings = {
      ...BOOTP_CLIENT_DEFAULTS,
      mac: MAC,
      xid: 99,
      board: 'BANT-R',
      vendor: { reason: 'button' },
      random: () => 0.5,
    };
    let state: BootpClientState = initialBootpClient();
    const run = (port: DatagramPort, event: Parameters<typeof stepBootpClient>[2]): void => {
      const step = stepBootpClient(client, state, event);
      state = step.state;
      for (const effect of step.effects) {
        if (effect.do === 'send') port.send(effect.bytes, server.local);
        else if (effect.do === 'leased') resolve(effect.lease);
      }
    };
    openUdp(
      { listen: { address: '127.0.0.1', port: 0 } },
      { onDatagram: (bytes) => run(opened, { is: 'datagram', bytes }), onError: reject },
    ).then((port) => {
      opened = port;
      t.teardown(() => port.close());
      run(port, { is: 'start' });
      run(port, { is: 'due' });
    }, reject);
    let opened: DatagramPort;
  });
  t.match(lease, { address: '192.168.1.64', server: '192.168.1.10', file: 'ZZOGAA6.2H5' });
  t.match(events, [
    {
      is: 'seen',
      serial: '0626JTRAS',
      request: { mac: MAC, xid: 99, board: 'BANT-R', vendor: { reason: 'button' } },
    },
    { is: 'replied', answer: 'bootp', address: '192.168.1.64', image: { file: 'ZZOGAA6.2H5' } },
  ]);
  t.equal(server.macOf('192.168.1.64'), MAC);
  t.equal(server.leases().size, 1);
});

/** Ports that exist in memory alone: what was opened, and what was sent by which. */
function fakePorts(refuse: (options: PortOptions) => boolean = () => false) {
  const opened: { options: PortOptions; handlers: PortHandlers }[] = [];
  const sent: { from: Endpoint; to: Endpoint }[] = [];
  const openPort: OpenPort = async (options, handlers) => {
    if (refuse(options)) throw new Error('EACCES');
    opened.push({ options, handlers });
    return {
      local: options.listen,
      send: (_, to) => sent.push({ from: options.listen, to }),
      close: () => Promise.resolve(),
    };
  };
  return { opened, sent, openPort };
}

async function started(options: Partial<BootpServerOptions>, ports: ReturnType<typeof fakePorts>) {
  const events: BootpEvent[] = [];
  const server = await startBootpServer({
    listen: { address: '192.168.1.10', port: 67 },
    settings: { ...settings, replyMode: 'broadcast' },
    openPort: ports.openPort,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const hear = (message: BootpMessage, port = 67): void => {
    const everywhere = ports.opened.find(
      ({ options }) => options.listen.address === NONE && options.listen.port === port,
    );
    everywhere?.handlers.onDatagram(encodeBootp(message), { address: NONE, port: 68 });
  };
  return { server, events, hear };
}

t.test('requests are heard everywhere and answered out of the chosen interface', async (t) => {
  const ports = fakePorts();
  const { hear, events } = await started({}, ports);
  hear(request);
  t.strictSame(ports.sent.length, 1);
  t.match(ports.sent[0], {
    from: { address: '192.168.1.10', port: 67 },
    to: { address: '255.255.255.255', port: 68 },
  });
  t.match(events, [{ is: 'seen' }, { is: 'replied' }]);
});

t.test('answers of another server are reported; our own replies are not', async (t) => {
  const { hear, events } = await started({}, fakePorts());
  hear(request);
  const reply = { ...request, op: 2, yiaddr: '192.168.1.64', file: 'x' };
  hear({ ...reply, siaddr: '192.168.1.10' }, 68);
  hear({ ...reply, siaddr: '192.168.1.1' }, 68);
  t.match(events.slice(2), [
    { is: 'foreign-reply', mac: MAC, server: '192.168.1.1', offered: '192.168.1.64' },
  ]);
  t.equal(events.length, 3);
});

t.test('a port of clients that cannot be bound is a warning, one of servers an error', async (t) => {
  const { events } = await started(
    {},
    fakePorts(({ listen }) => listen.port === 68),
  );
  t.match(events, [{ is: 'trouble', message: /not watching for/ }]);
  await t.rejects(
    started(
      {},
      fakePorts(({ listen }) => listen.address === NONE),
    ),
    /EACCES/,
  );
});

t.test('rules come and go while it runs, and quarantine silences one modem', async (t) => {
  const { server, hear, events } = await started(
    { settings: { ...settings, replyMode: 'broadcast', rules: [] } },
    fakePorts(),
  );
  const last = () => events.at(-1);
  hear(request);
  t.match(events, [{ is: 'seen' }, { is: 'silent', why: 'no-image' }]);
  server.serve({ for: { by: 'mac', mac: '00:14:7f:28:54:65' }, image: { file: 'one' } });
  hear(request);
  t.match(last(), { is: 'replied', image: { file: 'one' } });
  server.serve({ for: { by: 'mac', mac: MAC }, image: { file: 'two' } });
  hear(request);
  t.match(last(), { is: 'replied', image: { file: 'two' } });
  server.quarantine(MAC, 'wrong board');
  hear(request);
  t.match(last(), { is: 'silent', why: 'quarantined', detail: 'wrong board' });
  server.release(MAC);
  hear(request);
  t.match(last(), { is: 'replied' });
});

t.test(
  'unicast to a modem without an address needs an entry in the neighbour table, else it is broadcast',
  async (t) => {
    const entries: string[] = [];
    const unicast = { settings: { ...settings, replyMode: 'unicast-arp' } as const };
    const ports = fakePorts();
    let wake = (): void => undefined;
    const onEvent = ({ is }: BootpEvent): void => {
      if (is === 'replied') wake();
    };
    const addNeighbour = async (address: string, mac: string): Promise<void> => {
      entries.push(`${address} ${mac}`);
      if (entries.length > 1) throw new Error('not permitted');
    };
    const { hear } = await started({ ...unicast, addNeighbour, onEvent }, ports);
    for (const address of ['192.168.1.64', '255.255.255.255']) {
      const replied = new Promise<void>((resolve) => {
        wake = resolve;
      });
      hear(request);
      await replied;
      t.match(ports.sent.at(-1), { to: { address, port: 68 } });
    }
    t.strictSame(entries, [`192.168.1.64 ${MAC}`, `192.168.1.64 ${MAC}`]);
  },
);
