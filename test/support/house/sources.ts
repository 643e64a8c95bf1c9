/**
 * The project's sources as the TypeScript parser sees them: who imports whom, and which globals a file uses.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Place {
  /** Path from the root of the project, with `/`. */
  readonly file: string;
  readonly line: number;
}

export interface Import extends Place {
  readonly specifier: string;
  /** The file it means, for a relative specifier. */
  readonly target: string | undefined;
}

export interface Source {
  readonly file: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Folders with sources: every one is a room, so a new one needs its rules before its first file. */
export function listRooms(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|docs$|modemlab-data$)/.test(entry.name),
    )
    .map((entry) => entry.name);
}

export function parseSource(file: string, text: string): Source {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  visit(tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const target = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), specifier)
      : undefined;
    imports.push({ ...placeOf(tree, node), specifier, target });
  });
  return { file, tree, imports };
}

/** The module that a node names: static, re-exported, dynamic, or as a type. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression;
  const loads =
    called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require');
  return loads ? literal(node.arguments[0]) : undefined;
}

const literal = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

export function placeOf(tree: ts.SourceFile, node: ts.Node): Place {
  return { file: tree.fileName, line: tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1 };
}

export function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

/** All TypeScript sources below these rooms; a room that is not there yet has none. */
export function readSources(root: string, rooms: readonly string[]): Source[] {
  const files = rooms.flatMap((room) => {
    if (room.endsWith('.ts')) return [room];
    return listFolder(root, room);
  });
  return files.sort().map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8')));
}

function listFolder(root: string, folder: string): string[] {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFolder(root, name);
    return entry.name.endsWith('.ts') ? [name] : [];
  });
}
