/**
 * Where the requests of one session come from: first the questions about tasks whose answer was lost, then
 * the device's queue, then the built-in first contact. Tasks go between two steps of a first contact, so that
 * nobody waits for a tree.
 */
import type { CpeMethod, Inform, Request, Response } from '../../protocol/cwmp/messages.ts';
import type { AcsEnd, Outcome } from '../../protocol/cwmp/session-acs.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Clock, Log } from '../log.ts';
import { errorFields } from '../log.ts';
import type { Task, TaskQueue } from '../queue/queue.ts';
import { NOT_REPEATABLE } from '../queue/queue.ts';
import { firstContact, isDiscovered } from '../rules/first-contact.ts';
import { probe } from '../rules/probe.ts';
import type { Cpe, Reply } from '../rules/rule-runner.ts';
import { RuleRunner } from '../rules/rule-runner.ts';
import type { ReplyStyles } from '../session/reply-style.ts';
import type { DeviceStore } from '../store/store.ts';
import type { Reading } from './apply-response.ts';
import { applyResponse } from './apply-response.ts';
import { delayOf, keyed, UNSURE, verdictOf } from './task-verdict.ts';

export interface SourceContext {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  readonly styles: ReplyStyles;
  readonly log: Log;
  readonly now: Clock;
  /**
   * Sendings of tasks that a session which ended well did not show as done: see `missing` in task-verdict.ts.
   */
  readonly missing: Set<string>;
  /** Milliseconds that a transfer may take until its TransferComplete. */
  readonly transferMs: number;
  readonly onTask: (task: Task) => void;
}

/** One sending of a task: what is known of an earlier one says nothing about it. */
const sendingOf = ({ id, attempts }: Task): string => `${id} ${attempts}`;

/** Whether the modem has to be asked what became of it, because no event reports it (rules/probe.ts). */
const isProbed = ({ request }: Task): boolean =>
  request.rpc === 'AddObject' || request.rpc === 'DeleteObject';

/**
 * How often a repeatable request is sent to a modem that never answers it, before the task fails (Q-EV-14).
 */
const MAX_ATTEMPTS = 10;

/** What is known when a session begins. */
export interface SessionStart {
  readonly key: string;
  readonly model: string;
  readonly inform: Inform;
  /** Whether tasks of earlier sessions may be open. */
  readonly hasOpenTasks: boolean;
}

type Current = { readonly by: 'task'; readonly task: Task } | { readonly by: 'rule' };

export class RequestSource {
  readonly #context: SourceContext;
  readonly #start: SessionStart;
  /** What the request that is with the modem belongs to. */
  #current: Current | undefined;
  /** The rule that the last request came from. */
  #runner: RuleRunner | undefined;
  #probes: RuleRunner | undefined;
  #discovery: RuleRunner | undefined;
  #checked: boolean;
  /** Sendings of tasks that this session's Inform does not show as done. */
  #missing: string[] = [];
  /**
   * Nothing more is sent in this session: an AddObject or DeleteObject in it is unsure, and any request
   * before the probe would blur what the modem can show (see rules/probe.ts).
   */
  #isHalted = false;
  /** Whether the last response had values without types (Q-AT-08). */
  #untyped = false;

  constructor(context: SourceContext, start: SessionStart) {
    this.#context = context;
    this.#start = start;
    this.#checked = !start.hasOpenTasks;
  }

