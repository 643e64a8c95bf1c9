/**
 * One session of a modem: drives the pure machine of protocol/cwmp/session-cpe.ts over the modem's HTTP
 * client.
 */
import { decode } from '../protocol/cwmp/decode.ts';
import { encode } from '../protocol/cwmp/encode.ts';
import { informText } from '../protocol/cwmp/inform-text.ts';
import { messageName } from '../protocol/cwmp/message-name.ts';
import type {
  AcsMethod,
  Args,
  CpeMethod,
  CwmpFault,
  Envelope,
  Message,
  Request,
  Response,
} from '../protocol/cwmp/messages.ts';
import type { CpeEffect, CpeEnd, CpeEvent, CpeSettings, CpeState } from '../protocol/cwmp/session-cpe.ts';
import { step } from '../protocol/cwmp/session-cpe.ts';
import { applyQuirks } from '../protocol/quirks/act.ts';
import { assertNever } from '../protocol/result.ts';
import type { Dialect } from '../protocol/soap/dialect.ts';
import type { Device } from './device/device.ts';
import type { Done, Performed } from './device/rpc/dispatch.ts';
import { dispatch, faultText } from './device/rpc/dispatch.ts';
import type { HttpClient, HttpOutcome } from './http/http-client.ts';
import type { CutPoint } from './modem-types.ts';
import type { Profile } from './profile/profile.ts';
import type { SessionHabits } from './quirks/session-habits.ts';

export interface SessionHooks {
  readonly cut: (point: CutPoint) => boolean;
  readonly received: (request: Request<CpeMethod>) => void;
  /** Executes what has to be done before it is answered. */
  readonly atOnce: (performed: Done) => Promise<Performed>;
  readonly performed: (request: Request<CpeMethod>, performed: Performed) => void;
  readonly delivered: (request: Request<AcsMethod>, response: Response<AcsMethod>) => void;
  readonly undelivered: (request: Request<AcsMethod>, fault: CwmpFault) => void;
}

export interface SessionResult {
  readonly state: CpeState;
  readonly ok: boolean;
  readonly why: CpeEnd;
  /** Of the last response; `undefined`: there was none. */
  readonly status: number | undefined;
  /** What broke the line; `undefined`: nothing did. */
  readonly detail: string | undefined;
}

export interface SessionInput {
  readonly device: Device;
  readonly http: HttpClient;
  readonly settings: CpeSettings;
  readonly state: CpeState;
  readonly inform: Args<'Inform'>;
  readonly hooks: SessionHooks;
  /** Its quirks; most modems have none. */
  readonly habits?: SessionHabits | undefined;
  /** Another connection to the same ACS, with cookies of its own. */
  readonly another: () => HttpClient;
}

/** Runs one session to its end. The connection is closed when it returns. Never rejects. */
export async function runSession(input: SessionInput): Promise<SessionResult> {
  const { settings, http, inform, habits } = input;
  let { state } = input;
  let event: CpeEvent | undefined = { is: 'begin', inform, requests: habits?.requests?.() ?? [] };
  let end: Pick<SessionResult, 'ok' | 'why'> | undefined;
  let status: number | undefined;
  if (habits?.emptyFirst) await http.post(undefined);
  while (event !== undefined) {
    const stepped = step(settings, state, event);
    state = stepped.state;
    event = undefined;
    for (const effect of stepped.effects) {
      if (effect.do === 'end') end = effect;
      else {
        const led = carryOut(input, effect);
        event = (led instanceof Promise ? await led : led) ?? event;
      }
    }
    if (event?.is === 'response' || event?.is === 'unreadable') status = event.status;
  }
  http.close();
  const { ok, why } = end ?? { ok: false, why: 'protocol-error' };
  return { state, ok, why, status, detail: http.broken };
}

/** The event that an effect leads to, at once or later; none when the machine waits for no answer to it. */
function carryOut(
  input: SessionInput,
  effect: Exclude<CpeEffect, { do: 'end' }>,
): CpeEvent | Promise<CpeEvent> | undefined {
  const { hooks, http } = input;
  switch (effect.do) {
    case 'post':
      return send(input, effect.envelope);
    case 'post-empty':
      return post(input, undefined);
    case 'delivered':
      hooks.delivered(effect.request, effect.response);
      if (input.habits?.goesAway?.(effect.request)) http.cut();
      return undefined;
    case 'undelivered':
      hooks.undelivered(effect.request, effect.fault);
      return undefined;
    case 'perform':
      return carryOutRequest(input, effect.request);
    default:
      return assertNever(effect);
  }
}

