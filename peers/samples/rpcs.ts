/** One fixed request and response of each RPC, as an ACS and the invented modem exchange them. */
import type { Answer, Args, Request, Response, RpcName } from '../../protocol/cwmp/messages.ts';
import { UNKNOWN_TIME } from '../../protocol/datamodel/date-time.ts';
import { informArgs } from './invented-modem.ts';

interface RequestOf<R extends RpcName> {
  readonly kind: 'request';
  readonly rpc: R;
  readonly args: Args<R>;
}
interface ResponseOf<R extends RpcName> {
  readonly kind: 'response';
  readonly rpc: R;
  readonly args: Answer<R>;
}

const request = <R extends RpcName>(rpc: R, args: Args<R>): RequestOf<R> => ({ kind: 'request', rpc, args });
const response = <R extends RpcName>(rpc: R, args: Answer<R>): ResponseOf<R> => ({
  kind: 'response',
  rpc,
  args,
});

const IGD = 'InternetGatewayDevice.';
const CODE = `${IGD}DeviceInfo.ProvisioningCode`;
const FORWARDING = `${IGD}Layer3Forwarding.Forwarding.`;
const FIRMWARE = '1 Firmware Upgrade Image';
const URL = 'http://192.0.2.1/files/image.bin';
const UUID = 'f0aa6a24-8d6b-5c1b-9a3c-1f0e4e2a7b11';
const START = '2024-03-05T14:00:03+01:00';
const COMPLETE = '2024-03-05T14:01:30+01:00';

const file = { FileType: FIRMWARE, URL, Username: 'user', Password: 'secret' };
const noFault = { FaultCode: 0, FaultString: '' };
const unit = {
  UUID,
  DeploymentUnitRef: `${IGD}SoftwareModules.DeploymentUnit.1`,
  Version: '1.2.0',
  CurrentState: 'Installed',
  Resolved: true,
  ExecutionUnitRefList: `${IGD}SoftwareModules.ExecutionUnit.1`,
  StartTime: START,
  CompleteTime: COMPLETE,
  Fault: noFault,
};

export const REQUESTS: { readonly [R in RpcName]: Request<R> } = {
  GetRPCMethods: request('GetRPCMethods', {}),
  SetParameterValues: request('SetParameterValues', {
    ParameterList: [{ Name: CODE, Value: 'lab & bench', Type: 'string' }],
    ParameterKey: 'key-1',
  }),
  GetParameterValues: request('GetParameterValues', { ParameterNames: [CODE, `${IGD}ManagementServer.`] }),
  GetParameterNames: request('GetParameterNames', { ParameterPath: IGD, NextLevel: true }),
  SetParameterAttributes: request('SetParameterAttributes', {
    ParameterList: [
      {
        Name: CODE,
        NotificationChange: true,
        Notification: 2,
        AccessListChange: true,
        AccessList: ['Subscriber'],
      },
    ],
  }),
  GetParameterAttributes: request('GetParameterAttributes', { ParameterNames: [CODE] }),
  AddObject: request('AddObject', { ObjectName: FORWARDING, ParameterKey: 'key-2' }),
  DeleteObject: request('DeleteObject', { ObjectName: `${FORWARDING}1.`, ParameterKey: 'key-3' }),
  Reboot: request('Reboot', { CommandKey: 'reboot-1' }),
  Download: request('Download', {
    ...file,
    CommandKey: 'download-1',
    FileSize: 4000,
    TargetFileName: 'image.bin',
    DelaySeconds: 10,
    SuccessURL: 'http://192.0.2.1/done',
    FailureURL: 'http://192.0.2.1/failed',
  }),
  Upload: request('Upload', {
    ...file,
    CommandKey: 'upload-1',
    FileType: '1 Vendor Configuration File',
    DelaySeconds: 10,
  }),
  FactoryReset: request('FactoryReset', {}),
  GetQueuedTransfers: request('GetQueuedTransfers', {}),
  ScheduleInform: request('ScheduleInform', { DelaySeconds: 60, CommandKey: 'inform-1' }),
  SetVouchers: request('SetVouchers', { VoucherList: ['PFZvdWNoZXIvPg=='] }),
  GetOptions: request('GetOptions', { OptionName: '' }),
  GetAllQueuedTransfers: request('GetAllQueuedTransfers', {}),
  ScheduleDownload: request('ScheduleDownload', {
    ...file,
    CommandKey: 'download-2',
    FileSize: 4000,
    TargetFileName: '',
    TimeWindowList: [
      { WindowStart: 0, WindowEnd: 3600, WindowMode: '1 At Any Time', UserMessage: '', MaxRetries: 2 },
    ],
  }),
  CancelTransfer: request('CancelTransfer', { CommandKey: 'download-2' }),
  ChangeDUState: request('ChangeDUState', {
    Operations: [
      { Operation: 'Install', URL, UUID },
      { Operation: 'Uninstall', UUID },
    ],
    CommandKey: 'units-1',
  }),
  Inform: request('Inform', informArgs()),
  TransferComplete: request('TransferComplete', {
    CommandKey: 'download-1',
    FaultStruct: noFault,
    StartTime: START,
    CompleteTime: COMPLETE,
  }),
  AutonomousTransferComplete: request('AutonomousTransferComplete', {
    AnnounceURL: '',
    TransferURL: URL,
    IsDownload: true,
    FileType: FIRMWARE,
    FileSize: 4000,
    TargetFileName: '',
    FaultStruct: { FaultCode: 9010, FaultString: 'Download failure' },
    StartTime: START,
    CompleteTime: COMPLETE,
  }),
  Kicked: request('Kicked', {
    Command: 'register',
    Referer: 'http://192.0.2.1/portal',
    Arg: 'plan=1',
    Next: 'http://192.0.2.1/welcome',
  }),
  RequestDownload: request('RequestDownload', {
    FileType: FIRMWARE,
    FileTypeArg: [{ Name: 'version', Value: '1.0.1' }],
  }),
  DUStateChangeComplete: request('DUStateChangeComplete', { Results: [unit], CommandKey: 'units-1' }),
  AutonomousDUStateChangeComplete: request('AutonomousDUStateChangeComplete', {
    Results: [{ ...unit, OperationPerformed: 'Install' }],
  }),
};

