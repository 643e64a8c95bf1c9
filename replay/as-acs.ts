/**
 * Plays the ACS of a capture to modems, and reports where they differ from the recorded ones.
 */
import type { Socket } from 'node:net';
import { cookiePairs, deviceKeyOf } from '../captures/conversation/cwmp-sessions.ts';
import { framingOf, headerOf } from '../captures/http/http-head.ts';
import { encode } from '../protocol/cwmp/encode.ts';
import type { Envelope } from '../protocol/cwmp/messages.ts';
import { readSetCookie } from '../protocol/http/cookie.ts';
import type { LivePost, PortOptions, Reply } from './acs-port.ts';
import { openAcsPort } from './acs-port.ts';
import type { AcsReply } from './acs-session.ts';
import { AcsSession } from './acs-session.ts';
import { playable } from './as-modem.ts';
import { Differences } from './differences.ts';
import type { Ignores } from './ignored.ts';
import { responseBytes, withId } from './message-bytes.ts';
import type { ReplaySpeed } from './pace.ts';
import { createPace } from './pace.ts';
import type { Plan } from './plan.ts';
import type { Recording } from './recording.ts';
import type { ReplayReport } from './report.ts';
import { NO_ANSWERS } from './report.ts';
import type { PeerMessage } from './response.ts';
import { contentOf, peerMessage } from './response.ts';

export interface AcsReplay extends Omit<PortOptions, 'answer'> {
  readonly ignores: Ignores;
  readonly speed: ReplaySpeed;
  /** Milliseconds without a message of any modem before the rest is given up. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the URL once it listens. */
  readonly listening?: (url: string) => void;
  readonly progress?: (played: number, sessions: number, sent: number) => void;
}

/** Resolves when every recorded session was played, no modem comes any more, or the signal has aborted. */
export async function replayAsAcs(recording: Recording, replay: AcsReplay): Promise<ReplayReport> {
  const { ignores, progress, signal, speed, timeoutMs } = replay;
  const found = new Differences(ignores);
  const notes = new Set<string>();
  const plans = playable(recording, ignores, notes);
  const sessions = new SessionAssignment(plans, found);
  const pace = createPace(speed, signal);
  let sent = 0;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  signal?.addEventListener('abort', over);
  const port = await openAcsPort({
    ...replay,
    answer: async ({ body, raw }, socket) => {
      timer?.refresh();
      const contentType = headerOf(raw.head.headers, 'content-type');
      const content = contentOf(body, contentType);
      const said = peerMessage(content, undefined, raw.head.headers);
      const session = sessions.sessionOf(said, raw, socket);
      if (session === undefined) return { bytes: BAD_REQUEST, last: true };
      const word = session.answer(said);
      if (word.is === 'recorded') await pace.between(word.to.http.ended, word.said.http.began);
      const reply = replyOf(word, content.is === 'message' ? content.envelope : undefined);
      if (word.is === 'recorded') sessions.setCookies(session, word);
      sent += 1;
      progress?.(sessions.played, plans.length, sent);
      timer?.refresh();
      if (sessions.done) setImmediate(over);
      return reply;
    },
  });
  timer = setTimeout(over, timeoutMs);
  replay.listening?.(port.url);
  try {
    if (signal?.aborted !== true && plans.length > 0) await ended;
  } finally {
    clearTimeout(timer);
    await port.close();
  }
  if (signal?.aborted === true) notes.add('interrupted');
  else sessions.finish(`nothing within ${timeoutMs / 1000} s`);
  return {
    role: 'ACS',
    same: found.all.length === 0,
    recorded: recording.sessions.length,
    played: sessions.played,
    sent,
    answers: NO_ANSWERS,
    differences: found.all,
    more: found.more,
    notes: [...notes],
  };
}

const BAD_REQUEST = Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
const NO_CONTENT = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');

function replyOf(word: AcsReply, asked: Envelope | undefined): Reply {
  if (word.is === 'nothing') return { bytes: NO_CONTENT, last: false };
  if (word.is === 'made') {
    const namespace = asked?.namespace ?? 'urn:dslforum-org:cwmp-1-0';
    const text = encode({ id: asked?.id, namespace, header: {}, message: word.message });
    const type = 'Content-Type: text/xml; charset=utf-8';
    const head = `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: ${text.length}\r\n\r\n`;
    return { bytes: Buffer.from(head + text), last: false };
  }
  const { http } = word.said;
  const isEcho = word.echo && asked?.id !== undefined;
  const body = (isEcho ? withId(http.body, asked.id) : undefined) ?? http.body;
  const connection = headerOf(http.head.headers, 'connection') ?? '';
  const last = framingOf(http.head, 'POST').by === 'close' || /\bclose\b/i.test(connection);
  return { bytes: responseBytes(http, body), last };
}

