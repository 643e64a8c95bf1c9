/** Sends a request to a modem, with the right user and password. */
import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Facts, FlashEffect, FlashEvent } from './modem.ts';
import type { Plan } from './plan.ts';
import { FACTS } from './plan-job.ts';
import type { AntHost, Credentials } from './ports.ts';
import { fill } from './template.ts';

export type RequestEffect = Extract<FlashEffect, { do: 'ask' | 'trigger' | 'command' }>;

type Answer = Omit<Extract<FlashEvent, { is: 'answered' }>, 'is' | 'at' | 'request'>;

/** It may or may not be answered. */
const UPGRADE = 'software upgrade';

export async function sendRequest(
  host: AntHost,
  plan: Plan,
  facts: Facts,
  effect: RequestEffect,
): Promise<Answer> {
  const { serial } = facts;
  if (serial === undefined) return { outcome: 'unanswered', text: 'its serial number is not known' };
  const credentials = credentialsFor(plan, facts, effect.credential);
  switch (effect.do) {
    case 'ask': {
      const { outcome, text, board, version } = await host.ask(serial, credentials);
      return { outcome, text, facts: { board, version } };
    }
    case 'trigger':
      return host.exec(serial, UPGRADE, credentials, true);
    case 'command':
      return host.exec(serial, effect.line, credentials, effect.silent);
    default:
      return assertNever(effect);
  }
}

function credentialsFor({ credentials }: Plan, facts: Facts, index: number): Credentials {
  const given = credentials[index];
  if (given === undefined) return { user: '', password: '' };
  const lookUp = (name: string): string | undefined => {
    if (name === 'product-serial') return `CP${boardSerial(facts.serial ?? '')}`;
    const fact = FACTS.find((known) => known === name);
    return fact === undefined ? undefined : facts[fact];
  };
  return { user: fill(given.user, lookUp), password: fill(given.password, lookUp) };
}
