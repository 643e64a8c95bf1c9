/** Simulated modems as a library. */

export { createRandom, type Random } from '../protocol/random.ts';
export { type Ant, type AntEvents, type AntMode, type AntOptions, createAnt } from './ant/ant.ts';
export type { LoaderEvent } from './ant/boot-loader.ts';
export { type AntFault, type AntOptionsSettings, isAntFault, listAntFaults } from './ant/settings.ts';
export type {
  Call,
  ConnectionRequestListener,
  ConnectionRequestOptions,
} from './connection-request-types.ts';
export { type Attributes, Device, type DeviceOptions, type Parameter } from './device/device.ts';
export { type Aftermath, dispatch, type Performed } from './device/rpc/dispatch.ts';
export {
  type ListedScenario,
  listScenarios,
  loadScenario,
  runScenario,
  type Scenario,
  type ScenarioOptions,
  type ScenarioParameter,
  type ScenarioResult,
  type ScenarioRun,
} from './fleet/scenarios/index.ts';
export { createSwarm, type Swarm, type SwarmOptions, type SwarmResult } from './fleet/swarm.ts';
export type { Latency, SwarmStats } from './fleet/swarm-stats.ts';
export type { Lan, LanSocket } from './lan/lan.ts';
export { createLossyLan, type Lossiness } from './lan/lossy.ts';
export { createObservedLan, type LanObserver, type ObserveLan } from './lan/observed.ts';
export { createSegment, type Segment, type SegmentOptions } from './lan/segment.ts';
export { createUdpLan, type UdpLanOptions } from './lan/udp.ts';
export { type LineFault, type ListedFault, listFaults, parseLine } from './line/index.ts';
export { createModem } from './modem.ts';
export type { CutPoint, Modem, ModemEvents, ModemOptions, SessionReport } from './modem-types.ts';
export {
  listProfiles,
  loadProfile,
  type Profile,
  type ProfileListing,
  parseProfile,
  profileNames,
  releaseNames,
} from './profile/profile.ts';
export { type ListedQuirk, listQuirks } from './quirks/table.ts';
export {
  createConnectionRequestListener,
  type ListenerOptions,
} from './services/connection-request-listener.ts';
export { Box, type BoxOptions } from './shell/box.ts';
export { type Played, playConfiguration } from './shell/configuration.ts';
export type { Effect } from './shell/effect.ts';
export { type Answer, Shell } from './shell/shell.ts';
export { serveTelnet, type TelnetOptions, type TelnetServer } from './shell/telnet.ts';
export { createScheduler, type Scheduler, type SchedulerOptions, type Speed } from './time/scheduler.ts';
