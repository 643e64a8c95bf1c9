/** A port that hands each connection on to the server that counts at the moment. */
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface Relay {
  readonly url: string;
  /** Port that the next connection goes to. */
  target: number;
  close(): void;
}

export async function openRelay(target: number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect({ port: relay.target, host: '127.0.0.1' });
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroySoon();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const relay: Relay = {
    url: `http://127.0.0.1:${port}/`,
    target,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
  return relay;
}
