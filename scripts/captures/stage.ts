/** Where captures are played: simulated time, a network in memory, and a recorder that hears all of it. */
import net from 'node:net';
import type { Side } from '../../captures/packet/streams.ts';
import { createRecorder, type Recorder } from '../../captures/record/record.ts';
import { withComments } from '../../captures/record/record-comments.ts';
import { createRandom, hash } from '../../protocol/random.ts';
import type { Connect } from '../../simulator/http/acs-url.ts';
import { createScheduler, type Scheduler } from '../../simulator/time/scheduler.ts';
import type { Address, Wiretap } from './memory-socket.ts';
import { MemorySocket } from './memory-socket.ts';

/** When all captures begin. */
export const BEGIN = Date.UTC(2026, 0, 5, 8);

/** Nanoseconds between two packets, and from one word of a conversation to the next. */
const PACKET = 200_000n;
const TURN = 9_000_000n;
const MILLISECOND = 1_000_000n;

const FIRST_PORT = 49_152;

export interface Stage {
  readonly scheduler: Scheduler;
  /** Address of the n-th modem of a capture: of the networks that are set aside for tests (RFC 2544). */
  modemAddress(index: number): string;
  /** Milliseconds since 1970, as the packets have them. */
  now(): number;
  /** Bytes and numbers that are the same each time. */
  random(bytes: number): Uint8Array;
  readonly recorder: Recorder;
  /** Whoever listens at an address is given a socket for each connection. */
  listen(at: Address, accept: (socket: net.Socket) => void): void;
  /** What a station of this address opens connections with. */
  connector(address: string): Connect;
  /** The file. */
  bytes(): Buffer;
}

export interface StageOptions {
  /** Same seed, same bytes. */
  readonly seed: string;
  /** Simulated milliseconds that may pass while a session goes on, so that others begin in it; default 0. */
  readonly overlapMs?: number;
}

export function openStage({ overlapMs = 0, seed }: StageOptions): Stage {
  const scheduler = createScheduler({ speed: 'max', start: BEGIN, overlap: overlapMs });
  const parts: Uint8Array[] = [];
  const next = createRandom(`${seed}/stage`);
  let time = BigInt(BEGIN) * MILLISECOND;
  /** Time passes while the modems' clocks stand still: in a session they do. */
  const pass = (by: bigint): bigint => {
    const own = BigInt(Math.round(scheduler.now() * 1000)) * 1000n;
    time = (own > time ? own : time) + by;
    return time;
  };
  const recorder = withComments(
    createRecorder({
      application: 'modemlab',
      now: () => pass(PACKET),
      write: (bytes) => parts.push(bytes),
    }),
  );
  const listeners = new Map<string, (socket: net.Socket) => void>();
  const ports = new Map<string, number>();

  const open = (client: Address, server: Address, accept: (socket: net.Socket) => void): net.Socket => {
    const recorded = recorder.connection(ended(client), ended(server));
    const tapOf = (from: Side): Wiretap => ({
      said(bytes) {
        pass(TURN);
        recorded.said(from, bytes);
      },
      closed: (how) => recorded.closed(from, how),
    });
    const near = new MemorySocket(client, server, tapOf('client'));
    const far = new MemorySocket(server, client, tapOf('server'), { allowHalfOpen: true });
    MemorySocket.join(near, far);
    setImmediate(() => {
      accept(far);
      near.emit('connect');
    });
    return near;
  };

  return {
    scheduler,
    modemAddress: (index) => {
      // No two captures have a modem's address in common, so that they can be put into one file.
      const number = (hash(`${seed}/address`) + index) % 2 ** 17;
      return `198.${18 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
    },
    now: () => Number(pass(0n) / MILLISECOND),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(next() * 256)),
    recorder,
    listen(at, accept) {
      listeners.set(textOf(at), accept);
    },
    connector: (address) => {
      return ({ host, port }) => {
        const accept = listeners.get(textOf({ host, port }));
        if (accept === undefined) return refused({ host, port });
        const own = ports.get(address) ?? FIRST_PORT;
        ports.set(address, own + 1);
        return open({ host: address, port: own }, { host, port }, accept);
      };
    },
    bytes: () => Buffer.concat(parts),
  };
}

const textOf = ({ host, port }: Address): string => `${host}:${port}`;
const ended = ({ host, port }: Address) => ({ address: host, port });

/** Where nobody listens. */
function refused(at: Address): net.Socket {
  const socket = new net.Socket();
  const error = Object.assign(new Error(`connect ECONNREFUSED ${textOf(at)}`), { code: 'ECONNREFUSED' });
  setImmediate(() => socket.destroy(error));
  return socket;
}
