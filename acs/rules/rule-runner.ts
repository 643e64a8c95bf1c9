/**
 * Runs a rule, which awaits replies, within a session, which asks what to send: each `call` of the rule
 * becomes the next message of the live session.
 */
import type { CpeMethod, CwmpFault, Request, Response } from '../../protocol/cwmp/messages.ts';
import type { Outcome } from '../../protocol/cwmp/session-acs.ts';
import { ModemlabError } from '../../protocol/errors.ts';

/**
 * What became of a call that the modem received. If the session breaks, the call rejects with E_SESSION_LOST
 * instead.
 */
export type Reply =
  | { readonly is: 'response'; readonly response: Response }
  | { readonly is: 'fault'; readonly fault: CwmpFault }
  | { readonly is: 'unanswered' };

/** The modem, as a rule sees it. */
export interface Cpe {
  call(request: Request<CpeMethod>): Promise<Reply>;
}

type Rule = (cpe: Cpe) => Promise<void>;

interface Call {
  readonly request: Request<CpeMethod>;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class RuleRunner {
  #calls: Call[] = [];
  #outstanding: Call | undefined;
  #wake: (() => void) | undefined;
  #isOver = false;
  #isBroken = false;
  #error: unknown;

  /** Starts the rule at once; it runs until its first call. */
  constructor(rule: Rule) {
    rule({ call: (request) => this.#call(request) })
      .catch((error: unknown) => {
        this.#error = error;
      })
      .finally(() => {
        this.#isOver = true;
        this.#wake?.();
      });
  }

  /** The rule's next request; `undefined` when it has ended. Throws what the rule threw. */
  async next(): Promise<Request<CpeMethod> | undefined> {
    if (this.#calls.length === 0 && !this.#isOver) {
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

  /** Takes what became of the request that `next` gave. */
  settle(outcome: Outcome): void {
    const call = this.#outstanding;
    this.#outstanding = undefined;
    if (outcome.is === 'lost') this.break(call);
    else call?.resolve(outcome);
  }

  /** The session is gone: every call of the rule, now and later, rejects with E_SESSION_LOST. */
  break(call: Call | undefined = this.#outstanding): void {
    this.#outstanding = undefined;
    const lost = new ModemlabError('E_SESSION_LOST');
    call?.reject(lost);
    for (const waiting of this.#calls) waiting.reject(lost);
    this.#calls = [];
    this.#isBroken = true;
  }

  #call(request: Request<CpeMethod>): Promise<Reply> {
    if (this.#isBroken) return Promise.reject(new ModemlabError('E_SESSION_LOST'));
    return new Promise((resolve, reject) => {
      this.#calls.push({ request, resolve, reject });
      this.#wake?.();
    });
  }
}
