/**
 * Profile files before they are interpreted: products with their releases, generations and trees merged over
 * each other. Everything here is JSON in and JSON out; profile.ts and tree-shape.ts interpret the members.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { ModemlabError } from '../../protocol/errors.ts';
import { Fields, overlay } from './fields.ts';
import { FIRST_UNIT } from './identity.ts';

/** The JSON of one profile: a product at one release, over its generation. */
export interface ProfileSource {
  /** Name of the product's profile, without a release. */
  readonly product: string;
  readonly firmware: string;
  readonly generation: string;
  /** Guesses about it, a sentence each. */
  readonly guessed: readonly string[];
  readonly json: unknown;
  /** For errors. */
  readonly place: string;
}

const FOLDER = new URL('../profiles/', import.meta.url);
/**
 * Maximum depth of files over each other: a profile like a profile, a generation over a generation, a tree of
 * trees.
 */
const MAX_LAYERS = 8;
/** Units of one release that precede those of the next in the sequence of serial numbers. */
const UNITS_PER_RELEASE = 2592;

const parsed = new Map<string, unknown>();

/** Names of the profiles that come with modemlab, without releases. */
export function productNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .sort();
}

/** A bundled profile, by NAME or NAME@FIRMWARE. Throws E_CONFIG when there is none. */
export function readProduct(reference: string): ProfileSource {
  return productOf(reference, 0);
}

/** A profile from parsed JSON, at its own firmware or one of its releases. */
export function readSource(json: unknown, place: string, firmware?: string): ProfileSource {
  return sourceOf(json, place, firmware, 0);
}

/** Firmware of each release that a profile has, its own first. */
export function releasesOf(json: unknown, place: string): string[] {
  const own = firmwareOf(merged(json, place, 0), place);
  return [own, ...releaseKeys(json, place).filter((firmware) => firmware !== own)];
}

export function releasesOfProduct(name: string): string[] {
  return releasesOf(productJson(name), `${name}.json`);
}

