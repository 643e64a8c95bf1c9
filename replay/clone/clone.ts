/**
 * Makes a profile of a device from captures: docs/profiles.md has the format, report.ts the report on it.
 */
import { counted } from '../../protocol/counted.ts';
import { messageName } from '../../protocol/cwmp/message-name.ts';
import { isQuirkKey } from '../../protocol/quirks.ts';
import type { Dialect } from '../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../protocol/soap/dialect.ts';
import { overlay } from '../../simulator/profile/fields.ts';
import { refuser } from '../../simulator/profile/import/entry.ts';
import { modelOf } from '../../simulator/profile/import/from-names.ts';
import { treeOf } from '../../simulator/profile/import/import.ts';
import type { NameTree } from '../../simulator/profile/import/name-tree.ts';
import { writeProfile } from '../../simulator/profile/import/profile-json.ts';
import type { Profile } from '../../simulator/profile/profile.ts';
import { parseProfile } from '../../simulator/profile/profile.ts';
import type { CwmpSeen } from './cwmp-traits.ts';
import { cwmpTraitsOf } from './cwmp-traits.ts';
import type { Evidence } from './evidence.ts';
import { envelopeOf } from './evidence.ts';
import { informsOf, rpcExchangesOf } from './exchanges.ts';
import type { HttpSeen } from './http-traits.ts';
import { httpTraitsOf } from './http-traits.ts';
import { quirksOf } from './quirk-traits.ts';
import type { Spelling, Written } from './spelling.ts';
import { spellingOf } from './spelling.ts';
import type { TreeSeen } from './tree.ts';
import { seenTree } from './tree.ts';

export interface Clone {
  /** As in a file. */
  readonly json: unknown;
  readonly profile: Profile;
  readonly tree: TreeSeen;
  readonly spelling: Spelling;
  readonly cwmp: CwmpSeen;
  /** What the captures do not show, and what was assumed instead. */
  readonly unseen: readonly string[];
  /** Median of the nanoseconds from a request to its answer; `undefined`: there was none. */
  readonly latency: bigint | undefined;
}

/** Throws ModemlabError E_FILE_INVALID when the captures show no parameter names of the device. */
export function cloneOf(evidence: Evidence, name: string): Clone {
  const { deviceId, firmware } = evidence;
  const written = writtenBy(evidence);
  const spelling = spellingOf(written, [...evidence.quirks.keys()].filter(isQuirkKey));
  const valuesDialect = spelling.dialects.get('GetParameterValuesResponse') ?? spelling.dialect;
  const tree = seenTree(evidence, valuesDialect.valueTypes !== 'none');
  const names = treeOf(tree.entries, refuser(evidence.key));
  const identity = {
    manufacturer: deviceId.Manufacturer,
    oui: deviceId.OUI,
    productClass: deviceId.ProductClass,
    serial: deviceId.SerialNumber,
    firmware,
  };
  const model = modelOf(names, identity, undefined, tree.added);
  const cwmp = cwmpTraitsOf(evidence, names.root);
  const http = httpTraitsOf(evidence);
  const latencies = rpcExchangesOf(evidence)
    .map(({ took }) => took)
    .sort((a, b) => Number(a - b));
  const unseen = [...unseenOf(tree, spelling), ...cwmp.unseen, ...http.unseen, ...names.notes, ...tree.notes];
  const { manufacturer, oui, productClass, serial } = identity;
  const { value } = model;
  const base = writeProfile({
    name,
    title: [manufacturer, productClass, firmware].filter((text) => text !== '').join(', '),
    identity: {
      manufacturer,
      oui,
      productClass,
      firmware,
      board: value('DeviceInfo.HardwareVersion') ?? '',
      family: 'GN',
      serial: { text: serial },
      macPrefix: /^[0-9A-F]{6}$/i.test(oui) ? oui : '020000',
    },
    manufacturer,
    productClass,
    firmware,
    namespace: cwmp.namespace,
    methods: cwmp.methods,
    twin: undefined,
    model,
    notes: unseen,
  });
  const plain = overlay(base, membersOf(evidence, names, spelling, tree, cwmp, http));
  const quirks = quirksOf(evidence, parseProfile(plain, name), spelling.quirks);
  const json = quirks.length === 0 ? plain : overlay(plain, { quirks });
  return {
    json,
    tree,
    spelling,
    cwmp,
    unseen,
    profile: parseProfile(json, name),
    latency: latencies[Math.floor(latencies.length / 2)],
  };
}

