/**
 * The rules between the rooms of the house. docs/architecture.md describes them, and its table is compared
 * with ROOMS.
 */
import ts from 'typescript';
import type { Import, Place, Source } from './sources.ts';
import { placeOf, visit } from './sources.ts';

export interface Violation extends Place {
  readonly rule: 'room' | 'package' | 'cycle' | 'pure' | 'cast' | 'extension';
  readonly what: string;
}

interface Room {
  /** Rooms it may import besides itself. */
  readonly imports: readonly string[] | { readonly allBut: readonly string[] };
  /** Packages it may import; each of them has to be used. */
  readonly packages: readonly string[];
}

/**
 * A room that is not listed may not exist. Nobody but cli, bench, scripts and test may import `acs` and
 * `mdap`.
 */
export const ROOMS: ReadonlyMap<string, Room> = new Map<string, Room>([
  ['protocol', { imports: [], packages: ['fast-xml-parser'] }],
  ['captures', { imports: ['protocol'], packages: ['pcap-parser'] }],
  ['simulator', { imports: ['protocol'], packages: ['undici'] }],
  ['peers', { imports: ['protocol'], packages: [] }],
  // A replayed ACS listens at the port of the scripted one.
  ['replay', { imports: ['protocol', 'captures', 'simulator', 'peers'], packages: [] }],
  ['acs', { imports: ['protocol'], packages: ['lmdb', 'send', 'yaml'] }],
  ['mdap', { imports: ['protocol'], packages: ['yaml'] }],
  ['fuzz', { imports: ['protocol'], packages: ['fast-check'] }],
  ['cli', { imports: { allBut: ['index.ts', 'bench', 'scripts', 'test'] }, packages: ['commander', 'pino'] }],
  ['scripts', { imports: { allBut: ['test'] }, packages: [] }],
  ['bench', { imports: { allBut: ['test'] }, packages: ['fast-xml-parser', 'pino', 'undici'] }],
  ['test', { imports: { allBut: [] }, packages: ['fast-check', 'tap', 'typescript', 'undici'] }],
]);

/** Where a package may be imported, when not in the whole room. */
const CORNERS: ReadonlyMap<string, string> = new Map([['protocol fast-xml-parser', 'protocol/xml/']]);

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
  return to === from || mayImport(room, to)
    ? []
    : [{ file, line, rule: 'room', what: `${from} imports ${target}` }];
}

const mayImport = ({ imports }: Room, to: string): boolean =>
  'allBut' in imports ? !imports.allBut.includes(to) : imports.includes(to);

/** Packages and rooms that a room may import and does not: `fuzz: undici`. */
export function unusedGrants(sources: readonly Source[]): string[] {
  return [...ROOMS].flatMap(([room, { imports, packages }]) => {
    const found = sources.filter(({ file }) => roomOf(file) === room).flatMap((source) => source.imports);
    const used = new Set(
      found.map(({ specifier, target }) => (target === undefined ? packageOf(specifier) : roomOf(target))),
    );
    const granted = 'allBut' in imports ? packages : [...imports, ...packages];
    return granted.filter((name) => !used.has(name)).map((name) => `${room}: ${name}`);
  });
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function judgePackage({ file, line, specifier }: Import, from: string, room: Room): Violation[] {
  if (specifier.startsWith('node:'))
    return from === 'protocol' ? [{ file, line, rule: 'pure', what: `imports ${specifier}` }] : [];
  const name = packageOf(specifier);
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

/** Each ring of files that import each other, once; imports of types count too. */
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
