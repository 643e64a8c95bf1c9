/** What habits do with requests of the ACS, and with their outcomes. */
import { FAULTS } from '../../protocol/cwmp/faults.ts';
import type { Answer, CpeMethod, CwmpFault, Request, Response } from '../../protocol/cwmp/messages.ts';
import { isCpeRequest, RPCS } from '../../protocol/cwmp/messages.ts';
import type { Performed } from '../device/rpc/dispatch.ts';
import type { Plain } from './session-habits.ts';

/** hang-up: no answer, and the connection is closed. */
export type Outcome = ReturnType<Plain>;

type Names = Answer<'GetParameterNames'>['ParameterList'];
type Values = Answer<'GetParameterValues'>['ParameterList'];

export function refuse(code: number, inner: CwmpFault['SetParameterValuesFault'] = []): Performed {
  const FaultString = FAULTS.get(code)?.means ?? '';
  return { ok: false, fault: { FaultCode: code, FaultString, SetParameterValuesFault: inner } };
}

/** With another list of names if it is an answer to GetParameterNames. */
export function withNames(outcome: Outcome, change: (list: Names) => Names): Outcome {
  if (outcome === 'hang-up' || !outcome.ok || outcome.response.rpc !== 'GetParameterNames') return outcome;
  const { response } = outcome;
  const args = { ParameterList: change(response.args.ParameterList) };
  return { ...outcome, response: { ...response, args } };
}

/** With another list of values if it is an answer to GetParameterValues. */
export function withValues(outcome: Outcome, change: (list: Values) => Values): Outcome {
  if (outcome === 'hang-up' || !outcome.ok || outcome.response.rpc !== 'GetParameterValues') return outcome;
  const { response } = outcome;
  const args = { ParameterList: change(response.args.ParameterList) };
  return { ...outcome, response: { ...response, args } };
}

/** With another instance number if it is an answer to AddObject. */
export function withInstance(outcome: Outcome, change: (number: number) => number): Outcome {
  if (outcome === 'hang-up' || !outcome.ok || outcome.response.rpc !== 'AddObject') return outcome;
  const { response } = outcome;
  const args = { ...response.args, InstanceNumber: change(response.args.InstanceNumber) };
  return { ...outcome, response: { ...response, args } };
}

/** With another fault if it was refused. */
export function withFault(outcome: Outcome, change: (fault: CwmpFault) => CwmpFault): Outcome {
  return outcome === 'hang-up' || outcome.ok ? outcome : { ok: false, fault: change(outcome.fault) };
}

/**
 * Executes a request under other names: `inward` maps the requested names to the device's own, `outward` maps
 * its own back.
 */
export function renamed(
  request: Request<CpeMethod>,
  plain: Plain,
  inward: (name: string) => string,
  outward: (name: string) => string,
): Outcome {
  const asked = RPCS[request.rpc].requestFrom(mapNames(request.args, inward));
  const outcome = plain(asked.ok && isCpeRequest(asked.value) ? asked.value : request);
  if (outcome === 'hang-up') return outcome;
  if (!outcome.ok)
    return withFault(outcome, (fault) => ({
      ...fault,
      SetParameterValuesFault: fault.SetParameterValuesFault.map((bad) => ({
        ...bad,
        ParameterName: outward(bad.ParameterName),
      })),
    }));
  const { rpc, args } = outcome.response;
  const renamed = RPCS[rpc].responseFrom(mapNames(args, outward));
  return renamed.ok && isCpeResponse(renamed.value) ? { ...outcome, response: renamed.value } : outcome;
}

const isCpeResponse = (response: Response): response is Response<CpeMethod> =>
  RPCS[response.rpc].by !== 'ACS';

/** Members that hold names of parameters and objects. */
const NAMED = new Set(['Name', 'ParameterPath', 'ObjectName', 'ParameterNames']);

/** Values that are paths of the tree themselves, such as DefaultConnectionService. */
const PATH = /^(?:InternetGatewayDevice|Device)\.\w/;

function mapNames(value: unknown, change: (name: string) => string, member = ''): unknown {
  if (typeof value === 'string')
    return NAMED.has(member) || (member === 'Value' && PATH.test(value)) ? change(value) : value;
  if (Array.isArray(value)) return value.map((inner) => mapNames(inner, change, member));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mapNames(inner, change, name)]),
  );
}
