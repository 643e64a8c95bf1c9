/**
 * The Internet as a simulated modem sees it: which names exist, what answers, how far away. A function of the
 * name.
 */
import { isIP } from 'node:net';
import { hash } from '../../../protocol/random.ts';

export interface Host {
  readonly address: string;
  /** Answers ICMP. */
  readonly answers: boolean;
  /** Minimum round-trip time in milliseconds. */
  readonly rtt: number;
  /** Share of the probes that get lost. */
  readonly loss: number;
  /** Routers on the way, and the host itself. */
  readonly hops: number;
}

/** A label of a host name (RFC 1123 2.1). */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * `undefined`: the name cannot be resolved, which holds for single labels, names below `invalid` (RFC 6761
 * 6.4) and invalid names. All others have an address in the benchmarking network, 198.18.0.0/15 (RFC 2544).
 */
export function resolveHost(name: string): Host | undefined {
  const text = name.trim().replace(/\.$/, '').toLowerCase();
  const number = hash(text);
  if (isIP(text) !== 0) return hostAt(text);
  if (text === 'localhost') return hostAt('127.0.0.1');
  const labels = text.split('.');
  if (text.length > 253 || labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  if (labels.at(-1) === 'invalid' || /^\d+$/.test(labels.at(-1) ?? '')) return undefined;
  return hostAt(`198.${18 + (number % 2)}.${(number >>> 8) % 256}.${1 + ((number >>> 16) % 254)}`);
}

/** Nobody answers there: this network, TEST-NET-1, and the reserved ones (RFC 6890). */
const SILENT = /^(0\.|192\.0\.2\.|2[4-5]\d\.|::$|100::|2001:db8:)/;
const OWN = /^(127\.|::1$)/;
const NEAR = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|fe80:|f[cd][0-9a-f]{2}:)/;

function hostAt(address: string): Host {
  const number = hash(address);
  if (OWN.test(address)) return { address, answers: true, rtt: 0.1, loss: 0, hops: 1 };
  if (NEAR.test(address)) return { address, answers: true, rtt: 1 + (number % 20) / 10, loss: 0, hops: 1 };
  const answers = !SILENT.test(address);
  return {
    address,
    answers,
    rtt: 14 + (number % 1600) / 10,
    loss: (number % 4) / 400,
    hops: 5 + ((number >>> 12) % 12),
  };
}

/** A router on the way to a host, counted from 1. */
export function routerTo(host: Host, hop: number): { readonly name: string; readonly address: string } {
  const number = hash(`${hop < 4 ? 'provider' : host.address}/${hop}`);
  const address = `198.${18 + (number % 2)}.${(number >>> 8) % 256}.${1 + ((number >>> 16) % 254)}`;
  return { name: `r${hop}-${(number >>> 4) % 1000}.net.example`, address };
}
