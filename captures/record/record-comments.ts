/**
 * Adds comments to a recorded capture that name session, device and message of its packets; Wireshark shows
 * them.
 */

import { messageName } from '../../protocol/cwmp/message-name.ts';
import { createCwmp } from '../conversation/cwmp.ts';
import type { CwmpMessage } from '../conversation/cwmp-types.ts';
import { createHttp } from '../http/http.ts';
import type { Side, StreamEvent, StreamInfo } from '../packet/streams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { RecordedConnection, Recorder } from './record.ts';
import { textOf } from './record.ts';

/** The same recorder, with a comment on each packet in which a CWMP message ends. */
export const withComments = (recorder: Recorder): Recorder => new CommentingRecorder(recorder);

class CommentingRecorder implements Recorder {
  readonly #recorder: Recorder;
  readonly #http = createHttp();
  readonly #cwmp = createCwmp();
  #count = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  readonly datagram: Recorder['datagram'] = (from, to, bytes, comment) =>
    this.#recorder.datagram(from, to, bytes, comment);

  readonly connection: Recorder['connection'] = (client, server, comment) => {
    const connection = this.#recorder.connection(client, server, comment);
    this.#count += 1;
    const stream: StreamInfo = {
      number: this.#count,
      client: textOf(client),
      server: textOf(server),
      handshake: true,
    };
    const read = (event: StreamEvent): void => {
      for (const message of this.#http.push(event)) {
        const read = this.#cwmp.push(message);
        if (read.is === 'cwmp') connection.comment(commentOf(read));
      }
    };
    return new CommentedConnection(connection, stream, read);
  };
}

/** Comments name neither the time of a message nor its sequence numbers. */
const TIME = 0n;
const SEQUENCE = 0;

class CommentedConnection implements RecordedConnection {
  readonly #connection: RecordedConnection;
  readonly #stream: StreamInfo;
  readonly #read: (event: StreamEvent) => void;

  constructor(connection: RecordedConnection, stream: StreamInfo, read: (event: StreamEvent) => void) {
    this.#connection = connection;
    this.#stream = stream;
    this.#read = read;
    read({ is: 'opened', stream, time: TIME });
  }

  said(from: Side, bytes: Uint8Array): void {
    this.#read({ is: 'data', stream: this.#stream, time: TIME, from, sequence: SEQUENCE, bytes });
    this.#connection.said(from, bytes);
  }

  comment(text: string): void {
    this.#connection.comment(text);
  }

  closed(by: Side, how: 'finished' | 'reset'): void {
    const stream = this.#stream;
    if (how === 'finished') this.#read({ is: 'finished', stream, time: TIME, from: by });
    else this.#read({ is: 'closed', stream, time: TIME, how, by });
    this.#connection.closed(by, how);
  }

  over(): void {
    this.#read({ is: 'closed', stream: this.#stream, time: TIME, how: 'finished', by: undefined });
    this.#connection.over();
  }
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