function carryOutRequest(input: SessionInput, request: Request<CpeMethod>): CpeEvent | Promise<CpeEvent> {
  const { device, hooks, http, habits } = input;
  const { rpc } = request;
  if (hooks.cut({ where: 'request-received', rpc })) {
    http.cut();
    return { is: 'lost' };
  }
  hooks.received(request);
  const performed =
    habits?.perform?.(request, (asked) => dispatch(device, asked)) ?? dispatch(device, request);
  if (performed === 'hang-up') {
    http.cut();
    return { is: 'lost' };
  }
  if (performed.ok && performed.atOnce === true)
    return hooks.atOnce(performed).then((done) => answer(input, request, done));
  return answer(input, request, performed);
}

function answer({ hooks, http }: SessionInput, request: Request<CpeMethod>, performed: Performed): CpeEvent {
  const { rpc } = request;
  hooks.performed(request, performed);
  if (hooks.cut({ where: 'performed', rpc })) {
    http.cut();
    return { is: 'lost' };
  }
  if (hooks.cut({ where: 'answered', rpc })) http.cutAfterNextSend();
  return performed.ok
    ? { is: 'performed', response: performed.response }
    : { is: 'failed', fault: performed.fault };
}

function send(input: SessionInput, envelope: Envelope): Promise<CpeEvent> {
  const { device, hooks, http, habits } = input;
  const { message } = envelope;
  if (message.kind === 'request' && message.rpc === 'Inform')
    if (hooks.cut({ where: 'inform-sent', rpc: 'Inform' })) http.cutAfterNextSend();
  const { profile } = device;
  const name = messageName(message);
  const worded = { ...envelope, message: reword(device, message) };
  const dialect = profile.dialects.get(name) ?? profile.dialect;
  if (habits !== undefined) return sendOddly(input, habits, worded, dialect);
  if (message.kind === 'request' && message.rpc === 'Inform')
    return post(input, informText(envelope, message.args, dialect));
  return post(input, encode(worded, dialect));
}

/** For a modem with quirks: it may send something else, or nothing. */
async function sendOddly(
  input: SessionInput,
  { say, instead, messages = [], twice }: SessionHabits,
  plain: Envelope,
  dialect: Dialect,
): Promise<CpeEvent> {
  const envelope = say?.(plain) ?? plain;
  const other = instead?.(envelope);
  if (other === 'empty-post') return post(input, undefined);
  if (other !== undefined) return { is: 'response', status: 200, envelope: other.assumedResponse };
  const text = applyQuirks(envelope, dialect, messages);
  if (!twice || envelope.message.kind !== 'request' || envelope.message.rpc !== 'Inform')
    return post(input, text);
  const older = input.another();
  await older.post(text);
  const answer = await post(input, text);
  older.close();
  return answer;
}

/** Consecutive messages that a modem ignores before it gives up. */
const MAX_IGNORED = 8;

/** One POST, and what its response means to the modem. */
async function post({ http, device, habits }: SessionInput, text: string | undefined): Promise<CpeEvent> {
  let read = readOutcome(await http.post(text), device.profile, habits);
  for (let ignored = 1; read === 'ignored'; ignored++) {
    if (ignored > MAX_IGNORED) return { is: 'lost' };
    read = readOutcome(await http.post(undefined), device.profile, habits);
  }
  return read;
}

/** A method that no schema has is refused in the device's own words too. */
function reword(device: Device, message: Message): Message {
  if (message.kind !== 'fault' || message.fault.FaultCode !== 9000) return message;
  return { kind: 'fault', fault: { ...message.fault, FaultString: faultText(device, 9000) } };
}

function readOutcome(
  outcome: HttpOutcome,
  { accepts }: Profile,
  habits: SessionHabits | undefined,
): CpeEvent | 'ignored' {
  if (outcome.is === 'timeout') return { is: 'timeout' };
  if (outcome.is === 'lost') return { is: 'lost' };
  const { status, body, headers } = outcome.response;
  // An error page is not a message, whatever it contains.
  if (body.length === 0 || status < 200 || status > 299) return { is: 'response', status };
  const declared = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 64))
    .toString('latin1')
    .trimStart()
    .startsWith('<?xml');
  if (accepts.xmlDeclaration === (declared ? 'refuses' : 'needs')) return { is: 'unreadable', status };
  const charset = /charset="?([\w.:-]{1,40})/i.exec(headers.get('content-type')?.[0] ?? '')?.[1];
  const decoded = decode(body, { charset });
  if (!decoded.ok) return { is: 'unreadable', status };
  const { envelope } = decoded.value;
  const odd = habits?.hear?.({ ...decoded.value, text: Buffer.from(body).toString('latin1') });
  if (odd === 'ignored') return odd;
  return odd === undefined ? { is: 'response', status, envelope } : { is: 'unreadable', status };
}
