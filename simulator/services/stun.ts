/**
 * The UDP port of a modem: connection requests in datagrams, and the STUN client that learns the address at
 * which the port is reached from outside (TR-069 Annex G). A modem has one only while STUNEnable is true, or
 * if its options ask for it.
 */
import { createHmac } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { assertNever } from '../../protocol/result.ts';
import type { StunEffect, StunEvent, StunPort, StunSettings, StunState } from '../../protocol/stun/client.ts';
import { initialStun, STUN_STEP_MS, stepStun } from '../../protocol/stun/client.ts';
import type { Endpoint, Hmac } from '../../protocol/stun/message.ts';
import { looksLikeStun } from '../../protocol/stun/message.ts';
import {
  judgeUdpConnectionRequest,
  readUdpConnectionRequest,
} from '../../protocol/stun/udp-connection-request.ts';
import type { Call, ConnectionRequestOptions } from '../connection-request-types.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';
import { credentialsOf, isManaged, isThrottled, serve } from './connection-request.ts';

/** What a modem has while its port is open. */
interface Udp {
  readonly primary: dgram.Socket;
  /** Only for the search of the keep-alive period. */
  secondary: dgram.Socket | undefined;
  /** The address of the primary port, once it is bound. */
  local: Endpoint | undefined;
  client: { readonly settings: StunSettings; state: StunState } | undefined;
  /** Ends a wait in real time: until then simulated time stands still at the highest speed. */
  release: (() => void) | undefined;
  retry: NodeJS.Timeout | undefined;
  /** ts and id of the last accepted connection request. */
  lastTs: number;
  lastId: string;
  /** Simulated time of the last report of another address to the ACS. */
  toldAt: number | undefined;
}

const of = new WeakMap<ModemContext, Udp>();
/** Ports that are being closed. */
const closing = new WeakMap<ModemContext, Promise<unknown>>();

const hmac: Hmac = (key, text) => createHmac('sha1', key).update(text).digest();

/** RFC 3489 2: the port of STUN. */
const STUN_PORT = 3478;
const TIMER = 'stun';
const ADDRESS_TIMER = 'udp address';

export const udpConnectionRequests: ModemService = {
  booted(modem) {
    if (isWanted(modem)) open(modem);
  },

  written(modem, changes) {
    if (modem.options.connectionRequests === undefined) return;
    const prefix = modem.device.name('ManagementServer.STUN');
    if (!changes.some(({ name }) => name.startsWith(prefix))) return;
    const udp = of.get(modem);
    if (!isWanted(modem)) {
      close(modem);
      change(modem, 'UDPConnectionRequestAddress', '');
      change(modem, 'NATDetected', '0');
    } else if (udp === undefined) open(modem);
    else startClient(modem, udp);
  },

  down(modem) {
    close(modem);
  },

  async stop(modem) {
    await closing.get(modem);
  },
};

function isWanted(modem: ModemContext): boolean {
  const { connectionRequests } = modem.options;
  if (connectionRequests === undefined) return false;
  const { udp = 'stun' } = connectionRequests;
  return udp === 'always' || (udp === 'stun' && hasStun(modem));
}

const setting = (modem: ModemContext, name: string): string =>
  modem.device.setting(`ManagementServer.${name}`);
const hasStun = (modem: ModemContext): boolean => /^(1|true)$/.test(setting(modem, 'STUNEnable'));

function open(modem: ModemContext): void {
  const { connectionRequests } = modem.options;
  if (connectionRequests === undefined) return;
  const udp: Udp = {
    primary: dgram.createSocket('udp4'),
    secondary: undefined,
    local: undefined,
    client: undefined,
    release: undefined,
    retry: undefined,
    lastTs: 0,
    lastId: '',
    toldAt: undefined,
  };
  of.set(modem, udp);
  udp.release = modem.scheduler.hold();
  bind(udp.primary, connectionRequests, () => {
    udp.local = { address: localAddress(connectionRequests), port: udp.primary.address().port };
    startClient(modem, udp);
  });
  udp.primary.on('message', (bytes) => {
    if (looksLikeStun(bytes)) step(modem, udp, { is: 'datagram', on: 'primary', bytes });
    else onRequest(modem, udp, bytes);
  });
}

/** If a port cannot be bound, or a server cannot be reached, the modem cannot be called this way. */
function bind(socket: dgram.Socket, { listener }: ConnectionRequestOptions, done: () => void): void {
  socket.on('error', () => {});
  socket.bind({ address: net.isIPv4(listener.address) ? listener.address : '0.0.0.0', port: 0 }, done);
}

const localAddress = ({ listener }: ConnectionRequestOptions): string =>
  [listener.address, listener.host].find((host) => net.isIPv4(host) && host !== '0.0.0.0') ?? '127.0.0.1';

function close(modem: ModemContext): void {
  const udp = of.get(modem);
  if (udp === undefined) return;
  of.delete(modem);
  modem.timers.clear(TIMER);
  modem.timers.clear(ADDRESS_TIMER);
  settle(udp);
  udp.client = undefined;
  const closed = [udp.primary, udp.secondary].map(
    (socket) => socket && new Promise<void>((resolve) => socket.close(resolve)),
  );
  closing.set(modem, Promise.all([closing.get(modem), ...closed]));
}

/**
 * The client starts, or starts over with other settings; without STUN the port has the address that the modem
 * sees.
 */
