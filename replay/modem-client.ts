/** The HTTP side of a replayed modem: its connection, cookies and credentials. */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { headerOf } from '../captures/http/http-head.ts';
import { messageName } from '../protocol/cwmp/message-name.ts';
import type { Cookie } from '../protocol/http/cookie.ts';
import { keepCookies } from '../protocol/http/cookie.ts';
import type { Challenge } from '../protocol/http/digest.ts';
import { answerChallenge, chooseChallenge, readChallenges } from '../protocol/http/digest.ts';
import { applyQuirks } from '../protocol/quirks/act.ts';
import { CANONICAL } from '../protocol/soap/dialect.ts';
import { toBytes } from '../simulator/http/http-request.ts';
import type { Differences } from './differences.ts';
import type { AcsKeys } from './keys.ts';
import { withId } from './message-bytes.ts';
import type { Pace } from './pace.ts';
import type { Plan, RecordedSend } from './plan.ts';
import { wantsAgain } from './plan.ts';
import type { Answer } from './recorded-answers.ts';
import type { RecordedExchange } from './recording.ts';
import { requestBytes } from './request-bytes.ts';
import type { PeerMessage } from './response.ts';
import { describe, liveMessage, recordedMessage } from './response.ts';
import { Wire } from './wire.ts';

export interface ModemSettings {
  readonly url: URL;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly timeoutMs: number;
  readonly onSocket: ((socket: Socket) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface ModemClientInput {
  readonly settings: ModemSettings;
  readonly plan: Plan;
  readonly pace: Pace;
  readonly found: Differences;
  readonly keys: AcsKeys;
  readonly onPost: () => void;
  readonly onNote: (text: string) => void;
}

/** What is posted next. */
export type Next =
  | { readonly is: 'own'; readonly send: RecordedSend }
  | {
      readonly is: 'answer';
      readonly answer: Exclude<Answer, { from: 'silence' }>;
      readonly id: string | undefined;
    };

/** One session. */
export class ModemClient {
  readonly #input: ModemClientInput;
  readonly #wire: Wire;
  #url: URL;
  #cookies: readonly Cookie[] = [];
  #challenges: readonly Challenge[] = [];
  #nonceUses = 0;
  /** When the last message of the ACS came in the capture. */
  #heard: bigint | undefined;

  constructor(input: ModemClientInput) {
    const { settings } = input;
    this.#input = input;
    this.#url = settings.url;
    this.#wire = new Wire(settings);
  }

  close(): void {
    this.#wire.close();
  }

  /** One POST with its repetitions; `undefined`: no response came, which was reported. */
  async send(next: Next): Promise<PeerMessage | undefined> {
    const { found, plan } = this.#input;
    const send = messageToSend(next, plan);
    const said: PeerMessage[] = [];
    for (let attempt = 0; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const exchange = send.attempts[Math.min(attempt, send.attempts.length - 1)] ?? send.final;
      const outcome = await this.#post(exchange, next);
      this.#input.settings.signal?.throwIfAborted();
      if (typeof outcome === 'string') {
        if (exchange.response !== undefined)
          found.add({ kind: 'broken', session: plan.number, path: `${send.name}.Response`, live: outcome });
        return undefined;
      }
      said.push(outcome);
      if (!this.#again(outcome, said)) break;
    }
    const live = said.at(-1);
    if (next.is === 'own' && live !== undefined && wantsAgain(live.content) === false)
      this.#compareAttempts(next.send, said);
    return live;
  }

  #compareAttempts({ attempts, name }: RecordedSend, said: readonly PeerMessage[]): void {
    const before = attempts
      .slice(0, -1)
      .map(({ response }) => (response ? describe(recordedMessage(response)) : 'lost'));
    const now = said.slice(0, -1).map(describe);
    const { found, plan } = this.#input;
    found.compare(plan.number, `${name}.Attempts`, before.join(', '), now.join(', '));
  }

  async #post(exchange: RecordedExchange, next: Next): Promise<PeerMessage | string> {
    const { keys, pace, plan, onPost } = this.#input;
    const { http } = exchange.request;
    await pace.between(this.#heard ?? http.began, http.began);
    const body = keys.renew(bodyOf(next, exchange, plan) ?? http.body);
    const bytes = requestBytes(http, {
      url: this.#url,
      cookies: this.#cookies,
      returnsCookies: returnsCookies(plan),
      authorization: this.#authorization(exchange),
      body,
    });
    onPost();
    const outcome = await this.#wire.exchange(this.#url, bytes, openedConnection(plan, exchange));
    this.#heard = exchange.response?.http.ended ?? http.ended;
    if (outcome.is === 'lost') return outcome.why;
    const { headers } = outcome.response;
    for (const line of ['set-cookie', 'set-cookie2'])
      this.#cookies = keepCookies(this.#cookies, headers.get(line) ?? []);
    const said = liveMessage(outcome.response);
    if (said.status === 401)
      this.#challenges = (headers.get('www-authenticate') ?? []).flatMap((line) => readChallenges(line));
    if (wantsAgain(said.content) === 'redirect')
      this.#url = redirected(this.#url, headers.get('location')?.[0]);
    return said;
  }

  /** Whether the POST is sent once more. */
  #again({ content }: PeerMessage, said: readonly PeerMessage[]): boolean {
    const why = wantsAgain(content);
    if (why !== 'challenge') return why !== false;
    if (this.#input.settings.credentials === undefined) {
      this.#input.onNote('the ACS asks for credentials: give --username and --password');
      return false;
    }
    const challenged = said.filter((one) => wantsAgain(one.content) === 'challenge').length;
    const isStale = this.#challenges.some((one) => one.scheme === 'digest' && one.stale);
    return challenged < 2 || (challenged < 3 && isStale);
  }

  #authorization({ request }: RecordedExchange): string | 'keep' | undefined {
    const { credentials } = this.#input.settings;
    const recorded = headerOf(request.http.head.headers, 'authorization');
    if (credentials === undefined) return recorded === undefined ? undefined : 'keep';
    const { head } = request.http;
    const offered: readonly Challenge[] =
      this.#challenges.length === 0 && recorded?.startsWith('Basic ') === true
        ? [{ scheme: 'basic', realm: '' }]
        : this.#challenges;
    if (chooseChallenge(offered) === undefined) return undefined;
    this.#nonceUses += 1;
    return answerChallenge(offered, {
      method: head.kind === 'request' ? head.method : 'POST',
      uri: this.#url.pathname + this.#url.search,
      ...credentials,
      cnonce: randomBytes(4).toString('hex'),
      nc: this.#nonceUses,
      hash: (algorithm, text) => createHash(algorithm).update(text, 'latin1').digest('hex'),
      preferBasic: recorded?.startsWith('Basic ') === true,
    });
  }
}

