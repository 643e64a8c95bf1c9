/**
 * Every RPC of CWMP 1.0 to 1.4, as the tables of TR-069a6 Annex A give them: members in schema order, with
 * their types and limits, the side that answers, and the schema that first had it. The types of all messages
 * follow from this table.
 */
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';
import type { Mismatch } from '../soap/check.ts';
import { check, fits } from '../soap/check.ts';
import type { Codec, Value } from '../soap/codec.ts';
import {
  array,
  base64,
  boolean,
  dateTime,
  int,
  optional,
  repeated,
  string,
  struct,
  unsignedInt,
} from '../soap/codec.ts';
import type { XmlReader } from '../xml/read.ts';
import { operation } from './operation.ts';
import { parameterValueStruct } from './parameter-value.ts';

/** Versions of CWMP; 1.2, 1.3 and 1.4 share the namespace cwmp-1-2. */
export const CWMP_VERSIONS = ['1.0', '1.1', '1.2', '1.3', '1.4'] as const;
export type CwmpVersion = (typeof CWMP_VERSIONS)[number];

const parameterInfoStruct = struct('ParameterInfoStruct', { Name: string(256), Writable: boolean });
const parameterAttributeStruct = struct('ParameterAttributeStruct', {
  Name: string(256),
  Notification: int,
  AccessList: array('string', string(64)),
});
const setParameterAttributesStruct = struct('SetParameterAttributesStruct', {
  Name: string(256),
  NotificationChange: boolean,
  Notification: int,
  AccessListChange: boolean,
  AccessList: array('string', string(64)),
});
const deviceIdStruct = struct('DeviceIdStruct', {
  Manufacturer: string(64),
  OUI: string(6),
  ProductClass: string(64),
  SerialNumber: string(64),
});
const eventStruct = struct('EventStruct', { EventCode: string(64), CommandKey: string(32) });
const faultStruct = struct('FaultStruct', { FaultCode: unsignedInt, FaultString: string(256) });
const queuedTransferStruct = struct('QueuedTransferStruct', { CommandKey: string(32), State: int });
const allQueuedTransferStruct = struct('AllQueuedTransferStruct', {
  CommandKey: string(32),
  State: int,
  IsDownload: boolean,
  FileType: string(64),
  FileSize: unsignedInt,
  TargetFileName: string(256),
});
const optionStruct = struct('OptionStruct', {
  OptionName: string(64),
  VoucherSN: unsignedInt,
  State: unsignedInt,
  Mode: int,
  StartDate: dateTime,
  ExpirationDate: optional(dateTime),
  IsTransferable: int,
});
const timeWindowStruct = struct('TimeWindowStruct', {
  WindowStart: unsignedInt,
  WindowEnd: unsignedInt,
  WindowMode: string(64),
  UserMessage: string(256),
  MaxRetries: int,
});
const argStruct = struct('ArgStruct', { Name: string(64), Value: string(256) });
const deploymentUnitFaultStruct = struct('DeploymentUnitFaultStruct', {
  FaultCode: unsignedInt,
  FaultString: optional(string(256)),
});
const opResultFields = {
  UUID: string(36),
  DeploymentUnitRef: string(256),
  Version: string(32),
  CurrentState: string(16),
  Resolved: boolean,
  ExecutionUnitRefList: string(65535),
  StartTime: dateTime,
  CompleteTime: dateTime,
  Fault: deploymentUnitFaultStruct,
};
const opResultStruct = struct('OpResultStruct', opResultFields);
const autonOpResultStruct = struct('AutonOpResultStruct', {
  ...opResultFields,
  OperationPerformed: string(16),
});

const parameterList = array('ParameterValueStruct', parameterValueStruct);
const transfer = { Status: int, StartTime: dateTime, CompleteTime: dateTime };

/** Who answers an RPC. */
export type Answerer = 'CPE' | 'ACS' | 'both';

/**
 * One RPC. Its functions keep name and arguments together, so that a message is well typed from its birth.
 */
