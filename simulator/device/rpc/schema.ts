/** Arguments that break the schema (TR-069a6 A.2.3): which code answers them is not said, and 9003 is the natural one. */
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { RPCS } from '../../../protocol/cwmp/messages.ts';
import { check } from '../../../protocol/soap/check.ts';

/** Names are not looked at here: one that is too long is a name that is not there (9005). */
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
    // Their faults do not know 9003.
    case 'CancelTransfer':
    case 'ChangeDUState':
      return false;
    default:
      return check(RPCS[request.rpc].request.schema, request.args, request.rpc) !== undefined;
  }
}
