/**
 * The open sessions of a capture, and which of them a POST belongs to: by a cookie that the ACS set; else by
 * its TCP connection; else, for a CPE that opens a connection per request, the only open session between the
 * two hosts, or of several the one whose cwmp:ID it answers.
 */
import { createHash } from 'node:crypto';
import { keyOf } from '../../protocol/cwmp/device-key.ts';
import type { Envelope, Inform } from '../../protocol/cwmp/messages.ts';
import type { SeenSession } from '../../protocol/cwmp/session-notes.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import type { HttpMessage } from '../http/http.ts';
import { headerOf } from '../http/http-head.ts';
import type { CwmpSession } from './cwmp-types.ts';

/** A session, and the state needed to judge its next message. */
export interface TrackedSession extends CwmpSession {
  device: string | undefined;
  deviceId: CwmpSession['deviceId'];
  firmware: string | undefined;
  events: readonly string[];
  ended: bigint;
  posts: number;
  connections: number;
  faults: number;
  readonly quirks: Map<QuirkId, number>;
  state: CwmpSession['state'];
  seen: SeenSession | undefined;
  /** The ACS's request that is not answered yet. */
  pendingRequest: { readonly id: string | undefined; readonly rpc: string } | undefined;
  /** Cookies that the ACS set, as `name=value`. */
  readonly cookies: Set<string>;
  /** Authentication schemes of the last challenge. */
  offeredSchemes: readonly string[];
  /** The Inform was challenged, or is to be repeated: the next one belongs to the same session. */
  expectsRepeat: boolean;
  lastStream: number;
}

const addressOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'));

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf16le').digest('hex');

/** Key of the device that sent an Inform. */
export const deviceKeyOf = (inform: Inform): string => keyOf(inform.DeviceId, sha256);

/** `name=value` pairs of a Cookie header, without the attributes that RFC 2109 puts among them. */
export function cookiePairs(http: Pick<HttpMessage, 'head'>): readonly string[] {
  const lines = http.head.headers.filter(([name]) => name.toLowerCase() === 'cookie');
  return lines
    .flatMap(([, value]) => value.split(/[;,]/))
    .map((pair) => pair.trim().replace(/^([^=]*)="(.*)"$/, '$1=$2'))
    .filter((pair) => pair.includes('=') && !pair.startsWith('$'))
    .slice(0, LIMITS.cookies);
}

export class TrackedSessions {
  readonly #byCookie = new Map<string, TrackedSession>();
  readonly #byStream = new Map<number, TrackedSession>();
  readonly #byDevice = new Map<string, TrackedSession>();
  /** Sessions that are kept, the oldest first. */
  readonly #known = new Set<TrackedSession>();
  readonly #byHosts = new Map<string, Set<TrackedSession>>();
  #count = 0;

  /** The session of a request other than an Inform. */
  find(http: HttpMessage, envelope: Envelope | undefined): TrackedSession | undefined {
    const cpe = addressOf(clientOf(http));
    for (const pair of cookiePairs(http)) {
      const found = this.#byCookie.get(`${cpe} ${pair}`);
      if (found !== undefined) return found;
    }
    const same = this.#byStream.get(http.stream.number);
    if (same !== undefined) return same;
    const between = this.#byHosts.get(`${cpe} ${serverOf(http)}`) ?? [];
    const open = [...between].filter(({ state }) => state === 'open');
    if (open.length === 1) return open[0];
    return envelope === undefined
      ? undefined
      : open.find(
          ({ pendingRequest }) => pendingRequest?.id !== undefined && pendingRequest.id === envelope.id,
        );
  }

  ofDevice = (device: string): TrackedSession | undefined => this.#byDevice.get(device);

  deviceOf = deviceKeyOf;

  /** Begins a session; `inform` is missing where the capture begins in the middle of one. */
  begin(http: HttpMessage, inform: Inform | undefined): TrackedSession {
    if (this.#known.size >= LIMITS.captureSessions) this.#forgetOldest();
    this.#count += 1;
    const session: TrackedSession = {
      number: this.#count,
      device: undefined,
      deviceId: undefined,
      firmware: undefined,
      events: [],
      cpe: addressOf(clientOf(http)),
      acs: serverOf(http),
      began: http.began,
      ended: http.ended,
      posts: 0,
      connections: 1,
      faults: 0,
      quirks: new Map(),
      state: 'open',
      seen: undefined,
      pendingRequest: undefined,
      cookies: new Set(),
      offeredSchemes: [],
      expectsRepeat: false,
      lastStream: http.stream.number,
    };
    this.#known.add(session);
    const hosts = `${session.cpe} ${session.acs}`;
    // Few sessions are open at a time behind one address; those that have ended need not be found.
    const others = [...(this.#byHosts.get(hosts) ?? [])].filter(({ state }) => state === 'open');
    this.#byHosts.set(hosts, new Set([...others, session]));
    if (inform !== undefined) this.identify(session, inform);
    return session;
  }

  identify(session: TrackedSession, inform: Inform): void {
    session.deviceId = inform.DeviceId;
    session.device = this.deviceOf(inform);
    session.events = inform.Event.map(({ EventCode }) => EventCode);
    session.firmware = inform.ParameterList.find(({ Name }) =>
      Name.endsWith('.DeviceInfo.SoftwareVersion'),
    )?.Value;
    this.#byDevice.set(session.device, session);
  }

  /** A message of the session came over this stream. */
  touch(session: TrackedSession, http: HttpMessage): void {
    if (http.head.kind === 'request') session.posts += 1;
    session.ended = http.ended;
    if (session.lastStream !== http.stream.number) session.connections += 1;
    session.lastStream = http.stream.number;
    this.#byStream.set(http.stream.number, session);
  }

  setCookie(session: TrackedSession, pair: string): void {
    if (session.cookies.size >= LIMITS.cookies) return;
    session.cookies.add(pair);
    this.#byCookie.set(`${session.cpe} ${pair}`, session);
  }

  /** The stream has ended: its number is not used again. */
  streamEnded(stream: number): void {
    this.#byStream.delete(stream);
  }

  #forgetOldest(): void {
    const [oldest] = this.#known;
    if (oldest === undefined) return;
    this.#known.delete(oldest);
    if (oldest.state === 'open') oldest.state = 'broken';
    for (const pair of oldest.cookies) {
      const key = `${oldest.cpe} ${pair}`;
      if (this.#byCookie.get(key) === oldest) this.#byCookie.delete(key);
    }
    const hosts = `${oldest.cpe} ${oldest.acs}`;
    const between = this.#byHosts.get(hosts);
    between?.delete(oldest);
    if (between?.size === 0) this.#byHosts.delete(hosts);
    if (oldest.device !== undefined && this.#byDevice.get(oldest.device) === oldest)
      this.#byDevice.delete(oldest.device);
  }
}

/** The side that sends requests and gets responses. */
const clientOf = ({ from, head, stream }: HttpMessage): string =>
  (head.kind === 'request') === (from === 'client') ? stream.client : stream.server;
const serverOf = ({ from, head, stream }: HttpMessage): string =>
  (head.kind === 'request') === (from === 'client') ? stream.server : stream.client;

/** Whether a request claims to be CWMP although its body cannot be read. */
export function looksLikeCwmp(http: HttpMessage): boolean {
  if (headerOf(http.head.headers, 'soapaction') !== undefined) return true;
  const start = Buffer.from(
    http.body.buffer,
    http.body.byteOffset,
    Math.min(http.body.length, 1024),
  ).toString('latin1');
  return /<([\w.-]{1,64}:)?Envelope[\s>]/.test(start);
}
