/**
 * The rules between the rooms of the house. docs/architecture.md describes them, and its table is compared
 * with ROOMS.
 */
import ts from 'typescript';
import type { Import, Place, Source } from './sources.ts';
import { placeOf, visit } from './sources.ts';

export interface Violation extends Place {
  readonly rule: 'room' | 'layer' | 'package' | 'cycle' | 'pure' | 'cast' | 'extension';
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
  ['scripts', { imports: { allBut: ['test'] }, packages: ['tap'] }],
  ['bench', { imports: { allBut: ['test'] }, packages: ['fast-xml-parser', 'pino', 'undici'] }],
  ['test', { imports: { allBut: [] }, packages: ['fast-check', 'tap', 'typescript', 'undici', 'yaml'] }],
]);

/** Folders (and files) of a room, the lowest first: each imports only from lists before its own. */
const LAYERS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ['captures', [['file'], ['packet'], ['http'], ['conversation'], ['story'], ['record', 'anonymise']]],
  [
    'simulator',
    [
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
    ],
  ],
]);

/** Where a package may be imported, when not in the whole room. */
const CORNERS: ReadonlyMap<string, string> = new Map([['protocol fast-xml-parser', 'protocol/xml/']]);

/** What a room may import of another, when not all of it. */
const ENTRANCES: ReadonlyMap<string, RegExp> = new Map([['cli acs', /^acs\/(index\.ts$|app\/)/]]);

/** Rooms whose folders may not import each other, but for the one they share. */
const FOLDERS_APART: ReadonlyMap<string, string> = new Map([['cli', 'support']]);

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
  const problem: Violation = { file, line, rule: 'room', what: `${from} imports ${target}` };
  if (to === from) return mayImportWithin(from, file, target) ? judgeLayer(found, target) : [problem];
  const entrance = ENTRANCES.get(`${from} ${to}`);
  return mayImport(room, to) && (entrance === undefined || entrance.test(target)) ? [] : [problem];
}

const mayImport = ({ imports }: Room, to: string): boolean =>
  'allBut' in imports ? !imports.allBut.includes(to) : imports.includes(to);

/** Files beside the folders may import them all. */
function mayImportWithin(room: string, file: string, target: string): boolean {
  const shared = FOLDERS_APART.get(room);
  if (shared === undefined) return true;
  const folderOf = (name: string): string | undefined => /^[^/]+\/([^/]+)\//.exec(name)?.[1];
  const from = folderOf(file);
  const to = folderOf(target);
  return from === undefined || to === from || to === shared;
}

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

function judgeLayer({ file, line }: Import, target: string): Violation[] {
  const layers = LAYERS.get(roomOf(file));
  if (layers === undefined || partOf(file) === partOf(target)) return [];
  const layerOf = (one: string): number => layers.findIndex((layer) => layer.includes(partOf(one)));
  const from = layerOf(file);
  if (from < 0) return [{ file, line, rule: 'layer', what: `${file} is in no layer of ${roomOf(file)}/` }];
  const to = layerOf(target);
  return to >= 0 && to < from
    ? []
    : [{ file, line, rule: 'layer', what: `${partOf(file)} imports ${target}` }];
}

/** The folder of a room, or the file in it without its ending. */
const partOf = (file: string): string => file.split('/')[1]?.replace(/\.ts$/, '') ?? '';

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
