/**
 * The command line of a simulated SpeedTouch: one session of one user. `run(line)` returns what the modem
 * prints, with CR LF at the end of each line, and the effects that follow; it never throws, whatever the
 * line.
 *
 * A group is entered by its name and left by `..`; a leading `:` starts at the top. Parameters are
 * `name=value` or `name value`, in any order and any case; missing ones are refused rather than asked for in
 * a dialogue.
 */
import type { Box } from './box.ts';
import type { Command, Group, Parameter, Values } from './definition.ts';
import { lines } from './definition.ts';
import type { Effect } from './effect.ts';
import { topGroup } from './groups/top.ts';
import { describeCommand, describeGroup } from './help.ts';
import type { Token } from './line.ts';
import { readLine } from './line.ts';
import { readValue } from './values.ts';

export interface Answer {
  /** `unknown`: no such command; `syntax`: its parameters are wrong; `refused`: it failed. */
  readonly code: 'ok' | 'unknown' | 'syntax' | 'denied' | 'refused';
  readonly text: string;
  readonly effects: readonly Effect[];
}

const answer = (code: Answer['code'], text = '', effects: readonly Effect[] = []): Answer => ({
  code,
  effects,
  text: text === '' || text.endsWith('\n') ? text : `${text}\r\n`,
});

const UNKNOWN = answer('unknown', 'Unknown command.');
const DENIED = answer('denied', 'You are not allowed to execute this command.');

/** Roles that may change the modem. */
const MASTERS = new Set(['Administrator', 'root', 'SuperUser', 'TechnicalSupport', 'PowerUser', 'BHSAdmin']);

export class Shell {
  readonly user: string;
  readonly #box: Box;
  /** The path from the top to the current group; empty: at the top. */
  #path: readonly Group[] = [];

  constructor(box: Box, user: string) {
    this.#box = box;
    this.user = user;
  }

  /** `{Administrator}[ip]=>`; older releases have no user in it. */
  get prompt(): string {
    const place = this.#path.map(({ name }) => name).join(' ');
    const { generation } = this.#box;
    const user = generation === 'g4' ? '' : `${generation === 'g7' ? '_' : ''}{${this.user}}`;
    return `${user}${place === '' ? '' : `[${place}]`}=>`;
  }

  run(text: string): Answer {
    const line = readLine(text);
    if (!line.ok) return answer('syntax', 'Invalid command line.');
    const [first, ...rest] = line.tokens;
    if (first === undefined) return answer('ok');
    return this.#command(line.absolute ? [] : this.#path, first, rest);
  }

  #command(from: readonly Group[], first: Token, rest: readonly Token[]): Answer {
    let path = from;
    let tokens: readonly Token[] = [first, ...rest];
    for (;;) {
      const group = path.at(-1) ?? topGroup(this.#box.generation);
      const [word, ...more] = tokens;
      // Nothing follows: a group was named, and is entered.
      if (word === undefined) {
        this.#path = path;
        return answer('ok');
      }
      if (word.text === '..') {
        path = path.slice(0, -1);
        tokens = more;
        continue;
      }
      if (word.text === 'help' || word.text === '?') return this.#help(group, more);
      const inner = group.groups.find(({ name }) => name === word.text);
      if (inner !== undefined && word.value === undefined) {
        path = [...path, inner];
        tokens = more;
        continue;
      }
      const command = find(group, word) ?? (path.length > 0 ? everywhere(this.#box, word) : undefined);
      if (command !== undefined) return this.#run(command, more);
      this.#box.countUnknown([...path.map(({ name }) => name), word.text.slice(0, 32)].join(' '));
      return UNKNOWN;
    }
  }

  #help(group: Group, [word, ...more]: readonly Token[]): Answer {
    if (word === undefined) return answer('ok', describeGroup(group));
    const inner = group.groups.find(({ name }) => name === word.text);
    if (inner !== undefined) return this.#help(inner, more);
    const command = find(group, word);
    return command === undefined ? UNKNOWN : answer('ok', describeCommand(command));
  }

  #run(command: Command, tokens: readonly Token[]): Answer {
    if (tokens[0]?.text === '?') return answer('ok', describeCommand(command));
    if (command.harmless !== true && !this.#isMaster()) return DENIED;
    const values = readParameters(command.parameters, tokens);
    if (typeof values === 'string') return answer('syntax', values);
    const { ok, text, ...more } = command.run(this.#box, values, this.user);
    return answer(ok ? 'ok' : 'refused', text, 'effects' in more ? more.effects : []);
  }

  #isMaster(): boolean {
    return MASTERS.has(this.#box.state.users.get(this.user)?.role ?? '');
  }
}

const find = ({ commands }: Group, { text, value }: Token): Command | undefined =>
  value === undefined ? commands.find(({ name }) => name === text) : undefined;

/** `exit` and `saveall` work in every group. */
function everywhere(box: Box, word: Token): Command | undefined {
  return word.text === 'exit' || word.text === 'saveall' ? find(topGroup(box.generation), word) : undefined;
}

/** The values by name, or the error. */
function readParameters(parameters: readonly Parameter[], tokens: readonly Token[]): Values | string {
  const values = new Map<string, string>();
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const parameter = named(parameters, token.text);
    if (parameter === undefined) return lines(`Invalid option => ${token.text.slice(0, 64)}`);
    const text = token.value ?? wordOf(tokens[++at]);
    const value = text === undefined ? undefined : readValue(parameter.kind, text);
    if (value === undefined) return lines(`Invalid value for parameter ${parameter.name}`);
    values.set(parameter.name, value);
  }
  const missing = parameters.find(({ name, required }) => required === true && !values.has(name));
  return missing === undefined ? values : lines(`Missing parameter : ${missing.name}`);
}

/** A positional value may contain an equals sign. */
const wordOf = (token: Token | undefined): string | undefined =>
  token?.value === undefined ? token?.text : `${token.text}=${token.value}`;

function named(parameters: readonly Parameter[], text: string): Parameter | undefined {
  const wanted = text.toLowerCase();
  return parameters.find(
    ({ name, also = [] }) =>
      name.toLowerCase() === wanted || also.some((one) => one.toLowerCase() === wanted),
  );
}
