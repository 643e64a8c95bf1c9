/**
 * What one session has to do: first what became of tasks whose answer was lost, then the device's queue, then the
 * built-in first contact, then nothing. Tasks go between two steps of a first contact, so that nobody waits for a tree.
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
import { Conversation } from '../rules/rule-runner.ts';
import type { ReplyStyles } from '../session/reply-style.ts';
import type { DeviceStore } from '../store/store.ts';
import { remember } from './apply-response.ts';
import { delayOf, keyed, UNSURE, verdictOf } from './task-verdict.ts';

export interface WorkContext {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  readonly styles: ReplyStyles;
  readonly log: Log;
  readonly now: Clock;
  /** Sendings of tasks that a session which ended well did not show as done: see `missing` in evidence.ts. */
  readonly missing: Set<string>;
  /** Milliseconds that a transfer may take until its TransferComplete. */
  readonly transferMs: number;
  readonly onTask: (task: Task) => void;
}

/** One sending of a task: what is known of an earlier one says nothing of it. */
const sendingOf = ({ id, attempts }: Task): string => `${id} ${attempts}`;

/** Whether the modem is asked about it, instead of told by an event of its own accord (rules/probe.ts). */
const isProbed = ({ request }: Task): boolean =>
  request.rpc === 'AddObject' || request.rpc === 'DeleteObject';

/** Times a request that may be repeated is sent before a modem that never answers it is believed (Q-EV-14). */
const ATTEMPTS = 10;

export interface WorkFor {
  readonly key: string;
  readonly model: string;
  readonly inform: Inform;
  /** Whether tasks of earlier sessions may be open. */
  readonly hasOpenTasks: boolean;
}

type Current = { readonly by: 'task'; readonly task: Task } | { readonly by: 'rule' };

export class Work {
  readonly #context: WorkContext;
  readonly #for: WorkFor;
  #current: Current | undefined;
  /** The rule that is talking to the modem now. */
  #conversation: Conversation | undefined;
  #probes: Conversation | undefined;
  #discovery: Conversation | undefined;
  #checked: boolean;
  /** Sendings of tasks that this session's Inform does not show as done. */
  #missing: string[] = [];
  /**
   * Nothing more is sent in this session: an AddObject or DeleteObject in it is unsure, and whatever comes before the
   * modem was asked of it blurs what the modem could tell (see rules/probe.ts).
   */
  #isHalted = false;
  /** Set by the exchange: whether the answer being settled had values without types (Q-AT-08). */
  untyped = false;

  constructor(context: WorkContext, about: WorkFor) {
    this.#context = context;
    this.#for = about;
    this.#checked = !about.hasOpenTasks;
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
    const task = await this.#context.queue.claim(this.#for.key);
    if (task === undefined) return undefined;
    // Should it fail, `close` gives the task back.
    this.#current = { by: 'task', task };
    const sent = await this.#context.queue.markSent(task);
    this.#current = { by: 'task', task: sent };
    this.#context.onTask(sent);
    return keyed(sent);
  }

  /** What became of the request given by `next`. */
  async settle(request: Request<CpeMethod>, outcome: Outcome): Promise<void> {
    const current = this.#current;
    if (current?.by === 'rule') this.#conversation?.settle(outcome);
    // Current until it is settled: when that fails, `close` does what can be done.
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
    if (current?.by === 'task') await this.#letGo(current.task);
  }

  /** A task whose session is over. Another server may have it by now: the modem went on with that one. */
  async #letGo(task: Task): Promise<void> {
    const { queue, onTask, log } = this.#context;
    try {
      // Only claimed: that it leaves could not be written down, so it did not leave.
      if (task.state === 'claimed') onTask(await queue.giveBack(task));
      else await this.#lose(task);
    } catch (error) {
      if (!(error instanceof ModemlabError) || error.code !== 'E_TASK_STATE') throw error;
      log.info({ device: this.#for.key, ...errorFields(error) }, 'a task went on without its session');
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
        await this.#letGo(task);
        return;
      default:
        assertNever(outcome);
    }
  }

  async #answered(task: Task, request: Request<CpeMethod>, response: Response): Promise<void> {
    const { queue, store, now, transferMs, onTask } = this.#context;
    const keep = (): Promise<void> => remember(store, this.#for.key, request, response, this.#reading());
    // The number of a new instance is in this answer alone. Were the tree told first and the process killed, the instance
    // would be known, and nobody could say later which task had added it.
    const isAdded = response.rpc === 'AddObject';
    if (!isAdded) await keep();
    const status = 'Status' in response.args ? response.args.Status : 0;
    const later =
      response.rpc === 'ScheduleDownload' ||
      response.rpc === 'ChangeDUState' ||
      ((response.rpc === 'Download' || response.rpc === 'Upload') && status === 1);
    onTask(
      later
        ? await queue.markRunning(task, new Date(now() + delayOf(task) + transferMs))
        : await queue.end(task, { is: 'done', answer: response.args }),
    );
    if (isAdded) await keep();
  }

  /** The modem spoke, and not of it (Q-HT-08). To ask again would be to hear the same; a person may retry it. */
  async #unanswered(task: Task): Promise<void> {
    const { queue, onTask } = this.#context;
    if (NOT_REPEATABLE.has(task.request.rpc)) onTask(await queue.markUnsure(task));
    else onTask(await queue.end(task, { is: 'failed', error: { code: 'E_TASK_UNANSWERED' } }));
    this.#isHalted ||= isProbed(task);
  }

