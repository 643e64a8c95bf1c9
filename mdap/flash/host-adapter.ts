/** The MDAP host as a flashing run uses it. */
import { ModemlabError } from '../../protocol/errors.ts';
import type { HostOutcome } from '../../protocol/mdap/host-conversation.ts';
import { HOST_SETTINGS } from '../../protocol/mdap/settings.ts';
import { assertNever } from '../../protocol/result.ts';
import type { MdapHost, MdapHostOptions } from '../host.ts';
import { openMdapHost } from '../host.ts';
import { macOf } from './fleet.ts';
import type { Answer, AntHost, Credentials, FlashPorts } from './ports.ts';

export type HostAdapterOptions = Omit<MdapHostOptions, 'onAnt'>;

/** Keys of INFO for board and version; it is not known what real modems call them. */
const BOARD_KEY = 'BOARD-NAME';
const VERSION_KEY = 'SW-VERSION';

/**
 * A command that may get no answer is sent twice: an ant carries it out once, and a lost one would cost a
 * minute.
 */
const SILENT_RETRIES = 1;

export function hostAdapter(options: HostAdapterOptions): FlashPorts['startHost'] {
  return async (handlers) => {
    const host = await openMdapHost({
      ...options,
      settings: {
        ...options.settings,
        conv: { ...HOST_SETTINGS.conv, silentRetries: SILENT_RETRIES, ...options.settings?.conv },
      },
      onAnt: ({ antId, macs, name, address }) => {
        // There may be two with one serial number: each is reported.
        for (const mac of macs.length === 0 ? [undefined] : macs)
          handlers.onFound({ serial: antId, mac: macOf(mac), product: name, address });
      },
    });
    return new Host(host);
  };
}

class Host implements AntHost {
  readonly #host: MdapHost;
  #searching: Promise<unknown> | undefined;

  constructor(host: MdapHost) {
    this.#host = host;
  }

  /** A search has several rounds: no new one is started while one is running. */
  search(): void {
    this.#searching ??= this.#host
      .discover()
      // Without a socket no modem is found; the run then reports them as missing.
      .catch(() => undefined)
      .finally(() => {
        this.#searching = undefined;
      });
  }

  /** INFO; what it does not contain is read with commands. */
  async ask(serial: string, credentials: Credentials) {
    const { outcome, text, facts } = await this.#answer(() => this.#host.info(serial, credentials));
    let [board, version] = [facts.get(BOARD_KEY), facts.get(VERSION_KEY)];
    if (outcome !== 'ok' && outcome !== 'refused') return { outcome, text, board, version };
    board ??= await this.#variable(serial, '_BOARD_NAME', credentials);
    version ??= await this.#variable(serial, '_BUILD', credentials);
    return { outcome, text, board, version };
  }

  async exec(serial: string, line: string, credentials: Credentials, silent: boolean): Promise<Answer> {
    const { outcome, text } = await this.#answer(() =>
      this.#host.exec(serial, line, credentials, { silent }),
    );
    return { outcome, text };
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  async #variable(serial: string, name: string, credentials: Credentials): Promise<string | undefined> {
    const line = `env get var=${name}`;
    const { outcome, text } = await this.#answer(() =>
      this.#host.exec(serial, line, credentials, { repeatable: true }),
    );
    const value = text.trim().split(/\r?\n/)[0] ?? '';
    return outcome === 'ok' && value !== '' ? value : undefined;
  }

  async #answer(ask: () => Promise<HostOutcome>): Promise<Answer & { facts: ReadonlyMap<string, string> }> {
    try {
      const outcome = await ask();
      return { ...answerOf(outcome), facts: factsOf(outcome) };
    } catch (error) {
      if (!(error instanceof ModemlabError)) throw error;
      return { outcome: 'refused', text: error.message, facts: new Map() };
    }
  }
}

function answerOf(outcome: HostOutcome): Answer {
  switch (outcome.is) {
    case 'done':
      return { outcome: 'ok', text: outcome.output };
    case 'sent':
      return { outcome: outcome.answered ? 'ok' : 'unanswered', text: outcome.output };
    case 'refused':
      return refusalOf(outcome.code, outcome.output);
    case 'timeout':
      return { outcome: 'unanswered', text: `no answer to step ${outcome.step}` };
    case 'sequence':
      return { outcome: 'unanswered', text: 'the conversation lost its step' };
    case 'too-large':
      return { outcome: 'refused', text: 'its answer was too long' };
    case 'cancelled':
      return { outcome: 'unanswered', text: 'cancelled' };
    default:
      return assertNever(outcome);
  }
}

/** -1 is about user and password; -2 and -4 mean that it is busy or has lost the step, which is temporary. */
function refusalOf(code: number, output: string): Answer {
  const text = output.trim() === '' ? `error ${code}` : output.trim();
  if (code === -1) return { outcome: 'credentials', text };
  return { outcome: code === -2 || code === -4 ? 'unanswered' : 'refused', text };
}

/** The facts of INFO, in the body or in the head of its replies. */
function factsOf(outcome: HostOutcome): Map<string, string> {
  const facts = new Map<string, string>();
  if (outcome.is !== 'done') return facts;
  for (const { key, value } of outcome.headers) facts.set(key.toUpperCase(), value);
  for (const line of outcome.output.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) facts.set(line.slice(0, colon).trim().toUpperCase(), line.slice(colon + 1).trim());
  }
  return facts;
}
