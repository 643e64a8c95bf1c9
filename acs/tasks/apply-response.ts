/** Applies a modem's responses to what is known of it. */
import type { CpeMethod, Request, Response } from '../../protocol/cwmp/messages.ts';
import { leafType } from '../../protocol/datamodel/leaf-type.ts';
import { isSecretName } from '../../protocol/datamodel/secret-names.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Change, DeviceStore, Parameter } from '../store/store.ts';

/** Whether a parameter can be asked for: a request with a longer name is refused as a whole. */
export const isName = (name: string): boolean => name !== '' && name.length <= LIMITS.nameLength;

/** How a response is to be understood. */
export interface Reading {
  readonly now: string;
  /**
   * Whether the modem left types out (Q-AT-08). Decoding reads such values as strings; the type of the data
   * model is taken instead where there is one.
   */
  readonly untyped: boolean;
}

/** The tree's entry for one value of a modem's message. */
export function parameterOf(
  { Name, Value, Type }: { readonly Name: string; readonly Value: string; readonly Type: string },
  { now, untyped }: Reading,
): Parameter {
  const type = untyped && Type === 'string' ? (leafType(Name) ?? Type) : Type;
  return { name: Name, value: Value, type, readAt: now };
}

/** Writes down what `response` says in answer to `request`. */
export async function applyResponse(
  store: DeviceStore,
  key: string,
  request: Request<CpeMethod>,
  response: Response,
  reading: Reading,
): Promise<void> {
  const changes = changesOf(request, response, reading);
  if (changes.length > 0) {
    // The tree and the last Inform may differ from now on: the next Inform is written whatever it says.
    await setDigest(store, key, '');
    await store.merge(key, changes);
  }
  if (request.rpc === 'DeleteObject') await store.forget(key, request.args.ObjectName);
  if (response.rpc === 'GetRPCMethods') {
    const { MethodList } = response.args;
    await store.update(key, (record) => {
      if (record === undefined) throw new Error(`unreachable: no record of ${key}`);
      return { ...record, methods: MethodList };
    });
  }
}

/** Notes which Inform's ParameterList the tree is known to contain; empty: none. */
export async function setDigest(store: DeviceStore, key: string, digest: string): Promise<void> {
  const record = await store.get(key);
  if (record === undefined || record.lastInform.digest === digest) return;
  const change: Change = (before) => {
    if (before === undefined) throw new ModemlabError('E_DEVICE_UNKNOWN', key);
    return { ...before, lastInform: { ...before.lastInform, digest } };
  };
  // Nobody waits for it: this process sees it at once, and after a crash the next Inform makes a lost digest
  // again.
  store.update(key, change, () => digest !== '').catch(() => undefined);
}

function changesOf(request: Request<CpeMethod>, response: Response, reading: Reading): readonly Parameter[] {
  if (response.rpc === 'GetParameterValues')
    return response.args.ParameterList.map((value) => parameterOf(value, reading));
  if (response.rpc === 'GetParameterNames')
    return response.args.ParameterList.filter(({ Name }) => isName(Name)).map(({ Name, Writable }) => ({
      name: Name,
      writable: Writable,
    }));
  if (response.rpc === 'GetParameterAttributes')
    return response.args.ParameterList.map(({ Name, Notification, AccessList }) => ({
      name: Name,
      notification: Notification,
      accessList: AccessList,
    }));
  switch (request.rpc) {
    case 'SetParameterValues':
      // Secrets read back empty by the data model: what was set is not kept.
      return request.args.ParameterList.filter(({ Name }) => !isSecretName(Name)).map((value) => ({
        name: value.Name,
        value: value.Value,
        readAt: reading.now,
      }));
    case 'SetParameterAttributes':
      return request.args.ParameterList.filter(({ Name }) => !Name.endsWith('.')).map((set) => ({
        name: set.Name,
        ...(set.NotificationChange ? { notification: set.Notification } : {}),
        ...(set.AccessListChange ? { accessList: set.AccessList } : {}),
      }));
    case 'AddObject':
      return response.rpc === 'AddObject'
        ? [{ name: `${request.args.ObjectName}${response.args.InstanceNumber}.`, writable: true }]
        : [];
    case 'GetParameterValues':
    case 'GetParameterNames':
    case 'GetParameterAttributes':
    case 'GetRPCMethods':
    case 'DeleteObject':
    case 'Reboot':
    case 'Download':
    case 'Upload':
    case 'FactoryReset':
    case 'GetQueuedTransfers':
    case 'GetAllQueuedTransfers':
    case 'ScheduleInform':
    case 'SetVouchers':
    case 'GetOptions':
    case 'ScheduleDownload':
    case 'CancelTransfer':
    case 'ChangeDUState':
      return [];
    default:
      return assertNever(request);
  }
}
