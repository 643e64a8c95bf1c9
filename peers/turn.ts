/** One request to a scripted ACS, and its answer. */
import type { Socket } from 'node:net';
import { decode } from '../protocol/cwmp/decode.ts';
import type { Args, CpeMethod, Envelope, Message, Request } from '../protocol/cwmp/messages.ts';
import type { Answer, ReplyOptions, SoapOptions } from './answer.ts';
import { HANG_UP, INFORM_RESPONSE, reply, soap } from './answer.ts';
import type { HttpRequest } from './http-message.ts';

export class Turn {
  readonly request: HttpRequest;
  readonly socket: Socket;
  /** Counts the requests to this ACS, from 1. */
  readonly number: number;
  /** Counts the connections to this ACS, from 1. */
  readonly connection: number;
  /** Resolves when it is answered. */
  readonly settled: Promise<void>;
  #envelope: Envelope | 'none' | undefined;
  #answered: Answer | undefined;
  #settle: () => void = () => undefined;

  constructor(request: HttpRequest, socket: Socket, number: number, connection: number) {
    this.request = request;
    this.socket = socket;
    this.number = number;
    this.connection = connection;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get body(): string {
    return this.request.body;
  }

  /** `undefined` for an empty body, or one that is no envelope. */
  get envelope(): Envelope | undefined {
    if (this.#envelope === undefined) {
      const { bodyBytes } = this.request;
      const decoded = bodyBytes.length === 0 ? undefined : decode(bodyBytes);
      this.#envelope = decoded?.ok === true ? decoded.value.envelope : 'none';
    }
    return this.#envelope === 'none' ? undefined : this.#envelope;
  }

  get message(): Message | undefined {
    return this.envelope?.message;
  }

  /** Whether it is a request of this RPC. */
  asks(rpc: Request['rpc']): boolean {
    return this.message?.kind === 'request' && this.message.rpc === rpc;
  }

  /** The arguments of the Inform in it; throws when it holds something else. */
  inform(): Args<'Inform'> {
    const { message } = this;
    if (message?.kind === 'request' && message.rpc === 'Inform') return message.args;
    throw new Error(`no Inform: ${this.body.slice(0, 300)}`);
  }

  /** The event codes of an Inform; none for other messages. */
  get events(): readonly string[] {
    return this.asks('Inform') ? this.inform().Event.map(({ EventCode }) => EventCode) : [];
  }

  /** `undefined` until it is answered. */
  get answered(): Answer | undefined {
    return this.#answered;
  }

  /** Throws when it is answered already. */
  answer(answer: Answer): void {
    if (this.#answered !== undefined) throw new Error(`request ${this.number} is answered already`);
    this.#answered = answer;
    const { socket } = this;
    if (answer.bytes.length > 0) socket.write(answer.bytes);
    const after = answer.after ?? (this.#wantsClose() ? 'close' : 'keep');
    if (after === 'close') socket.end();
    if (after === 'reset') socket.resetAndDestroy();
    this.#settle();
  }

  /**
   * A 200 with this message, by default with the id of the request, and `Connection: close` where it applies.
   */
  soap(message: Message, options: SoapOptions = {}): Answer {
    const { headers = [] } = options;
    const announced = this.#wantsClose() ? ['Connection: close', ...headers] : headers;
    return soap(message, { id: this.envelope?.id, ...options, headers: announced });
  }

  send(message: Message, options?: SoapOptions): void {
    this.answer(this.soap(message, options));
  }

  ask(request: Request<CpeMethod>, options?: SoapOptions): void {
    this.send(request, options);
  }

  informResponse(options?: SoapOptions): void {
    this.send(INFORM_RESPONSE, options);
  }

  status(status: number, options?: ReplyOptions): void {
    this.answer(reply(status, options));
  }

  hangUp(): void {
    this.answer(HANG_UP);
  }

  /** Whether the connection is to close after the answer (RFC 9112 9.3). */
  #wantsClose(): boolean {
    const connection = this.request.headers.get('connection') ?? '';
    return this.request.version === '1.0'
      ? !/\bkeep-alive\b/i.test(connection)
      : /\bclose\b/i.test(connection);
  }
}
