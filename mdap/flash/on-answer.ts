/** What a modem's answers, or their absence, do to its flashing. */

import type { FlashEvent, FlashModem, FlashStep, Tries } from './modem.ts';
import type { Terms } from './transitions.ts';
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

type Told = Extract<FlashEvent, { is: 'told' }>;

/** The end of the conversation that is under way. */
export function onTold(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  switch (modem.state.at) {
    case 'discovered':
      return onIntroduced(terms, modem, told);
    case 'triggered':
      return onTriggerTold(terms, modem, told);
    case 'back':
      return onVersionTold(terms, modem, told);
    case 'configuring':
      return onCommandTold(terms, modem, told);
    case 'checking':
      return onCheckTold(terms, modem, told);
    default:
      return stay(modem);
  }
}

/** The next user and password of the list, round and round; `undefined` when all were refused. */
function nextCredential({ credentials }: Terms, modem: FlashModem, refusals: number): FlashModem | undefined {
  if (refusals >= credentials) return undefined;
  return { ...modem, credential: (modem.credential + 1) % credentials };
}

const learn = (modem: FlashModem, { facts }: Told): FlashModem => ({
  ...modem,
  versionBefore: modem.flashed.length > 0 ? modem.versionBefore : (modem.versionBefore ?? facts?.version),
  facts: {
    ...modem.facts,
    board: facts?.board ?? modem.facts.board,
    version: facts?.version ?? modem.facts.version,
  },
});

/** The question is asked once more, with another user where that was the fault; or what it has failed with. */
function askAgain(
  terms: Terms,
  modem: FlashModem,
  { outcome, text, at }: Told,
  { tries, refusals }: Tries,
  again: (modem: FlashModem, tries: Tries) => FlashStep,
): FlashStep {
  if (outcome === 'credentials') {
    const next = nextCredential(terms, modem, refusals + 1);
    return next === undefined
      ? fail(modem, at, 'credentials', text)
      : again(next, { tries, refusals: refusals + 1 });
  }
  return tries + 1 < terms.settings.asks
    ? again(modem, { tries: tries + 1, refusals })
    : fail(modem, at, 'no-answer', text);
}

function onIntroduced(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  const { state } = modem;
  if (state.at !== 'discovered') return stay(modem);
  // Plans are made when all are found. One that does not know the question is planned for by what its answer to the search told.
  if (told.outcome === 'ok' || told.outcome === 'refused')
    return enter(
      learn(modem, told),
      told.at,
      { ...state, until: told.at + terms.settings.discoverMs + terms.settings.askMs },
      [{ do: 'plan' }],
    );
  return askAgain(terms, modem, told, state, (next, tries) => enterDiscovered(next, told.at, tries));
}

function onTriggerTold(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  const { state, job } = modem;
  if (state.at !== 'triggered' || job?.image === undefined) return stay(modem);
  switch (told.outcome) {
    case 'ok':
    case 'unanswered':
      // Whether it does it shows by its BOOTP request.
      return stay(modem);
    case 'credentials': {
      const next = nextCredential(terms, modem, state.refusals + 1);
      return next === undefined
        ? fail(modem, told.at, 'credentials', told.text)
        : enterTriggered(next, told.at, job.image, state.refusals + 1);
    }
    case 'refused':
      return fail(modem, told.at, 'refused', told.text);
  }
}

function onVersionTold(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  const { state } = modem;
  if (state.at !== 'back') return stay(modem);
  if (told.outcome === 'ok') {
    const back: FlashModem = { ...learn(modem, told), sentAt: undefined };
    const { version } = back.facts;
    const wanted = back.job?.image?.version;
    return version === wanted
      ? enterConfiguring(terms, back, told.at)
      : fail(back, told.at, 'wrong-version', versions(back.facts, back.job?.image));
  }
  return askAgain(terms, modem, told, state, (next, tries) => enterBack(next, told.at, tries));
}

function onCommandTold(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  const { state, job } = modem;
  const command = job?.commands[modem.ran.length];
  if (state.at !== 'configuring' || command === undefined) return stay(modem);
  const after: FlashModem = { ...modem, ran: [...modem.ran, command.line] };
  if (told.outcome === 'ok') return enterConfiguring(terms, after, told.at);
  if (told.outcome === 'unanswered' && command.silent)
    return enterConfiguring(terms, { ...after, doubt: modem.doubt ?? modem.ran.length }, told.at);
  if (told.outcome === 'credentials') {
    // A command before may have changed the password.
    const next = nextCredential(terms, modem, state.refusals + 1);
    return next === undefined
      ? fail(modem, told.at, 'credentials', told.text)
      : enterConfiguring(terms, next, told.at, { tries: state.tries, refusals: state.refusals + 1 });
  }
  const what = told.outcome === 'unanswered' ? 'no answer' : told.text;
  const note = `${command.line}: ${what}`;
  // The checks in the end tell whether it was done the first time.
  if (modem.ran.length < modem.unsureUntil)
    return enterConfiguring(terms, withNote(after, `${note}; it may have been done before`), told.at);
  const { onFailure } = command;
  switch (onFailure.is) {
    case 'stop':
      return fail(modem, told.at, 'command', note);
    case 'continue':
      return enterConfiguring(terms, withNote(after, note), told.at);
    case 'retry':
      return state.tries < onFailure.times
        ? enterConfiguring(terms, modem, told.at, { tries: state.tries + 1, refusals: state.refusals })
        : fail(modem, told.at, 'command', note);
  }
}

function onCheckTold(terms: Terms, modem: FlashModem, told: Told): FlashStep {
  const { state, job } = modem;
  if (state.at !== 'checking') return stay(modem);
  const { settings } = terms;
  const again = (changed: FlashModem): FlashStep =>
    nextCheck(settings, changed, told.at, { ...state, tries: state.tries + 1 });
  if (told.outcome === 'credentials')
    return askAgain(terms, modem, told, state, (next, tries) =>
      nextCheck(settings, next, told.at, { ...state, ...tries }),
    );
  if (told.outcome !== 'ok') return again(modem);
  if (!state.version) {
    const learnt = learn(modem, told);
    const right = learnt.facts.version === job?.image?.version;
    return right
      ? nextCheck(settings, learnt, told.at, { ...state, version: true, tries: 0, refusals: 0 })
      : again(learnt);
  }
  const check = job?.checks[state.checked];
  if (check === undefined || !told.text.includes(check.shows)) return again(modem);
  return nextCheck(settings, modem, told.at, { ...state, checked: state.checked + 1, tries: 0, refusals: 0 });
}
