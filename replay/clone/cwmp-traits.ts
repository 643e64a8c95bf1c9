/**
 * How a device conducts sessions, from its messages: the `cwmp`, `inform` and `rpc` members of a profile.
 */
import { FAULTS } from '../../protocol/cwmp/faults.ts';
import type { CpeMethod } from '../../protocol/cwmp/messages.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import type { CwmpTraits } from '../../simulator/profile/profile.ts';
import { bootOf } from './boot-traits.ts';
import type { Evidence } from './evidence.ts';
import { envelopeOf, isEmpty } from './evidence.ts';
import type { RpcExchange } from './exchanges.ts';
import { faultOf, informsOf, responseOf, rpcExchangesOf } from './exchanges.ts';
import { addObjects } from './tree.ts';

export interface CwmpSeen {
  /** Members of `cwmp`, as a profile file has them. */
  readonly cwmp: Readonly<Record<string, unknown>>;
  readonly inform: Readonly<Record<string, unknown>>;
  /** Parameters that every Inform has, in order; `undefined`: there was no Inform. */
  readonly forced: readonly string[] | undefined;
  /** Members of `rpc`. */
  readonly rpc: Readonly<Record<string, unknown>>;
  readonly bootSeconds: number | undefined;
  readonly methods: readonly string[] | undefined;
  readonly namespace: string | undefined;
  /** How often the device sent each fault, by code. */
  readonly faults: ReadonlyMap<number, number>;
  readonly unseen: readonly string[];
}

export function cwmpTraitsOf(evidence: Evidence, root: string): CwmpSeen {
  const exchanges = rpcExchangesOf(evidence);
  const informs = informsOf(evidence.sessions);
  const unseen: string[] = [];
  const [first] = informs;
  const header = first?.envelope.header ?? {};
  const faults = new Map<number, number>();
  for (const exchange of exchanges) {
    const code = faultOf(exchange)?.FaultCode;
    if (code !== undefined) faults.set(code, (faults.get(code) ?? 0) + 1);
  }
  const { methods, refused } = methodsOf(exchanges, unseen);
  const { bootEvents, bootSeconds } = bootOf(informs, evidence, unseen);
  const maxNames = batchLimit(exchanges);
  if (exchanges.length === 0) unseen.push('the ACS asked for nothing');
  return {
    cwmp: {
      ...(header.SupportedCWMPVersions === undefined ? {} : { versions: header.SupportedCWMPVersions }),
      ...(header.SessionTimeout === undefined ? {} : { sessionTimeout: header.SessionTimeout }),
      ...idsOf(evidence, exchanges, unseen),
      termination: terminationOf(evidence),
      ...(maxNames === undefined ? {} : { maxNames }),
      ...listsOf(exchanges, root),
      faults: faultTexts(exchanges),
    },
    inform: {
      clock: first?.inform.CurrentTime.startsWith('1970') === true ? 'since-1970' : 'absolute',
      ...(bootEvents === undefined ? {} : { bootEvents }),
    },
    rpc: { refuses: { ...refused, ...refusals(exchanges, root) }, ...transfersOf(exchanges) },
    forced: informs.length === 0 ? undefined : forcedOf(informs),
    bootSeconds,
    methods,
    faults,
    unseen,
    namespace: first?.envelope.namespace,
  };
}

type Informs = ReturnType<typeof informsOf>;

/**
 * The methods that it listed, else those that it answered. One that it lists but always refuses is refused
 * the same way.
 */
function methodsOf(
  exchanges: readonly RpcExchange[],
  unseen: string[],
): { readonly methods: readonly string[] | undefined; readonly refused: Readonly<Record<string, number>> } {
  const listed = exchanges
    .map(responseOf)
    .flatMap((response) => (response?.rpc === 'GetRPCMethods' ? [response.args.MethodList] : []))
    .at(-1);
  const answers = new Map<CpeMethod, (number | 'answered')[]>();
  for (const exchange of exchanges) {
    const { rpc } = exchange.request;
    const said = faultOf(exchange)?.FaultCode ?? 'answered';
    answers.set(rpc, [...(answers.get(rpc) ?? []), said]);
  }
  const refused = [...answers].flatMap(([rpc, said]): [string, number][] => {
    const [code] = said;
    const always = code !== undefined && code !== 'answered' && said.every((other) => other === code);
    // Other codes depend on the arguments.
    return always && listed?.includes(rpc) === true && [9000, 9001].includes(code) ? [[rpc, code]] : [];
  });
  if (listed !== undefined) return { methods: listed, refused: Object.fromEntries(refused) };
  const lacks = [...answers].filter(([, said]) => said.includes(9000)).map(([rpc]) => rpc);
  unseen.push(
    lacks.length === 0
      ? 'GetRPCMethods was not asked: it has the methods of its version of CWMP'
      : `GetRPCMethods was not asked: it has the methods of its version of CWMP, without ${lacks.join(', ')}`,
  );
  if (lacks.length === 0) return { methods: undefined, refused: {} };
  const all = Object.keys(RPCS).filter(
    (name) => isRpcName(name) && RPCS[name].by !== 'ACS' && !lacks.some((rpc) => rpc === name),
  );
  return { methods: all, refused: {} };
}

