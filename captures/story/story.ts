/** The story of a capture as data: one record per message, with its marks. */
import type { CapturedEvent } from '../conversation/conversation.ts';
import { createConversation } from '../conversation/conversation.ts';
import type { CwmpSession } from '../conversation/cwmp-types.ts';
import type { CapturedFrame } from '../file/frame.ts';
import type { Counts } from '../packet/flow.ts';
import { recordDatagram } from './story-datagrams.ts';
import { recordCwmp, recordHttp } from './story-http.ts';
import type { StoryRecord } from './story-record.ts';
import { mark, OWN_COMMENT, plain } from './story-record.ts';

export interface Story {
  readonly counts: Readonly<Counts>;
  /** CWMP sessions so far, in order; they keep changing. */
  readonly sessions: ReadonlySet<CwmpSession>;
  push(frame: CapturedFrame): readonly StoryRecord[];
  end(): readonly StoryRecord[];
}

export const createStory = (): Story => new CaptureStory();

class CaptureStory implements Story {
  readonly #conversation = createConversation();
  readonly counts = this.#conversation.counts;
  readonly sessions = new Set<CwmpSession>();

  push(frame: CapturedFrame): readonly StoryRecord[] {
    return this.#records(this.#conversation.push(frame));
  }

  end(): readonly StoryRecord[] {
    return this.#records(this.#conversation.end());
  }

  #records(events: readonly CapturedEvent[]): readonly StoryRecord[] {
    return events.flatMap((event) => {
      if (event.is === 'cwmp') this.sessions.add(event.session);
      const record = recordOf(event);
      return record === undefined ? [] : [record];
    });
  }
}

function recordOf(event: CapturedEvent): StoryRecord | undefined {
  switch (event.is) {
    case 'cwmp':
      return recordCwmp(event);
    case 'http':
      return recordHttp(event);
    case 'tls': {
      const { serverName, stream, time, version } = event;
      const name = serverName === undefined ? '' : `, to ${serverName}`;
      return {
        ...plain(time, 'TLS', stream.client, stream.server),
        what: version,
        telling: `encrypted${name}: decrypt it with tshark first (docs/unsupported.md)`,
      };
    }
    case 'skipped': {
      const { count, from, stream, time } = event;
      const [source, target] =
        from === 'client' ? [stream.client, stream.server] : [stream.server, stream.client];
      const what = `${count} bytes that are no HTTP`;
      return {
        ...plain(time, 'TCP', source, target),
        what,
        telling: '',
        breaches: [mark('E_HTTP_MALFORMED')],
      };
    }
    case 'stream-ended': {
      const { by, bytes, how, messages, stream, time } = event;
      if (how !== 'reset') return undefined;
      const [source, target] =
        by === 'server' ? [stream.server, stream.client] : [stream.client, stream.server];
      const never = messages === 0 && bytes.client + bytes.server === 0;
      return {
        ...plain(time, 'TCP', source, target),
        what: never ? 'connection refused' : 'connection reset',
        telling: '',
      };
    }
    case 'comment':
      // Our own comments repeat what the story has.
      return event.text.startsWith(OWN_COMMENT)
        ? undefined
        : { ...plain(event.time, 'comment', '', ''), what: event.text, telling: '' };
    default:
      return recordDatagram(event);
  }
}
