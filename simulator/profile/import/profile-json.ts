/** A profile file in the format of docs/profiles.md, from what was read of a device or of a data model. */
import type { CpeMethod } from '../../../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS, isRpcName, RPCS } from '../../../protocol/cwmp/messages.ts';
import { Fields } from '../fields.ts';
import { productNames, readProduct, releasesOfProduct } from '../profile-files.ts';

/** The tree and values of the modem. Names are below the root. */
export interface Model {
  readonly root: string;
  /** Members of a tree file. */
  readonly tree: object;
  /** Literal values. */
  readonly given: Readonly<Record<string, string>>;
  /** Rules for values. */
  readonly values: Readonly<Record<string, string>>;
  readonly attributes: object;
  readonly secret: readonly string[];
  readonly lists: 'objects' | 'leaves';
  /** What may be written, by template. */
  readonly limits: object;
  /** Whether there is a parameter of this name. */
  has(name: string): boolean;
  value(name: string): string | undefined;
  readonly leaves: Iterable<string>;
}

export interface Source {
  /** Name of the profile. */
  readonly name: string;
  readonly title: string;
  readonly identity: object;
  readonly manufacturer: string;
  readonly productClass: string;
  readonly firmware: string;
  readonly namespace: string | undefined;
  /** The answer to GetRPCMethods, if known. */
  readonly methods: readonly string[] | undefined;
  readonly model: Model;
  /** The profile whose dialect it uses; absent: the plain dialect. */
  readonly twin: string | undefined;
  readonly notes: readonly string[];
}

export function writeProfile(source: Source): unknown {
  const { name, title, model, identity, twin } = source;
  const { methods, unknown } = knownMethods(source);
  const notes = [...source.notes];
  if (unknown.length > 0) notes.push(`methods that it cannot answer are left out: ${unknown.join(', ')}`);
  if (twin !== undefined) notes.push(`it uses the dialect of ${twin}`);
  const generic = GENERIC_VALUES.get(model.root);
  return {
    name,
    title,
    identity,
    ...(twin === undefined
      ? { generation: 'generic-plain', valueFiles: ['generic-common', ...(generic ?? [])] }
      : { like: twin }),
    guessed: notes,
    cwmp: {
      ...(source.namespace === undefined ? {} : { namespace: source.namespace }),
      ...(methods === undefined ? {} : { methods }),
      lists: model.lists,
    },
    inform: { parameters: twin === undefined ? forcedParameters(model) : informOf(twin, model) },
    lan: { address: addressOf(model) },
    tree: { parts: [model.tree] },
    values: model.values,
    given: model.given,
    attributes: model.attributes,
    // A twin has a list of its own; the plain one would hide what was read from the device.
    ...(twin === undefined ? { secret: model.secret } : {}),
    rpc: { limits: model.limits },
  };
}

const GENERIC_VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ['InternetGatewayDevice.', ['generic-tr098']],
  ['Device.', ['generic-tr181']],
]);

/** A profile of modemlab with the same product and the closest available firmware. */
export function findTwin({
  manufacturer,
  productClass,
  firmware,
}: Pick<Source, 'manufacturer' | 'productClass' | 'firmware'>): string | undefined {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const near = new RegExp(`^${/^\d+\.\d+\./.exec(firmware)?.[0].replaceAll('.', '\\.') ?? '$^'}`);
  let nearest: string | undefined;
  for (const name of productNames()) {
    const identity = new Fields(readProduct(name).json, name).fields('identity');
    if (!same(identity.string('manufacturer'), manufacturer)) continue;
    if (!same(identity.string('productClass'), productClass)) continue;
    const releases = releasesOfProduct(name);
    if (releases.includes(firmware)) return `${name}@${firmware}`;
    const release = releases.find((other) => near.test(other));
    if (release !== undefined) nearest ??= `${name}@${release}`;
  }
  return nearest;
}

