/**
 * Minimal ants on loopback multicast, all with one address: the machine of protocol/mdap, a socket, and a few
 * commands.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { AntEvent, AntResult, AntState, AntWork } from '../../../protocol/mdap/ant-conversation.ts';
import { initial, step } from '../../../protocol/mdap/ant-conversation.ts';
import type { AntSettings } from '../../../protocol/mdap/settings.ts';
import { ANT_SETTINGS } from '../../../protocol/mdap/settings.ts';

export interface TestAnt {
  readonly antId: string;
  readonly name?: string;
  readonly mac?: string;
  readonly settings?: Partial<AntSettings>;
  readonly password?: string;
  /** Output of a command line; by default what `COMMANDS` says. */
  readonly run?: (work: AntWork) => AntResult;
}

export interface Bench {
  readonly group: string;
  readonly port: number;
  /** Command lines that ants carried out: `ANT-ID line`. */
  readonly ran: string[];
  /** Options of the command line that lead here. */
  readonly argv: readonly string[];
}

export const GROUP = '239.255.77.7';

/** What every ant knows. */
const COMMANDS: ReadonlyMap<string, AntResult> = new Map<string, AntResult>([
  ['ip iplist', { is: 'text', text: 'Interface   IP-address\r\n1 LocalNetwork 192.168.1.254\r\n' }],
  ['software version', { is: 'text', text: 'Active: 6.2.17.5\r\n' }],
  ['system reboot', { is: 'silence' }],
]);

/** Starts ants that hear one group and a port of their own. */
export async function startAnts(t: Test, ants: readonly TestAnt[]): Promise<Bench> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind({ port: 0, address: GROUP });
  await once(socket, 'listening');
  socket.addMembership(GROUP, '127.0.0.1');
  const voice = createSocket('udp4');
  voice.bind({ port: 0, address: '127.0.0.1' });
  await once(voice, 'listening');
  voice.setMulticastInterface('127.0.0.1');
  const { port } = socket.address();
  const ran: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const players = ants.map((ant) => createPlayer(ant, ran));
  const say = (bytes: Uint8Array, to: { address: string; port: number }, afterMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      voice.send(bytes, to.port, to.address);
    }, afterMs);
    timers.add(timer);
  };
  socket.on('message', (bytes, from) => {
    for (const play of players)
      play(
        {
          is: 'datagram',
          bytes,
          now: performance.now(),
          random: 0.01,
          arrival: { from: { address: from.address, port: from.port }, byGroup: true, local: true },
        },
        (reply, host, afterMs) => say(reply, host ?? { address: GROUP, port }, afterMs),
      );
  });
  t.teardown(() => {
    for (const timer of timers) clearTimeout(timer);
    socket.close();
    voice.close();
  });
  const argv = ['--iface', '127.0.0.1', '--group', GROUP, '--port', String(port)];
  return { group: GROUP, port, ran, argv };
}

type Say = (bytes: Uint8Array, to: { address: string; port: number } | undefined, afterMs: number) => void;

function createPlayer(ant: TestAnt, ran: string[]): (event: AntEvent, say: Say) => void {
  const { antId, name = 'SpeedTouch 585', mac = '00-14-7F-00-00-01', password = '' } = ant;
  const who = { antId, antName: name, antMac: mac, hostSetup: 'auto', tpVersion: '2.0.0' };
  const settings = { ...ANT_SETTINGS, ...ant.settings };
  let state: AntState = initial;
  const play = (event: AntEvent, say: Say): void => {
    const stepped = step({ settings, who }, state, event);
    state = stepped.state;
    for (const effect of stepped.effects) {
      if (effect.do === 'send') {
        say(effect.bytes, effect.to.is === 'group' ? undefined : effect.to.host, effect.afterMs);
        continue;
      }
      const { work } = effect;
      const { user = 'Administrator', password: given = password } = work.credentials ?? {};
      const right = user === 'Administrator' && given === password;
      if (right) ran.push(`${antId} ${work.command ?? 'INFO'}`);
      const result: AntResult = right
        ? (ant.run ?? ((asked) => run(asked, antId)))(work)
        : { is: 'error', code: -1 };
      play({ is: 'ran', id: work.id, result, now: performance.now() }, say);
    }
  };
  return play;
}

function run({ command }: AntWork, antId: string): AntResult {
  if (command === undefined)
    return { is: 'facts', facts: new Map([['board', 'BANT-W'] as const, ['software', '6.2.17.5'] as const]) };
  const line = command.replace(/^:/, '');
  // Some say nothing, some what was asked of whom.
  if (/^(ip|dhcp) /.test(line) && !COMMANDS.has(line)) return { is: 'text', text: '' };
  if (/^env /.test(line)) return { is: 'text', text: `${antId} ${line}` };
  return COMMANDS.get(line) ?? { is: 'error', code: -3, text: 'Unknown command.\r\n' };
}
