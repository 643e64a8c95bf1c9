/**
 * The ants that were heard from, by ANT-ID and never by IP address: from the factory, all have the same one.
 */
import { LIMITS } from '../protocol/limits.ts';
import type { MdapReply } from '../protocol/mdap/messages.ts';

export interface AntRecord {
  readonly antId: string;
  /** ANT-NAME, the product; `undefined` if it has not answered a search yet. */
  readonly name: string | undefined;
  /** Every ANT-MAC heard with this ANT-ID, in that order; two or more are a conflict. */
  readonly macs: readonly string[];
  /** IPv4 address that its last message came from. */
  readonly address: string;
  /** Address of our interface on which it answered us; `undefined` if it was only overheard. */
  readonly via: string | undefined;
  readonly hostSetup: string | undefined;
  readonly tpVersion: string | undefined;
  readonly mdapVersion: string | undefined;
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export const isConflict = ({ macs }: AntRecord): boolean => macs.length > 1;

export class AntFleet {
  readonly #ants = new Map<string, AntRecord>();

  get(antId: string): AntRecord | undefined {
    return this.#ants.get(antId);
  }

  /** In the order heard. */
  list(): readonly AntRecord[] {
    return [...this.#ants.values()];
  }

  /** Records a reply and returns its ant; `undefined` if the reply names none, or there are too many. */
  hear(reply: MdapReply, address: string, via: string | undefined, now: number): AntRecord | undefined {
    const { antId } = reply;
    if (antId === undefined || antId === '') return undefined;
    const known = this.#ants.get(antId);
    if (known === undefined && this.#ants.size >= LIMITS.mdapAnts) return undefined;
    const found = reply.kind === 'REPLY-ANT-SEARCH' ? reply : undefined;
    const ant: AntRecord = {
      antId,
      name: found?.antName ?? known?.name,
      macs: withMac(known?.macs ?? [], found?.antMac),
      address,
      via: via ?? known?.via,
      hostSetup: found?.hostSetup ?? known?.hostSetup,
      tpVersion: found?.tpVersion ?? known?.tpVersion,
      mdapVersion: found?.mdapVersion ?? known?.mdapVersion,
      firstSeen: known?.firstSeen ?? now,
      lastSeen: now,
    };
    this.#ants.set(antId, ant);
    return ant;
  }
}

function withMac(macs: readonly string[], heard: string | undefined): readonly string[] {
  const mac = heard?.toUpperCase() ?? '';
  return mac === '' || macs.includes(mac) || macs.length >= LIMITS.mdapMacs ? macs : [...macs, mac];
}
