/**
 * The BOOTP server (RFC 951, RFC 1542), and as much of a DHCP server (RFC 2131) as boots a modem, pure:
 * `stepBootpServer(settings, state, event)` decides for each datagram whom to answer, where and with what, or
 * why not.
 *
 * What always holds: a datagram gets one effect at most; a reply goes only to a modem with a lease of ours,
 * at most once per gap and kind; it is never longer than its request or 300 bytes, whichever is more; the
 * state is bounded by the pool.
 */
import { canonicalMac } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import { hasPrefix, selectImage } from './image-rules.ts';
import { chooseAddress } from './leases.ts';
import type { BootpMessage } from './message.ts';
import { BOOT_REPLY, BOOT_REQUEST, decodeBootp, ETHERNET, fitsFileField, macOf } from './message.ts';
import type { VendorArea } from './options.ts';
import { addressOption, DHCP_TYPES, dhcpTypeOf, OPTION, optionOf, readOptions } from './options.ts';
import { refusal, reply } from './replies.ts';
import type {
  BootpServerEvent,
  BootpServerSettings,
  BootpServerState,
  BootpServerStep,
  BootRequest,
  Silence,
} from './server-types.ts';
import { decodeStOptions } from './st-options.ts';

export const initialBootpServer = (): BootpServerState => ({
  leases: new Map(),
  quarantine: new Map(),
  declined: new Set(),
});

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function stepBootpServer(
  settings: BootpServerSettings,
  state: BootpServerState,
  event: BootpServerEvent,
): BootpServerStep {
  switch (event.is) {
    case 'datagram':
      return onDatagram(settings, state, event);
    case 'quarantine':
    case 'release': {
      const quarantine = new Map(state.quarantine);
      const mac = canonicalMac(event.mac) ?? event.mac;
      if (event.is === 'quarantine') quarantine.set(mac, event.why);
      else quarantine.delete(mac);
      return { state: { ...state, quarantine }, effects: [] };
    }
    default:
      return assertNever(event);
  }
}

type Datagram = Extract<BootpServerEvent, { is: 'datagram' }>;

/** RFC 1542 4.1.1. */
const MAX_HOPS = 16;

function silent(
  state: BootpServerState,
  why: Silence,
  request?: BootRequest,
  detail?: string,
): BootpServerStep {
  const known = {
    ...(request === undefined ? {} : { request }),
    ...(detail === undefined ? {} : { detail }),
  };
  return { state, effects: [{ do: 'silent', why, ...known }] };
}

function onDatagram(
  settings: BootpServerSettings,
  state: BootpServerState,
  event: Datagram,
): BootpServerStep {
  const decoded = decodeBootp(event.bytes);
  if (!decoded.ok) return silent(state, 'unreadable');
  const message = decoded.value;
  if (message.op === BOOT_REPLY) return overhear(settings, state, message);
  if (message.op !== BOOT_REQUEST) return silent(state, 'not-a-request');
  const mac = macOf(message);
  if (mac === undefined || message.htype !== ETHERNET) return silent(state, 'not-ethernet');
  if (message.hops > MAX_HOPS) return silent(state, 'too-many-hops');
  const vendor = readOptions(message.vend);
  const type = dhcpTypeOf(message);
  const request = requestOf(mac, message, vendor, type);
  if (message.giaddr !== '0.0.0.0' && !settings.allowRelays) return silent(state, 'relayed', request);
  if (message.sname !== '' && ![settings.address, ...settings.names].includes(message.sname))
    return silent(state, 'other-server', request);
  if (settings.prefixes.length > 0 && !settings.prefixes.some((prefix) => hasPrefix(mac, prefix)))
    return silent(state, 'foreign-mac', request);
  const why = state.quarantine.get(mac);
  if (why !== undefined) return silent(state, 'quarantined', request, why);
  if (type !== undefined) {
    if (!settings.answerDhcp) return silent(state, 'dhcp', request);
    const other = onOtherDhcp(settings, state, event, { message, vendor, type, request });
    if (other !== undefined) return other;
  }
  return serve(settings, state, event, message, request);
}

function requestOf(
  mac: string,
  { xid, secs, file }: BootpMessage,
  { options }: VendorArea,
  type: number | undefined,
): BootRequest {
  const data = optionOf(options, OPTION.vendorSpecific);
  const vendor = data === undefined ? undefined : decodeStOptions(data);
  const kind = type === undefined ? 'bootp' : type === DHCP_TYPES.request ? 'request' : 'discover';
  return { mac, xid, secs, board: file === '' ? (vendor?.board ?? '') : file, vendor, kind };
}

