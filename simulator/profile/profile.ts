/**
 * What a simulated modem is, as data: profiles/NAME.json over a generation file. docs/profiles.md describes
 * the format.
 */
import { FAULTS } from '../../protocol/cwmp/faults.ts';
import type { CpeMethod, CwmpVersion, RpcName } from '../../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS, isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import { isQuirkKey } from '../../protocol/quirks.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import type { ConnectionRequestTraits } from './connection-request-traits.ts';
import { readConnectionRequest } from './connection-request-traits.ts';
import { DeviceTree } from './device-tree.ts';
import { readDialect } from './dialect-file.ts';
import { Fields, overlay } from './fields.ts';
import type { SerialScheme } from './identity.ts';
import { FIRST_UNIT } from './identity.ts';
import { readProfileFile } from './import/import.ts';
import type { ProfileSource } from './profile-files.ts';
import {
  composeTree,
  productNames,
  readProduct,
  readShared,
  readSource,
  releasesOf,
  releasesOfProduct,
} from './profile-files.ts';
import type { RpcTraits } from './rpc-traits.ts';
import { readRpc } from './rpc-traits.ts';
import type { TreeShape } from './tree-shape.ts';
import { readTree } from './tree-shape.ts';
import { ValueRules } from './values.ts';

export interface Profile {
  /** `st780wl`, or `st780wl@6.2.29.2` for a release other than the default one. */
  readonly name: string;
  readonly title: string;
  /** Its name without a release. */
  readonly product: string;
  readonly generation: string;
  /** Guesses about it, a sentence each. */
  readonly guessed: readonly string[];
  /** The same product at this firmware, if it is a release of it: what a modem becomes with that image. */
  readonly release: (firmware: string) => Profile | undefined;
  readonly identity: {
    readonly manufacturer: string;
    readonly oui: string;
    readonly productClass: string;
    readonly board: string;
    readonly firmware: string;
    /** Two letters by which the boot loader recognises images of this hardware. */
    readonly family: string;
    readonly serial: SerialScheme;
    /** Six hexadecimal digits. */
    readonly macPrefix: string;
  };
  readonly cwmp: CwmpTraits;
  /** How it executes the requests of an ACS. */
  readonly rpc: RpcTraits;
  readonly http: HttpTraits;
  readonly connectionRequest: ConnectionRequestTraits;
  /** What it accepts in the answers of an ACS; it hangs up on anything else. */
  readonly accepts: { readonly xmlDeclaration: 'any' | 'needs' | 'refuses' };
  /** Its quirks, beside what its other traits say. */
  readonly quirks: readonly QuirkKey[];
  readonly dialect: Dialect;
  /** Dialects of messages that are written differently, by the element's name. */
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly inform: InformTraits;
  readonly lan: { readonly address: string };
  /** Simulated seconds from a reset until it sends its first Inform. */
  readonly bootSeconds: number;
  readonly tree: TreeShape;
  readonly values: ValueRules;
  /** Names for the value rules beside the modem's own. */
  readonly facts: ReadonlyMap<string, string>;
  /**
   * Parameters that read as empty text, such as passwords: by their last name, and by template below the
   * root.
   */
  readonly secretNames: ReadonlySet<string>;
  readonly secretTemplates: ReadonlySet<string>;
  /** Factory attributes, by the parameter's name below the root, where they differ from the model's. */
  readonly attributes: ReadonlyMap<string, FactoryAttributes>;
}

export interface FactoryAttributes {
  readonly Notification: number;
  readonly AccessList: readonly string[];
}

export interface CwmpTraits {
  readonly namespace: string;
  /** Versions in SupportedCWMPVersions of each Inform, the oldest first; none before CWMP 1.4. */
  readonly versions: readonly CwmpVersion[];
  /** SessionTimeout in each Inform, in seconds; 0: none. */
  readonly sessionTimeout: number;
  readonly methods: readonly CpeMethod[];
  /** cwmp:ID of its own requests; `#` is the number. */
  readonly id: string;
  /** What the number counts: successful sessions, or messages. */
  readonly idCounts: 'sessions' | 'messages';
  /** cwmp:ID of answers: that of the request, or its own next one. */
  readonly answerId: 'echo' | 'own';
  readonly termination: 'am1' | 'v1.0';
  /** Maximum of names in one GetParameterValues, and of parameters in its answer; 0: unlimited. */
  readonly maxNames: number;
  /** GetParameterNames of all levels: with rows for objects, or only leaves. */
  readonly lists: 'objects' | 'leaves';
  /** Objects that a listing of one level omits, by template. */
  readonly unlisted: ReadonlySet<string>;
  readonly accessList: readonly string[];
  /** FaultString by code, where it differs from the standard's. */
  readonly faults: ReadonlyMap<number, string>;
  /** Whether it stores ParameterKey as it should. */
  readonly keepsParameterKey: boolean;
}

