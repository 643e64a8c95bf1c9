/** How the answers of a modem, or their absence, change its flashing. */

import type { FlashEvent, FlashModem, FlashStep, Tries } from './modem.ts';
import type { FlashContext } from './transitions.ts';
import {
  enter,
  enterBack,
  enterConfiguring,
  enterDiscovered,
  enterTriggered,
  fail,
  nextCheck,
  stay,
  versions,
  withNote,
} from './transitions.ts';

type Answered = Extract<FlashEvent, { is: 'answered' }>;

/** The end of the current request. */
export function onAnswer(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  switch (modem.state.at) {
    case 'discovered':
      return onIdentified(context, modem, answer);
    case 'triggered':
      return onTriggerAnswer(context, modem, answer);
    case 'back':
      return onVersionAnswer(context, modem, answer);
    case 'configuring':
      return onCommandAnswer(context, modem, answer);
    case 'checking':
      return onCheckAnswer(context, modem, answer);
    default:
      return stay(modem);
  }
}

/** The next credentials of the list, cyclically; `undefined` if all were refused. */
function nextCredential(
  { credentials }: FlashContext,
  modem: FlashModem,
  refusals: number,
): FlashModem | undefined {
  if (refusals >= credentials) return undefined;
  return { ...modem, credential: (modem.credential + 1) % credentials };
}

const learn = (modem: FlashModem, { facts }: Answered): FlashModem => ({
  ...modem,
  versionBefore: modem.flashed.length > 0 ? modem.versionBefore : (modem.versionBefore ?? facts?.version),
  facts: {
    ...modem.facts,
    board: facts?.board ?? modem.facts.board,
    version: facts?.version ?? modem.facts.version,
  },
});

/** Repeats the request, with other credentials if that was the problem, or fails. */
function askAgain(
  context: FlashContext,
  modem: FlashModem,
  { outcome, text, at }: Answered,
  { tries, refusals }: Tries,
  again: (modem: FlashModem, tries: Tries) => FlashStep,
): FlashStep {
  if (outcome === 'credentials') {
    const next = nextCredential(context, modem, refusals + 1);
    return next === undefined
      ? fail(modem, at, 'credentials', text)
      : again(next, { tries, refusals: refusals + 1 });
  }
  return tries + 1 < context.settings.asks
    ? again(modem, { tries: tries + 1, refusals })
    : fail(modem, at, 'no-answer', text);
}

function onIdentified(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  const { state } = modem;
  if (state.at !== 'discovered') return stay(modem);
  // Plans are made when all are found. One that does not know the question is planned for by what its answer
  // to the search answer.
  if (answer.outcome === 'ok' || answer.outcome === 'refused')
    return enter(
      learn(modem, answer),
      answer.at,
      { ...state, until: answer.at + context.settings.discoverMs + context.settings.askMs },
      [{ do: 'plan' }],
    );
  return askAgain(context, modem, answer, state, (next, tries) => enterDiscovered(next, answer.at, tries));
}

function onTriggerAnswer(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  const { state, job } = modem;
  if (state.at !== 'triggered' || job?.image === undefined) return stay(modem);
  switch (answer.outcome) {
    case 'ok':
    case 'unanswered':
      // Only its BOOTP request shows whether it obeys.
      return stay(modem);
    case 'credentials': {
      const next = nextCredential(context, modem, state.refusals + 1);
      return next === undefined
        ? fail(modem, answer.at, 'credentials', answer.text)
        : enterTriggered(next, answer.at, job.image, state.refusals + 1);
    }
    case 'refused':
      return fail(modem, answer.at, 'refused', answer.text);
  }
}

function onVersionAnswer(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  const { state } = modem;
  if (state.at !== 'back') return stay(modem);
  if (answer.outcome === 'ok') {
    const back: FlashModem = { ...learn(modem, answer), sentAt: undefined };
    const { version } = back.facts;
    const wanted = back.job?.image?.version;
    return version === wanted
      ? enterConfiguring(context, back, answer.at)
      : fail(back, answer.at, 'wrong-version', versions(back.facts, back.job?.image));
  }
  return askAgain(context, modem, answer, state, (next, tries) => enterBack(next, answer.at, tries));
}

function onCommandAnswer(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  const { state, job } = modem;
  const command = job?.commands[modem.ran.length];
  if (state.at !== 'configuring' || command === undefined) return stay(modem);
  const after: FlashModem = { ...modem, ran: [...modem.ran, command.line] };
  if (answer.outcome === 'ok') return enterConfiguring(context, after, answer.at);
  if (answer.outcome === 'unanswered' && command.silent)
    return enterConfiguring(context, { ...after, doubt: modem.doubt ?? modem.ran.length }, answer.at);
  if (answer.outcome === 'credentials') {
    // An earlier command may have changed the password.
    const next = nextCredential(context, modem, state.refusals + 1);
    return next === undefined
      ? fail(modem, answer.at, 'credentials', answer.text)
      : enterConfiguring(context, next, answer.at, { tries: state.tries, refusals: state.refusals + 1 });
  }
  const what = answer.outcome === 'unanswered' ? 'no answer' : answer.text;
  const note = `${command.line}: ${what}`;
  // The final checks show whether it was done the first time.
  if (modem.ran.length < modem.unsureUntil)
    return enterConfiguring(context, withNote(after, `${note}; it may have been done before`), answer.at);
  const { onFailure } = command;
  switch (onFailure.is) {
    case 'stop':
      return fail(modem, answer.at, 'command', note);
    case 'continue':
      return enterConfiguring(context, withNote(after, note), answer.at);
    case 'retry':
      return state.tries < onFailure.times
        ? enterConfiguring(context, modem, answer.at, { tries: state.tries + 1, refusals: state.refusals })
        : fail(modem, answer.at, 'command', note);
  }
}

function onCheckAnswer(context: FlashContext, modem: FlashModem, answer: Answered): FlashStep {
  const { state, job } = modem;
  if (state.at !== 'checking') return stay(modem);
  const { settings } = context;
  const again = (changed: FlashModem): FlashStep =>
    nextCheck(settings, changed, answer.at, { ...state, tries: state.tries + 1 });
  if (answer.outcome === 'credentials')
    return askAgain(context, modem, answer, state, (next, tries) =>
      nextCheck(settings, next, answer.at, { ...state, ...tries }),
    );
  if (answer.outcome !== 'ok') return again(modem);
  if (!state.version) {
    const learnt = learn(modem, answer);
    const right = learnt.facts.version === job?.image?.version;
    return right
      ? nextCheck(settings, learnt, answer.at, { ...state, version: true, tries: 0, refusals: 0 })
      : again(learnt);
  }
  const check = job?.checks[state.checked];
  if (check === undefined || !answer.text.includes(check.shows)) return again(modem);
  return nextCheck(settings, modem, answer.at, {
    ...state,
    checked: state.checked + 1,
    tries: 0,
    refusals: 0,
  });
}
