/**
 * Answers requests of an ACS from a capture: with the very answer, with one to an equivalent request, or with
 * one made from all that the modem has said about its parameters. Else a simulated modem stands in, or
 * nobody.
 */
import type { Message, ParameterValueStruct, Request } from '../protocol/cwmp/messages.ts';
import { isCpeRequest } from '../protocol/cwmp/messages.ts';
import { dispatch } from '../simulator/device/rpc/dispatch.ts';
import type { Profile } from '../simulator/profile/profile.ts';
import type { ComparableRequest } from './aligned.ts';
import type { AcsKeys } from './keys.ts';
import type { Plan, RecordedRequest, RecordedSend } from './plan.ts';
import type { StandIn } from './stand-in.ts';

export type Answer =
  /** As the modem sent it. */
  | { readonly from: 'capture'; readonly send: RecordedSend }
  /** The modem never answered this: it hung up, or the capture ends there. */
  | { readonly from: 'silence' }
  /** Made from recorded values, by the stand-in, or a fault because nobody knows the answer. */
  | {
      readonly from: 'values' | 'clone' | 'profile' | 'nobody';
      readonly message: Message;
      /** The profile whose spelling it has. */
      readonly profile: Profile | undefined;
    };

export type AnswerSource = Exclude<Answer['from'], 'silence'>;

/** "Internal error" (TR-069a6 A.5.1): the capture does not show what the modem would say. */
const INTERNAL_ERROR = 9002;
const NOT_SUPPORTED = 9000;

export class RecordedAnswers {
  readonly #plan: Plan;
  readonly #others: readonly Plan[];
  readonly #known: KnownParameters;
  readonly #keys: AcsKeys;
  readonly #standIn: () => StandIn;
  readonly #used = new Set<RecordedRequest>();

  /** `others`: further sessions of the same device. */
  constructor(
    plan: Plan,
    others: readonly Plan[],
    { keys, known, standIn }: { known: KnownParameters; keys: AcsKeys; standIn: () => StandIn },
  ) {
    this.#plan = plan;
    this.#keys = keys;
    this.#others = others;
    this.#known = known;
    this.#standIn = standIn;
  }

  answer(message: Message, asked: ComparableRequest): Answer {
    const { requests } = this.#plan;
    const fresh = requests.filter((request) => !this.#used.has(request));
    const same = (request: RecordedRequest): boolean =>
      request.name === asked.name && request.likeness === asked.likeness;
    const alike = (request: RecordedRequest): boolean => wantsTheSame(request.envelope.message, message);
    const next = fresh.find(same);
    if (next !== undefined && next.answer === undefined) {
      this.#used.add(next);
      return { from: 'silence' };
    }
    const elsewhere = this.#others.flatMap((plan) => plan.requests);
    const found =
      firstOf(fresh, same) ??
      firstOf([...requests, ...elsewhere], same) ??
      firstOf(fresh, alike) ??
      firstOf(requests, alike);
    if (found?.answer !== undefined) {
      this.#used.add(found);
      this.#keys.learn(found.envelope.message, message);
      return { from: 'capture', send: found.answer };
    }
    const standIn = this.#standIn();
    const profile = standIn.from === 'nobody' ? undefined : standIn.device.profile;
    if (message.kind !== 'request' || !isCpeRequest(message))
      return { from: 'nobody', message: fault(NOT_SUPPORTED), profile };
    const made = this.#known.answer(message);
    if (made !== undefined) return { from: 'values', message: made, profile };
    if (standIn.from === 'nobody') return { from: 'nobody', message: fault(INTERNAL_ERROR), profile };
    const performed = dispatch(standIn.device, message);
    return {
      from: standIn.from,
      profile,
      message: performed.ok ? performed.response : { kind: 'fault', fault: performed.fault },
    };
  }
}

const firstOf = (
  requests: readonly RecordedRequest[],
  fits: (request: RecordedRequest) => boolean,
): RecordedRequest | undefined => requests.find((request) => request.answer !== undefined && fits(request));

const fault = (code: number): Message => ({
  kind: 'fault',
  fault: {
    FaultCode: code,
    FaultString: 'the capture holds no answer to this',
    SetParameterValuesFault: [],
  },
});

/** Whether the answer to one request also answers another, although they differ. */
function wantsTheSame(one: Message, other: Message): boolean {
  if (one.kind === 'unknown') return other.kind === 'unknown' && one.name === other.name;
  if (one.kind !== 'request' || other.kind !== 'request') return false;
  switch (one.rpc) {
    // Other names or paths have other answers.
    case 'GetParameterNames':
    case 'GetParameterValues':
    case 'GetParameterAttributes':
      return false;
    case 'GetOptions':
      return other.rpc === one.rpc && other.args.OptionName === one.args.OptionName;
    case 'SetParameterValues':
      return other.rpc === one.rpc && sameNames(one.args.ParameterList, other.args.ParameterList);
    case 'SetParameterAttributes':
      return other.rpc === one.rpc && sameNames(one.args.ParameterList, other.args.ParameterList);
    case 'AddObject':
      return other.rpc === one.rpc && other.args.ObjectName === one.args.ObjectName;
    case 'DeleteObject':
      return other.rpc === one.rpc && other.args.ObjectName === one.args.ObjectName;
    default:
      return other.rpc === one.rpc;
  }
}

function sameNames(one: readonly { Name: string }[], other: readonly { Name: string }[]): boolean {
  const names = new Set(one.map(({ Name }) => Name));
  return (
    names.size === new Set(other.map(({ Name }) => Name)).size && other.every(({ Name }) => names.has(Name))
  );
}

interface Info {
  readonly Name: string;
  readonly Writable: boolean;
}

/** What a device has said about its parameters. */
export class KnownParameters {
  readonly #values = new Map<string, ParameterValueStruct>();
  /** Partial paths below which all values are known. */
  readonly #whole = new Set<string>();
  /** Lists of names at all levels, by path. */
  readonly #names = new Map<string, readonly Info[]>();

