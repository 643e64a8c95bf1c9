/** Requests of the ACS with the answers of the device, and Informs, from its POSTs. */
import type { CpeMethod, CwmpFault, Envelope, Request, Response } from '../../protocol/cwmp/messages.ts';
import { isCpeRequest } from '../../protocol/cwmp/messages.ts';
import type { Evidence, Post, SeenSession } from './evidence.ts';
import { envelopeOf } from './evidence.ts';

/** A request of the ACS and the POST that answers it. */
export interface RpcExchange {
  readonly request: Request<CpeMethod>;
  readonly asked: Envelope;
  readonly post: Post;
  readonly answer: Envelope;
  /** Nanoseconds from the last byte of the request to the first of the answer. */
  readonly took: bigint;
}

export function rpcExchangesOf({ sessions }: Pick<Evidence, 'sessions'>): readonly RpcExchange[] {
  return sessions.flatMap(({ posts }) =>
    posts.flatMap((post, index): readonly RpcExchange[] => {
      const before = posts[index - 1]?.answer;
      const asked = envelopeOf(before?.content);
      const answer = envelopeOf(post.content);
      if (before === undefined || asked === undefined || answer === undefined) return [];
      if (answer.message.kind !== 'response' && answer.message.kind !== 'fault') return [];
      const { message } = asked;
      if (message.kind !== 'request' || !isCpeRequest(message)) return [];
      return [{ request: message, asked, post, answer, took: post.began - before.ended }];
    }),
  );
}

export const responseOf = ({ answer: { message } }: RpcExchange): Response | undefined =>
  message.kind === 'response' ? message : undefined;

export const faultOf = ({ answer: { message } }: RpcExchange): CwmpFault | undefined =>
  message.kind === 'fault' ? message.fault : undefined;

/** The Inform of each session, with its envelope; a repeated Inform counts once. */
export function informsOf(sessions: readonly SeenSession[]) {
  return sessions.flatMap(({ posts }) => {
    for (const { began, content } of posts) {
      const envelope = envelopeOf(content);
      const message = envelope?.message;
      if (envelope !== undefined && message?.kind === 'request' && message.rpc === 'Inform')
        return [{ envelope, inform: message.args, began }];
    }
    return [];
  });
}
