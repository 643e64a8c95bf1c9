/** The library interface: replays of recorded sides, and profiles from captures. */
export { type AcsReplay, replayAsAcs } from './as-acs.ts';
export { type AntReplay, replayAsAnt } from './as-ant.ts';
export { type HostReplay, type MdapReplay, replayAsHost } from './as-host.ts';
export { type ModemReplay, replayAsModem } from './as-modem.ts';
export { cloneStandIns } from './clone/stand-ins.ts';
export type { Difference } from './differences.ts';
export { ALWAYS_IGNORED, createIgnores } from './ignored.ts';
export type { ReplaySpeed } from './pace.ts';
export { type Recording, readRecording } from './recording.ts';
export type { ReplayReport } from './report.ts';
export { noStandIns, type StandIn, type StandIns } from './stand-in.ts';
