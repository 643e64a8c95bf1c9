/**
 * Executes the requests of an ACS on a device: each RPC gives its answer or a fault, and perhaps something to
 * do later.
 */
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { assertNever } from '../../../protocol/result.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refusal, refuse } from './answer.ts';
import { getAttributes, setAttributes } from './attributes.ts';
import { changeDUState } from './change-du.ts';
import { getNames } from './names.ts';
import { addObject, deleteObject } from './objects.ts';
import { scheduleInform } from './schedule.ts';
import { breaksSchema } from './schema.ts';
import {
  allQueuedTransfers,
  cancelTransfer,
  queuedTransfers,
  scheduleDownload,
  transfer,
} from './transfers.ts';
import { getValues, setValues } from './values.ts';
import { getOptions, setVouchers } from './vouchers.ts';

export type { Aftermath, Done, Performed, Refused } from './answer.ts';
export { faultText, refuse } from './answer.ts';

/** Requests that a read-only client refuses: the device, its files and its objects stay as they are. */
const CHANGES: ReadonlySet<CpeMethod> = new Set([
  'SetParameterValues',
  'AddObject',
  'DeleteObject',
  'Download',
  'ScheduleDownload',
  'ChangeDUState',
  'Reboot',
  'FactoryReset',
]);

/** Answers one request. Total: what the device lacks or cannot do is a fault. */
export function dispatch(device: Device, request: Request<CpeMethod>): Performed {
  const { methods } = device.profile.cwmp;
  if (!methods.includes(request.rpc)) return refuse(device, 9000);
  const refused = refusal(device, request.rpc);
  if (refused !== undefined) return refuse(device, refused);
  if (device.client.readOnly && CHANGES.has(request.rpc)) return refuse(device, 9001);
  if (breaksSchema(request)) return refuse(device, 9003);
  switch (request.rpc) {
    case 'GetRPCMethods':
      return { ok: true, response: { kind: 'response', rpc: request.rpc, args: { MethodList: methods } } };
    case 'GetParameterNames':
      return getNames(device, request.args);
    case 'GetParameterValues':
      return getValues(device, request.args);
    case 'SetParameterValues':
      return setValues(device, request.args);
    case 'GetParameterAttributes':
      return getAttributes(device, request.args);
    case 'SetParameterAttributes':
      return setAttributes(device, request.args);
    case 'AddObject':
      return addObject(device, request.args);
    case 'DeleteObject':
      return deleteObject(device, request.args);
    case 'Reboot': {
      const later = { do: 'reboot', commandKey: request.args.CommandKey } as const;
      return { ok: true, response: { kind: 'response', rpc: request.rpc, args: {} }, later };
    }
    case 'FactoryReset': {
      const response = { kind: 'response', rpc: request.rpc, args: {} } as const;
      return { ok: true, response, later: { do: 'factory-reset' } };
    }
    case 'Download':
    case 'Upload':
      return transfer(device, request);
    case 'ScheduleDownload':
      return scheduleDownload(device, request.args);
    case 'CancelTransfer':
      return cancelTransfer(device, request.args);
    case 'GetQueuedTransfers':
      return queuedTransfers(device);
    case 'GetAllQueuedTransfers':
      return allQueuedTransfers(device);
    case 'ScheduleInform':
      return scheduleInform(device, request.args);
    case 'SetVouchers':
      return setVouchers(device, request.args);
    case 'GetOptions':
      return getOptions(device, request.args);
    case 'ChangeDUState':
      return changeDUState(device, request.args);
    default:
      return assertNever(request);
  }
}