  /** The next request for the modem; `undefined` when there is nothing more. */
  async next(): Promise<Request<CpeMethod> | undefined> {
    if (!this.#checked) await this.#checkOpenTasks();
    const probing = await this.#nextOf(this.#probes);
    if (probing !== undefined) return probing;
    if (this.#isHalted) return undefined;
    return (await this.#nextTask()) ?? (await this.#nextOfDiscovery());
  }

  async #nextTask(): Promise<Request<CpeMethod> | undefined> {
    const task = await this.#context.queue.claim(this.#start.key);
    if (task === undefined) return undefined;
    // If the next step fails, `close` gives the task back.
    this.#current = { by: 'task', task };
    const sent = await this.#context.queue.markSent(task);
    this.#current = { by: 'task', task: sent };
    this.#context.onTask(sent);
    return keyed(sent);
  }

  /** Takes what became of the request that `next` gave. */
  async settle(request: Request<CpeMethod>, outcome: Outcome, untyped: boolean): Promise<void> {
    this.#untyped = untyped;
    const current = this.#current;
    if (current?.by === 'rule') this.#runner?.settle(outcome);
    // It stays current until it is settled: if that fails, `close` does what can be done.
    else if (current?.by === 'task') await this.#settleTask(current.task, request, outcome);
    this.#current = undefined;
  }

  /** The session is over. */
  async close(why: AcsEnd): Promise<void> {
    this.#probes?.break();
    this.#discovery?.break();
    const current = this.#current;
    this.#current = undefined;
    if (why === 'done') for (const sending of this.#missing) this.#context.missing.add(sending);
    if (current?.by === 'task') await this.#release(current.task);
  }

  /** A task whose session is over. Another server may have it by now: the modem went on with that one. */
  async #release(task: Task): Promise<void> {
    const { queue, onTask, log } = this.#context;
    try {
      // If it is only claimed, sending it could not be written down, so it was not sent.
      if (task.state === 'claimed') onTask(await queue.giveBack(task));
      else await this.#lose(task);
    } catch (error) {
      if (!(error instanceof ModemlabError) || error.code !== 'E_TASK_STATE') throw error;
      log.info({ device: this.#start.key, ...errorFields(error) }, 'a task went on without its session');
    }
  }

  async #settleTask(task: Task, request: Request<CpeMethod>, outcome: Outcome): Promise<void> {
    switch (outcome.is) {
      case 'response':
        await this.#answered(task, request, outcome.response);
        return;
      case 'fault':
        this.#context.onTask(await this.#context.queue.end(task, { is: 'failed', fault: outcome.fault }));
        return;
      case 'unanswered':
        await this.#unanswered(task);
        return;
      case 'lost':
        await this.#release(task);
        return;
      default:
        assertNever(outcome);
    }
  }

  async #answered(task: Task, request: Request<CpeMethod>, response: Response): Promise<void> {
    const { queue, now, transferMs, onTask } = this.#context;
    // The number of a new instance is in this response alone. If the tree had it first and this process were
    // killed, nobody could say later which task had added the instance. So there the queue comes first.
    const isAdded = response.rpc === 'AddObject';
    if (!isAdded) await this.#apply(request, response);
    onTask(
      isAccepted(response)
        ? await queue.markRunning(task, new Date(now() + delayOf(task) + transferMs))
        : await queue.end(task, { is: 'done', answer: response.args }),
    );
    if (isAdded) await this.#apply(request, response);
  }

  /**
   * The modem spoke, but not about the request (Q-HT-08). It would do the same again; a person may retry the
   * task.
   */
  async #unanswered(task: Task): Promise<void> {
    const { queue, onTask } = this.#context;
    if (NOT_REPEATABLE.has(task.request.rpc)) onTask(await queue.markUnsure(task));
    else onTask(await queue.end(task, { is: 'failed', error: { code: 'E_TASK_UNANSWERED' } }));
    this.#isHalted ||= isProbed(task);
  }

  async #lose(task: Task): Promise<void> {
    const { queue, onTask } = this.#context;
    if (NOT_REPEATABLE.has(task.request.rpc)) onTask(await queue.markUnsure(task));
    else if (task.attempts < MAX_ATTEMPTS) onTask(await queue.giveBack(task));
    else onTask(await queue.end(task, { is: 'failed', error: { code: 'E_TASK_UNANSWERED' } }));
  }

