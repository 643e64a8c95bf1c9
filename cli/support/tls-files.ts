/** Certificates and keys that options name. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { ModemlabError } from '../../protocol/errors.ts';

export interface TlsServerOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/**
 * What a TLS server is created with; `undefined` without the options.
 * @throws ModemlabError E_CONFIG for one option without the other, E_FILE_INVALID
 */
export async function tlsServerOf({
  tlsCert,
  tlsKey,
}: TlsServerOptions): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { cert: await readPem(tlsCert), key: await readPem(tlsKey) };
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  throw new ModemlabError('E_CONFIG', '--tls-cert and --tls-key go together');
}

/** @throws ModemlabError E_FILE_INVALID naming the file */
export async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}

export interface TlsClientOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure: boolean;
}

/** @throws ModemlabError E_DATA_UNREADABLE naming the file */
export function tlsClientOf({ ca, cert, key, insecure }: TlsClientOptions): {
  readonly tls?: ConnectionOptions;
} {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new ModemlabError('E_DATA_UNREADABLE', file, { cause: error });
    }
  };
  if (ca === undefined && cert === undefined && !insecure) return {};
  return {
    tls: {
      ...(ca === undefined ? {} : { ca: read(ca) }),
      ...(cert === undefined ? {} : { cert: read(cert) }),
      ...(key === undefined ? {} : { key: read(key) }),
      rejectUnauthorized: !insecure,
    },
  };
}

/**
 * Options that are useless without their other half.
 * @throws ModemlabError E_USAGE
 */
export function checkPairs({
  username,
  password,
  cert,
  key,
}: {
  readonly username?: string;
  readonly password?: string;
  readonly cert?: string;
  readonly key?: string;
}): void {
  if ((username === undefined) !== (password === undefined))
    throw new ModemlabError('E_USAGE', '--username and --password go together');
  if ((cert === undefined) !== (key === undefined))
    throw new ModemlabError('E_USAGE', '--cert and --key go together');
}
