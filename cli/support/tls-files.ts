/** Certificates and keys that options name. */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { ModemlabError } from '../../protocol/errors.ts';

export interface TlsServerOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export const tlsServerOptions = (): Option[] => [
  new Option('--tls-cert <file>', 'a certificate (PEM): listen by TLS'),
  new Option('--tls-key <file>', 'the key of the certificate (PEM)'),
];

/** What a TLS server is made with; `undefined` without the options. Throws E_CONFIG for one without the other, E_FILE_INVALID. */
export async function tlsServerOf({
  tlsCert,
  tlsKey,
}: TlsServerOptions): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { cert: await readPem(tlsCert), key: await readPem(tlsKey) };
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  throw new ModemlabError('E_CONFIG', '--tls-cert and --tls-key go together');
}

/** Throws E_FILE_INVALID naming the file. */
export async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}