/** The members of the file other than identity, tree and values. */
function membersOf(
  { sessions }: Evidence,
  names: NameTree,
  { dialect, dialects }: Spelling,
  tree: TreeSeen,
  cwmp: CwmpSeen,
  http: HttpSeen,
): unknown {
  const maxEnvelopes = informsOf(sessions)[0]?.inform.MaxEnvelopes ?? 1;
  const lists = tree.entries.flatMap(({ accessList }) => (accessList === undefined ? [] : [accessList]));
  const { forced } = cwmp;
  const exists = (one: string): boolean =>
    (one.startsWith('.') || (one.startsWith(names.root) && names.leaves.has(one.slice(names.root.length)))) &&
    !one.includes('${');
  return {
    cwmp: { ...cwmp.cwmp, ...(lists[0] === undefined ? {} : { accessList: lists[0] }) },
    http: http.traits,
    dialect: changesOf({ ...dialect, maxEnvelopes }, CANONICAL),
    dialects: Object.fromEntries(Array.from(dialects, ([name, own]) => [name, changesOf(own, dialect)])),
    inform: {
      ...cwmp.inform,
      ...(forced === undefined ? {} : { parameters: [...new Set(forced)].filter(exists) }),
      types: tree.informTypes,
    },
    rpc: cwmp.rpc,
    ...(cwmp.bootSeconds === undefined ? {} : { bootSeconds: cwmp.bootSeconds }),
  };
}

/** The members of a dialect that differ from another's, as a file has them. */
function changesOf(dialect: Dialect, base: Dialect): Readonly<Record<string, unknown>> {
  const beneath: ReadonlyMap<string, unknown> = new Map(Object.entries(base));
  const differs = (key: string, value: unknown): boolean =>
    JSON.stringify(value) !== JSON.stringify(beneath.get(key));
  return Object.fromEntries(Object.entries(dialect).filter(([key, value]) => differs(key, value)));
}

function writtenBy({ sessions }: Evidence): readonly Written[] {
  return sessions.flatMap(({ posts }) =>
    posts.flatMap(({ content, text }): readonly Written[] => {
      const envelope = envelopeOf(content);
      return envelope === undefined || text === ''
        ? []
        : [{ name: messageName(envelope.message), envelope, text }];
    }),
  );
}

function unseenOf({ counts, listed, added }: TreeSeen, { unlike }: Spelling): readonly string[] {
  const { objectsUnlisted, moving, typesUnknown, valuesUnknown, writableUnknown } = counts;
  const some = (count: number, what: string): readonly string[] =>
    count === 0 ? [] : [`${what} ${counted(count, 'parameter')}`];
  return [
    ...(listed
      ? []
      : ['GetParameterNames was not answered: the tree has only the parameters that were seen']),
    ...some(writableUnknown, 'whether they can be written, taken as read-only:'),
    ...some(typesUnknown, 'types, taken from the data model or as string:'),
    ...some(valuesUnknown, 'values, taken from the generic model or empty:'),
    ...some(moving, 'how values move that were read twice, taken as first read:'),
    ...(objectsUnlisted === 0
      ? []
      : [`which of ${objectsUnlisted} objects take instances, taken from the generic model`]),
    ...(added.size === 0 ? [] : [`${added.size} instances that the ACS added are left out`]),
    ...unlike.map((name) => `how ${name} is spelt to the letter`),
  ];
}
