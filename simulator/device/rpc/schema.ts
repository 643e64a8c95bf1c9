/**
 * Arguments that violate the schema (TR-069a6 A.2.3): the fault code is not specified, and 9003 is the
 * natural one.
 */
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { RPCS } from '../../../protocol/cwmp/messages.ts';
import { check } from '../../../protocol/soap/check.ts';

/** Names are not checked here: one that is too long does not exist (9005). */
export function breaksSchema(request: Request<CpeMethod>): boolean {
  switch (request.rpc) {
    case 'SetParameterValues':
      return request.args.ParameterKey.length > 32;
    case 'GetParameterValues':
    case 'GetParameterAttributes':
      return request.args.ParameterNames.length === 0;
    case 'SetParameterAttributes':
      return request.args.ParameterList.length === 0;
    case 'GetParameterNames':
    // Their faults do not include 9003.
    case 'CancelTransfer':
    case 'ChangeDUState':
      return false;
    default:
      return check(RPCS[request.rpc].request.schema, request.args, request.rpc) !== undefined;
  }
}
