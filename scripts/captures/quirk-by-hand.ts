/** Quirks that the ACS of this project gives no occasion for. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { deviceKey } from '../../acs/device-key.ts';
import type { Script } from '../../peers/acs.ts';
import { NO_CONTENT, raw, reply } from '../../peers/answer.ts';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { CpeMethod, Message, Request } from '../../protocol/cwmp/messages.ts';
import { answerChallenge, readChallenges } from '../../protocol/http/digest.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import type { Modem, ModemOptions, Profile } from '../../simulator/index.ts';
import { createCallListener } from './call-listener.ts';
import { IGD, LIST_ONE_LEVEL, METHODS, SET_CODE } from './quirk-cases.ts';
import { asks, ID, informed, playScript } from './script.ts';
import { download, playAcs, playModem } from './session.ts';
import type { Stage } from './stage.ts';

const FILES = { host: '192.0.2.2', port: 80 };
const fetchFile = download(`http://${FILES.host}/file.cfg`, '3 Vendor Configuration File', 6);

interface Played {
  readonly stage: Stage;
  readonly profile: Profile;
  readonly id: QuirkKey;
}

/** Plays the modem to the end of its first session. */
async function once(played: Played, script: Script, more: Partial<ModemOptions> = {}): Promise<void> {
  playScript(played.stage, script);
  const modem = modemOf(played, more);
  modem.start();
  await modem.next('session-ended');
  await modem.stop();
}

const modemOf = ({ id, profile, stage }: Played, more: Partial<ModemOptions> = {}): Modem =>
  playModem(stage, { profile, quirks: [id], ...more });

/** Calls the modem as an ACS does, first without credentials and then with the right ones. */
async function call(played: Played): Promise<void> {
  const { stage } = played;
  playScript(stage, asks());
  const listener = createCallListener(stage);
  const modem = modemOf(played, {
    connectionRequests: { listener },
    // Time passes quickly where nobody speaks to the ACS.
    settings: { 'ManagementServer.PeriodicInformEnable': 'false' },
  });
  modem.start();
  await modem.next('session-ended');
  const path = new URL(listener.urlOf(modem.device)).pathname;
  const get = (more: readonly string[]): Promise<string> =>
    listener.call([`GET ${path} HTTP/1.1`, `Host: ${listener.host}:${listener.port}`, ...more]);
  const [, challenge = ''] = /^WWW-Authenticate: (.*)\r$/im.exec(await get([])) ?? [];
  const authorization = answerChallenge(readChallenges(challenge), {
    method: 'GET',
    uri: path,
    cnonce: '0a4f113b',
    nc: 1,
    username: modem.get(`${IGD}ManagementServer.ConnectionRequestUsername`) ?? '',
    password: modem.get(`${IGD}ManagementServer.ConnectionRequestPassword`) ?? '',
    hash: (name, text) => createHash(name).update(text, 'latin1').digest('hex'),
  });
  const authorized = [`Authorization: ${authorization ?? ''}`];
  if (played.id === 'Q-CR-02') {
    await get(authorized);
    // No session comes, however long one waits.
    await new Promise<void>((resolve) => stage.scheduler.after(60_000, resolve));
  } else {
    const served = modem.next('session-ended');
    await Promise.all([get(authorized), served]);
  }
  await modem.stop();
}

const CREDENTIALS = { credentials: { username: 'user', password: 'secret' } };

/** Of those below what the ACS of this project asks, where it is that one nevertheless. */
export const ASKED_BY_OURS: Readonly<Partial<Record<QuirkKey, readonly Request<CpeMethod>[]>>> = {
  'Q-HT-14': [fetchFile],
};

const xml = (message: Message): string =>
  encode({ id: ID, namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message });

export const BY_HAND: Readonly<Partial<Record<QuirkKey, (played: Played) => Promise<void>>>> = {
  'Q-AT-17': (played) =>
    once(
      played,
      asks(xml(LIST_ONE_LEVEL).replace('</NextLevel>', '</NextLevel><ParameterNames></ParameterNames>')),
    ),
  'Q-AT-18': (played) => once(played, asks(xml(SET_CODE).replace(/<ParameterKey.*<\/cwmp/, '</cwmp'))),
  'Q-ID-12': (played) =>
    once(played, asks(xml(METHODS).replace(/<SOAP-ENV:Header>.*<\/SOAP-ENV:Header>/, ''))),
  'Q-HT-10': (played) =>
    once(played, (turn) => (turn.asks('Inform') ? informed(['Connection: close']) : NO_CONTENT)),
  'Q-HT-13': (played) =>
    once(
      played,
      (turn) =>
        turn.asks('Inform') ? informed() : raw('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'),
      { timeoutMs: 200 },
    ),
  'Q-HT-16': (played) =>
    once(
      played,
      (turn) =>
        turn.number > 1
          ? asks()(turn)
          : reply(401, {
              headers: [
                'WWW-Authenticate: Digest realm="acs", nonce="5f1d7a84", qop="auth"',
                'WWW-Authenticate: Basic realm="acs"',
              ],
            }),
      CREDENTIALS,
    ),
  'Q-CK-06': (played) =>
    once(played, (turn) =>
      turn.asks('Inform')
        ? informed(['a=1', 'b=2; Path=/; SameSite=Lax', 'c=3; Path=/'].map((text) => `Set-Cookie: ${text}`))
        : NO_CONTENT,
    ),
  'Q-HT-14': async (played) => {
    const files = createServer((_, response) => {
      response.sendDate = false;
      response.end('a file');
    });
    played.stage.listen(FILES, (socket) => files.emit('connection', socket));
    const acs = await playAcs(played.stage);
    const modem = modemOf(played);
    await acs.queue.add(deviceKey(modem.id), fetchFile);
    modem.start();
    await modem.next('session-ended', {
      where: ({ ok, events }) => ok && events.includes('7 TRANSFER COMPLETE'),
    });
    await modem.stop();
    await acs.stop();
  },
  'Q-EV-06': async (played) => {
    playScript(played.stage, asks());
    const modem = modemOf(played, { settings: { 'ManagementServer.PeriodicInformInterval': '600' } });
    modem.start();
    await modem.next('session-ended');
    played.stage.scheduler.after(300_000, () => modem.inform('6 CONNECTION REQUEST'));
    await modem.next('session-ended', { where: ({ events }) => events.includes('2 PERIODIC') });
    await modem.stop();
  },
  'Q-AU-01': call,
  'Q-AU-08': call,
  'Q-CR-01': call,
  'Q-CR-02': call,
};
