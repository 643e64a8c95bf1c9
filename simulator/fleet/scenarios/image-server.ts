/** Offers a firmware image for each model of a fleet, over HTTP on a free port of this machine. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { Profile } from '../../profile/profile.ts';

export interface ImageServer {
  /** URL of the image for a profile's hardware, by the profile's name. */
  readonly urls: ReadonlyMap<string, string>;
  close(): void;
}

/** Images without content, with headers that the modems of these profiles accept as their own. */
export async function serveImages(
  profiles: Iterable<Profile>,
  { version, bytes }: { readonly version: string; readonly bytes: number },
): Promise<ImageServer> {
  const images = new Map<string, Uint8Array>();
  const paths = new Map<string, string>();
  for (const { name, identity } of profiles) {
    const path = `/${encodeURIComponent(name)}-${encodeURIComponent(version)}.bli`;
    paths.set(name, path);
    images.set(path, writeImage({ ...identity, version }, bytes));
  }
  const server = createServer((request, response) => {
    const image = images.get(request.url ?? '');
    response.writeHead(image === undefined ? 404 : 200, { 'Content-Length': image?.length ?? 0 });
    response.end(request.method === 'HEAD' ? undefined : image);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    urls: new Map(Array.from(paths, ([name, path]) => [name, `http://127.0.0.1:${port}${path}`])),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