function rpc<N extends string, B extends Answerer, Q, A>(
  name: N,
  /** Who answers it. */
  by: B,
  /** The CWMP version whose schema first has it. */
  since: CwmpVersion,
  request: Codec<Q>,
  response: Codec<A>,
) {
  return {
    by,
    since,
    request,
    response,
    readRequest: (reader: XmlReader): { readonly kind: 'request'; readonly rpc: N; readonly args: Q } => ({
      kind: 'request',
      rpc: name,
      args: request.read(reader),
    }),
    readResponse: (reader: XmlReader): { readonly kind: 'response'; readonly rpc: N; readonly args: A } => ({
      kind: 'response',
      rpc: name,
      args: response.read(reader),
    }),
    /**
     * A request from arguments of unknown origin, such as JSON: the mismatch names the place and what is
     * wanted there.
     */
    requestFrom: (
      args: unknown,
    ): Result<{ readonly kind: 'request'; readonly rpc: N; readonly args: Q }, Mismatch> => {
      const mismatch = check(request.schema, args, name);
      if (mismatch !== undefined) return err(mismatch);
      return fits(request, args)
        ? ok({ kind: 'request', rpc: name, args })
        : err({ place: name, wants: 'arguments' });
    },
    responseFrom: (
      args: unknown,
    ): Result<{ readonly kind: 'response'; readonly rpc: N; readonly args: A }, Mismatch> => {
      const mismatch = check(response.schema, args, `${name}Response`);
      if (mismatch !== undefined) return err(mismatch);
      return fits(response, args)
        ? ok({ kind: 'response', rpc: name, args })
        : err({ place: name, wants: 'arguments' });
    },
  };
}

