/**
 * Scripted peers as a library: an ACS and a CPE that do exactly what they are told, lies included, and
 * samples.
 */
export {
  ListeningAcs,
  type Script,
  ScriptedAcs,
  type ScriptedAcsOptions,
  type StartOptions,
  startScriptedAcs,
} from './acs.ts';
export {
  type After,
  type Answer,
  HANG_UP,
  INFORM_RESPONSE,
  NO_CONTENT,
  RESET,
  type ReplyOptions,
  raw,
  reply,
  type SoapOptions,
  soap,
  soapText,
} from './answer.ts';
export { type CpeOptions, connectCpe, cookieOf, envelopeOf, post, ScriptedCpe } from './cpe.ts';
export type { HttpMessage, HttpRequest, HttpResponse } from './http-message.ts';
export { ConnectionOver } from './socket-reader.ts';
export { Turn } from './turn.ts';