export const RESPONSES: { readonly [R in RpcName]: Response<R> } = {
  GetRPCMethods: response('GetRPCMethods', {
    MethodList: ['Inform', 'GetRPCMethods', 'TransferComplete'],
  }),
  SetParameterValues: response('SetParameterValues', { Status: 0 }),
  GetParameterValues: response('GetParameterValues', {
    ParameterList: [
      { Name: CODE, Value: 'lab & bench', Type: 'string' },
      { Name: `${IGD}ManagementServer.PeriodicInformInterval`, Value: '1800', Type: 'unsignedInt' },
    ],
  }),
  GetParameterNames: response('GetParameterNames', {
    ParameterList: [
      { Name: `${IGD}DeviceInfo.`, Writable: false },
      { Name: `${IGD}DeviceSummary`, Writable: false },
    ],
  }),
  SetParameterAttributes: response('SetParameterAttributes', {}),
  GetParameterAttributes: response('GetParameterAttributes', {
    ParameterList: [{ Name: CODE, Notification: 2, AccessList: ['Subscriber'] }],
  }),
  AddObject: response('AddObject', { InstanceNumber: 1, Status: 0 }),
  DeleteObject: response('DeleteObject', { Status: 0 }),
  Reboot: response('Reboot', {}),
  Download: response('Download', { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME }),
  Upload: response('Upload', { Status: 0, StartTime: START, CompleteTime: COMPLETE }),
  FactoryReset: response('FactoryReset', {}),
  GetQueuedTransfers: response('GetQueuedTransfers', {
    TransferList: [{ CommandKey: 'download-1', State: 1 }],
  }),
  ScheduleInform: response('ScheduleInform', {}),
  SetVouchers: response('SetVouchers', {}),
  GetOptions: response('GetOptions', {
    OptionList: [
      {
        OptionName: 'VPN',
        VoucherSN: 1,
        State: 1,
        Mode: 2,
        StartDate: START,
        ExpirationDate: COMPLETE,
        IsTransferable: 0,
      },
    ],
  }),
  GetAllQueuedTransfers: response('GetAllQueuedTransfers', {
    TransferList: [
      {
        CommandKey: 'download-1',
        State: 1,
        IsDownload: true,
        FileType: FIRMWARE,
        FileSize: 4000,
        TargetFileName: '',
      },
    ],
  }),
  ScheduleDownload: response('ScheduleDownload', {}),
  CancelTransfer: response('CancelTransfer', {}),
  ChangeDUState: response('ChangeDUState', {}),
  Inform: response('Inform', { MaxEnvelopes: 1 }),
  TransferComplete: response('TransferComplete', {}),
  AutonomousTransferComplete: response('AutonomousTransferComplete', {}),
  Kicked: response('Kicked', { NextURL: 'http://192.0.2.1/welcome' }),
  RequestDownload: response('RequestDownload', {}),
  DUStateChangeComplete: response('DUStateChangeComplete', {}),
  AutonomousDUStateChangeComplete: response('AutonomousDUStateChangeComplete', {}),
};
