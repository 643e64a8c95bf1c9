/**
 * Which version of CWMP a session speaks (TR-069a6 3.7.1.1, 3.7.2.1 and 3.7.4 Table 11). Namespaces tell
 * three versions apart only: 1.2, 1.3 and 1.4 share one (A.6 Table 89).
 */
import { CWMP_NS_STEM } from '../soap/namespaces.ts';
import type { CwmpFault, CwmpVersion, Envelope, Header, RpcName } from './messages.ts';
import { CWMP_VERSIONS, RPCS } from './messages.ts';

export type AcsChoice =
  | {
      readonly ok: true;
      readonly version: CwmpVersion;
      /** The namespace to answer in. */
      readonly namespace: string;
      /** Whether InformResponse must carry UseCWMPVersion: if and only if the Inform had a list (3.7.2.1). */
      readonly tell: boolean;
    }
  | { readonly ok: false; readonly fault: CwmpFault };

export type CpeConclusion =
  | { readonly ok: true; readonly version: CwmpVersion; readonly namespace: string }
  /** UseCWMPVersion names a version that was not offered: the CPE must abort (3.7.1.1). */
  | { readonly ok: false };

const rank = (version: CwmpVersion): number => CWMP_VERSIONS.indexOf(version);

/** The versions of a list that exist, oldest first. */
function known(list: readonly string[]): readonly CwmpVersion[] {
  return CWMP_VERSIONS.filter((version) => list.includes(version));
}

/**
 * The version that a namespace alone tells, as both sides must infer it; `undefined` for one that nobody
 * defined.
 */
export function versionOfNamespace(namespace: string): CwmpVersion | undefined {
  if (!namespace.startsWith(CWMP_NS_STEM)) return undefined;
  const minor = namespace.slice(CWMP_NS_STEM.length);
  // cwmp-1-3 and cwmp-1-4 are no namespaces, yet deployed peers send them (A.6 Table 89 gives both 1-2).
  return CWMP_VERSIONS.find((version) => version === `1.${minor}`);
}

/** The namespace in which a version is written (A.6 Table 89). */
export function namespaceOfVersion(version: CwmpVersion): string {
  return `${CWMP_NS_STEM}${Math.min(rank(version), 2)}`;
}

/**
 * What an ACS that speaks `versions` chooses for an Inform. It takes the newest of the CPE's list that it
 * speaks, and answers fault 8006 when there is none. An ACS older than 1.4 does not know the list (Table 11).
 * Without a list it infers the version from the namespace and answers in that namespace, unless it is itself
 * older than that.
 */
export function chooseVersion(versions: readonly string[], header: Header, namespace: string): AcsChoice {
  const ours = known(versions);
  const newest = ours.at(-1) ?? '1.0';
  const listed = header.SupportedCWMPVersions?.filter((version) => version !== '') ?? [];
  if (listed.length > 0 && newest === '1.4') {
    const version = known(listed)
      .filter((candidate) => ours.includes(candidate))
      .at(-1);
    if (version !== undefined) return { ok: true, version, namespace, tell: true };
    const FaultString = `ACS version incompatible with CPE: this ACS speaks ${ours.join(', ')}`;
    return { ok: false, fault: { FaultCode: 8006, FaultString, SetParameterValuesFault: [] } };
  }
  // An undefined namespace is echoed but says nothing; the CPE is then taken to be as new as we are.
  const named = versionOfNamespace(namespace) ?? newest;
  const theirs = named === '1.2' && header.SessionTimeout !== undefined ? '1.3' : named;
  if (rank(theirs) <= rank(newest)) return { ok: true, version: theirs, namespace, tell: false };
  const older = namespaceOfVersion(newest);
  const same = older === namespaceOfVersion(theirs);
  return { ok: true, version: newest, namespace: same ? namespace : older, tell: false };
}

/**
 * What a CPE concludes from InformResponse. `offered` is its list; a CPE that sends none (before 1.4) does
 * not know UseCWMPVersion and passes it over. Without the header the namespace of the answer tells, and an
 * older one than the CPE's own is used for the rest of the session (Table 11).
 */
export function concludeVersion(
  offered: readonly string[],
  namespace: string,
  answer: Pick<Envelope, 'header' | 'namespace'>,
): CpeConclusion {
  const chosen = answer.header.UseCWMPVersion;
  if (chosen !== undefined && offered.length > 0) {
    const version = known(offered).find((candidate) => candidate === chosen);
    return version === undefined ? { ok: false } : { ok: true, version, namespace };
  }
  const own = known(offered).at(-1) ?? versionOfNamespace(namespace) ?? '1.0';
  const theirs = versionOfNamespace(answer.namespace) ?? own;
  if (rank(theirs) >= rank(versionOfNamespace(namespace) ?? own))
    return { ok: true, version: rank(theirs) < rank(own) ? theirs : own, namespace };
  return { ok: true, version: theirs, namespace: answer.namespace };
}

/**
 * Whether an RPC may be used in a session of this version (3.7.2.1: nothing newer than the chosen version).
 */
export function speaks(version: CwmpVersion, rpc: RpcName): boolean {
  return rank(RPCS[rpc].since) <= rank(version);
}

/**
 * Whether a refused Inform looks as if the ACS knew only CWMP 1.0, so that the retry must fall back to it
 * (3.2.1.1). The text names no fault codes; these are the ones by which an ACS says that it does not
 * understand.
 */
export function looksLikeOldAcs(fault: CwmpFault): boolean {
  return [8000, 8003, 8006].includes(fault.FaultCode);
}
