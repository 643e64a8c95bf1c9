/** Simulated modems as a library. */
export { type Ant, type AntEvents, type AntMode, type AntOptions, createAnt } from './ant/ant.ts';
export type { LoaderEvent } from './ant/boot-loader.ts';
export { type AntFault, type AntOptionsSettings, isAntFault, listAntFaults } from './ant/settings.ts';
export { cloneStandIns } from './clone/stand-ins.ts';
export { createConnectionRequestListener, type ListenerOptions } from './connection-request-listener.ts';
export type {
  Call,
  ConnectionRequestListener,
  ConnectionRequestOptions,
} from './connection-request-types.ts';
export { type Attributes, Device, type DeviceOptions, type Parameter } from './device.ts';
export type { Lan, LanSocket } from './lan/lan.ts';
export { createLossyLan, type Lossiness } from './lan/lossy.ts';
export { createObservedLan, type LanObserver, type ObserveLan } from './lan/observed.ts';
export { createSegment, type Segment, type SegmentOptions } from './lan/segment.ts';
export { createUdpLan, type UdpLanOptions } from './lan/udp.ts';
export { type LineFault, type ListedFault, listFaults, parseLine } from './line/index.ts';
export { createModem } from './modem.ts';
export type { Modem, ModemEvents, ModemOptions, SessionReport } from './modem-types.ts';
export { type Aftermath, type Performed, perform } from './perform.ts';
export {
  listProfiles,
  loadProfile,
  type Profile,
  type ProfileListing,
  parseProfile,
  profileNames,
  releaseNames,
} from './profile.ts';
export { type ListedQuirk, listQuirks } from './quirks/table.ts';
export { createRandom, type Random } from './random.ts';
export { type AcsReplay, replayAsAcs } from './replay/as-acs.ts';
export { type AntReplay, replayAsAnt } from './replay/as-ant.ts';
export { type HostReplay, type MdapReplay, replayAsHost } from './replay/as-host.ts';
export { type ModemReplay, replayAsModem } from './replay/as-modem.ts';
export type { Difference } from './replay/differences.ts';
export { ALWAYS_IGNORED, createIgnores } from './replay/ignored.ts';
export type { ReplaySpeed } from './replay/pace.ts';
export { type Recording, readRecording } from './replay/recording.ts';
export type { ReplayReport } from './replay/report.ts';
export { noStandIns, type StandIn, type StandIns } from './replay/stand-in.ts';
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
} from './scenarios/index.ts';
export { createScheduler, type Scheduler, type SchedulerOptions, type Speed } from './scheduler.ts';
export type { CutPoint } from './session.ts';
export { Box, type BoxOptions } from './shell/box.ts';
export { type Played, playConfiguration } from './shell/configuration.ts';
export type { Effect } from './shell/effect.ts';
export { type Answer, Shell } from './shell/shell.ts';
export { serveTelnet, type TelnetOptions, type TelnetServer } from './shell/telnet.ts';
export { createSwarm, type Swarm, type SwarmOptions, type SwarmResult } from './swarm.ts';
export type { Latency, SwarmStats } from './swarm-stats.ts';
