/** Makes the job of one modem from the plan and what is known of the modem. */
import { boardSerial, isSameText } from '../../protocol/bootp/image-rules.ts';
import type { Facts, Job, JobImage } from './modem.ts';
import type { Counter, Plan, PlanImage, PlanModem, PlanRule } from './plan.ts';
import type { FlashReason } from './reasons.ts';
import { fill, namesOf, type Template } from './template.ts';

export type PlanDecision =
  | { readonly is: 'planned'; readonly job: Job }
  | { readonly is: 'unplanned'; readonly note: string }
  | { readonly is: 'refused'; readonly reason: FlashReason; readonly note: string };

interface Given {
  readonly bySerial: Map<string, number>;
  readonly numbers: Set<number>;
}

/** The numbers that counters have given, so that a modem keeps its own and none is given twice. */
export class CounterNumbers {
  readonly #given = new Map<string, Given>();

  /** The number of a modem; `undefined` if none is left. */
  take(name: string, { from, to }: Counter, serial: string): number | undefined {
    const { bySerial, numbers } = this.#of(name);
    const known = bySerial.get(serial);
    if (known !== undefined) return known;
    let number = from;
    while (numbers.has(number)) number += 1;
    if (number > to) return undefined;
    this.restore(serial, { [name]: number });
    return number;
  }

  /** Restores the numbers that an earlier run gave. */
  restore(serial: string, numbers: Readonly<Record<string, number>>): void {
    for (const [name, number] of Object.entries(numbers)) {
      const given = this.#of(name);
      given.bySerial.set(serial, number);
      given.numbers.add(number);
    }
  }

  #of(name: string): Given {
    const given = this.#given.get(name) ?? { bySerial: new Map(), numbers: new Set() };
    this.#given.set(name, given);
    return given;
  }
}

export function planJob(plan: Plan, facts: Facts, numbers: CounterNumbers): PlanDecision {
  if (facts.serial === undefined) return planByBoard(plan, facts);
  for (const rule of plan.rules) {
    const modem = fits(rule, facts, facts.serial);
    if (modem !== undefined) return planByRule(plan, rule, modem, facts, numbers);
  }
  return { is: 'unplanned', note: 'no rule of the plan applies to it' };
}

/** For an unknown modem in boot mode: it gets its commands later, when its serial number is known. */
function planByBoard(plan: Plan, { board }: Facts): PlanDecision {
  const image = imageFor(plan.images, board);
  if (image === undefined)
    return { is: 'unplanned', note: `it is in boot mode, and no image is for board ${board ?? 'unknown'}` };
  const none = { name: undefined, address: undefined, commands: [], checks: [], numbers: {} };
  return {
    is: 'planned',
    job: { ...none, serial: undefined, image: jobImage(image), always: false, verify: plan.verify },
  };
}

/** The modem as the rule names it; `undefined` if the rule does not apply to it. */
function fits(rule: PlanRule, { product, board }: Facts, serial: string): PlanModem | undefined {
  if (rule.product !== undefined && !isSameText(rule.product, product ?? '')) return undefined;
  if (rule.board !== undefined && !isSameText(rule.board, board ?? '')) return undefined;
  const own = boardSerial(serial);
  const named = rule.modems?.find((modem) => boardSerial(modem.serial) === own);
  if (named !== undefined) return named;
  const any = rule.modems === undefined && rule.prefixes.length === 0;
  if (!any && !rule.prefixes.some((prefix) => own.startsWith(boardSerial(prefix)))) return undefined;
  return { serial, file: '', line: rule.line, values: new Map() };
}

function planByRule(
  plan: Plan,
  rule: PlanRule,
  modem: PlanModem,
  facts: Facts,
  numbers: CounterNumbers,
): PlanDecision {
  const image = rule.image === 'by-board' ? imageFor(plan.images, facts.board) : rule.image;
  if (image === undefined)
    return { is: 'refused', reason: 'no-image', note: `no image is for board ${facts.board ?? 'unknown'}` };
  const taken: Record<string, number> = {};
  for (const name of countersOf(plan, rule, modem)) {
    const counter = plan.counters.get(name);
    const number = counter && numbers.take(name, counter, boardSerial(modem.serial));
    if (number === undefined)
      return { is: 'refused', reason: 'verify', note: `counter ${name} has no number left for it` };
    taken[name] = number;
  }
  const lookUp = valuesFor(plan, rule, modem, facts, taken);
  const text = (template: Template): string => fill(template, lookUp);
  return {
    is: 'planned',
    job: {
      serial: facts.serial,
      name: lookUp('name'),
      image: image === 'keep' ? undefined : jobImage(image),
      always: rule.always,
      address: lookUp('address'),
      commands: rule.commands.map(({ line, ...rest }) => ({ ...rest, line: text(line) })),
      checks: plan.checks.map(({ line, shows }) => ({ line: text(line), shows: text(shows) })),
      verify: plan.verify,
      numbers: taken,
    },
  };
}

const imageFor = (images: readonly PlanImage[], board: string | undefined): PlanImage | undefined =>
  board === undefined || board === '' ? undefined : images.find((image) => isSameText(image.board, board));

const jobImage = ({ file, bytes, board, version }: PlanImage): JobImage => ({ file, bytes, board, version });

/** Values that come from the modem itself. */
export const FACTS = ['serial', 'mac', 'product', 'board'] as const;

/** Values by name, for one modem. Its row takes precedence over the rule. */
export function valuesFor(
  plan: Plan,
  rule: PlanRule,
  modem: PlanModem,
  facts: Facts,
  numbers: Readonly<Record<string, number>>,
): (name: string) => string | undefined {
  const lookUp = (name: string, depth: number): string | undefined => {
    const own = modem.values.get(name);
    if (own !== undefined) return own;
    const template = name === 'name' ? rule.name : name === 'address' ? rule.address : rule.values.get(name);
    // A value may use others, as the address may use a counter; one that uses itself is found when the plan
    // is read.
    if (template !== undefined) return depth > 4 ? '' : fill(template, (inner) => lookUp(inner, depth + 1));
    const counter = plan.counters.get(name);
    if (counter !== undefined) return String(numbers[name] ?? counter.from).padStart(counter.width, '0');
    if (name === 'host') return plan.host;
    const fact = FACTS.find((known) => known === name);
    return fact === undefined ? undefined : facts[fact];
  };
  return (name) => lookUp(name, 0);
}

/** The counters that a modem needs a number from. */
export function countersOf(plan: Plan, rule: PlanRule, modem: PlanModem): string[] {
  const own = (name: string, template: Template | undefined): Template[] =>
    template === undefined || modem.values.has(name) ? [] : [template];
  const templates = [
    ...own('name', rule.name),
    ...own('address', rule.address),
    ...[...rule.values].flatMap(([name, template]) => own(name, template)),
    ...rule.commands.map(({ line }) => line),
    ...plan.checks.flatMap(({ line, shows }) => [line, shows]),
  ];
  const used = new Set(templates.flatMap((template) => namesOf(template)));
  return [...plan.counters.keys()].filter((name) => used.has(name));
}
