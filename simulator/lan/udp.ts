/**
 * A real network: the sockets of one interface. If the addresses of a simulated modem are not addresses of
 * this machine, its sockets use that of the interface; on the loopback network every address works. In a
 * network namespace of its own the interface can be given the modem's addresses, as they change.
 */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Lan } from './lan.ts';
import { bitsOfMask } from './masks.ts';

export interface UdpLanOptions {
  /** Address of the interface. */
  readonly iface: string;
  /**
   * Name of an interface that gets the modem's addresses and loses them again, by ip(8), which needs the
   * permission for it.
   */
  readonly configure?: string;
}

const run = promisify(execFile);

const isLoopback = (address: string): boolean => address.startsWith('127.');

/** Rejects (its methods do) with ModemlabError E_ADDRESS_IN_USE naming the address that cannot be bound. */
export function createUdpLan({ iface, configure }: UdpLanOptions): Lan {
  // With the modem's own addresses on it, the interface is named by the first of them.
  let here = iface;
  const bindable = (address: string): string => {
    if (address === '0.0.0.0' || isOwn(address)) return address;
    return isLoopback(here) && isLoopback(address) ? address : here;
  };
  return {
    open: async (at, heard) => {
      const socket = await bind({ address: bindable(at.address), port: at.port }, heard);
      socket.setBroadcast(true);
      socket.setMulticastInterface(here);
      socket.setMulticastTTL(1);
      socket.setMulticastLoopback(true);
      const { address, port } = socket.address();
      let leaving = 0;
      let closing = false;
      return {
        local: { address, port },
        // What cannot be sent is lost, as on any line; what was sent before the end still goes out.
        send: (bytes, to) => {
          leaving += 1;
          socket.send(bytes, to.port, to.address, () => {
            leaving -= 1;
            if (closing && leaving === 0) socket.close();
          });
        },
        close: () => {
          if (closing) return;
          closing = true;
          if (leaving === 0) socket.close();
        },
      };
    },
    join: async (group, heard) => {
      // Bound to the group, so Linux delivers nothing else.
      const socket = await bind(group, heard);
      socket.addMembership(group.address, here);
      return { close: () => socket.close() };
    },
    ...(configure === undefined
      ? {}
      : {
          addresses: async (all: readonly LanAddress[]) => {
            await setAddresses(configure, all);
            here = all[0]?.address ?? here;
          },
        }),
  };
}

interface LanAddress {
  readonly address: string;
  readonly mask: string;
}

function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}

async function bind(at: Endpoint, heard: (bytes: Uint8Array, from: Endpoint) => void): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (bytes, { address, port }) => heard(bytes, { address, port }));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) =>
      reject(new ModemlabError('E_ADDRESS_IN_USE', `${at.address}:${at.port}: ${cause.message}`, { cause })),
    );
    socket.bind({ ...at, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error').on('error', () => undefined);
  return socket;
}

/**
 * Gives the interface exactly these addresses: deleting one by one would remove others of its network as
 * well. Group and broadcast go out through it, whatever other interfaces this machine has.
 */
async function setAddresses(name: string, all: readonly LanAddress[]): Promise<void> {
  await run('ip', ['address', 'flush', 'dev', name]);
  for (const { address, mask } of all)
    await run('ip', ['address', 'add', `${address}/${bitsOfMask(mask) ?? 24}`, 'dev', name]);
  for (const to of ['255.255.255.255/32', '224.0.0.0/4'])
    await run('ip', ['route', 'replace', to, 'dev', name]);
}