export interface InformTraits {
  readonly parameters: readonly string[];
  readonly types: 'tree' | 'string';
  /** What CurrentTime and the tree's times count from. */
  readonly clock: 'since-1970' | 'absolute';
  /** Events of the first Inform after a reset, beside BOOTSTRAP and undelivered ones. */
  readonly bootEvents: readonly string[];
}

export interface HttpTraits {
  readonly version: '1.0' | '1.1';
  /** Names of header lines in their spelling and order; those without a value in a request are omitted. */
  readonly headers: readonly string[];
  readonly userAgent: string;
  readonly contentType: string;
  readonly charset: 'iso-8859-1' | 'utf-8';
  readonly chunked: boolean;
  /** Size of its write buffer in bytes: a chunk is what fits into it, cut where a piece of text ends. */
  readonly chunkBytes: number;
  readonly host: 'with-port' | 'without-port' | 'absent';
  readonly soapAction: 'always' | 'messages' | 'never';
  readonly soapActionText: string;
  /** An empty POST: Content-Length: 0, an empty chunked body, or neither of them and no headers at all. */
  readonly emptyPost: 'content-length' | 'chunked' | 'bare';
  readonly cookies: 'rfc2109' | 'plain' | 'ignore';
  /** Cookies of a broken session are sent in the next one. */
  readonly cookiesOutlive: boolean;
  readonly connection: 'absent' | 'keep-alive' | 'close';
  readonly newConnectionPerRequest: boolean;
  readonly expectContinue: boolean;
  /** Sends Basic credentials unasked (Q-HT-15). */
  readonly eagerBasic: boolean;
  readonly preferBasic: boolean;
  /** Downloads begin with a HEAD request (Q-HT-14). */
  readonly headFirst: boolean;
}

/** One line of a list of profiles. */
export interface ProfileListing {
  readonly name: string;
  /** The product, in a few words. */
  readonly title: string;
  readonly productClass: string;
  readonly firmware: string;
  readonly generation: string;
  /** Factory parameters. */
  readonly parameters: number;
  /** Firmware that NAME@FIRMWARE may name, the default one of NAME first. */
  readonly releases: readonly string[];
}

const loaded = new Map<string, Profile>();
/** Trees of the bundled profiles: releases with the same one share it. */
const trees = new Map<string, TreeShape>();

/** Names of the bundled profiles. */
export function profileNames(): string[] {
  return productNames();
}

/** Every bundled profile at every release, in the form that loadProfile accepts. */
export function releaseNames(): string[] {
  return productNames().flatMap((name) =>
    releasesOfProduct(name).map((firmware, index) => (index === 0 ? name : `${name}@${firmware}`)),
  );
}

/** The bundled profiles, each at its default release. */
export function listProfiles(): ProfileListing[] {
  return productNames().map((name) => {
    const { title, identity, generation, tree } = loadProfile(name);
    const { productClass, firmware } = identity;
    const releases = releasesOfProduct(name);
    const walk = new DeviceTree(tree);
    const parameters = [...walk.leaves(walk.root())].length;
    return { name, title, productClass, firmware, generation, parameters, releases };
  });
}

/**
 * A profile by its name, by NAME@FIRMWARE for another release of it, or from a user's file (a path with a
 * slash or ending in `.json`, `.csv` or `.xml`, also with a release): a profile, or a file of the kinds in
 * docs/profile-sources.md. Each name has one object per process. Throws ModemlabError E_CONFIG for an unknown
 * name or release, E_FILE_INVALID with the place, or E_DATA_UNREADABLE.
 */
export function loadProfile(nameOrFile: string): Profile {
  const [, file, at] = /^(.*\.(?:json|csv|xml)|.*\/[^@]*)(?:@([^/@]+))?$/i.exec(nameOrFile) ?? [];
  if (file !== undefined) return ownProfile(readProfileFile(file), file, at);
  const known = loaded.get(nameOrFile);
  if (known !== undefined) return known;
  const source = readProduct(nameOrFile);
  // NAME@FIRMWARE with the default firmware of NAME is the same profile.
  const profile = loaded.get(nameOf(source)) ?? readProfile(source, trees, releaseOf(source));
  loaded.set(nameOrFile, profile).set(profile.name, profile);
  return profile;
}

const nameOf = ({ json, place }: ProfileSource): string => new Fields(json, place).string('name');

