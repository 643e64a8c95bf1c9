/** Which requests of a CPE an ACS answers, and with what. */
import { assertNever } from '../result.ts';
import type { AcsMethod, Request, Response } from './messages.ts';
import { RPCS } from './messages.ts';
import type { AcsSettings } from './session-acs-types.ts';

/** Inform and GetRPCMethods are answered whatever the settings say: every ACS must (3.6 Table 5). */
export const answers = (settings: AcsSettings, rpc: AcsMethod): boolean =>
  rpc === 'Inform' || rpc === 'GetRPCMethods' || settings.methods.includes(rpc);

/** Whether it is for an ACS at all. */
export function isAcsRequest(request: Request): request is Request<AcsMethod> {
  return RPCS[request.rpc].by !== 'CPE';
}

/** The one answer that each has. */
export function responseTo(settings: AcsSettings, request: Request<AcsMethod>): Response<AcsMethod> {
  switch (request.rpc) {
    case 'Inform':
      return { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } };
    case 'GetRPCMethods':
      return { kind: 'response', rpc: 'GetRPCMethods', args: { MethodList: settings.methods } };
    case 'Kicked':
      // NextURL is where the browser goes on: what the CPE itself proposed (A.4.2.1).
      return { kind: 'response', rpc: 'Kicked', args: { NextURL: request.args.Next } };
    case 'TransferComplete':
      return { kind: 'response', rpc: 'TransferComplete', args: {} };
    case 'AutonomousTransferComplete':
      return { kind: 'response', rpc: 'AutonomousTransferComplete', args: {} };
    case 'RequestDownload':
      return { kind: 'response', rpc: 'RequestDownload', args: {} };
    case 'DUStateChangeComplete':
      return { kind: 'response', rpc: 'DUStateChangeComplete', args: {} };
    case 'AutonomousDUStateChangeComplete':
      return { kind: 'response', rpc: 'AutonomousDUStateChangeComplete', args: {} };
    default:
      return assertNever(request);
  }
}
