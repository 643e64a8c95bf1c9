/** The samples of all RPCs, by who sends them, for suites where it is the order that counts. */
import { REQUESTS, RESPONSES } from '../../peers/samples/rpcs.ts';
import type {
  AcsMethod,
  CpeMethod,
  CwmpFault,
  Request,
  Response,
  RpcName,
} from '../../protocol/cwmp/messages.ts';
import { RPCS } from '../../protocol/cwmp/messages.ts';

const forAcs = (made: Request): made is Request<AcsMethod> => RPCS[made.rpc].by !== 'CPE';
const forCpe = (made: Request): made is Request<CpeMethod> => RPCS[made.rpc].by !== 'ACS';
const ofAcs = (made: Response): made is Response<AcsMethod> => RPCS[made.rpc].by !== 'CPE';
const ofCpe = (made: Response): made is Response<CpeMethod> => RPCS[made.rpc].by !== 'ACS';

const requests = Object.values(REQUESTS);
const responses = Object.values(RESPONSES);

/** Requests that a CPE sends, and those that an ACS sends. */
export const ACS_REQUESTS = requests.filter(forAcs);
export const CPE_REQUESTS = requests.filter(forCpe);
/** Responses of an ACS, and those of a CPE. */
export const ACS_RESPONSES = responses.filter(ofAcs);
export const CPE_RESPONSES = responses.filter(ofCpe);

function found<T>(list: readonly T[], wanted: (member: T) => boolean): T {
  const member = list.find(wanted);
  if (member === undefined) throw new Error('no such sample');
  return member;
}

export const acsRequest = (rpc: AcsMethod): Request<AcsMethod> =>
  found(ACS_REQUESTS, (made) => made.rpc === rpc);
export const cpeRequest = (rpc: CpeMethod): Request<CpeMethod> =>
  found(CPE_REQUESTS, (made) => made.rpc === rpc);
export const acsResponse = (rpc: RpcName): Response<AcsMethod> =>
  found(ACS_RESPONSES, (made) => made.rpc === rpc);
export const cpeResponse = (rpc: RpcName): Response<CpeMethod> =>
  found(CPE_RESPONSES, (made) => made.rpc === rpc);

export const faultOf = (FaultCode: number, FaultString = 'sample'): CwmpFault => ({
  FaultCode,
  FaultString,
  SetParameterValuesFault: [],
});
