/** A server of one small file, for Download. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function serveFile(text: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${port}/user.ini`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('unreachable: it listens on TCP');
  return address;
}