/** A profile from parsed JSON, at the firmware of its identity. */
export function parseProfile(json: unknown, place: string): Profile {
  return ownProfile(json, place);
}

function ownProfile(json: unknown, place: string, at?: string): Profile {
  const release = (firmware: string): Profile | undefined => {
    const known = releasesOf(json, place).find((one) => isSameVersion(one, firmware));
    return known === undefined ? undefined : ownProfile(json, place, known);
  };
  return readProfile(readSource(json, place, at), new Map(), release);
}

function releaseOf({ product }: ProfileSource): Profile['release'] {
  return (firmware) => {
    const known = releasesOfProduct(product).find((one) => isSameVersion(one, firmware));
    return known === undefined ? undefined : loadProfile(`${product}@${known}`);
  };
}

/** An image has numbers; in a name a part above nine may be a letter: 8.2.N.0 is 8.2.23.0. */
function isSameVersion(one: string, other: string): boolean {
  const numbers = (version: string): string =>
    version
      .split('.')
      .map((part) => (/^[A-Z]$/.test(part) ? Number.parseInt(part, 36) : part))
      .join('.');
  return numbers(one) === numbers(other);
}

function readProfile(
  source: ProfileSource,
  shared: Map<string, TreeShape>,
  release: Profile['release'],
): Profile {
  const { json, place } = source;
  const file = new Fields(json, place);
  const treeKey = JSON.stringify(file.get('tree'));
  const tree = shared.get(treeKey) ?? readShape(file.get('tree'), `${place}: tree`);
  shared.set(treeKey, tree);
  const valueFiles = file.strings('valueFiles', []).map((name) => readShared('values', name));
  const values = new Fields(
    [...valueFiles, file.get('values')].reduce((all, over) => overlay(all, over), {}),
    `${place}: values`,
  );
  const dialect = readDialect(file.fields('dialect'));
  const others = file.fields('dialects');
  const cwmp = readCwmp(file.fields('cwmp'));
  const profile: Profile = {
    name: file.string('name'),
    title: file.string('title'),
    product: source.product,
    generation: source.generation,
    guessed: source.guessed,
    release,
    identity: readIdentity(file.fields('identity')),
    cwmp,
    rpc: readRpc(file.fields('rpc'), file.fields('cwmp').string('namespace')),
    http: readHttp(file.fields('http')),
    connectionRequest: readConnectionRequest(file.fields('connectionRequest')),
    accepts: readAccepts(file.fields('accepts')),
    quirks: file
      .strings('quirks', [])
      .map((id) => (isQuirkKey(id) ? id : file.refuse('quirks', 'ids of quirks'))),
    dialect,
    dialects: new Map(others.keys().map((name) => [name, readDialect(others.fields(name), dialect)])),
    inform: readInform(file.fields('inform')),
    lan: { address: file.fields('lan').string('address') },
    bootSeconds: file.number('bootSeconds'),
    tree,
    values: new ValueRules(
      new Map(values.keys().map((name) => [name, values.string(name)])),
      file.texts('given'),
    ),
    facts: file.texts('facts'),
    ...readSecret(file.strings('secret', [])),
    attributes: readAttributes(file.fields('attributes'), cwmp.accessList),
  };
  file.done();
  return profile;
}

/** `*.Name`, or a template. */
function readSecret(texts: readonly string[]): Pick<Profile, 'secretNames' | 'secretTemplates'> {
  const names = texts.filter((text) => text.startsWith('*.')).map((text) => text.slice(2));
  return {
    secretNames: new Set(names),
    secretTemplates: new Set(texts.filter((text) => !text.startsWith('*.'))),
  };
}

function readAttributes(file: Fields, accessList: readonly string[]): ReadonlyMap<string, FactoryAttributes> {
  return new Map(
    file.keys().map((name) => {
      const own = file.fields(name);
      const read = {
        Notification: own.number('notification', 0),
        AccessList: own.strings('accessList', accessList),
      };
      own.done();
      return [name, read];
    }),
  );
}

function readShape(json: unknown, place: string): TreeShape {
  const flat = new Fields(composeTree(json ?? {}, place), place);
  return readTree(flat, new Fields({}, place));
}

function readIdentity(file: Fields): Profile['identity'] {
  const serial = file.fields('serial');
  const identity = {
    manufacturer: file.string('manufacturer'),
    oui: file.string('oui'),
    productClass: file.string('productClass'),
    board: file.string('board'),
    firmware: file.string('firmware'),
    family: file.string('family'),
    serial: readSerial(serial),
    macPrefix: file.string('macPrefix'),
  };
  // A device that was read from a file keeps its values.
  if (!serial.has('text') && !/^[0-9A-F]{6}$/.test(identity.oui)) file.refuse('oui', 'six digits of 0-9 A-F');
  if (!/^[0-9A-F]{6}$/i.test(identity.macPrefix)) file.refuse('macPrefix', 'six hexadecimal digits');
  file.done();
  return identity;
}

