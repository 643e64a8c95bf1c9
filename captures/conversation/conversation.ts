/** From frames to what they say: HTTP with its CWMP sessions, datagrams, comments. */
import type { CapturedFrame } from '../file/frame.ts';
import { createHttp } from '../http/http.ts';
import type { Counts, FlowEvent, FrameComment } from '../packet/flow.ts';
import { createFlow } from '../packet/flow.ts';
import { createCwmp } from './cwmp.ts';
import type { CwmpEvent } from './cwmp-types.ts';
import type { DatagramEvent } from './datagrams.ts';
import { createDatagrams } from './datagrams.ts';

/** Everything that a capture shows, in its order. */
export type CapturedEvent = CwmpEvent | DatagramEvent | FrameComment;

export interface Conversation {
  readonly counts: Readonly<Counts>;
  push(frame: CapturedFrame): readonly CapturedEvent[];
  /** The capture has ended. */
  end(): readonly CapturedEvent[];
}

export const createConversation = (): Conversation => new CaptureConversation();

class CaptureConversation implements Conversation {
  readonly #flow = createFlow();
  readonly #http = createHttp();
  readonly #cwmp = createCwmp();
  readonly #datagrams = createDatagrams();
  readonly counts = this.#flow.counts;

  push(frame: CapturedFrame): readonly CapturedEvent[] {
    return this.#read(this.#flow.push(frame));
  }

  end(): readonly CapturedEvent[] {
    return [...this.#read(this.#flow.end()), ...this.#datagrams.end()];
  }

  #read(events: readonly FlowEvent[]): readonly CapturedEvent[] {
    return events.flatMap((event): readonly CapturedEvent[] => {
      if (event.is === 'comment') return [event];
      if (event.is === 'datagram') return this.#datagrams.push(event);
      return this.#http.push(event).map((message) => this.#cwmp.push(message));
    });
  }
}
