/**
 * Scripted peers as a library: an ACS and a CPE that do exactly what their script says, lies included, and
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
export { type Client, ClientSession, type Opening, type Played } from './clients/client.ts';
export { cwmpSim, easycwmp, genieacsSim, type KnownClient, netcwmp, thomson } from './clients/known.ts';
export { type CpeOptions, connectCpe, cookieOf, envelopeOf, post, ScriptedCpe } from './cpe.ts';
export {
  type CpeAnswer,
  type CpeScript,
  fault,
  isForCpe,
  type PlayedSession,
  playSession,
  type SessionOptions,
} from './cpe-session.ts';
export {
  answerNames,
  answerValues,
  batchesOf,
  type CpeLeaf,
  type CpeTree,
  goodCpe,
  leavesOf,
  METHODS,
  namesOf,
} from './cpe-tree.ts';
export type { HttpMessage, HttpRequest, HttpResponse } from './http-message.ts';
export {
  envelopeText,
  faultText,
  type InformOf,
  informArgs,
  informText,
  responseText,
} from './samples/invented-modem.ts';
export { REQUESTS, RESPONSES } from './samples/rpcs.ts';
export { ConnectionOver } from './socket-reader.ts';
export { type TextScript, textScript } from './text-script.ts';
export { Turn } from './turn.ts';