function idsOf(
  { sessions }: Evidence,
  exchanges: readonly RpcExchange[],
  unseen: string[],
): Partial<Pick<CwmpTraits, 'id' | 'idCounts' | 'answerId'>> {
  // A missing id, or one that ends with a line feed (Q-ID-02, Q-ID-04), is not an id of its own.
  const own = exchanges.filter(
    ({ answer, asked }) => answer.id !== undefined && answer.id.trim() !== asked.id?.trim(),
  ).length;
  if (exchanges.length === 0) unseen.push('no answer: taken as one that answers with the id of the request');
  const answerId = own * 2 > exchanges.length ? 'own' : 'echo';
  const ids = sessions.map(({ posts }) =>
    posts.flatMap(({ answer, content }) => {
      // A challenged POST is repeated unchanged.
      if (answer?.content.is === 'status') return [];
      const envelope = envelopeOf(content);
      const isOwn = answerId === 'own' || envelope?.message.kind === 'request';
      return isOwn ? (envelope?.id ?? []) : [];
    }),
  );
  const [first] = ids.flat();
  if (first === undefined) return { answerId };
  // Candidates for the number that changes from one id to the next; the last one wins.
  const others = ids.flat();
  const forms = [...first.matchAll(/\d+/g)]
    .map(({ 0: digits, index }) => `${first.slice(0, index)}#${first.slice(index + digits.length)}`)
    // With a single id, a number at an end is preferred to one in the middle.
    .sort((a, b) => Number(isAtEnd(a)) - Number(isAtEnd(b)));
  const fits = (form: string): boolean => {
    const [before = '', after = ''] = form.split('#');
    return others.every(
      (id) =>
        id.startsWith(before) &&
        id.endsWith(after) &&
        /^\d+$/.test(id.slice(before.length, id.length - after.length)),
    );
  };
  const id = forms.reverse().find(fits);
  if (id === undefined) {
    if (new Set(others).size > 1) unseen.push('its ids have no number that counts: it uses the first one');
    return { answerId, id: first.replaceAll('#', '') };
  }
  const [before = ''] = id.split('#');
  const number = (text: string): number => Number(/^\d+/.exec(text.slice(before.length))?.[0] ?? 0);
  const within = ids.some((list) => new Set(list).size > 1);
  const same = ids.some((list) => list.length > 1 && new Set(list).size === 1);
  // After a restart a count of sessions begins with 0, a count of messages with 1.
  const counts = within || (!same && number(first) > 0) ? 'messages' : 'sessions';
  return { answerId, id, idCounts: counts };
}

const isAtEnd = (form: string): boolean => form.startsWith('#') || form.endsWith('#');

/** `v1.0`: another empty POST after the one that got an empty response. */
function terminationOf({ sessions }: Evidence): CwmpTraits['termination'] {
  const again = sessions.some(({ posts }) =>
    posts.some((post, index) => {
      const next = posts[index + 1];
      const after = posts.slice(0, index + 1).some(isEmpty);
      return after && post.answer?.content.is === 'empty' && next !== undefined && isEmpty(next);
    }),
  );
  return again ? 'v1.0' : 'am1';
}

/** The largest GetParameterValues that it answered, if it refused larger ones with 9004. */
function batchLimit(exchanges: readonly RpcExchange[]): number | undefined {
  let accepted = 0;
  let refused = Infinity;
  for (const exchange of exchanges) {
    const { request } = exchange;
    if (request.rpc !== 'GetParameterValues') continue;
    const asked = request.args.ParameterNames.length;
    const response = responseOf(exchange);
    if (response?.rpc === 'GetParameterValues')
      accepted = Math.max(accepted, asked, response.args.ParameterList.length);
    else if (faultOf(exchange)?.FaultCode === 9004) refused = Math.min(refused, asked);
  }
  return accepted > 0 && refused > accepted && refused < Infinity ? accepted : undefined;
}

