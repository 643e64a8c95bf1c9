/** The story of a capture as data: one record a message, with what marks it. */
import type { Conversation, Said } from '../conversation/conversation.ts';
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
  /** CWMP sessions so far, in their order; they go on growing. */
  readonly sessions: ReadonlySet<CwmpSession>;
  push(frame: CapturedFrame): readonly StoryRecord[];
  end(): readonly StoryRecord[];
}

export function createStory(): Story {
  const conversation: Conversation = createConversation();
  const sessions = new Set<CwmpSession>();
  const tell = (said: readonly Said[]): readonly StoryRecord[] =>
    said.flatMap((event) => {
      if (event.is === 'cwmp') sessions.add(event.session);
      const record = recordOf(event);
      return record === undefined ? [] : [record];
    });
  return {
    counts: conversation.counts,
    sessions,
    push: (frame) => tell(conversation.push(frame)),
    end: () => tell(conversation.end()),
  };
}

function recordOf(said: Said): StoryRecord | undefined {
  switch (said.is) {
    case 'cwmp':
      return recordCwmp(said);
    case 'http':
      return recordHttp(said);
    case 'tls': {
      const { serverName, stream, time, version } = said;
      const name = serverName === undefined ? '' : `, to ${serverName}`;
      return {
        ...plain(time, 'TLS', stream.client, stream.server),
        what: version,
        telling: `encrypted${name}: decrypt it with tshark first (docs/unsupported.md)`,
      };
    }
    case 'skipped': {
      const { count, from, stream, time } = said;
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
      const { by, bytes, how, messages, stream, time } = said;
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
      // Ours repeat what the story tells.
      return said.text.startsWith(OWN_COMMENT)
        ? undefined
        : { ...plain(said.time, 'comment', '', ''), what: said.text, telling: '' };
    default:
      return recordDatagram(said);
  }
}
