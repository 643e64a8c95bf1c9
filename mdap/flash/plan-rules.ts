/** Reads the rules of a plan: which modems, which image, and which commands. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { readCsv } from '../../protocol/csv.ts';
import type { OnFailure } from './modem.ts';
import type { PlanCommand, PlanModem, PlanRule } from './plan.ts';
import type { ImageShelf } from './plan-images.ts';
import type { PlanNode } from './plan-node.ts';
import { parseTemplate, type Template } from './template.ts';

const RULE = [
  'serial',
  'serials',
  'csv',
  'product',
  'board',
  'image',
  'always',
  'name',
  'address',
  'set',
  'commands',
] as const;

/** ANT-IDs as they are on the wire, or product serials; a * at the end matches any rest. */
const SERIAL = /^[A-Za-z\d]{1,16}\*?$/;
/** Bytes of a command: more do not fit into one datagram with the headers. */
const MAX_COMMAND = 1024;

export function readTemplate(node: PlanNode): Template | undefined {
  const text = node.text();
  if (text === undefined) return undefined;
  const template = parseTemplate(text);
  if (template.ok) return template.value;
  node.refuse(template.error, 'write a value as $ and its name in braces, and $$ for a dollar sign');
  return undefined;
}

export async function readRules(
  node: PlanNode,
  folder: string,
  shelf: ImageShelf,
  common: readonly PlanCommand[],
): Promise<PlanRule[]> {
  const rules: PlanRule[] = [];
  for (const item of node.list()) {
    const rule = item.members(RULE);
    const serials = readSerials([rule.serial, ...rule.serials.list()]);
    const rows = rule.csv.absent ? [] : await readRows(rule.csv, folder);
    const named = [...serials.modems, ...rows];
    const set = [...rule.set.entries()].flatMap(([name, value]): [string, Template][] => {
      const template = readTemplate(value);
      return template === undefined ? [] : [[name, template]];
    });
    rules.push({
      line: item.line,
      modems: named.length > 0 || !rule.csv.absent ? named : undefined,
      prefixes: serials.prefixes,
      product: rule.product.text(),
      board: rule.board.text(),
      image: await readRuleImage(rule.image, shelf),
      always: rule.always.boolean(false),
      name: readTemplate(rule.name),
      address: readTemplate(rule.address),
      values: new Map(set),
      commands: rule.commands.absent ? common : readCommands(rule.commands),
    });
  }
  return rules;
}

function readSerials(nodes: readonly PlanNode[]): { modems: PlanModem[]; prefixes: string[] } {
  const modems: PlanModem[] = [];
  const prefixes: string[] = [];
  for (const node of nodes) {
    const text = node.text();
    if (text === undefined) continue;
    if (!SERIAL.test(text))
      node.refuse(`${text} is no serial number`, 'write it as `mdap discover` shows it');
    else if (text.endsWith('*')) prefixes.push(text.slice(0, -1));
    else modems.push({ serial: text, file: '', line: node.line, values: new Map() });
  }
  return { modems, prefixes };
}

async function readRuleImage(node: PlanNode, shelf: ImageShelf): Promise<PlanRule['image']> {
  if (node.absent) return 'by-board';
  const text = node.text();
  if (text === 'keep' || text === 'by-board') return text;
  return (await shelf.get(node)) ?? 'keep';
}

/** The rows of a CSV file: the column `serial` names the modem, all columns are values. */
async function readRows(node: PlanNode, folder: string): Promise<PlanModem[]> {
  const name = node.text();
  if (name === undefined) return [];
  const file = path.resolve(folder, name);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    node.refuse(`${file} cannot be read`, 'give the path of a CSV file, from the folder of the plan');
    return [];
  }
  try {
    return rowsOf(text.replace(/^\ufeff/, ''), file, node);
  } catch (error) {
    if (!(error instanceof CsvFlaw)) throw error;
    node.refuse(`${file}, ${error.message}`, 'write one modem a line, its columns separated by commas');
    return [];
  }
}

class CsvFlaw extends Error {}

function rowsOf(text: string, file: string, node: PlanNode): PlanModem[] {
  const [header, ...rows] = readCsv(text, (place, wants) => {
    throw new CsvFlaw(`${place}: ${wants}`);
  });
  const titles = header?.fields.map((title) => title.trim()) ?? [];
  const column = titles.indexOf('serial');
  if (column < 0) {
    node.refuse(`${file} has no column "serial"`, 'name the columns in its first line, one of them serial');
    return [];
  }
  return rows.flatMap(({ line, fields }) => {
    const serial = fields[column]?.trim() ?? '';
    if (!SERIAL.test(serial) || serial.endsWith('*')) {
      node.refuse(`${file}:${line}: "${serial}" is no serial number`, 'write it as `mdap discover` shows it');
      return [];
    }
    const values = titles.flatMap((title, index): [string, string][] => {
      const value = fields[index]?.trim() ?? '';
      return title === '' || title === 'serial' || value === '' ? [] : [[title, value]];
    });
    return [{ serial, file, line, values: new Map(values) }];
  });
}

/** Commands that take the modem or its address away: they may do so before they answer. */
const TAKES_AWAY = /^:?\s*(system\s+(reboot|reset)|software\s+upgrade|ip\s+ipdelete)\b/i;

/** A command is a text, or `cli` with what to expect. */
export function readCommands(node: PlanNode): PlanCommand[] {
  return node.list().flatMap((item): PlanCommand[] => {
    const { cli, expect, failure, retry } = item.isMapping
      ? item.members(['cli', 'expect', 'failure', 'retry'])
      : { cli: item, expect: undefined, failure: undefined, retry: undefined };
    const line = readTemplate(cli);
    if (line === undefined) {
      if (cli.absent) item.refuse('wants a command', 'write it as on the command line of the modem');
      return [];
    }
    const flaw = commandFlaw(line.text);
    if (flaw !== undefined) cli.refuse(...flaw);
    const expected = expect?.choice(['answer', 'silence'], 'answer');
    const silent = expect?.absent === false ? expected === 'silence' : TAKES_AWAY.test(line.text);
    return [{ line, silent, onFailure: readFailure(failure, retry) }];
  });
}

function commandFlaw(text: string): readonly [string, string] | undefined {
  if (text.trim() === '') return ['the command is empty', 'leave the line out'];
  if (text.length > MAX_COMMAND)
    return [`the command has more than ${MAX_COMMAND} characters`, 'make two of it'];
  if (/[^\t\u0020-\u007e\u00a0-\u00ff]/.test(text))
    return ['the command holds characters that a modem does not have', 'write it in one line of ISO 8859-1'];
  return undefined;
}

function readFailure(failure: PlanNode | undefined, retry: PlanNode | undefined): OnFailure {
  const times = retry?.whole(0, 0, 100) ?? 0;
  const choice = failure?.choice(['stop', 'continue'], 'stop') ?? 'stop';
  if (choice === 'continue' && times > 0)
    retry?.refuse('a command that may fail is not repeated', 'keep one of failure and retry');
  if (choice === 'continue') return { is: 'continue' };
  return times > 0 ? { is: 'retry', times } : { is: 'stop' };
}

/** The canonical form of a serial number, to compare two of them. */
export const serialKey = (modem: PlanModem): string => boardSerial(modem.serial);