/** All RPCs by name. */
export const RPCS = {
  GetRPCMethods: rpc(
    'GetRPCMethods',
    'both',
    '1.0',
    struct('GetRPCMethods', {}),
    struct('GetRPCMethodsResponse', { MethodList: array('string', string(64), 1) }),
  ),
  SetParameterValues: rpc(
    'SetParameterValues',
    'CPE',
    '1.0',
    struct('SetParameterValues', { ParameterList: parameterList, ParameterKey: string(32) }),
    struct('SetParameterValuesResponse', { Status: int }),
  ),
  GetParameterValues: rpc(
    'GetParameterValues',
    'CPE',
    '1.0',
    struct('GetParameterValues', { ParameterNames: array('string', string(256), 1) }),
    struct('GetParameterValuesResponse', { ParameterList: parameterList }),
  ),
  GetParameterNames: rpc(
    'GetParameterNames',
    'CPE',
    '1.0',
    struct('GetParameterNames', { ParameterPath: string(256), NextLevel: boolean }),
    struct('GetParameterNamesResponse', {
      ParameterList: array('ParameterInfoStruct', parameterInfoStruct),
    }),
  ),
  SetParameterAttributes: rpc(
    'SetParameterAttributes',
    'CPE',
    '1.0',
    struct('SetParameterAttributes', {
      ParameterList: array('SetParameterAttributesStruct', setParameterAttributesStruct, 1),
    }),
    struct('SetParameterAttributesResponse', {}),
  ),
  GetParameterAttributes: rpc(
    'GetParameterAttributes',
    'CPE',
    '1.0',
    struct('GetParameterAttributes', { ParameterNames: array('string', string(256), 1) }),
    struct('GetParameterAttributesResponse', {
      ParameterList: array('ParameterAttributeStruct', parameterAttributeStruct),
    }),
  ),
  AddObject: rpc(
    'AddObject',
    'CPE',
    '1.0',
    struct('AddObject', { ObjectName: string(256), ParameterKey: string(32) }),
    struct('AddObjectResponse', { InstanceNumber: unsignedInt, Status: int }),
  ),
  DeleteObject: rpc(
    'DeleteObject',
    'CPE',
    '1.0',
    struct('DeleteObject', { ObjectName: string(256), ParameterKey: string(32) }),
    struct('DeleteObjectResponse', { Status: int }),
  ),
  Reboot: rpc(
    'Reboot',
    'CPE',
    '1.0',
    struct('Reboot', { CommandKey: string(32) }),
    struct('RebootResponse', {}),
  ),
  Download: rpc(
    'Download',
    'CPE',
    '1.0',
    struct('Download', {
      CommandKey: string(32),
      FileType: string(64),
      URL: string(256),
      Username: string(256),
      Password: string(256),
      FileSize: unsignedInt,
      TargetFileName: string(256),
      DelaySeconds: unsignedInt,
      SuccessURL: string(256),
      FailureURL: string(256),
    }),
    struct('DownloadResponse', transfer),
  ),
  Upload: rpc(
    'Upload',
    'CPE',
    '1.0',
    struct('Upload', {
      CommandKey: string(32),
      FileType: string(64),
      URL: string(256),
      Username: string(256),
      Password: string(256),
      DelaySeconds: unsignedInt,
    }),
    struct('UploadResponse', transfer),
  ),
  FactoryReset: rpc(
    'FactoryReset',
    'CPE',
    '1.0',
    struct('FactoryReset', {}),
    struct('FactoryResetResponse', {}),
  ),
  GetQueuedTransfers: rpc(
    'GetQueuedTransfers',
    'CPE',
    '1.0',
    struct('GetQueuedTransfers', {}),
    struct('GetQueuedTransfersResponse', {
      TransferList: array('QueuedTransferStruct', queuedTransferStruct, 0, 16),
    }),
  ),
  ScheduleInform: rpc(
    'ScheduleInform',
    'CPE',
    '1.0',
    struct('ScheduleInform', { DelaySeconds: unsignedInt, CommandKey: string(32) }),
    struct('ScheduleInformResponse', {}),
  ),
  SetVouchers: rpc(
    'SetVouchers',
    'CPE',
    '1.0',
    struct('SetVouchers', { VoucherList: array('base64', base64, 1) }),
    struct('SetVouchersResponse', {}),
  ),
  GetOptions: rpc(
    'GetOptions',
    'CPE',
    '1.0',
    struct('GetOptions', { OptionName: string(64) }),
    struct('GetOptionsResponse', { OptionList: array('OptionStruct', optionStruct) }),
  ),
  GetAllQueuedTransfers: rpc(
    'GetAllQueuedTransfers',
    'CPE',
    '1.1',
    struct('GetAllQueuedTransfers', {}),
    struct('GetAllQueuedTransfersResponse', {
      TransferList: array('AllQueuedTransferStruct', allQueuedTransferStruct, 0, 16),
    }),
  ),
  ScheduleDownload: rpc(
    'ScheduleDownload',
    'CPE',
    '1.2',
    struct('ScheduleDownload', {
      CommandKey: string(32),
      FileType: string(64),
      URL: string(256),
      Username: string(256),
      Password: string(256),
      FileSize: unsignedInt,
      TargetFileName: string(256),
      TimeWindowList: array('TimeWindowStruct', timeWindowStruct, 1, 2),
    }),
    struct('ScheduleDownloadResponse', {}),
  ),
  CancelTransfer: rpc(
    'CancelTransfer',
    'CPE',
    '1.2',
    struct('CancelTransfer', { CommandKey: string(32) }),
    struct('CancelTransferResponse', {}),
  ),
  ChangeDUState: rpc(
    'ChangeDUState',
    'CPE',
    '1.2',
    struct('ChangeDUState', { Operations: repeated(operation), CommandKey: optional(string(32)) }),
    struct('ChangeDUStateResponse', {}),
  ),
  Inform: rpc(
    'Inform',
    'ACS',
    '1.0',
    struct('Inform', {
      DeviceId: deviceIdStruct,
      Event: array('EventStruct', eventStruct, 0, 64),
      MaxEnvelopes: unsignedInt,
      CurrentTime: dateTime,
      RetryCount: unsignedInt,
      ParameterList: parameterList,
    }),
    struct('InformResponse', { MaxEnvelopes: unsignedInt }),
  ),
  TransferComplete: rpc(
    'TransferComplete',
    'ACS',
    '1.0',
    struct('TransferComplete', {
      CommandKey: string(32),
      FaultStruct: faultStruct,
      StartTime: dateTime,
      CompleteTime: dateTime,
    }),
    struct('TransferCompleteResponse', {}),
  ),
  AutonomousTransferComplete: rpc(
    'AutonomousTransferComplete',
    'ACS',
    '1.1',
    struct('AutonomousTransferComplete', {
      AnnounceURL: string(1024),
      TransferURL: string(1024),
      IsDownload: boolean,
      FileType: string(64),
      FileSize: unsignedInt,
      TargetFileName: string(256),
      FaultStruct: faultStruct,
      StartTime: dateTime,
      CompleteTime: dateTime,
    }),
    struct('AutonomousTransferCompleteResponse', {}),
  ),
  Kicked: rpc(
    'Kicked',
    'ACS',
    '1.0',
    struct('Kicked', {
      Command: string(32),
      Referer: string(64),
      Arg: string(256),
      Next: string(1024),
    }),
    struct('KickedResponse', { NextURL: string(1024) }),
  ),
  RequestDownload: rpc(
    'RequestDownload',
    'ACS',
    '1.0',
    struct('RequestDownload', {
      FileType: string(64),
      FileTypeArg: array('ArgStruct', argStruct, 0, 16),
    }),
    struct('RequestDownloadResponse', {}),
  ),
  DUStateChangeComplete: rpc(
    'DUStateChangeComplete',
    'ACS',
    '1.2',
    struct('DUStateChangeComplete', {
      Results: repeated(opResultStruct),
      CommandKey: optional(string(32)),
    }),
    struct('DUStateChangeCompleteResponse', {}),
  ),
  AutonomousDUStateChangeComplete: rpc(
    'AutonomousDUStateChangeComplete',
    'ACS',
    '1.2',
    struct('AutonomousDUStateChangeComplete', { Results: repeated(autonOpResultStruct) }),
    struct('AutonomousDUStateChangeCompleteResponse', {}),
  ),
} as const;