  async #lose(task: Task): Promise<void> {
    const { queue, onTask } = this.#context;
    if (NOT_REPEATABLE.has(task.request.rpc)) onTask(await queue.markUnsure(task));
    else if (task.attempts < ATTEMPTS) onTask(await queue.giveBack(task));
    else onTask(await queue.end(task, { is: 'failed', error: { code: 'E_TASK_UNANSWERED' } }));
  }

  /** Tasks that an earlier session left open, seen in the light of this session's Inform. */
  async #checkOpenTasks(): Promise<void> {
    this.#checked = true;
    const { queue, onTask, missing, now, transferMs } = this.#context;
    const probes: Task[] = [];
    for (const task of await queue.open(this.#for.key)) {
      // What events tell was settled when the Inform was kept (told.ts).
      const verdict = verdictOf(task, this.#for.inform, []);
      const until =
        task.deadline === undefined
          ? Date.parse(task.sentAt ?? task.acceptedAt) + delayOf(task) + transferMs
          : Date.parse(task.deadline);
      if (isProbed(task)) probes.push(task);
      else if (verdict !== undefined && verdict !== 'missing') onTask(await queue.end(task, verdict));
      else if (task.request.rpc === 'SetVouchers') onTask(await queue.end(task, UNSURE));
      else if (until < now()) {
        const code = task.state === 'running' ? 'E_TASK_TIMEOUT' : 'E_TASK_UNSURE';
        onTask(await queue.end(task, { is: 'failed', error: { code } }));
      } else if (verdict === 'missing') {
        if (missing.delete(sendingOf(task))) onTask(await queue.giveBack(task));
        else this.#missing.push(sendingOf(task));
      }
    }
    if (probes.length > 0) this.#probes = new Conversation((cpe) => this.#probe(cpe, probes));
  }

  async #probe(cpe: Cpe, tasks: readonly Task[]): Promise<void> {
    const { queue, onTask, store } = this.#context;
    this.#isHalted = true;
    for (const task of tasks) {
      const verdict = await probe(cpe, { store, queue, inform: this.#for.inform }, task);
      onTask(verdict === 'not-done' ? await queue.giveBack(task) : await queue.end(task, verdict));
    }
    this.#isHalted = false;
  }

  async #nextOfDiscovery(): Promise<Request<CpeMethod> | undefined> {
    if (this.#discovery === undefined) {
      if (!(await this.#needsFirstContact())) return undefined;
      this.#discovery = new Conversation((cpe) => this.#firstContact(cpe));
    }
    return this.#nextOf(this.#discovery);
  }

  async #nextOf(conversation: Conversation | undefined): Promise<Request<CpeMethod> | undefined> {
    if (conversation === undefined) return undefined;
    try {
      const request = await conversation.next();
      if (request === undefined) return undefined;
      this.#conversation = conversation;
      this.#current = { by: 'rule' };
      return request;
    } catch (error) {
      const lost = error instanceof ModemlabError && error.code === 'E_SESSION_LOST';
      if (!lost) this.#context.log.error({ device: this.#for.key, ...errorFields(error) }, 'a rule failed');
      return undefined;
    }
  }

  async #needsFirstContact(): Promise<boolean> {
    const record = await this.#context.store.get(this.#for.key);
    return record !== undefined && !isDiscovered(record);
  }

  #firstContact(cpe: Cpe): Promise<void> {
    const { store, styles } = this.#context;
    const { key, model } = this.#for;
    return firstContact({
      store,
      styles,
      key,
      model,
      root: rootOf(this.#for.inform),
      told: new Set(this.#for.inform.ParameterList.map(({ Name }) => Name)),
      now: () => this.#iso(),
      ask: (request) => this.#ask(cpe, request),
    });
  }

  async #ask(cpe: Cpe, request: Request<CpeMethod>): Promise<Reply> {
    const reply = await cpe.call(request);
    if (reply.is === 'response')
      await remember(this.#context.store, this.#for.key, request, reply.response, this.#reading());
    return reply;
  }

  #reading(): { now: string; untyped: boolean } {
    return { now: this.#iso(), untyped: this.untyped };
  }

  #iso(): string {
    return new Date(this.#context.now()).toISOString();
  }
}

/** The root object as the Inform's parameters name it. */
function rootOf(inform: Inform): string {
  for (const { Name } of inform.ParameterList) {
    const dot = Name.indexOf('.');
    if (dot > 0) return Name.slice(0, dot + 1);
  }
  return '';
}
