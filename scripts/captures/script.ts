/** Scripts of an ACS for what the ACS of this project never says. */
import type { Script } from '../../peers/acs.ts';
import { ScriptedAcs } from '../../peers/acs.ts';
import type { Answer } from '../../peers/answer.ts';
import { INFORM_RESPONSE, NO_CONTENT, soap, soapText } from '../../peers/answer.ts';
import { ACS_AT } from './session.ts';
import type { Stage } from './stage.ts';

/** The id in all messages of these scripts. */
export const ID = 'asked';

export const informed = (headers: readonly string[] = []): Answer =>
  soap(INFORM_RESPONSE, { id: ID, headers });

/** Answers each Inform, asks these texts, and then nothing more. */
export function asks(...bodies: readonly string[]): Script {
  const left = [...bodies];
  return (turn) => {
    if (turn.asks('Inform')) return informed();
    const body = left.shift();
    return body === undefined ? NO_CONTENT : soapText(body);
  };
}

/** Puts a scripted ACS on the stage, at the address of the ACS. */
export function playScript(stage: Stage, script: Script): void {
  const acs = new ScriptedAcs({ script });
  stage.listen(ACS_AT, (socket) => acs.accept(socket));
}
