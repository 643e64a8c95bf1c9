/** The roles that `capture replay` can play. */
import process from 'node:process';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Recording, ReplayReport, ReplaySpeed, StandIns } from '../../replay/index.ts';
import {
  ALWAYS_IGNORED,
  cloneStandIns,
  createIgnores,
  replayAsAcs,
  replayAsAnt,
  replayAsHost,
  replayAsModem,
} from '../../replay/index.ts';
import type { Profile } from '../../simulator/index.ts';
import { createObservedLan, createUdpLan, Device, loadProfile } from '../../simulator/index.ts';
import type { Io } from '../support/io.ts';
import { record, withDatagrams } from '../support/recording.ts';
import type { TlsClientOptions, TlsServerOptions } from '../support/tls-files.ts';
import { tlsClientOf, tlsServerOf } from '../support/tls-files.ts';

export interface ReplayOptions extends TlsClientOptions, TlsServerOptions {
  readonly acs?: string;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly as?: 'host' | 'ant';
  readonly iface: string;
  readonly group: string;
  readonly port: number;
  readonly session?: number;
  readonly device?: string;
  readonly ignore: readonly string[];
  readonly speed: ReplaySpeed;
  /** Seconds. */
  readonly timeout: number;
  readonly profile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly record?: string;
  readonly json: boolean;
}

/** What a replay reports while it runs, and what stops it. */
export interface Progress {
  readonly signal: AbortSignal;
  readonly report: (played: number, sessions: number, sent: number) => void;
  /** A line for people. */
  readonly say: (text: string) => void;
}

export async function playRole(
  io: Io,
  recording: Recording,
  given: ReplayOptions,
  progress: Progress,
): Promise<ReplayReport> {
  if (given.as !== undefined) return asMdap(io, recording, given.as, given, progress);
  if (recording.sessions.length === 0)
    throw new ModemlabError('E_REPLAY_NOTHING', 'the capture has no CWMP session');
  return given.acs === undefined
    ? asAcs(io, recording, given, progress)
    : asModem(io, recording, given.acs, given, progress);
}

const shared = ({ ignore, speed, timeout }: ReplayOptions, { signal, report }: Progress) => ({
  speed,
  timeoutMs: timeout * 1000,
  signal,
  progress: report,
  ignores: createIgnores([...ALWAYS_IGNORED, ...ignore]),
});

async function asModem(
  io: Io,
  recording: Recording,
  acs: string,
  given: ReplayOptions,
  progress: Progress,
): Promise<ReplayReport> {
  const { password, profile, username } = given;
  const standIns =
    profile === undefined
      ? cloneStandIns(recording, acs, Date.now)
      : profileStandIns(loadProfile(profile), acs);
  const recorder = given.record === undefined ? undefined : await record(given.record, 'client');
  try {
    return await replayAsModem(recording, {
      ...shared(given, progress),
      url: new URL(acs),
      credentials: username === undefined || password === undefined ? undefined : { username, password },
      tls: tlsClientOf(given).tls,
      onSocket: recorder?.onSocket,
      standIns,
    });
  } finally {
    await recorder?.close(io);
  }
}

/** A modem with this profile for each device. */
const profileStandIns =
  (profile: Profile, acs: string): StandIns =>
  () => ({ from: 'profile', device: new Device({ profile, acs, now: Date.now }), note: undefined });

async function asAcs(
  io: Io,
  recording: Recording,
  given: ReplayOptions,
  progress: Progress,
): Promise<ReplayReport> {
  const { json, listen = { host: '127.0.0.1', port: 0 } } = given;
  const tls = await tlsServerOf(given);
  const recorder = given.record === undefined ? undefined : await record(given.record, 'server');
  try {
    return await replayAsAcs(recording, {
      ...shared(given, progress),
      ...listen,
      tls,
      onConnection: recorder?.onSocket,
      listening: (url) => {
        if (json) io.out(`${JSON.stringify({ event: 'listening', url, pid: process.pid })}\n`);
        else progress.say(`modemlab capture replay: ${url}`);
      },
    });
  } finally {
    await recorder?.close(io);
  }
}

function asMdap(
  io: Io,
  recording: Recording,
  side: 'host' | 'ant',
  given: ReplayOptions,
  progress: Progress,
): Promise<ReplayReport> {
  const { group, iface, json, password, port, username } = given;
  return withDatagrams(io, given.record, (observe) => {
    const udp = createUdpLan({ iface });
    const lan = observe === undefined ? udp : createObservedLan(udp, observe);
    const mdap = { ...shared(given, progress), lan, iface, group: { address: group, port } };
    const credentials = username === undefined || password === undefined ? undefined : { username, password };
    if (side === 'host') return replayAsHost(recording, { ...mdap, credentials });
    const listening = (): void => {
      if (json) io.out(`${JSON.stringify({ event: 'listening', iface, group, port, pid: process.pid })}\n`);
      else progress.say(`modemlab capture replay: ants on ${iface}, group ${group}:${port}`);
    };
    return replayAsAnt(recording, { ...mdap, listening });
  });
}