/** RPCs of the device that a CPE answers. `undefined`: those of the generation. */
function knownMethods({ methods, namespace }: Source): {
  readonly methods: readonly CpeMethod[] | undefined;
  readonly unknown: readonly string[];
} {
  const own = methods === undefined || methods.length === 0 ? methodsOf(namespace) : methods;
  const known = own?.filter(isCpeMethod);
  return { methods: known, unknown: own?.filter((name) => !isCpeMethod(name)) ?? [] };
}

const isCpeMethod = (name: string): name is CpeMethod => isRpcName(name) && RPCS[name].by !== 'ACS';

/** All RPCs in the schema of an older namespace. */
function methodsOf(namespace: string | undefined): readonly string[] | undefined {
  const minor = /cwmp-1-([01])$/.exec(namespace ?? '')?.[1];
  if (minor === undefined) return undefined;
  const versions = CWMP_VERSIONS.slice(0, Number(minor) + 1);
  return Object.keys(RPCS).filter(
    (name) =>
      isRpcName(name) && RPCS[name].by !== 'ACS' && versions.some((version) => version === RPCS[name].since),
  );
}

/** By root and whether it is a Device:2: the parameters of every Inform (forcedInform in the models). */
function forcedParameters(model: Model): string[] {
  const device2 = model.root === 'Device.' && !model.has('DeviceSummary');
  const names = device2 ? FORCED_DEVICE_2 : model.root === 'Device.' ? FORCED_DEVICE_1 : FORCED_GATEWAY;
  const there = names.filter((name) => model.has(name));
  const wan = device2 ? undefined : defaultConnection(model);
  return [...there, ...(wan === undefined ? [] : [wan])].map((name) => model.root + name);
}

const FORCED_GATEWAY = [
  'DeviceSummary',
  'DeviceInfo.SpecVersion',
  'DeviceInfo.HardwareVersion',
  'DeviceInfo.SoftwareVersion',
  'DeviceInfo.ProvisioningCode',
  'ManagementServer.ConnectionRequestURL',
  'ManagementServer.ParameterKey',
  'ManagementServer.AliasBasedAddressing',
];
const FORCED_DEVICE_2 = [
  'RootDataModelVersion',
  'DeviceInfo.HardwareVersion',
  'DeviceInfo.SoftwareVersion',
  'DeviceInfo.ProvisioningCode',
  'ManagementServer.ParameterKey',
  'ManagementServer.ConnectionRequestURL',
  'ManagementServer.AliasBasedAddressing',
];
const FORCED_DEVICE_1 = [
  'DeviceSummary',
  'DeviceInfo.HardwareVersion',
  'DeviceInfo.SoftwareVersion',
  'ManagementServer.ConnectionRequestURL',
  'ManagementServer.ParameterKey',
  'LAN.IPAddress',
];

/**
 * ExternalIPAddress of the default connection: the one so designated, else the one that is up, else the
 * first.
 */
function defaultConnection(model: Model): string | undefined {
  const all: string[] = [];
  for (const name of model.leaves)
    if (
      /^WANDevice\.\d+\.WANConnectionDevice\.\d+\.WAN(IP|PPP)Connection\.\d+\.ExternalIPAddress$/.test(name)
    )
      all.push(name);
  const named = model.value('Layer3Forwarding.DefaultConnectionService')?.replace(/\.$/, '');
  const isUp = (name: string): boolean =>
    model.value(name.replace('ExternalIPAddress', 'ConnectionStatus')) === 'Connected';
  return (
    all.find((name) => `${model.root}${name}` === `${named}.ExternalIPAddress`) ?? all.find(isUp) ?? all[0]
  );
}

/** The parameters of its twin's Inform that it has. */
function informOf(twin: string, { root, has }: Model): string[] {
  const inform = new Fields(readProduct(twin).json, twin).fields('inform');
  return inform
    .strings('parameters')
    .filter((name) => name.includes('${') || (name.startsWith(root) && has(name.slice(root.length))));
}

/** The address at which it is reached, from its ConnectionRequestURL. */
function addressOf(model: Model): string {
  const url = model.value('ManagementServer.ConnectionRequestURL') ?? '';
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  return hostname === '' ? '192.168.1.1' : hostname;
}