function readSerial(file: Fields): SerialScheme {
  if (file.has('text')) return { text: file.string('text') };
  const scheme = {
    prefix: file.string('prefix'),
    yearWeek: file.string('yearWeek'),
    plant: file.string('plant'),
    first: file.string('first', FIRST_UNIT),
  };
  if (!/^\d\d(0[1-9]|[1-4]\d|5[0-3])$/.test(scheme.yearWeek))
    file.refuse('yearWeek', 'year and week such as 0644');
  if (!/^[0-9A-Z]{3}$/.test(scheme.first)) file.refuse('first', 'three of 0-9 A-Z');
  return scheme;
}

function readCwmp(file: Fields): CwmpTraits {
  const faults = file.texts('faults');
  for (const code of faults.keys()) if (!FAULTS.has(Number(code))) file.refuse('faults', 'codes of faults');
  const traits: CwmpTraits = {
    namespace: file.string('namespace'),
    versions: CWMP_VERSIONS.filter((version) =>
      file.choices('versions', CWMP_VERSIONS, []).includes(version),
    ),
    sessionTimeout: file.number('sessionTimeout', 0),
    methods: file.strings('methods').map((name) => {
      const method: RpcName | undefined = isRpcName(name) ? name : undefined;
      return method !== undefined && isCpeMethod(method)
        ? method
        : file.refuse('methods', 'methods of a CPE');
    }),
    id: file.string('id'),
    idCounts: file.choice('idCounts', ['sessions', 'messages']),
    answerId: file.choice('answerId', ['echo', 'own']),
    termination: file.choice('termination', ['am1', 'v1.0'], 'am1'),
    maxNames: file.number('maxNames', 0),
    lists: file.choice('lists', ['objects', 'leaves']),
    unlisted: new Set(file.strings('unlisted', [])),
    accessList: file.strings('accessList', []),
    faults: new Map(Array.from(faults, ([code, text]) => [Number(code), text])),
    keepsParameterKey: file.boolean('keepsParameterKey', true),
  };
  file.done();
  return traits;
}

function isCpeMethod(name: RpcName): name is CpeMethod {
  return RPCS[name].by !== 'ACS';
}

function readInform(file: Fields): InformTraits {
  const traits: InformTraits = {
    parameters: file.strings('parameters'),
    types: file.choice('types', ['tree', 'string'], 'tree'),
    clock: file.choice('clock', ['since-1970', 'absolute'], 'absolute'),
    bootEvents: file.strings('bootEvents', ['1 BOOT']),
  };
  file.done();
  return traits;
}

function readAccepts(file: Fields): Profile['accepts'] {
  const accepts = { xmlDeclaration: file.choice('xmlDeclaration', ['any', 'needs', 'refuses'], 'any') };
  file.done();
  return accepts;
}

function readHttp(file: Fields): HttpTraits {
  const traits: HttpTraits = {
    version: file.choice('version', ['1.0', '1.1'], '1.1'),
    headers: file.strings('headers'),
    userAgent: file.string('userAgent'),
    contentType: file.string('contentType', 'text/xml; charset=utf-8'),
    charset: file.choice('charset', ['iso-8859-1', 'utf-8'], 'utf-8'),
    chunked: file.boolean('chunked', false),
    chunkBytes: file.number('chunkBytes', 1430),
    host: file.choice('host', ['with-port', 'without-port', 'absent'], 'with-port'),
    soapAction: file.choice('soapAction', ['always', 'messages', 'never'], 'messages'),
    soapActionText: file.string('soapActionText', ''),
    emptyPost: file.choice('emptyPost', ['content-length', 'chunked', 'bare'], 'content-length'),
    cookies: file.choice('cookies', ['rfc2109', 'plain', 'ignore'], 'plain'),
    cookiesOutlive: file.boolean('cookiesOutlive', false),
    connection: file.choice('connection', ['absent', 'keep-alive', 'close'], 'absent'),
    newConnectionPerRequest: file.boolean('newConnectionPerRequest', false),
    expectContinue: file.boolean('expectContinue', false),
    eagerBasic: file.boolean('eagerBasic', false),
    preferBasic: file.boolean('preferBasic', false),
    headFirst: file.boolean('headFirst', false),
  };
  file.done();
  return traits;
}
