/** The rules between the rooms of the house. docs/architecture.md tells them in words; this file holds them. */
import ts from 'typescript';
import type { Import, Place, Source } from './sources.ts';
import { placeOf, visit } from './sources.ts';

export interface Violation extends Place {
  readonly rule: 'room' | 'layer' | 'package' | 'cycle' | 'pure' | 'cast' | 'extension';
  readonly what: string;
}

interface Room {
  /** Rooms it may import besides itself. */
  readonly imports: readonly string[] | 'all';
  /** Packages and `node:` modules it may import. */
  readonly packages: readonly string[];
}

const EVERY_TOOL = [
  'commander',
  'fast-check',
  'fast-xml-parser',
  'lmdb',
  'pino',
  'tap',
  'typescript',
  'undici',
  'yaml',
];

/** A room that is not listed may not exist. `acs` and `mdap` stand in no list but those of cli, bench and test. */
const ROOMS: ReadonlyMap<string, Room> = new Map([
  ['protocol', { imports: [], packages: ['fast-xml-parser'] }],
  ['captures', { imports: ['protocol'], packages: ['pcap-parser'] }],
  ['simulator', { imports: ['protocol'], packages: ['undici'] }],
  ['peers', { imports: ['protocol'], packages: [] }],
  ['replay', { imports: ['protocol', 'captures', 'simulator'], packages: [] }],
  ['acs', { imports: ['protocol'], packages: ['lmdb', 'send', 'yaml'] }],
  ['mdap', { imports: ['protocol'], packages: ['yaml'] }],
  ['fuzz', { imports: ['protocol', 'captures', 'simulator', 'peers'], packages: ['fast-check'] }],
  ['cli', { imports: 'all', packages: ['commander', 'pino'] }],
  ['scripts', { imports: 'all', packages: ['fast-check'] }],
  ['bench', { imports: 'all', packages: EVERY_TOOL }],
  ['test', { imports: 'all', packages: EVERY_TOOL }],
]);

/** Folders and files of simulator/, the lowest first: each imports only from lists before its own. */
const SIMULATOR_LAYERS: readonly (readonly string[])[] = [
  ['time', 'profile'],
  ['http', 'device', 'lan'],
  ['line'],
  ['connection-request-types'],
  ['modem-types'],
  ['modem-context', 'modem-wait', 'shell'],
  ['quirks', 'services'],
  ['check-profile', 'modem-services', 'session', 'session-setup'],
  ['modem'],
  ['fleet', 'ant'],
  ['index'],
];

/** Where a package may be imported, when not in the whole room. */
const CORNERS: ReadonlyMap<string, string> = new Map([['protocol fast-xml-parser', 'protocol/xml/']]);

/** These may import anything of ours. */
const ANYTHING = ['bench', 'scripts', 'test'];

/** What only they may import: nobody else needs what is there. */
const PRIVATE = ['bench', 'cli', 'scripts', 'test'];

/** Globals through which a file would reach a clock, randomness, the process or the network. */
const IMPURE = new Set([
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Temporal'],
  ...['crypto', 'process', 'require', 'Buffer', 'fetch', 'WebSocket', 'globalThis', 'global', 'navigator'],
]);

const ROOT = 'index.ts';

export const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : ROOT;

/** Everything in these sources that breaks a rule of the house. */
export function findViolations(sources: readonly Source[]): Violation[] {
  return [...sources.flatMap((source) => violationsOf(source)), ...findCycles(sources)];
}

function violationsOf(source: Source): Violation[] {
  const pure = roomOf(source.file) === 'protocol';
  return [
    ...source.imports.flatMap((found) => judgeImport(found)),
    ...findCasts(source),
    ...(pure ? findImpurities(source) : []),
  ];
}

function judgeImport(found: Import): Violation[] {
  const { file, line, specifier, target } = found;
  const from = roomOf(file);
  const room = ROOMS.get(from);
  if (from === ROOT) return target === undefined ? [{ file, line, rule: 'package', what: specifier }] : [];
  if (room === undefined) return [{ file, line, rule: 'room', what: `${from} is no room of the house` }];
  if (target === undefined) return judgePackage(found, from, room);
  if (!/\.(ts|json)$/.test(target)) return [{ file, line, rule: 'extension', what: specifier }];
  const to = roomOf(target);
  if (to === from) return from === 'simulator' ? judgeLayer(found, target) : [];
  if (ANYTHING.includes(from)) return [];
  const allowed = room.imports === 'all' ? to !== ROOT && !PRIVATE.includes(to) : room.imports.includes(to);
  return allowed ? [] : [{ file, line, rule: 'room', what: `${from} imports ${target}` }];
}

