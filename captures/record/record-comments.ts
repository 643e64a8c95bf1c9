/** Names in a recorded capture what its packets hold: session, device and message, as comments that Wireshark shows. */

import { messageName } from '../../protocol/cwmp/message-name.ts';
import { createCwmp } from '../conversation/cwmp.ts';
import type { CwmpMessage } from '../conversation/cwmp-types.ts';
import { createHttp } from '../http/http.ts';
import type { StreamEvent, StreamInfo } from '../packet/streams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { Recorder } from './record.ts';
import { textOf } from './record.ts';

/** The same recorder, with a comment at the packets in which a message of CWMP ends. */
export function withComments(recorder: Recorder): Recorder {
  const http = createHttp();
  const cwmp = createCwmp();
  let count = 0;
  return {
    ...recorder,
    connection(client, server, comment) {
      const connection = recorder.connection(client, server, comment);
      count += 1;
      const stream: StreamInfo = {
        number: count,
        client: textOf(client),
        server: textOf(server),
        handshake: true,
      };
      // What is read here is not told with its time and its numbers.
      const time = 0n;
      const sequence = 0;
      const read = (event: StreamEvent): void => {
        for (const told of http.push(event)) {
          const said = cwmp.push(told);
          if (said.is === 'cwmp') connection.comment(commentOf(said));
        }
      };
      read({ is: 'opened', stream, time });
      return {
        said(from, bytes) {
          read({ is: 'data', stream, time, from, sequence, bytes });
          connection.said(from, bytes);
        },
        comment: connection.comment,
        closed(by, how) {
          if (how === 'finished') read({ is: 'finished', stream, time, from: by });
          else read({ is: 'closed', stream, time, how, by });
          connection.closed(by, how);
        },
        over() {
          read({ is: 'closed', stream, time, how: 'finished', by: undefined });
          connection.over();
        },
      };
    },
  };
}

function commentOf({ content, from, session }: CwmpMessage): string {
  const says =
    content.is === 'message'
      ? messageName(content.envelope.message)
      : content.is === 'status'
        ? `${content.status} ${content.reason}`
        : content.is;
  return `${OWN_COMMENT}session ${session.number}, ${session.device ?? 'unknown device'}, ${from}: ${says}`;
}
