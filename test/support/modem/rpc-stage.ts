/** Runs the scenes of rpc-cases.ts: with raw text, and by the ACS of this project. */
import type { Test } from 'tap';
import { deviceKey } from '../../../acs/device-key.ts';
import type { Task } from '../../../acs/queue/queue.ts';
import { textScript } from '../../../peers/text-script.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { RPCS } from '../../../protocol/cwmp/messages.ts';
import type { Modem } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { runAcs } from '../acs/run-acs.ts';
import { scriptedAcs } from '../acs/scripted-acs.ts';
import type { RpcCase, Scene } from './rpc-cases.ts';

/** Simulated seconds per second: a boot of half a minute is 30 ms. */
const SPEED = 1000;

async function modemOf(t: Test, scene: Scene, acs: string): Promise<Modem> {
  const modem = createModem({ acs, profile: scene.profile(), seed: 7, speed: SPEED, timeoutMs: 10_000 });
  t.teardown(() => modem.stop());
  const first = modem.next('session-ended');
  modem.start();
  await first;
  return modem;
}

/**
 * Sends the request, lets the modem answer, and waits for its later report. Returns what `after` finds wrong.
 */
async function play(modem: Modem, one: RpcCase, settled: () => Promise<void>): Promise<string | undefined> {
  const reported =
    one.reported === undefined
      ? undefined
      : modem.next('delivered', { where: ({ rpc }) => rpc === one.reported?.rpc });
  const ended = modem.next('session-ended', { where: ({ ok, requests }) => ok && requests.length > 0 });
  modem.inform('6 CONNECTION REQUEST');
  await ended;
  const after = one.after?.(modem);
  await settled();
  await reported;
  return after;
}

const placed = (text: string, files: string): string => text.replaceAll('{files}', files);

export async function playRaw(t: Test, scene: Scene, files: string): Promise<void> {
  const { ask, script } = textScript();
  const acs = await scriptedAcs(t, { script });
  const modem = await modemOf(t, scene, acs.url);
  for (const one of scene.cases) {
    await one.before?.(modem);
    const from = acs.turns.length;
    ask(placed(one.ask.raw, files));
    const flaw = await play(modem, one, async () => undefined);
    const posts = acs.turns.slice(from).map(({ body }) => body);
    const answer =
      posts.find((text) => text.includes('<cwmp:Fault>') || /<cwmp:\w+Response/.test(text)) ?? '';
    await t.test(one.title, (t) => {
      checkRaw(t, one, answer);
      if (one.reported !== undefined) checkReport(t, one.reported, posts);
      t.equal(flaw, undefined);
      t.end();
    });
  }
  await modem.stop();
}

function checkRaw(t: Test, { ask, fault, inner = [], wire = [] }: RpcCase, answer: string): void {
  for (const pattern of wire) t.match(answer, pattern);
  if (fault === undefined) {
    t.match(answer, new RegExp(`<cwmp:${ask.request.rpc}Response[ >/]`), 'it is answered well');
    return;
  }
  const codes = [...answer.matchAll(/<FaultCode>\s*(\d+)\s*<\/FaultCode>/g)].map(([, code]) => Number(code));
  const names = [...answer.matchAll(/<ParameterName>([^<]*)<\/ParameterName>/g)].map(([, name]) => name);
  t.match(
    answer,
    /<(\w+:)?faultcode>(Client|Server)<\/(\w+:)?faultcode>\s*<faultstring>CWMP fault<\/faultstring>/,
  );
  t.strictSame(codes, [fault, ...inner.map(([, code]) => code)], 'its codes');
  t.strictSame(
    names,
    inner.map(([name]) => name),
    'what it names',
  );
}

function checkReport(
  t: Test,
  { rpc, code, wire = [] }: NonNullable<RpcCase['reported']>,
  posts: readonly string[],
): void {
  const text = posts.find((post) => post.includes(`<cwmp:${rpc}>`)) ?? '';
  t.match(text, new RegExp(`<FaultCode>${code}</FaultCode>`), `${rpc} tells ${code}`);
  for (const pattern of wire) t.match(text, pattern);
}

export async function playAcs(t: Test, scene: Scene, files: string): Promise<void> {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const modem = await modemOf(t, scene, acs.url);
  const key = deviceKey(modem.id);
  for (const one of scene.cases) {
    await one.before?.(modem);
    if (one.byHandOnly) {
      await t.rejects(acs.queue.add(key, one.ask.request), { code: 'E_TASK_INVALID' }, one.title);
      continue;
    }
    const { id } = await acs.queue.add(key, placedRequest(one.ask.request, files));
    let task: Task | undefined;
    const flaw = await play(modem, one, async () => {
      task = await (one.runs ? acs.queue.get(id) : acs.queue.wait(id, 10_000));
    });
    await t.test(one.title, (t) => {
      checkTask(t, one, task);
      t.equal(flaw, undefined);
      t.end();
    });
  }
  await modem.stop();
}

/** With the file server's address in its arguments. */
function placedRequest(request: Request<CpeMethod>, files: string): Request<CpeMethod> {
  const args: unknown = JSON.parse(placed(JSON.stringify(request.args), files));
  const made = RPCS[request.rpc].requestFrom(args);
  // Arguments that no user could give are sent as they are.
  return made.ok ? made.value : request;
}

function checkTask(
  t: Test,
  { fault, inner = [], answer, reported, runs }: RpcCase,
  task: Task | undefined,
): void {
  const expected = fault ?? (reported?.rpc === 'TransferComplete' ? reported.code : 0);
  if (expected !== 0) {
    t.equal(task?.state, 'failed');
    t.equal(task?.fault?.FaultCode, expected);
    t.strictSame(
      task?.fault?.SetParameterValuesFault.map(({ ParameterName, FaultCode }) => [ParameterName, FaultCode]),
      inner,
    );
    return;
  }
  t.equal(task?.state, runs ? 'running' : 'done');
  if (answer !== undefined) t.match(task?.answer, answer);
  if (reported?.rpc === 'DUStateChangeComplete')
    t.ok(resultCodes(task?.answer).includes(reported.code), 'its result');
}

function resultCodes(answer: unknown): readonly number[] {
  const made = RPCS.DUStateChangeComplete.requestFrom(answer);
  return made.ok ? made.value.args.Results.map(({ Fault }) => Fault.FaultCode) : [];
}
