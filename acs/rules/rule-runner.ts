/**
 * Joins a rule, which awaits answers, to a session, which asks what to send: each `call` of the rule becomes the next
 * message of the live session.
 */
import type { CpeMethod, CwmpFault, Request, Response } from '../../protocol/cwmp/messages.ts';
import type { Outcome } from '../../protocol/cwmp/session-acs.ts';
import { ModemlabError } from '../../protocol/errors.ts';

/** What became of a call that the modem saw. A session that breaks rejects the call instead, with E_SESSION_LOST. */
export type Reply =
  | { readonly is: 'response'; readonly response: Response }
  | { readonly is: 'fault'; readonly fault: CwmpFault }
  | { readonly is: 'unanswered' };

/** The modem, to a rule. */
export interface Cpe {
  call(request: Request<CpeMethod>): Promise<Reply>;
}

type Rule = (cpe: Cpe) => Promise<void>;

interface Call {
  readonly request: Request<CpeMethod>;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class Conversation {
  #calls: Call[] = [];
  #outstanding: Call | undefined;
  #wake: (() => void) | undefined;
  #over = false;
  #error: unknown;

  /** Starts the rule at once; it runs until its first call. */
  constructor(rule: Rule) {
    rule({ call: (request) => this.#call(request) })
      .catch((error: unknown) => {
        this.#error = error;
      })
      .finally(() => {
        this.#over = true;
        this.#wake?.();
      });
  }

  /** The rule's next request; `undefined` when it has ended. Throws what the rule threw. */
  async next(): Promise<Request<CpeMethod> | undefined> {
    if (this.#calls.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#outstanding = this.#calls.shift();
    if (this.#outstanding === undefined && this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
    return this.#outstanding?.request;
  }

  /** What became of the request given by `next`. */
  settle(outcome: Outcome): void {
    const call = this.#outstanding;
    this.#outstanding = undefined;
    if (outcome.is === 'lost') this.break(call);
    else call?.resolve(outcome);
  }

  /** The session is gone: every call of the rule ends with E_SESSION_LOST, now and later. */
  break(call: Call | undefined = this.#outstanding): void {
    this.#outstanding = undefined;
    const lost = new ModemlabError('E_SESSION_LOST');
    for (const waiting of [...(call === undefined ? [] : [call]), ...this.#calls]) waiting.reject(lost);
    this.#calls = [];
    this.#broken = true;
  }

  #broken = false;

  #call(request: Request<CpeMethod>): Promise<Reply> {
    if (this.#broken) return Promise.reject(new ModemlabError('E_SESSION_LOST'));
    return new Promise((resolve, reject) => {
      this.#calls.push({ request, resolve, reject });
      this.#wake?.();
    });
  }
}
