/** The servers and hosts of mdap/ on a segment in memory, beside simulated ants. */
import type { OpenPort } from '../../mdap/datagram-port.ts';
import type { Lan } from '../../simulator/lan/lan.ts';

/** Ports that are opened at `0.0.0.0` have this address when they send. */
export function lanPort(lan: Lan, address: string): OpenPort {
  return async ({ listen, join = [] }, { onDatagram }) => {
    const at = { address: listen.address === '0.0.0.0' ? address : listen.address, port: listen.port };
    const groups = await Promise.all(
      join.map(({ group }) => lan.join({ address: group, port: listen.port }, onDatagram)),
    );
    const socket = await lan.open(at, onDatagram);
    return {
      local: socket.local,
      send: (bytes, to) => socket.send(bytes, to),
      close: async () => {
        for (const group of groups) group.close();
        socket.close();
      },
    };
  };
}
