/** One session of a scripted CPE: a function answers the requests of the ACS, over one real connection. */
import type { CpeMethod, Message, Request } from '../protocol/cwmp/messages.ts';
import { RPCS } from '../protocol/cwmp/messages.ts';
import type { Dialect } from '../protocol/soap/dialect.ts';
import type { ScriptedCpe } from './cpe.ts';
import { connectCpe, envelopeOf, post } from './cpe.ts';
import { envelopeText, type InformOf, informText } from './samples/invented-modem.ts';

/** Reaction to a request: a message, an empty POST, another Inform, any text, or closing the connection. */
export type CpeAnswer =
  | Message
  | 'empty'
  | 'hang-up'
  | { readonly inform: InformOf }
  | { readonly raw: string };

export type CpeScript = (request: Request<CpeMethod>, id: string) => CpeAnswer | Promise<CpeAnswer>;

export interface PlayedSession {
  readonly asked: readonly Request<CpeMethod>[];
  /** `empty`: the ACS had nothing more. */
  readonly end: 'empty' | 'hung-up';
}

export interface SessionOptions {
  /** What its Inform says, or its text. */
  readonly inform?: InformOf | string;
  readonly dialect?: Dialect;
  /** Messages of its own that it sends after the InformResponse, before its empty POST. */
  readonly first?: readonly Message[];
  /** How many answers a session may have; one more is an error. Default 2000. */
  readonly most?: number;
}

export const isForCpe = (message: Message): message is Request<CpeMethod> =>
  message.kind === 'request' && RPCS[message.rpc].by !== 'ACS';

export const fault = (FaultCode: number, FaultString = 'refused'): Message => ({
  kind: 'fault',
  fault: { FaultCode, FaultString, SetParameterValuesFault: [] },
});

/** One session from Inform to 204, on one connection, without cookies. */
export async function playSession(
  port: number,
  script: CpeScript,
  options: SessionOptions = {},
): Promise<PlayedSession> {
  const client = await connectCpe(port);
  try {
    return await play(client, script, options);
  } finally {
    client.close();
  }
}

async function play(client: ScriptedCpe, script: CpeScript, options: SessionOptions): Promise<PlayedSession> {
  const asked: Request<CpeMethod>[] = [];
  const { inform, dialect, most = 2000 } = options;
  client.send(post(typeof inform === 'string' ? inform : informText(inform, dialect)));
  const began = envelopeOf(await client.response()).message;
  if (began.kind !== 'response' || began.rpc !== 'Inform') throw new Error(`not begun: ${began.kind}`);
  for (const message of options.first ?? []) {
    client.send(post(envelopeText(message, 'own', dialect)));
    if ((await client.response()).status !== 200) throw new Error('its own request was not answered');
  }
  client.send(post(''));
  for (let spoken = 0; spoken < most; spoken++) {
    const answer = await client.response();
    if (answer.status === 204) return { asked, end: 'empty' };
    const { message, id = '' } = envelopeOf(answer);
    // What answers an Inform in the middle of a session is no request: the empty POST follows.
    if (!isForCpe(message)) {
      client.send(post(''));
      continue;
    }
    asked.push(message);
    const said = await script(message, id);
    if (said === 'hang-up') return { asked, end: 'hung-up' };
    client.send(post(textOf(said, id, dialect)));
  }
  throw new Error(`the session has no end: ${asked.map(({ rpc }) => rpc).slice(0, 40)}`);
}

function textOf(said: Exclude<CpeAnswer, 'hang-up'>, id: string, dialect: Dialect | undefined): string {
  if (said === 'empty') return '';
  if ('inform' in said) return informText(said.inform, dialect);
  if ('raw' in said) return said.raw;
  return envelopeText(said, id, dialect);
}
