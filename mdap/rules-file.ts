/**
 * Loads rule modules. JavaScript is loaded by node itself. TypeScript is loaded where it can be: by node when
 * this program runs from its sources, else by tsx when it is installed where the module lies; Node 20 cannot
 * do it alone.
 */
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModemlabError } from '../protocol/errors.ts';
import type { AntRules, Rules } from './rules.ts';
import { collectRules } from './rules.ts';

const isRules = (value: unknown): value is Rules => typeof value === 'function';
const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file);

/** The rules of a module's default export. Rejects with E_FILE_INVALID or E_CONFIG, with the file. */
export async function loadRules(file: string): Promise<readonly AntRules[]> {
  const absolute = path.resolve(file);
  await access(absolute).catch((error: unknown) => {
    throw new ModemlabError('E_FILE_INVALID', `${file}: cannot be read`, { cause: error });
  });
  const found = defaultOf(await load(absolute, file));
  if (!isRules(found))
    throw new ModemlabError('E_FILE_INVALID', `${file}: wants "export default rules((on) => { ... })"`);
  try {
    return collectRules(found);
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${textOf(error)}`, { cause: error });
  }
}

/** A module of another module system has its default one level deeper. */
function defaultOf(module: unknown): unknown {
  const inner = memberOf(module, 'default');
  return memberOf(inner, 'default') ?? inner;
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

async function load(absolute: string, file: string): Promise<unknown> {
  const url = pathToFileURL(absolute).href;
  try {
    const loaded: unknown = await import(url);
    return loaded;
  } catch (error) {
    const unknownKind = memberOf(error, 'code') === 'ERR_UNKNOWN_FILE_EXTENSION';
    if (isTypeScript(file) && unknownKind) return loadByTsx(absolute, file);
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${textOf(error)}`, { cause: error });
  }
}

async function loadByTsx(absolute: string, file: string): Promise<unknown> {
  const url = pathToFileURL(absolute).href;
  let tsImport: unknown;
  try {
    // What require finds of tsx is its CommonJS half, which cannot load modules: the other half lies beside
    // it.
    const found = createRequire(absolute)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
    const api: unknown = await import(pathToFileURL(found).href);
    tsImport = memberOf(api, 'tsImport') ?? memberOf(memberOf(api, 'default'), 'tsImport');
  } catch (error) {
    throw new ModemlabError(
      'E_CONFIG',
      `${file} is TypeScript: run "npm install tsx" in its folder, or give it as JavaScript`,
      { cause: error },
    );
  }
  if (typeof tsImport !== 'function') throw new ModemlabError('E_CONFIG', `${file}: tsx is too old`);
  try {
    const loaded: unknown = await tsImport(url, url);
    return loaded;
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${textOf(error)}`, { cause: error });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