  constructor(plans: readonly Plan[]) {
    for (const plan of plans) {
      for (const { final } of plan.own) this.#learn(undefined, messageOf(final.request.content));
      for (const { answer, envelope } of plan.requests)
        this.#learn(envelope.message, messageOf(answer?.final.request.content));
    }
  }

  #learn(question: Message | undefined, said: Message | undefined): void {
    if (said?.kind === 'request' && said.rpc === 'Inform')
      for (const one of said.args.ParameterList) this.#values.set(one.Name, one);
    if (said?.kind !== 'response' || question?.kind !== 'request') return;
    if (said.rpc === 'GetParameterValues' && question.rpc === said.rpc) {
      for (const one of said.args.ParameterList) this.#values.set(one.Name, one);
      for (const path of question.args.ParameterNames) if (isPartial(path)) this.#whole.add(path);
    }
    if (said.rpc === 'GetParameterNames' && question.rpc === said.rpc && !question.args.NextLevel)
      this.#names.set(question.args.ParameterPath, said.args.ParameterList);
  }

  /** `undefined`: the capture lacks some of it. */
  answer(request: Request): Message | undefined {
    if (request.rpc === 'GetParameterValues') {
      const ParameterList = this.#valuesOf(request.args.ParameterNames);
      return ParameterList && { kind: 'response', rpc: request.rpc, args: { ParameterList } };
    }
    if (request.rpc !== 'GetParameterNames') return undefined;
    const { NextLevel, ParameterPath } = request.args;
    const list = [...this.#names].find(([path]) => ParameterPath.startsWith(path))?.[1];
    const ParameterList = list?.filter(
      ({ Name }) => Name.startsWith(ParameterPath) && (!NextLevel || isNextLevel(Name, ParameterPath)),
    );
    if (ParameterList === undefined || ParameterList.length === 0) return undefined;
    return { kind: 'response', rpc: request.rpc, args: { ParameterList } };
  }

  #valuesOf(names: readonly string[]): ParameterValueStruct[] | undefined {
    const found: ParameterValueStruct[] = [];
    for (const name of names) {
      if (!isPartial(name)) {
        const value = this.#values.get(name);
        if (value === undefined) return undefined;
        found.push(value);
      } else if ([...this.#whole].some((path) => name.startsWith(path)))
        found.push(...[...this.#values.values()].filter(({ Name }) => Name.startsWith(name)));
      else return undefined;
    }
    return found;
  }
}

const isPartial = (path: string): boolean => path === '' || path.endsWith('.');

const messageOf = (content: RecordedSend['final']['request']['content'] | undefined): Message | undefined =>
  content?.is === 'message' ? content.envelope.message : undefined;

function isNextLevel(name: string, path: string): boolean {
  const rest = name.slice(path.length).replace(/\.$/, '');
  return rest !== '' && !rest.includes('.');
}
