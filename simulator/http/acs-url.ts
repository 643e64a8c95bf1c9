/** Where a POST goes: the URL of an ACS parsed once, for all sessions of a fleet that call the same one. */
import type net from 'node:net';

/** Opens a connection, as node does. */
export type Connect = (address: net.TcpNetConnectOpts & { readonly host: string }) => net.Socket;

export interface AcsUrl {
  readonly url: URL;
  /** By https. */
  readonly isSecure: boolean;
  /** Path and query, as in the request line. */
  readonly path: string;
  /** With the port if the URL names one. */
  readonly host: string;
  readonly hostname: string;
  readonly address: net.TcpNetConnectOpts & { readonly host: string };
}

/** The last parsed URL: most modems of a process call one ACS. */
let last: { readonly text: string; readonly target: AcsUrl | undefined } | undefined;

/** `undefined` for anything but an http or https URL; a device keeps whatever an ACS sets as its URL. */
export function parseAcsUrl(text: string): AcsUrl | undefined {
  if (last?.text !== text) last = { text, target: read(text, undefined) };
  return last.target;
}

/** The target of a redirect: its Location may be relative. */
export function redirectedUrl({ url }: AcsUrl, location: string): AcsUrl | undefined {
  return read(location, url.href);
}

function read(text: string, base: string | undefined): AcsUrl | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  const { protocol, hostname, host, port } = url;
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  const isSecure = protocol === 'https:';
  const usual = isSecure ? 443 : 80;
  return {
    url,
    isSecure,
    path: url.pathname + url.search,
    host,
    hostname,
    address: {
      // Without the brackets of an IPv6 address.
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? usual : Number(port),
      noDelay: true,
    },
  };
}