function startClient(modem: ModemContext, udp: Udp): void {
  const { local } = udp;
  // If not bound yet, it starts when it is. If closed in the meantime, it does not.
  if (local === undefined || of.get(modem) !== udp) return;
  settle(udp);
  modem.timers.clear(TIMER);
  udp.client = undefined;
  if (!hasStun(modem)) {
    tellAddress(modem, udp, local, false);
    return;
  }
  const settings = settingsOf(modem, local);
  udp.client = { settings, state: initialStun(settings) };
  step(modem, udp, { is: 'start' });
}

function settingsOf(modem: ModemContext, local: Endpoint): StunSettings {
  const number = (name: string, otherwise: number): number => {
    const text = setting(modem, name);
    return /^-?\d{1,10}$/.test(text) ? Number(text) : otherwise;
  };
  return {
    local,
    minimum: number('STUNMinimumKeepAlivePeriod', 30),
    maximum: number('STUNMaximumKeepAlivePeriod', -1),
    username: Buffer.from(setting(modem, 'STUNUsername')),
    password: Buffer.from(setting(modem, 'STUNPassword')),
    transactionId: () => Uint8Array.from({ length: 16 }, () => Math.floor(modem.random() * 256)),
    hmac,
  };
}

function step(modem: ModemContext, udp: Udp, event: StunEvent): void {
  const { client } = udp;
  if (client === undefined) return;
  const { state, effects } = stepStun(client.settings, client.state, event);
  client.state = state;
  for (const effect of effects) carryOut(modem, udp, effect);
}

function carryOut(modem: ModemContext, udp: Udp, effect: StunEffect): void {
  switch (effect.do) {
    case 'send':
      send(modem, udp, effect.from, effect.bytes);
      return;
    case 'retry': {
      const { stunStepMs = STUN_STEP_MS } = modem.options.connectionRequests ?? {};
      udp.release ??= modem.scheduler.hold();
      udp.retry = setTimeout(() => step(modem, udp, { is: 'unanswered' }), effect.steps * stunStepMs);
      return;
    }
    case 'settled':
      settle(udp);
      return;
    case 'wait':
      modem.timers.set(TIMER, effect.seconds * 1000, () => step(modem, udp, { is: 'due' }));
      return;
    case 'mapped':
      tellAddress(modem, udp, effect.endpoint, effect.translated);
      return;
    case 'found':
      udp.secondary?.close();
      udp.secondary = undefined;
      return;
    default:
      assertNever(effect);
  }
}

function settle(udp: Udp): void {
  clearTimeout(udp.retry);
  udp.release?.();
  udp.release = undefined;
}

function send(modem: ModemContext, udp: Udp, from: StunPort, bytes: Uint8Array): void {
  const host = setting(modem, 'STUNServerAddress') || hostOf(setting(modem, 'URL'));
  const port = Number(setting(modem, 'STUNServerPort')) || STUN_PORT;
  const go = (socket: dgram.Socket): void => {
    if (of.get(modem) === udp) socket.send(bytes, port, host, () => {});
  };
  if (from === 'primary') go(udp.primary);
  else secondary(modem, udp, go);
}

/** Without a STUN server of its own, the ACS's host is used. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

function secondary(modem: ModemContext, udp: Udp, go: (socket: dgram.Socket) => void): void {
  const { connectionRequests } = modem.options;
  if (udp.secondary !== undefined || connectionRequests === undefined) {
    if (udp.secondary !== undefined) go(udp.secondary);
    return;
  }
  const socket = dgram.createSocket('udp4');
  udp.secondary = socket;
  socket.on('message', (bytes) => step(modem, udp, { is: 'datagram', on: 'secondary', bytes }));
  bind(socket, connectionRequests, () => go(socket));
}

/** Updates UDPConnectionRequestAddress and NATDetected; the ACS is informed no more often than it allows. */
function tellAddress(modem: ModemContext, udp: Udp, { address, port }: Endpoint, translated: boolean): void {
  change(modem, 'NATDetected', translated ? '1' : '0');
  const name = modem.device.name('ManagementServer.UDPConnectionRequestAddress');
  const value = `${address}:${port}`;
  const before = modem.device.valueAt(name);
  if (before === undefined || before === value) return;
  const limit = Number(setting(modem, 'UDPConnectionRequestAddressNotificationLimit')) || 0;
  const wait = udp.toldAt === undefined ? 0 : udp.toldAt + limit * 1000 - modem.scheduler.now();
  const tell = (): void => {
    udp.toldAt = modem.scheduler.now();
    modem.change(name, modem.device.valueAt(name) ?? '');
  };
  modem.device.tree.store(name, value);
  if (wait > 0) modem.timers.set(ADDRESS_TIMER, wait, tell);
  else tell();
}

function change(modem: ModemContext, below: string, value: string): void {
  const name = modem.device.name(`ManagementServer.${below}`);
  const before = modem.device.valueAt(name);
  if (before !== undefined && before !== value) modem.change(name, value);
}

/** A datagram that is not STUN: a connection request, or nothing. It is never answered. */
function onRequest(modem: ModemContext, udp: Udp, bytes: Uint8Array): void {
  if (!modem.on || !isManaged(modem) || !modem.device.client.takesCalls) return;
  const tell = (ok: boolean, why: Call['why']): void => serve(modem, { via: 'udp', ok, status: 0, why });
  const request = readUdpConnectionRequest(bytes);
  if (request === undefined) {
    tell(false, 'malformed');
    return;
  }
  const verdict = judgeUdpConnectionRequest(request, { ...credentialsOf(modem), ...udp }, hmac);
  if (verdict !== 'accepted') {
    tell(false, verdict);
    return;
  }
  udp.lastTs = Number(request.ts);
  udp.lastId = request.id;
  if (isThrottled(modem)) tell(false, 'throttled');
  else tell(true, 'accepted');
}
