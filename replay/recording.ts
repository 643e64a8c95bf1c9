/**
 * What a replay needs of a capture, all in memory: its CWMP sessions by exchange, and its MDAP datagrams.
 */
import { createConversation } from '../captures/conversation/conversation.ts';
import type { CwmpMessage, CwmpSession } from '../captures/conversation/cwmp-types.ts';
import type { CapturedFrame } from '../captures/file/frame.ts';
import type { Datagram } from '../captures/packet/flow.ts';
import { ModemlabError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { MdapMessage } from '../protocol/mdap/messages.ts';

/** A POST of the modem, and the response of the ACS. */
export interface RecordedExchange {
  readonly request: CwmpMessage;
  /** `undefined`: the capture lacks it. */
  readonly response: CwmpMessage | undefined;
}

export interface RecordedSession {
  readonly session: CwmpSession;
  readonly exchanges: readonly RecordedExchange[];
}

export interface RecordedDatagram {
  readonly datagram: Datagram;
  readonly message: MdapMessage;
}

export interface Recording {
  /** In the order in which they began. */
  readonly sessions: readonly RecordedSession[];
  readonly mdap: readonly RecordedDatagram[];
}

/**
 * Reads a capture to its end.
 * @throws ModemlabError E_REPLAY_SIZE when its messages are too large for memory
 */
export async function readRecording(
  frames: AsyncIterable<CapturedFrame>,
  wanted: (session: CwmpSession) => boolean = () => true,
): Promise<Recording> {
  const conversation = createConversation();
  const sessions = new Map<CwmpSession, { request: CwmpMessage; response: CwmpMessage | undefined }[]>();
  const mdap: RecordedDatagram[] = [];
  let held = 0;
  const hold = (bytes: number): void => {
    held += bytes + PER_MESSAGE;
    if (held > LIMITS.replayBytes)
      throw new ModemlabError('E_REPLAY_SIZE', `more than ${LIMITS.replayBytes} bytes`);
  };
  const take = (said: ReturnType<typeof conversation.push>[number]): void => {
    if (said.is === 'mdap' && said.read.ok) {
      hold(said.datagram.payload.length);
      const payload = Uint8Array.from(said.datagram.payload);
      mdap.push({ datagram: { ...said.datagram, payload }, message: said.read.value.message });
    }
    if (said.is !== 'cwmp' || !wanted(said.session)) return;
    hold(said.http.body.length + said.http.headText.length);
    const exchanges = sessions.get(said.session) ?? [];
    sessions.set(said.session, exchanges);
    if (said.from === 'CPE') {
      exchanges.push({ request: said, response: undefined });
      return;
    }
    const { exchange, stream } = said.http;
    const asked = exchanges.findLast(
      ({ request: { http } }) => http.stream.number === stream.number && http.exchange === exchange,
    );
    if (asked !== undefined) asked.response = said;
  };
  for await (const frame of frames) for (const said of conversation.push(frame)) take(said);
  for (const said of conversation.end()) take(said);
  return { sessions: [...sessions].map(([session, exchanges]) => ({ session, exchanges })), mdap };
}

/** Memory for a message in addition to its bytes. */
const PER_MESSAGE = 1000;