/** Whether objects are listed among all levels, and which of them a list of one level leaves out. */
function listsOf(exchanges: readonly RpcExchange[], root: string): Readonly<Record<string, unknown>> {
  const known = new Set<string>();
  const levels = new Map<string, ReadonlySet<string>>();
  let lists: 'objects' | 'leaves' | undefined;
  for (const exchange of exchanges) {
    const { request } = exchange;
    const response = responseOf(exchange);
    if (request.rpc !== 'GetParameterNames' || response?.rpc !== 'GetParameterNames') continue;
    const names = response.args.ParameterList.map(({ Name }) => Name);
    for (const name of names) addObjects(known, name);
    const { NextLevel, ParameterPath } = request.args;
    if (NextLevel) levels.set(ParameterPath, new Set(names));
    else if (names.length > 1) lists = names.some((name) => name.endsWith('.')) ? 'objects' : 'leaves';
  }
  const unlisted = unlistedIn(levels, known, root);
  return {
    ...(lists === undefined ? {} : { lists }),
    ...(unlisted.length === 0 ? {} : { unlisted }),
  };
}

/** Templates of known objects that the list of their own level lacks. */
function unlistedIn(
  levels: ReadonlyMap<string, ReadonlySet<string>>,
  known: ReadonlySet<string>,
  root: string,
): readonly string[] {
  const unlisted = new Set<string>();
  for (const [path, names] of levels) {
    if (path === '') continue;
    for (const object of known)
      if (object.startsWith(path) && /^[^.]+\.$/.test(object.slice(path.length)) && !names.has(object))
        unlisted.add(templateOf(object, root));
  }
  return [...unlisted];
}

const templateOf = (name: string, root: string): string =>
  name.slice(name.startsWith(root) ? root.length : 0).replace(/(^|\.)\d{1,9}(?=\.)/g, '$1{i}');

function faultTexts(exchanges: readonly RpcExchange[]): Readonly<Record<string, string>> {
  const texts = new Map<number, string>();
  for (const exchange of exchanges) {
    const fault = faultOf(exchange);
    if (fault === undefined) continue;
    for (const { FaultCode, FaultString } of [fault, ...fault.SetParameterValuesFault]) {
      const standard = FAULTS.get(FaultCode);
      if (standard !== undefined && standard.means !== FaultString) texts.set(FaultCode, FaultString);
    }
  }
  return Object.fromEntries(texts);
}

/** Parameters that it refuses although it lists them, by RPC and template. */
function refusals(exchanges: readonly RpcExchange[], root: string): Readonly<Record<string, number>> {
  const collector = new RefusalCollector(root);
  for (const exchange of exchanges) collector.take(exchange);
  return collector.refusals;
}

class RefusalCollector {
  readonly #root: string;
  readonly #listed = new Set<string>();
  readonly #answered = new Set<string>();
  readonly #refused = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
  }

  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#refused].filter(([key, code]) => !this.#answered.has(key) && code >= 9000 && code <= 9899),
    );
  }

  take(exchange: RpcExchange): void {
    const { request } = exchange;
    const response = responseOf(exchange);
    const fault = faultOf(exchange);
    if (response?.rpc === 'GetParameterNames')
      for (const { Name } of response.args.ParameterList) this.#listed.add(Name);
    if (request.rpc === 'GetParameterValues' || request.rpc === 'GetParameterAttributes')
      this.#takeRead(request.rpc, request.args.ParameterNames, response !== undefined, fault?.FaultCode);
    for (const { FaultCode, ParameterName } of fault?.SetParameterValuesFault ?? [])
      if (this.#listed.has(ParameterName) && FaultCode === 9001)
        this.#refused.set(this.#key('SetParameterValues', ParameterName), FaultCode);
  }

  #takeRead(rpc: string, names: readonly string[], isAnswered: boolean, code: number | undefined): void {
    const [name = ''] = names;
    if (isAnswered) for (const one of names) this.#answered.add(this.#key(rpc, one));
    else if (names.length === 1 && this.#listed.has(name) && code !== undefined && code !== 9000)
      this.#refused.set(this.#key(rpc, name), code);
  }

  #key(rpc: string, name: string): string {
    return `${rpc} ${templateOf(name, this.#root)}`;
  }
}

function transfersOf(exchanges: readonly RpcExchange[]): Readonly<Record<string, unknown>> {
  for (const exchange of exchanges) {
    const response = responseOf(exchange);
    if (response?.rpc === 'Download' || response?.rpc === 'Upload')
      return { transfers: { status: response.args.Status === 0 ? 0 : 1 } };
  }
  return {};
}

/** Parameters that every Inform has, in order; others were sent because they changed. */
function forcedOf(informs: Informs): readonly string[] {
  const lists = informs.map(({ inform }) => inform.ParameterList.map(({ Name }) => Name));
  const [first = [], ...others] = lists;
  return first.filter((name) => others.every((list) => list.includes(name)));
}
