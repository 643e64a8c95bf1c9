/** Checks of a plan as a whole: modems named twice, addresses given twice, values without a source. */
import { isSameText } from '../../protocol/bootp/image-rules.ts';
import { addressNumber } from '../../protocol/ipv4.ts';
import type { Facts } from './modem.ts';
import type { Plan, PlanModem, PlanProblem, PlanRule } from './plan.ts';
import { CounterNumbers, countersOf, FACTS, valuesFor } from './plan-job.ts';
import { serialKey } from './plan-rules.ts';
import { fill, namesOf, type Template } from './template.ts';

type Report = (line: number, says: string, remedy: string, file?: string) => void;

/** Adds what is wrong to `problems`, and returns all addresses that modems may have in the end. */
export function checkPlan(plan: Plan, problems: PlanProblem[]): ReadonlySet<string> {
  const report: Report = (line, says, remedy, file) =>
    problems.push({ file: file || plan.file, line, says, remedy });
  checkSerials(plan, report);
  checkImages(plan, report);
  checkRoom(plan, report);
  return checkNames(plan, report) ? checkAddresses(plan, report) : new Set();
}

function checkSerials({ rules, file }: Plan, report: Report): void {
  const seen = new Map<string, string>();
  for (const modem of rules.flatMap(({ modems }) => modems ?? [])) {
    const place = `${modem.file || file}:${modem.line}`;
    const before = seen.get(serialKey(modem));
    if (before === undefined) seen.set(serialKey(modem), place);
    else
      report(modem.line, `${modem.serial} is named in ${before} already`, 'name each modem once', modem.file);
  }
}

/** Only where both boards are known before any modem is asked. */
function checkImages({ rules }: Plan, report: Report): void {
  for (const { board, image } of rules) {
    if (board === undefined || image === 'keep' || image === 'by-board' || image.board === '') continue;
    if (!isSameText(board, image.board))
      report(
        image.line,
        `the image is for board ${image.board}, the rule for ${board}`,
        `name an image for ${board}`,
      );
  }
}

/** Values that every template may use. */
const COMMON: readonly string[] = [...FACTS, 'host', 'name', 'address'];

/** Whether every value has a source for every modem that uses it. */
function checkNames(plan: Plan, report: Report): boolean {
  let right = true;
  const wrong: Report = (...problem) => {
    right = false;
    report(...problem);
  };
  for (const { user, password } of plan.credentials)
    for (const name of [...namesOf(user), ...namesOf(password)])
      if (!FACTS.some((known) => known === name) && name !== 'product-serial')
        wrong(
          1,
          `credentials use the value ${name}`,
          `known there are ${[...FACTS, 'product-serial'].join(', ')}`,
        );
  for (const rule of plan.rules) {
    const known = new Set([...COMMON, ...plan.counters.keys(), ...rule.values.keys()]);
    const check = (what: string, template: Template | undefined, modem: PlanModem | undefined): boolean => {
      const lacking =
        template && namesOf(template).find((name) => !known.has(name) && !modem?.values.has(name));
      if (lacking === undefined) return true;
      wrong(
        modem?.file ? modem.line : rule.line,
        `${what} uses the value ${lacking}, which is not defined`,
        'define it as a column of the CSV file, under `set` or as a counter',
        modem?.file,
      );
      return false;
    };
    for (const modem of rule.modems?.length ? rule.modems : [undefined]) {
      const texts = templatesOf(plan, rule);
      if (!texts.every(([what, template]) => check(what, template, modem))) break;
    }
    const circle = circleIn(rule);
    if (circle !== undefined)
      wrong(rule.line, `the value ${circle} refers to itself`, 'give it a text of its own');
  }
  return right;
}

const templatesOf = (plan: Plan, rule: PlanRule): (readonly [string, Template])[] => [
  ...(rule.name === undefined ? [] : [['name', rule.name] as const]),
  ...(rule.address === undefined ? [] : [['address', rule.address] as const]),
  ...[...rule.values].map(([name, template]) => [name, template] as const),
  ...rule.commands.map(({ line }) => [`the command "${line.text}"`, line] as const),
  ...plan.checks.flatMap(({ line, shows }) => [['verify', line] as const, ['verify', shows] as const]),
];

