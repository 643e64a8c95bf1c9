/** A STUN server played by a test, and a NAT before it. */
import { createHmac } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { Endpoint, Hmac, ReadStun, StunMessage } from '../../../protocol/stun/message.ts';
import { isGenuine, readStun, writeStun } from '../../../protocol/stun/message.ts';

const PATIENCE_MS = 20_000;

export const hmacSha1: Hmac = (key, text) => createHmac('sha1', key).update(text).digest();

/** A Binding Request as received. */
export interface StunAsked extends ReadStun {
  readonly bytes: Uint8Array;
  readonly from: Endpoint;
  /**
   * Answers with the sender's address, unless another is given; to RESPONSE-ADDRESS if that was requested.
   */
  answer(change?: Partial<StunMessage>, key?: Uint8Array): void;
  /** Signed by this key. */
  isBy(key: string): boolean;
}

export interface StunServer extends Endpoint {
  /** The next request that is not a repetition; rejects when none arrives within 20 s. */
  next(): Promise<StunAsked>;
  /** The next request to arrive, also if it is a repetition. */
  repeated(): Promise<StunAsked>;
  /** Answers each request from now on, and passes it to this function unless it is a repetition. */
  serve(reported: (asked: StunAsked) => void): void;
  /** Sends from the server's own port. */
  send(bytes: Uint8Array, to: Endpoint): Promise<void>;
}

async function socketOf(t: Test): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4').on('error', () => {});
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  t.teardown(() => {
    if (!closed) socket.close();
  });
  return socket;
}

export async function stunServer(t: Test): Promise<StunServer> {
  const socket = await socketOf(t);
  const waiting: StunAsked[] = [];
  let taker: ((asked: StunAsked) => void) | undefined;
  const ids = new Set<string>();
  let served: ((asked: StunAsked) => void) | undefined;
  socket.on('message', (bytes, { address, port }) => {
    const read = readStun(bytes);
    if (!read.ok) return;
    const { message } = read.value;
    const from = { address, port };
    const asked: StunAsked = {
      ...read.value,
      bytes,
      from,
      answer: (change, key) => {
        const made: StunMessage = { kind: 'response', id: message.id, mappedAddress: from, ...change };
        const signed = key === undefined ? undefined : { key, hmac: hmacSha1 };
        const to = message.responseAddress ?? from;
        socket.send(writeStun(made, signed), to.port, to.address);
      },
      isBy: (key) => isGenuine(bytes, read.value, Buffer.from(key), hmacSha1),
    };
    if (served !== undefined) {
      asked.answer();
      if (isNew(asked)) served(asked);
      return;
    }
    if (taker === undefined) waiting.push(asked);
    else taker(asked);
  });
  const isNew = ({ message }: StunAsked): boolean => {
    const id = Buffer.from(message.id).toString('hex');
    const known = ids.has(id);
    ids.add(id);
    return !known;
  };
  const take = (fits: (asked: StunAsked) => boolean): Promise<StunAsked> => {
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift())
      if (fits(first)) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no STUN request came')), PATIENCE_MS);
      taker = (asked) => {
        if (!fits(asked)) return;
        taker = undefined;
        clearTimeout(timer);
        resolve(asked);
      };
    });
  };
  return {
    ...socket.address(),
    next: () => take(isNew),
    repeated: () => take(() => true),
    serve: (reported) => {
      served = reported;
    },
    send: (bytes, to) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, to.port, to.address, (error) => (error === null ? resolve() : reject(error)));
      }),
  };
}

export interface Nat extends Endpoint {
  /** Bindings that were created since the start. */
  readonly made: number;
  /** The port of the last of them, as the server sees it. */
  readonly seen: number;
}

/**
 * What is sent to it goes on to the server from a port of its own for each sender, and what the server sends
 * there goes back, as long as the sender was heard within `lifeMs` of this clock; then another port takes its
 * place. A repetition counts for the time of what it repeats: on a busy machine it may arrive after simulated
 * time has gone on.
 */
export async function openNat(
  t: Test,
  server: Endpoint,
  { lifeMs, now }: { readonly lifeMs: number; readonly now: () => number },
): Promise<Nat> {
  const inside = await socketOf(t);
  const bindings = new Map<number, { readonly outside: dgram.Socket; heardAt: number }>();
  let made = 0;
  let seen = 0;
  const relayed = new Set<string>();
  inside.on('message', async (bytes, { port }) => {
    let binding = bindings.get(port);
    const hex = bytes.toString('hex');
    if (relayed.has(hex)) {
      binding?.outside.send(bytes, server.port, server.address);
      return;
    }
    relayed.add(hex);
    if (binding === undefined || now() - binding.heardAt >= lifeMs) {
      binding?.outside.close();
      bindings.delete(port);
      made += 1;
      const outside = await socketOf(t);
      const fresh = { outside, heardAt: now() };
      bindings.set(port, fresh);
      seen = outside.address().port;
      outside.on('message', (answer, from) => {
        if (from.port === server.port && now() - fresh.heardAt < lifeMs)
          inside.send(answer, port, '127.0.0.1');
      });
      binding = fresh;
    }
    binding.heardAt = now();
    binding.outside.send(bytes, server.port, server.address);
  });
  return {
    ...inside.address(),
    get made() {
      return made;
    },
    get seen() {
      return seen;
    },
  };
}
