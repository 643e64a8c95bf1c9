/**
 * What one session costs the server: CPU (user and system of its process) of a steady-state session and of a
 * first contact, each beside a bare node:http server that answers canned bytes to the same requests, in one
 * run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envelopeText, informText } from '../peers/samples/invented-modem.ts';
import { decodeString } from '../protocol/cwmp/decode.ts';
import type { Child } from './child.ts';
import { startChild } from './child.ts';
import type { Script } from './driver.ts';
import { playMany, playSession, postOf } from './driver.ts';
import type { Figure } from './report.ts';
import { middle } from './report.ts';

const PARAMETERS = 300;

/** An Inform, an empty POST, 204. */
function steadyScript(inform: string): Script {
  const posts = [postOf(inform, 'inform'), postOf('', 'empty')];
  return (turn) => posts[turn];
}

const names = Array.from(
  { length: PARAMETERS },
  (_, index) => `InternetGatewayDevice.LANDevice.1.Hosts.Host.${index}.HostName`,
);
/** Parameters of the devices of the steady state: their trees are not what is measured. */
const FEW = 10;

const namesText = (id: string, count: number): string =>
  envelopeText(
    {
      kind: 'response',
      rpc: 'GetParameterNames',
      args: { ParameterList: names.slice(0, count).map((Name) => ({ Name, Writable: false })) },
    },
    id,
  );
const methodsText = (id: string): string =>
  envelopeText({ kind: 'response', rpc: 'GetRPCMethods', args: { MethodList: ['GetRPCMethods'] } }, id);
const valuesText = (asked: readonly string[], id: string): string =>
  envelopeText(
    {
      kind: 'response',
      rpc: 'GetParameterValues',
      args: {
        ParameterList: asked.map((Name) => ({ Name, Value: `value of ${Name.length}`, Type: 'string' })),
      },
    },
    id,
  );

/** Answers as a modem of 300 parameters does, and keeps what was sent, to be sent to the baseline. */
function contactScript(inform: string, sent: string[], count = PARAMETERS): Script {
  const body = (text: string): string => {
    sent.push(text);
    return text;
  };
  return (turn, answer) => {
    if (turn === 0) return postOf(body(inform), 'inform');
    if (turn === 1) return postOf(body(''), 'empty');
    const decoded = decodeString(answer.slice(answer.indexOf('\r\n\r\n') + 4));
    if (!decoded.ok) return undefined;
    const { message, id = '' } = decoded.value.envelope;
    if (message.kind !== 'request') return undefined;
    if (message.rpc === 'GetRPCMethods') return postOf(body(methodsText(id)), 'request');
    if (message.rpc === 'GetParameterNames') return postOf(body(namesText(id, count)), 'request');
    if (message.rpc === 'GetParameterValues')
      return postOf(body(valuesText(message.args.ParameterNames, id)), 'request');
    return undefined;
  };
}

function replayScript(sent: readonly string[]): Script {
  const posts = sent.map((text, index) =>
    postOf(text, index === 0 ? 'inform' : index === sent.length - 1 ? 'empty' : 'request'),
  );
  return (turn) => posts[turn];
}

/** Seconds of CPU that the server took for `count` sessions. */
async function cpuOf(
  child: Child,
  count: number,
  script: (index: number) => Script,
  reconnect = false,
): Promise<number> {
  const before = await child.usage();
  await playMany(count, 16, (index) => playSession(child.port, script(index), reconnect));
  return (await child.usage()).cpu - before.cpu;
}

interface Compared {
  /** Milliseconds of CPU a session. */
  readonly bare: number;
  readonly acs: number;
  readonly ratio: number;
}

/** Each round compares the two side by side; the middle of the rounds counts. */
async function compare(
  bare: () => Promise<number>,
  acs: () => Promise<number>,
  sessions: number,
  rounds: number,
): Promise<Compared> {
  const costs: { readonly bare: number; readonly acs: number }[] = [];
  for (let round = 0; round < rounds; round++) costs.push({ bare: await bare(), acs: await acs() });
  return {
    bare: (middle(costs.map((cost) => cost.bare)) / sessions) * 1000,
    acs: (middle(costs.map((cost) => cost.acs)) / sessions) * 1000,
    ratio: middle(costs.map((cost) => cost.acs / cost.bare)),
  };
}

export async function sessionFigures(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-bench-'));
  const bare = await startChild('./child-bare.ts');
  const acs = await startChild('./child-acs.ts', [folder]);
  try {
    return [await steady(bare, acs), await reconnecting(bare, acs), await firstContact(bare, acs)];
  } finally {
    await bare.stop();
    await acs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** So many that few are written twice in one commit. */
const DEVICES = 1000;
const informs = Array.from({ length: DEVICES }, (_, index) => informText({ serial: `B${index}` }));

async function steady(bare: Child, acs: Child): Promise<Figure> {
  // Every device is discovered first: what is measured is the session of a device that is known.
  await playMany(DEVICES, 8, (index) => playSession(acs.port, contactScript(informs[index] ?? '', [], FEW)));
  const sessions = 2000;
  const script = (index: number): Script => steadyScript(informs[index % DEVICES] ?? '');
  await cpuOf(bare, 1000, script);
  await cpuOf(acs, 1000, script);
  const {
    bare: base,
    acs: own,
    ratio,
  } = await compare(
    () => cpuOf(bare, sessions, script),
    () => cpuOf(acs, sessions, script),
    sessions,
    11,
  );
  return {
    question: 'steady-state session (Inform, empty POST, 204), a connection each',
    baseline: `${base.toFixed(3)} ms of CPU`,
    own: `${own.toFixed(3)} ms of CPU`,
    ratio,
    limit: 3,
  };
}

/**
 * The time that a connection for each POST adds: if it is not the same for both servers, ours adds a delay.
 */
async function reconnecting(bare: Child, acs: Child): Promise<Figure> {
  const script = (index: number): Script => steadyScript(informs[index % DEVICES] ?? '');
  const added = async (child: Child): Promise<number> => {
    const time = async (reconnect: boolean): Promise<number> => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const before = performance.now();
        await playMany(300, 1, (index) => playSession(child.port, script(index), reconnect));
        best = Math.min(best, (performance.now() - before) / 300);
      }
      return best;
    };
    const single = await time(false);
    return (await time(true)) - single;
  };
  const base = await added(bare);
  const own = await added(acs);
  return {
    question: 'time that a connection for every POST adds to a session',
    baseline: `${base.toFixed(3)} ms`,
    own: `${own.toFixed(3)} ms`,
    ratio: own / base,
    limit: undefined,
  };
}

async function firstContact(bare: Child, acs: Child): Promise<Figure> {
  const sessions = 100;
  let serial = 0;
  const sent: string[] = [];
  await playSession(acs.port, contactScript(informText({ serial: 'C' }), sent));
  const {
    bare: base,
    acs: own,
    ratio,
  } = await compare(
    () => cpuOf(bare, sessions, () => replayScript(sent)),
    () => cpuOf(acs, sessions, () => contactScript(informText({ serial: `C${serial++}` }), [])),
    sessions,
    3,
  );
  return {
    question: `first contact of ${PARAMETERS} parameters (${sent.length} POSTs), stored`,
    baseline: `${base.toFixed(2)} ms of CPU`,
    own: `${own.toFixed(2)} ms of CPU`,
    ratio,
    limit: undefined,
  };
}
