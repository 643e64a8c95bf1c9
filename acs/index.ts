/** The auto-configuration server as a library: start it on a data folder, look at devices, queue tasks. */
export { type Acs, type AcsData, type AcsOptions, startAcs } from './acs.ts';
export type { AcsEvent } from './acs-events.ts';
export { type DataFolder, type DataFolderOptions, openData } from './data-folder.ts';
export { deviceKey, findDevice, parseDeviceKey } from './device-key.ts';
export type { AuthMode } from './http/auth.ts';
export { type Clock, type Log, SILENT } from './log.ts';
export { openQueue } from './queue/open.ts';
export type { QueueKind } from './queue/options.ts';
export {
  NOT_REPEATABLE,
  type Task,
  type TaskOutcome,
  type TaskQueue,
  type TaskState,
} from './queue/queue.ts';
export { REPLY_STYLES } from './session/reply-style.ts';
export { openStore } from './store/open.ts';
export type { StoreKind } from './store/options.ts';
export type { DeviceRecord, DeviceStore, Discovery, Learned, Parameter } from './store/store.ts';