/** A value that refers to itself, if there is one. */
function circleIn(rule: PlanRule): string | undefined {
  const made = new Map(rule.values);
  if (rule.name !== undefined) made.set('name', rule.name);
  if (rule.address !== undefined) made.set('address', rule.address);
  const leads = (name: string, path: readonly string[]): boolean => {
    if (path.includes(name)) return true;
    const template = made.get(name);
    return template !== undefined && namesOf(template).some((inner) => leads(inner, [...path, name]));
  };
  return [...made.keys()].find((name) => leads(name, []));
}

/** Checks every address that the plan can give: to each named modem, and with each number of a counter. */
function checkAddresses(plan: Plan, report: Report): ReadonlySet<string> {
  const seen = new Map<string, string>();
  const own = plan.host;
  for (const rule of plan.rules) {
    for (const { modem, address, whose } of addressesOf(plan, rule)) {
      const [line, file] = modem?.file ? [modem.line, modem.file] : [modem?.line ?? rule.line, undefined];
      const flaw = addressFlaw(plan, address, own);
      const before = seen.get(address);
      if (flaw !== undefined)
        report(line, `${address} ${flaw}`, 'give an address of its own in the network', file);
      else if (before !== undefined && before !== whose)
        report(
          line,
          `${address} is the address of ${before} already`,
          'give each modem an address of its own',
          file,
        );
      seen.set(address, whose);
      // One wrong address of a counter is enough.
      if (flaw !== undefined && modem === undefined) break;
    }
  }
  return new Set(seen.keys());
}

function addressFlaw({ network }: Plan, address: string, own: string): string | undefined {
  const number = addressNumber(address);
  if (number === undefined) return 'is not an address';
  if (address === own) return 'is the address of this computer';
  if (network === undefined) return undefined;
  if (number < network.first || number > network.last) return `lies outside ${network.text}`;
  if (number === network.first || number === network.last)
    return `cannot be the address of a modem in ${network.text}`;
  return undefined;
}

interface Given {
  readonly modem: PlanModem | undefined;
  /** Whose it is, in words. A number of a counter is given to one modem only, whichever rules use it. */
  readonly whose: string;
  readonly address: string;
}

/** Numbers of a counter that are checked, for modems that are not named. */
const MAX_NUMBERS = 70_000;

function* addressesOf(plan: Plan, rule: PlanRule): Generator<Given> {
  const facts = (serial: string): Facts => ({
    serial,
    mac: '',
    product: '',
    board: '',
    version: undefined,
    address: undefined,
  });
  const template = rule.address;
  for (const modem of rule.modems ?? []) {
    const given = modem.values.get('address');
    const whose = modem.serial;
    if (given !== undefined) yield { modem, whose, address: given };
    else if (template !== undefined && usesCounter(plan, rule, template) === undefined)
      yield { modem, whose, address: fill(template, valuesFor(plan, rule, modem, facts(modem.serial), {})) };
  }
  if (template === undefined) return;
  const name = usesCounter(plan, rule, template);
  const anybody: PlanModem = { serial: '', file: '', line: rule.line, values: new Map() };
  const address = (numbers: Readonly<Record<string, number>>): string =>
    fill(template, valuesFor(plan, rule, anybody, facts(''), numbers));
  if (name === undefined) {
    if (rule.modems === undefined)
      yield { modem: undefined, whose: `line ${rule.line}`, address: address({}) };
    return;
  }
  const counter = plan.counters.get(name);
  if (counter === undefined) return;
  for (let n = counter.from; n <= Math.min(counter.to, counter.from + MAX_NUMBERS); n += 1)
    yield { modem: undefined, whose: `number ${n} of counter ${name}`, address: address({ [name]: n }) };
}

/** The counter that a template uses, directly or through other values. */
function usesCounter(plan: Plan, rule: PlanRule, template: Template, depth = 0): string | undefined {
  for (const name of namesOf(template)) {
    if (plan.counters.has(name)) return name;
    const inner = name === 'name' ? rule.name : rule.values.get(name);
    const found = inner && depth < 5 ? usesCounter(plan, rule, inner, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether each counter has a number for every named modem. */
function checkRoom(plan: Plan, report: Report): void {
  const numbers = new CounterNumbers();
  const reported = new Set<string>();
  for (const rule of plan.rules)
    for (const modem of rule.modems ?? [])
      for (const name of countersOf(plan, rule, modem)) {
        const counter = plan.counters.get(name);
        if (counter === undefined || reported.has(name)) continue;
        if (numbers.take(name, counter, serialKey(modem)) !== undefined) continue;
        reported.add(name);
        report(
          modem.line,
          `counter ${name} has no number left for ${modem.serial}`,
          `raise its "to"`,
          modem.file,
        );
      }
}