  /** Tasks that an earlier session left open: this session's Inform may decide them. */
  async #checkOpenTasks(): Promise<void> {
    this.#checked = true;
    const probes: Task[] = [];
    for (const task of await this.#context.queue.open(this.#start.key)) {
      if (isProbed(task)) probes.push(task);
      else await this.#checkOpenTask(task);
    }
    if (probes.length > 0) this.#probes = new RuleRunner((cpe) => this.#probe(cpe, probes));
  }

  async #checkOpenTask(task: Task): Promise<void> {
    const { queue, onTask, missing, now } = this.#context;
    // What its events decide was settled when the Inform was recorded (record-request.ts).
    const verdict = verdictOf(task, this.#start.inform, []);
    if (verdict !== undefined && verdict !== 'missing') onTask(await queue.end(task, verdict));
    else if (task.request.rpc === 'SetVouchers') onTask(await queue.end(task, UNSURE));
    else if (this.#deadlineOf(task) < now()) {
      const code = task.state === 'running' ? 'E_TASK_TIMEOUT' : 'E_TASK_UNSURE';
      onTask(await queue.end(task, { is: 'failed', error: { code } }));
    } else if (verdict === 'missing') {
      if (missing.delete(sendingOf(task))) onTask(await queue.giveBack(task));
      else this.#missing.push(sendingOf(task));
    }
  }

  #deadlineOf(task: Task): number {
    if (task.deadline !== undefined) return Date.parse(task.deadline);
    return Date.parse(task.sentAt ?? task.acceptedAt) + delayOf(task) + this.#context.transferMs;
  }

  async #probe(cpe: Cpe, tasks: readonly Task[]): Promise<void> {
    const { queue, onTask, store } = this.#context;
    this.#isHalted = true;
    for (const task of tasks) {
      const verdict = await probe(cpe, { store, queue, inform: this.#start.inform }, task);
      onTask(verdict === 'not-done' ? await queue.giveBack(task) : await queue.end(task, verdict));
    }
    this.#isHalted = false;
  }

  async #nextOfDiscovery(): Promise<Request<CpeMethod> | undefined> {
    if (this.#discovery === undefined) {
      if (!(await this.#needsFirstContact())) return undefined;
      this.#discovery = new RuleRunner((cpe) => this.#firstContact(cpe));
    }
    return this.#nextOf(this.#discovery);
  }

  async #nextOf(runner: RuleRunner | undefined): Promise<Request<CpeMethod> | undefined> {
    if (runner === undefined) return undefined;
    try {
      const request = await runner.next();
      if (request === undefined) return undefined;
      this.#runner = runner;
      this.#current = { by: 'rule' };
      return request;
    } catch (error) {
      const lost = error instanceof ModemlabError && error.code === 'E_SESSION_LOST';
      if (!lost) this.#context.log.error({ device: this.#start.key, ...errorFields(error) }, 'a rule failed');
      return undefined;
    }
  }

  async #needsFirstContact(): Promise<boolean> {
    const record = await this.#context.store.get(this.#start.key);
    return record !== undefined && !isDiscovered(record);
  }

  #firstContact(cpe: Cpe): Promise<void> {
    const { store, styles } = this.#context;
    const { key, model, inform } = this.#start;
    return firstContact({
      store,
      styles,
      key,
      model,
      root: rootOf(inform),
      informNames: new Set(inform.ParameterList.map(({ Name }) => Name)),
      now: () => this.#iso(),
      ask: (request) => this.#ask(cpe, request),
    });
  }

  async #ask(cpe: Cpe, request: Request<CpeMethod>): Promise<Reply> {
    const reply = await cpe.call(request);
    if (reply.is === 'response') await this.#apply(request, reply.response);
    return reply;
  }

  #apply(request: Request<CpeMethod>, response: Response): Promise<void> {
    const reading: Reading = { now: this.#iso(), untyped: this.#untyped };
    return applyResponse(this.#context.store, this.#start.key, request, response, reading);
  }

  #iso(): string {
    return new Date(this.#context.now()).toISOString();
  }
}

/** Whether the modem has only accepted what it was asked, and reports the result in a request of its own. */
function isAccepted({ rpc, args }: Response): boolean {
  if (rpc === 'ScheduleDownload' || rpc === 'ChangeDUState') return true;
  return (rpc === 'Download' || rpc === 'Upload') && 'Status' in args && args.Status === 1;
}

/** The root object of the data model, by the names of the Inform's parameters. */
function rootOf(inform: Inform): string {
  for (const { Name } of inform.ParameterList) {
    const dot = Name.indexOf('.');
    if (dot > 0) return Name.slice(0, dot + 1);
  }
  return '';
}
