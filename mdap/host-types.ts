/** What a host of MDAP is given. */
import type { Endpoint } from '../protocol/ipv4.ts';
import type { MdapMessage } from '../protocol/mdap/messages.ts';
import type { HostSettings } from '../protocol/mdap/settings.ts';
import type { AntRecord } from './ant-fleet.ts';
import type { OpenPort } from './datagram-port.ts';
import type { Ticker } from './deadlines.ts';

export interface MdapHostOptions {
  /** Addresses of the interfaces; see `chooseInterfaces`. */
  readonly interfaces: readonly string[];
  readonly group?: string;
  readonly port?: number;
  readonly settings?: Partial<HostSettings>;
  /** Every message that is heard, those to others and requests too. */
  readonly onMessage?: (message: MdapMessage, from: Endpoint) => void;
  /** An ant answered a search, ours or another host's. */
  readonly onAnt?: (ant: AntRecord) => void;
  /** The network refused a datagram, or what came cannot be read. */
  readonly onTrouble?: (message: string) => void;
  readonly openPort?: OpenPort;
  readonly ticker?: Ticker;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface DiscoverOptions {
  /** End as soon as this holds. */
  readonly until?: (ants: readonly AntRecord[]) => boolean;
  /** An ant that has not answered this search before. */
  readonly onFound?: (ant: AntRecord) => void;
}

export interface ExecOptions {
  /** No answer is as good as one; by default as the command line says (mayStaySilent). */
  readonly silent?: boolean;
  /** It does no harm twice. */
  readonly repeatable?: boolean;
  /** Also when two ants share the ANT-ID. */
  readonly force?: boolean;
}
