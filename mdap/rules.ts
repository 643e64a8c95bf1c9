/**
 * Rules of the user: what to do with which ant, as functions that talk to it.
 *
 *     export default rules((on) => {
 *       on.ant({ name: /^SpeedTouch 5/ }, async (ant) => {
 *         await ant.exec('dhcp server config state=disabled');
 *       });
 *     });
 */

import { boardSerial } from '../protocol/bootp/image-rules.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { AntRecord } from './ant-fleet.ts';
import type { Credentials, ExecOptions, MdapHost } from './host.ts';
import type { Fact } from './outcome.ts';
import { factsOf, outcomeError, outputOf } from './outcome.ts';

/** All that is given must fit; a text as it stands, without regard to case. */
export interface AntFilter {
  /** ANT-ID, or the whole serial number with its two letters before it. */
  readonly id?: string | RegExp;
  readonly name?: string | RegExp;
  /** With dashes. */
  readonly mac?: string | RegExp;
  readonly address?: string | RegExp;
}

/** An ant, as a rule sees it. What fails rejects with a ModemlabError; the rule may catch it. */
export interface RuleAnt {
  readonly id: string;
  readonly name: string | undefined;
  readonly mac: string | undefined;
  readonly address: string;
  /** Carries out one command line, and answers its output. With other credentials from then on by `as`. */
  readonly exec: (line: string, options?: ExecOptions) => Promise<string>;
  readonly info: () => Promise<readonly Fact[]>;
  /** The same ant with another user. */
  readonly as: (credentials: Credentials) => RuleAnt;
}

export type AntRule = (ant: RuleAnt) => Promise<void> | void;

export interface On {
  /** Runs for each ant that fits, one after another with the other rules of that ant. */
  readonly ant: (filter: AntFilter, rule: AntRule) => void;
}

export type Rules = (on: On) => void;

/** Only gives the function its type. */
export const rules = (define: Rules): Rules => define;

export interface AntRules {
  readonly filter: AntFilter;
  readonly rule: AntRule;
}

/** The rules that a definition holds, in its order. */
export function collectRules(define: Rules): readonly AntRules[] {
  const found: AntRules[] = [];
  define({ ant: (filter, rule) => found.push({ filter, rule }) });
  return found;
}

export function fits({ id, name, mac, address }: AntFilter, ant: AntRecord): boolean {
  const matches = (wanted: string | RegExp | undefined, texts: readonly string[]): boolean => {
    if (wanted === undefined) return true;
    // A pattern with the flag g or y would remember where it was.
    if (typeof wanted !== 'string') return texts.some((text) => text.search(wanted) >= 0);
    return texts.some((text) => text.toLowerCase() === wanted.toLowerCase());
  };
  const serial = typeof id === 'string' ? boardSerial(id) : id;
  return (
    (matches(serial, [ant.antId]) || matches(id, [ant.antId])) &&
    matches(name, [ant.name ?? '']) &&
    matches(mac, ant.macs) &&
    matches(address, [ant.address])
  );
}

export interface RuleRun {
  readonly ant: AntRecord;
  /** Rules that fitted. */
  readonly rules: number;
  /** Why it ended before its end. */
  readonly error: unknown;
}

/** Runs all rules that fit an ant, one after another; the first that fails ends it. Never rejects. */
export async function runRules(
  host: MdapHost,
  all: readonly AntRules[],
  ant: AntRecord,
  credentials: Credentials,
  tell: (line: string, output: string) => void = () => undefined,
): Promise<RuleRun> {
  const fitting = all.filter(({ filter }) => fits(filter, ant));
  try {
    for (const { rule } of fitting) await rule(ruleAnt(host, ant, credentials, tell));
    return { ant, rules: fitting.length, error: undefined };
  } catch (error) {
    return { ant, rules: fitting.length, error: error ?? new ModemlabError('E_CONFIG', 'a rule failed') };
  }
}

function ruleAnt(
  host: MdapHost,
  ant: AntRecord,
  credentials: Credentials,
  tell: (line: string, output: string) => void,
): RuleAnt {
  return {
    id: ant.antId,
    name: ant.name,
    mac: ant.macs[0],
    address: ant.address,
    exec: async (line, options) => {
      const outcome = await host.exec(ant.antId, line, credentials, options);
      tell(line, outputOf(outcome));
      const error = outcomeError(ant.antId, outcome);
      if (error !== undefined) throw error;
      return outputOf(outcome);
    },
    info: async () => {
      const outcome = await host.info(ant.antId, credentials);
      const error = outcomeError(ant.antId, outcome);
      if (error !== undefined) throw error;
      return factsOf(outcome);
    },
    as: (other) => ruleAnt(host, ant, other, tell),
  };
}
