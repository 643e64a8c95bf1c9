/** A LAN in memory: nodes with addresses of IPv4, datagrams that are lost, repeated and late. It is a given to `openPort`. */
import type { DatagramPort, OpenPort, PortHandlers, PortOptions } from '../../mdap/datagram-port.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import { EVERYBODY, NO_ADDRESS } from '../../protocol/ipv4.ts';
import type { Random } from '../../simulator/random.ts';
import type { Scheduler } from '../../simulator/scheduler.ts';

export interface LineFaults {
  /** Shares of all datagrams, 0 to 1. */
  readonly loss: number;
  readonly repeated: number;
  /** Milliseconds that a datagram may be late, and so come after a later one. */
  readonly lateMs: number;
}

interface Port {
  readonly node: NetNode;
  readonly local: Endpoint;
  readonly options: PortOptions;
  readonly handlers: PortHandlers;
}

export class NetNode {
  /** Several nodes may have the same. */
  addresses: readonly string[];
  readonly openPort: OpenPort;

  constructor(net: MemoryNet, addresses: readonly string[]) {
    this.addresses = addresses;
    this.openPort = (options, handlers) => net.open(this, options, handlers);
  }
}

export class MemoryNet {
  readonly counts = { sent: 0, lost: 0, repeated: 0 };
  readonly #time: Scheduler;
  readonly #random: Random;
  readonly #faults: LineFaults;
  readonly #ports = new Set<Port>();
  #ephemeral = 49_151;

  constructor(time: Scheduler, random: Random, faults: LineFaults) {
    this.#time = time;
    this.#random = random;
    this.#faults = faults;
  }

  node(...addresses: readonly string[]): NetNode {
    return new NetNode(this, addresses);
  }

  async open(node: NetNode, options: PortOptions, handlers: PortHandlers): Promise<DatagramPort> {
    this.#ephemeral = this.#ephemeral >= 65_535 ? 49_152 : this.#ephemeral + 1;
    const { address, port: wanted } = options.listen;
    const local = { address, port: wanted === 0 ? this.#ephemeral : wanted };
    const port: Port = { node, local, options, handlers };
    this.#ports.add(port);
    return {
      local,
      send: (bytes, to) => {
        if (this.#ports.has(port)) this.#send(port, bytes, to);
      },
      close: async () => {
        this.#ports.delete(port);
      },
    };
  }

  #send({ node, local }: Port, bytes: Uint8Array, to: Endpoint): void {
    const bound = local.address !== NO_ADDRESS && !isGroup(local.address);
    const address = bound ? local.address : (node.addresses[0] ?? NO_ADDRESS);
    const from = { address, port: local.port };
    const copy = bytes.slice();
    for (const port of this.#targets(to)) this.#deliver(port, copy, from);
  }

  #targets({ address, port }: Endpoint): Port[] {
    const at = [...this.#ports].filter((one) => one.local.port === port);
    if (isGroup(address))
      return at.filter(({ options }) => options.join?.some(({ group }) => group === address) === true);
    if (address === EVERYBODY) return at.filter(({ local }) => local.address === NO_ADDRESS);
    const near = at.filter(
      ({ node, local }) =>
        node.addresses.includes(address) && (local.address === address || local.address === NO_ADDRESS),
    );
    // Where several have one address, the neighbour table holds one of them.
    const node = near[Math.floor(this.#random() * near.length)]?.node;
    const own = near.filter((one) => one.node === node);
    return own
      .filter(({ local }) => local.address === address)
      .concat(own)
      .slice(0, 1);
  }

  #deliver(port: Port, bytes: Uint8Array, from: Endpoint): void {
    const { loss, repeated, lateMs } = this.#faults;
    this.counts.sent += 1;
    const again = this.#random() < repeated;
    if (again) this.counts.repeated += 1;
    for (const _ of again ? [0, 1] : [0]) {
      if (this.#random() < loss) {
        this.counts.lost += 1;
        continue;
      }
      this.#time.after(0.2 + this.#random() * lateMs, () => {
        if (this.#ports.has(port)) port.handlers.onDatagram(bytes, from);
      });
    }
  }
}

const isGroup = (address: string): boolean => /^(22[4-9]|23\d)\./.test(address);