/** Challenges, redirections (TR-069a6 3.4.2: five) and repetitions of one POST, together. */
const MAX_ATTEMPTS = 8;

/** Where the rest of the session goes; other URLs than HTTP are ignored. */
function redirected(url: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, url.href)) return url;
  const to = new URL(location, url.href);
  return to.protocol === 'http:' || to.protocol === 'https:' ? to : url;
}

/** Whether the modem used another connection than for its previous POST. */
function openedConnection({ recorded: { exchanges } }: Plan, exchange: RecordedExchange): boolean {
  const before = exchanges[exchanges.indexOf(exchange) - 1];
  return before !== undefined && before.request.http.stream.number !== exchange.request.http.stream.number;
}

/** The recorded POST to send, or to model the new one on. */
function messageToSend(next: Next, { own, requests }: Plan): RecordedSend {
  if (next.is === 'own') return next.send;
  if (next.answer.from === 'capture') return next.answer.send;
  const spoken = [...requests.flatMap(({ answer }) => answer ?? []), ...own];
  const model = spoken.find(({ final }) => final.request.content.is === 'message') ?? spoken[0];
  if (model === undefined) throw new Error('unreachable: a plan that is played has its Inform');
  return { attempts: [model.final], final: model.final, name: messageName(next.answer.message) };
}

/** What replaces the recorded body; `undefined`: it is sent unchanged. */
function bodyOf(next: Next, exchange: RecordedExchange, plan: Plan): Uint8Array | undefined {
  if (next.is === 'own') return undefined;
  const { answer, id } = next;
  if (answer.from !== 'capture') {
    const { message, profile } = answer;
    const inform = plan.own[0]?.final.request.content;
    const namespace = inform?.is === 'message' ? inform.envelope.namespace : 'urn:dslforum-org:cwmp-1-0';
    const dialect = profile?.dialects.get(messageName(message)) ?? profile?.dialect;
    const text = applyQuirks(
      { id, namespace, header: {}, message },
      dialect ?? CANONICAL,
      profile?.quirks ?? [],
    );
    return Buffer.from(toBytes(text, profile?.http.charset ?? 'utf-8'), 'latin1');
  }
  const { content, http } = exchange.request;
  const echoed = content.is === 'message' ? content.envelope.id : undefined;
  return id === undefined || echoed === undefined || echoed === id ? undefined : withId(http.body, id);
}

/** Whether the modem returns cookies: one that was given some and returned none does not. */
function returnsCookies({ recorded }: Plan): boolean {
  const has = (message: RecordedExchange['request'] | undefined, name: string): boolean =>
    message !== undefined && headerOf(message.http.head.headers, name) !== undefined;
  return (
    recorded.exchanges.some(({ request }) => has(request, 'cookie')) ||
    !recorded.exchanges.some(({ response }) => has(response, 'set-cookie'))
  );
}