interface Dhcp {
  readonly message: BootpMessage;
  readonly vendor: VendorArea;
  readonly type: number;
  readonly request: BootRequest;
}

/** DHCP messages other than requests that are served like BOOTP; `undefined` for those. */
function onOtherDhcp(
  settings: BootpServerSettings,
  state: BootpServerState,
  event: Datagram,
  { message, vendor, type, request }: Dhcp,
): BootpServerStep | undefined {
  const server = addressOption(vendor.options, OPTION.serverIdentifier);
  if (server !== undefined && server !== settings.address) return silent(state, 'other-server', request);
  const lease = state.leases.get(request.mac);
  switch (type) {
    case DHCP_TYPES.discover:
      return undefined;
    case DHCP_TYPES.request: {
      const wanted = addressOption(vendor.options, OPTION.requestedAddress) ?? message.ciaddr;
      // RFC 2131 4.3.2: of a lease that it knows nothing of, a server says nothing.
      if (lease === undefined) return silent(state, 'unknown-lease', request);
      if (wanted === lease.address) return undefined;
      return (
        gapped(settings, state, event, request) ??
        answered(state, request, lease.address, event.at, {
          effects: [refusal(settings, message, request, event.from)],
        })
      );
    }
    case DHCP_TYPES.decline: {
      const wanted = addressOption(vendor.options, OPTION.requestedAddress);
      if (lease === undefined || wanted !== lease.address) return silent(state, 'unknown-lease', request);
      return silent({ ...state, declined: new Set([...state.declined, wanted]) }, 'declined', request);
    }
    case DHCP_TYPES.release:
      return silent(state, 'released', request);
    default:
      return silent(state, 'dhcp', request);
  }
}

/** Answers BOOTP, DISCOVER, and a REQUEST for the modem's address. */
function serve(
  settings: BootpServerSettings,
  state: BootpServerState,
  event: Datagram,
  message: BootpMessage,
  request: BootRequest,
): BootpServerStep {
  const rule = selectImage(settings, request, event.serialOf(request.mac) ?? request.vendor?.serial);
  if (typeof rule === 'string') return silent(state, rule, request);
  if (!fitsFileField(rule.image.file)) return silent(state, 'name-too-long', request, rule.image.file);
  if (message.secs < (rule.minSecs ?? 0)) return silent(state, 'not-yet', request);
  const soon = gapped(settings, state, event, request);
  if (soon !== undefined) return soon;
  const chosen = chooseAddress(settings, state, request.mac, event.at);
  if (chosen === undefined) return silent(state, 'pool-exhausted', request);
  const effects = [
    reply(settings, message, { request, image: rule.image, address: chosen.address, from: event.from }),
  ];
  return answered(state, request, chosen.address, event.at, { effects, evicted: chosen.evicted });
}

/** Silence when the same was answered a moment ago. */
function gapped(
  { minReplyGapMs }: BootpServerSettings,
  state: BootpServerState,
  { at }: Datagram,
  request: BootRequest,
): BootpServerStep | undefined {
  const last = state.leases.get(request.mac)?.repliedAt[request.kind];
  return last !== undefined && at - last < minReplyGapMs ? silent(state, 'too-soon', request) : undefined;
}

function answered(
  state: BootpServerState,
  { mac, xid, kind }: BootRequest,
  address: string,
  at: number,
  { effects, evicted }: Pick<BootpServerStep, 'effects'> & { readonly evicted?: string | undefined },
): BootpServerStep {
  const leases = new Map(state.leases);
  if (evicted !== undefined) leases.delete(evicted);
  const repliedAt = { ...leases.get(mac)?.repliedAt, [kind]: at };
  leases.set(mac, { address, seenAt: at, repliedAt, xid });
  return { state: { ...state, leases }, effects };
}

/**
 * A reply on the wire that is not ours, to a modem that we serve: two servers on one network spoil a flash.
 */
function overhear(
  settings: BootpServerSettings,
  state: BootpServerState,
  message: BootpMessage,
): BootpServerStep {
  const mac = macOf(message);
  const lease = mac === undefined ? undefined : state.leases.get(mac);
  const named = addressOption(readOptions(message.vend).options, OPTION.serverIdentifier);
  const server = named ?? message.siaddr;
  if (mac === undefined || lease?.xid !== message.xid || server === settings.address)
    return silent(state, 'not-a-request');
  const { yiaddr: offered, file } = message;
  return { state, effects: [{ do: 'foreign-reply', mac, server, offered, file }] };
}