export type RpcName = keyof typeof RPCS;
export type Args<R extends RpcName> = Value<(typeof RPCS)[R]['request']>;
export type Answer<R extends RpcName> = Value<(typeof RPCS)[R]['response']>;

export type Request<R extends RpcName = RpcName> = ReturnType<(typeof RPCS)[R]['readRequest']>;
export type Response<R extends RpcName = RpcName> = ReturnType<(typeof RPCS)[R]['readResponse']>;

/** RPCs that a CPE answers, and those that an ACS answers. */
export type CpeMethod = {
  [R in RpcName]: (typeof RPCS)[R]['by'] extends 'CPE' | 'both' ? R : never;
}[RpcName];
export type AcsMethod = {
  [R in RpcName]: (typeof RPCS)[R]['by'] extends 'ACS' | 'both' ? R : never;
}[RpcName];

/** One bad parameter of a SetParameterValues fault. */
export interface SetParameterValuesFault {
  readonly ParameterName: string;
  readonly FaultCode: number;
  readonly FaultString: string;
}

/** A CWMP fault (TR-069a6 section 3.5). A SOAP fault without cwmp detail has FaultCode 0 (Q-FT-07). */
export interface CwmpFault {
  readonly FaultCode: number;
  readonly FaultString: string;
  readonly SetParameterValuesFault: readonly SetParameterValuesFault[];
}

export interface FaultMessage {
  readonly kind: 'fault';
  readonly fault: CwmpFault;
}

/** A method that no schema has: a vendor's, or a new one. It is answered with fault 8000 or 9000. */
export interface UnknownMessage {
  readonly kind: 'unknown';
  readonly name: string;
}

export type Message = Request | Response | FaultMessage | UnknownMessage;

/** A message and what its SOAP header and namespace say. */
export interface Envelope<M extends Message = Message> {
  /** cwmp:ID, byte for byte; `undefined` when the header has none. */
  readonly id: string | undefined;
  /** The cwmp namespace it is written in, e.g. `urn:dslforum-org:cwmp-1-0`. */
  readonly namespace: string;
  readonly header: Header;
  readonly message: M;
}

/** Header elements of TR-069a6 section 3.5 Table 4, without ID. */
export interface Header {
  readonly HoldRequests?: boolean;
  /** Seconds. */
  readonly SessionTimeout?: number;
  readonly SupportedCWMPVersions?: readonly string[];
  readonly UseCWMPVersion?: string;
  readonly NoMoreRequests?: boolean;
}

export type Inform = Args<'Inform'>;
export type DeviceId = Inform['DeviceId'];
export type { ParameterValueStruct } from './parameter-value.ts';

export function isRpcName(name: string): name is RpcName {
  return Object.hasOwn(RPCS, name);
}

/** Whether an ACS may ask it of a CPE. */
export function isCpeRequest(request: Request): request is Request<CpeMethod> {
  return RPCS[request.rpc].by !== 'ACS';
}