function judgeLayer({ file, line }: Import, target: string): Violation[] {
  const from = layerOf(file);
  if (from < 0) return [{ file, line, rule: 'layer', what: `${file} is in no layer of simulator/` }];
  const isLawful = layerOf(target) < from && layerOf(target) >= 0;
  if (isLawful || partOf(file) === partOf(target)) return [];
  return [{ file, line, rule: 'layer', what: `${partOf(file)} imports ${target}` }];
}

/** The folder of a room, or the file in it without its ending. */
const partOf = (file: string): string => file.split('/')[1]?.replace(/\.ts$/, '') ?? '';

const layerOf = (file: string): number => SIMULATOR_LAYERS.findIndex((layer) => layer.includes(partOf(file)));

function judgePackage({ file, line, specifier }: Import, from: string, room: Room): Violation[] {
  if (specifier.startsWith('node:'))
    return from === 'protocol' ? [{ file, line, rule: 'pure', what: `imports ${specifier}` }] : [];
  const parts = specifier.split('/');
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  const corner = CORNERS.get(`${from} ${name}`);
  const allowed = room.packages.includes(name) && (corner === undefined || file.startsWith(corner));
  return allowed ? [] : [{ file, line, rule: 'package', what: `${from} imports ${name}` }];
}

/** `x as T` and `<T>x`, but `as const`; also comments that switch the compiler off. */
function findCasts({ file, tree }: Source): Violation[] {
  const found: Violation[] = [];
  visit(tree, (node) => {
    if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return;
    if (node.type.getText(tree) !== 'const')
      found.push({ ...placeOf(tree, node), rule: 'cast', what: node.type.getText(tree) });
  });
  const off = /^\s*\/\/\s*@ts-(ignore|nocheck)/m.exec(tree.text);
  if (off !== null)
    found.push({
      file,
      line: tree.text.slice(0, off.index + off[0].length).split('\n').length,
      rule: 'cast',
      what: off[0].trim(),
    });
  return found;
}

function findImpurities({ tree }: Source): Violation[] {
  const found: Violation[] = [];
  const add = (node: ts.Node, what: string): void => {
    found.push({ ...placeOf(tree, node), rule: 'pure', what });
  };
  visit(tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText(tree)))
      add(node, node.getText(tree));
    else if (ts.isElementAccessExpression(node) && /^(Date|Math)$/.test(node.expression.getText(tree)))
      add(node, node.getText(tree));
    else if (ts.isNewExpression(node) && node.expression.getText(tree) === 'Date' && !node.arguments?.length)
      add(node, 'new Date()');
    else if (ts.isCallExpression(node) && node.expression.getText(tree) === 'Date') add(node, 'Date()');
    else if (ts.isIdentifier(node) && IMPURE.has(node.text) && isReference(node)) add(node, node.text);
  });
  return found;
}

/** Whether a name stands for a variable, rather than for a member or a key. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  return !(
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent)
  );
}

/** Each ring of files that import each other, told once; imports of types count too. */
function findCycles(sources: readonly Source[]): Violation[] {
  const edges = new Map(sources.map(({ file, imports }) => [file, imports] as const));
  const state = new Map<string, 'open' | 'closed'>();
  const found: Violation[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    state.set(file, 'open');
    for (const { target, line } of edges.get(file) ?? []) {
      if (target === undefined || !edges.has(target)) continue;
      const ring = [...path, file];
      if (state.get(target) === 'open')
        found.push({
          file,
          line,
          rule: 'cycle',
          what: [...ring.slice(ring.indexOf(target)), target].join(' -> '),
        });
      else if (state.get(target) === undefined) walk(target, ring);
    }
    state.set(file, 'closed');
  };
  for (const file of edges.keys()) if (state.get(file) === undefined) walk(file, []);
  return found;
}