/**
 * Assigns POSTs to sessions: by cookie, else by connection; an Inform begins the next session of its device.
 */
class SessionAssignment {
  readonly #plans: readonly Plan[];
  readonly #found: Differences;
  readonly #begun = new Set<Plan>();
  readonly #sessions = new Set<AcsSession>();
  readonly #byCookie = new Map<string, AcsSession>();
  readonly #bySocket = new WeakMap<Socket, AcsSession>();
  readonly #byDevice = new Map<string, AcsSession>();
  /** The recorded device that a live one stands for, by their keys. */
  readonly #standsFor = new Map<string, string | undefined>();

  constructor(plans: readonly Plan[], found: Differences) {
    this.#plans = plans;
    this.#found = found;
  }

  get played(): number {
    return [...this.#sessions].filter(({ ended }) => ended).length;
  }

  /** Every recorded session was begun, and none is open. */
  get done(): boolean {
    return this.#begun.size === this.#plans.length && this.played === this.#sessions.size;
  }

  sessionOf(said: PeerMessage, http: LivePost['raw'], socket: Socket): AcsSession | undefined {
    const { content } = said;
    const message = content.is === 'message' ? content.envelope.message : undefined;
    const session =
      message?.kind === 'request' && message.rpc === 'Inform'
        ? this.#begin(deviceKeyOf(message.args))
        : (this.#byCookies(http) ?? this.#bySocket.get(socket) ?? this.#only());
    if (session !== undefined) this.#bySocket.set(socket, session);
    return session;
  }

  setCookies(session: AcsSession, { said }: Extract<AcsReply, { is: 'recorded' }>): void {
    for (const [name, value] of said.http.head.headers) {
      const cookie = name.toLowerCase() === 'set-cookie' ? readSetCookie(value) : undefined;
      if (cookie !== undefined) this.#byCookie.set(`${cookie.name}=${cookie.value}`, session);
    }
  }

  /** The modems are silent: reports what did not happen. */
  finish(why: string): void {
    for (const session of this.#sessions) session.finish(why);
    for (const plan of this.#plans)
      if (!this.#begun.has(plan))
        this.#found.add({ kind: 'broken', session: plan.number, path: 'Session', live: `no Inform: ${why}` });
  }

  #byCookies(http: LivePost['raw']): AcsSession | undefined {
    for (const pair of cookiePairs(http)) {
      const session = this.#byCookie.get(pair);
      if (session !== undefined) return session;
    }
    return undefined;
  }

  #only(): AcsSession | undefined {
    const open = [...this.#sessions].filter(({ ended }) => !ended);
    return open.length === 1 ? open[0] : undefined;
  }

  #begin(key: string): AcsSession | undefined {
    const older = this.#byDevice.get(key);
    if (older?.repeats === true) return older;
    const device = this.#recordedDevice(key);
    const plan = this.#plans.find((one) => one.device === device && !this.#begun.has(one));
    if (plan === undefined) {
      const session = older?.plan.number ?? 0;
      this.#found.add({ kind: 'added', session, path: 'Session', live: `another session of ${key}` });
      return undefined;
    }
    if (older !== undefined && !older.ended) {
      older.finish('the modem began another session');
      this.#sessions.delete(older);
    }
    this.#begun.add(plan);
    const session = new AcsSession(plan, this.#found);
    this.#sessions.add(session);
    this.#byDevice.set(key, session);
    return session;
  }

  /** The device itself, if it is in the capture; else the next one that nobody stands for. */
  #recordedDevice(key: string): string | undefined {
    if (this.#standsFor.has(key)) return this.#standsFor.get(key);
    const devices = new Set(this.#plans.map(({ device }) => device));
    const taken = new Set(this.#standsFor.values());
    const free = devices.has(key) ? key : [...devices].find((device) => !taken.has(device));
    this.#standsFor.set(key, free);
    return free;
  }
}