/** JSON of a file, read each time. Throws E_DATA_UNREADABLE, or E_FILE_INVALID for invalid JSON. */
export function readJson(file: string | URL, place: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_DATA_UNREADABLE', place, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${place}: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Something that profiles share, from the folder of its kind; read once. */
export function readShared(kind: 'generations' | 'trees' | 'values', name: string): unknown {
  if (!/^[\w.-]+$/.test(name)) throw new ModemlabError('E_FILE_INVALID', `${kind}/${name}: no such file`);
  return cached(`${kind}/${name}.json`);
}

function cached(place: string): unknown {
  if (!parsed.has(place)) parsed.set(place, readJson(new URL(place, FOLDER), place));
  return parsed.get(place);
}

function productJson(name: string): unknown {
  const names = productNames();
  if (!names.includes(name))
    throw new ModemlabError('E_CONFIG', `no profile ${name}; there are ${names.join(', ')}`);
  return cached(`${name}.json`);
}

function productOf(reference: string, layers: number): ProfileSource {
  const [name = '', firmware] = reference.split('@', 2);
  return sourceOf(productJson(name), `${name}.json`, firmware, layers);
}

function sourceOf(json: unknown, place: string, wanted: string | undefined, layers: number): ProfileSource {
  const { base, own, firmware, release } = choose(json, place, wanted, layers);
  const product = new Fields(json, place).string('name');
  const change =
    firmware === own
      ? {}
      : releaseIdentity(product, firmware, releaseKeys(json, place).indexOf(firmware), base);
  const over = lay(lay(base, change), release);
  const generation = new Fields(over, place).string('generation');
  const { json: beneath, guessed } = generationOf(generation, 0);
  return {
    product,
    firmware,
    generation,
    guessed: [...guessed, ...guessesOf(base, place), ...guessesOf(release, place)],
    json: without(overlay(beneath, over), ['guessed', 'releases', 'like', 'base', 'generation']),
    place: firmware === own ? place : `${place}: releases: ${firmware}`,
  };
}

interface Choice {
  /** The profile over the one it is like. */
  readonly base: unknown;
  /** Its firmware by default. */
  readonly own: string;
  readonly firmware: string;
  /** What differs at this firmware. */
  readonly release: unknown;
}

function choose(json: unknown, place: string, wanted: string | undefined, layers: number): Choice {
  const base = merged(json, place, layers);
  const own = firmwareOf(base, place);
  const firmware = wanted ?? own;
  const keys = releaseKeys(json, place);
  if (firmware !== own && !keys.includes(firmware))
    throw new ModemlabError(
      'E_CONFIG',
      `${place}: no release ${firmware}; there are ${[own, ...keys.filter((key) => key !== own)].join(', ')}`,
    );
  return { base, own, firmware, release: new Fields(json, place).fields('releases').get(firmware) ?? {} };
}

/** A profile over the one it is like, without that one's generation: its own may be another. */
function merged(json: unknown, place: string, layers: number): unknown {
  const file = new Fields(json, place);
  if (!file.has('like')) return json;
  if (layers >= MAX_LAYERS) return file.refuse('like', `at most ${MAX_LAYERS} files over each other`);
  const [name = '', wanted] = file.string('like').split('@', 2);
  const { base, firmware, release } = choose(productJson(name), `${name}.json`, wanted, layers + 1);
  return lay(without(lay(lay(base, { identity: { firmware } }), release), ['releases', 'like']), json);
}

/** A release consists of other units: they have a name and a range of serial numbers of their own. */
function releaseIdentity(product: string, firmware: string, position: number, base: unknown): unknown {
  const serial = new Fields(base, product).fields('identity').fields('serial');
  const first = Number.parseInt(serial.string('first', FIRST_UNIT), 36);
  const shifted = (first + (position + 1) * UNITS_PER_RELEASE) % 36 ** 3;
  return {
    name: `${product}@${firmware}`,
    identity: { firmware, serial: { first: shifted.toString(36).toUpperCase().padStart(3, '0') } },
  };
}

function generationOf(name: string, layers: number): { json: unknown; guessed: readonly string[] } {
  const json = readShared('generations', name);
  const place = `generations/${name}.json`;
  const file = new Fields(json, place);
  const own = guessesOf(json, place);
  if (!file.has('base')) return { json, guessed: own };
  if (layers >= MAX_LAYERS) return file.refuse('base', `at most ${MAX_LAYERS} files over each other`);
  const below = generationOf(file.string('base'), layers + 1);
  return { json: overlay(below.json, json), guessed: [...below.guessed, ...own] };
}

/** Like overlay, but a tree with a `base` or `parts` replaces the other. */
function lay(base: unknown, over: unknown): unknown {
  const laid = overlay(base, over);
  const tree = new Fields(over, 'profile').get('tree');
  if (tree === undefined) return laid;
  const file = new Fields(tree, 'tree');
  return file.has('base') || file.has('parts') ? overlay(without(laid, ['tree']), { tree }) : laid;
}

function without(json: unknown, members: readonly string[]): unknown {
  const file = new Fields(json, 'profile');
  const kept = file.keys().filter((key) => !members.includes(key));
  return Object.fromEntries(kept.map((key) => [key, file.get(key)]));
}

const guessesOf = (json: unknown, place: string): readonly string[] =>
  new Fields(json, place).strings('guessed', []);

const releaseKeys = (json: unknown, place: string): string[] =>
  new Fields(json, place).fields('releases').keys();

/** Empty when there is none: profile.ts refuses that with the place. */
function firmwareOf(json: unknown, place: string): string {
  const firmware = new Fields(json, place).fields('identity').get('firmware');
  return typeof firmware === 'string' ? firmware : '';
}

/** Members of a tree that go by paths. */
const BY_PATH = ['instances', 'numbers', 'writable', 'limits'];

/**
 * A tree as one file without `base`: the base and its parts, each a file in trees/ or such an object itself,
 * filtered by `only` and `without`; over it its own members.
 */
export function composeTree(json: unknown, place: string, layers = 0): unknown {
  const file = new Fields(json, place);
  if (layers > MAX_LAYERS) file.refuse('base', `at most ${MAX_LAYERS} trees over each other`);
  const shared = (name: string): unknown =>
    composeTree(readShared('trees', name), `trees/${name}.json`, layers + 1);
  const under = [
    ...(file.has('base') ? [shared(file.string('base'))] : []),
    ...file
      .list('parts', [])
      .map((part) =>
        typeof part === 'string' ? shared(part) : composeTree(part, `${place}: parts`, layers + 1),
      ),
  ];
  const only = file.strings('only', []);
  const left = file.strings('without', []);
  const stays = (path: string): boolean => {
    const template = path.replace(/\.\d{1,9}(?=\.)/g, '.{i}');
    const begins = (prefix: string): boolean => template.startsWith(prefix);
    return path.startsWith('*.') || ((only.length === 0 || only.some(begins)) && !left.some(begins));
  };
  const own = without(json, ['about', 'base', 'parts', 'only', 'without']);
  const layered = [...under.map((tree) => leave(tree, place, stays)), own];
  return layered.reduce((all, tree) => layTree(all, tree, place), {});
}

/** What remains of a tree. */
function leave(json: unknown, place: string, stays: (path: string) => boolean): unknown {
  const tree = new Fields(json, place);
  const members = tree.keys().map((key): [string, unknown] => {
    if (key === 'objects') return [key, tree.list(key).filter((row) => stays(pathOf(row)))];
    if (key === 'addable') return [key, tree.strings(key).filter(stays)];
    if (!BY_PATH.includes(key)) return [key, tree.get(key)];
    const left = tree
      .fields(key)
      .keys()
      .filter((path) => !stays(path));
    return [key, without(tree.get(key), left)];
  });
  return Object.fromEntries(members);
}

/** One tree over another: lists are joined, and a later row replaces an earlier one with the same path. */
function layTree(below: unknown, above: unknown, place: string): unknown {
  const [first, second] = [new Fields(below, place), new Fields(above, place)];
  const joined = ['objects', 'addable'].map((key): [string, unknown] => [
    key,
    [...first.list(key, []), ...second.list(key, [])],
  ]);
  return overlay(overlay(below, above), Object.fromEntries(joined));
}

const pathOf = (row: unknown): string => (Array.isArray(row) && typeof row[0] === 'string' ? row[0] : '');
