/**
 * A boot loader on real ports, for a namespace of its own: asks by BOOTP, takes the address, fetches the
 * image, and prints as JSON what it got. Arguments: interface, MAC address, board, and `deaf` for one that
 * asks for unicast, hears nothing and never ends.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import process from 'node:process';
import { promisify } from 'node:util';
import { openUdp } from '../../../mdap/datagram-port.ts';
import { fetchByTftp } from '../../../mdap/tftp-client.ts';
import type { BootLease, BootpClientEvent, BootpClientState } from '../../../protocol/bootp/client.ts';
import {
  BOOTP_CLIENT_DEFAULTS,
  initialBootpClient,
  stepBootpClient,
} from '../../../protocol/bootp/client.ts';

const [, , iface = '', mac = '', board = '', way = 'broadcast'] = process.argv;
const settings = {
  ...BOOTP_CLIENT_DEFAULTS,
  mac,
  board,
  broadcast: way === 'broadcast',
  xid: process.pid,
  random: Math.random,
  repetition: { ...BOOTP_CLIENT_DEFAULTS.repetition, firstMs: 50 },
};

async function boot(): Promise<BootLease> {
  let state: BootpClientState = initialBootpClient();
  let timer: NodeJS.Timeout | undefined;
  let lease: ((lease: BootLease) => void) | undefined;
  const leased = new Promise<BootLease>((resolve) => {
    lease = resolve;
  });
  const onError = (error: Error): void => {
    process.stderr.write(`${error.message}\n`);
  };
  const port = await openUdp(
    { listen: { address: '0.0.0.0', port: 68 }, broadcast: true },
    {
      onDatagram: (bytes) => {
        if (way !== 'deaf') run({ is: 'datagram', bytes });
      },
      onError,
    },
  );
  const run = (event: BootpClientEvent): void => {
    const step = stepBootpClient(settings, state, event);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.do === 'send') port.send(effect.bytes, { address: '255.255.255.255', port: 67 });
      else if (effect.do === 'leased') lease?.(effect.lease);
      else if (effect.do === 'wait') {
        clearTimeout(timer);
        timer = setTimeout(() => run({ is: 'due' }), effect.ms);
      }
    }
  };
  run({ is: 'start' });
  const got = await leased;
  clearTimeout(timer);
  await port.close();
  return got;
}

const lease = await boot();
await promisify(execFile)('ip', ['addr', 'add', `${lease.address}/24`, 'dev', iface]);
const server = { address: lease.server, port: 69 };
const bytes = await fetchByTftp({
  server,
  file: lease.file,
  local: lease.address,
  receiver: { lingerMs: 50 },
});
const sha256 = createHash('sha256').update(bytes).digest('hex');
process.stdout.write(`${JSON.stringify({ ...lease, bytes: bytes.length, sha256 })}\n`);
