/** The whole way from frames to what was said: HTTP with its CWMP sessions, datagrams, comments. */

import type { CapturedFrame } from '../file/frame.ts';
import { createHttp } from '../http/http.ts';
import type { Counts, Flow, FlowEvent, FrameComment } from '../packet/flow.ts';
import { createFlow } from '../packet/flow.ts';
import type { Cwmp } from './cwmp.ts';
import { createCwmp } from './cwmp.ts';
import type { CwmpEvent } from './cwmp-types.ts';
import type { DatagramEvent } from './datagrams.ts';
import { createDatagrams } from './datagrams.ts';

export type Said = CwmpEvent | DatagramEvent | FrameComment;

export interface Conversation {
  readonly counts: Readonly<Counts>;
  push(frame: CapturedFrame): readonly Said[];
  /** The capture has ended. */
  end(): readonly Said[];
}

export function createConversation(): Conversation {
  const flow: Flow = createFlow();
  const http = createHttp();
  const cwmp: Cwmp = createCwmp();
  const datagrams = createDatagrams();
  const tell = (events: readonly FlowEvent[]): readonly Said[] =>
    events.flatMap((event): readonly Said[] => {
      if (event.is === 'comment') return [event];
      if (event.is === 'datagram') return datagrams.push(event);
      return http.push(event).map((told) => cwmp.push(told));
    });
  return {
    counts: flow.counts,
    push: (frame) => tell(flow.push(frame)),
    end: () => [...tell(flow.end()), ...datagrams.end()],
  };
}
