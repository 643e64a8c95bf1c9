/**
 * What a path of a request means on this device: plain, by alias (`A.B.[name].C`) where the model has
 * aliases, or with `*` for every instance where it has wildcards (TR-069a6 3.6.1, A.2.2.2, A.2.4). The
 * device's parameters ManagementServer.AliasBasedAddressing and .InstanceWildcardsSupported say which of the
 * two it has.
 */

import type { Found } from '../../profile/device-tree.ts';
import type { Device } from '../device.ts';

export interface Target {
  /** Several or none only with wildcards. */
  readonly founds: readonly Found[];
  /**
   * A concrete path at or below it as the answer spells it: nodes that were requested by alias are answered
   * by alias.
   */
  spell(path: string): string;
}

/** More matches than any table has rows. */
const MAX_MATCHES = 4096;

const isOn = (device: Device, below: string): boolean => /^(1|true)$/.test(device.setting(below));

export const hasAliases = (device: Device): boolean => isOn(device, 'ManagementServer.AliasBasedAddressing');

/** `undefined`: no such name (9005). */
export function resolve(device: Device, path: string, kind: 'plain' | 'wildcards'): Target | undefined {
  if (!path.includes('[') && !path.includes('*')) {
    const found = device.tree.find(path);
    if (found === undefined) return undefined;
    return { founds: [found], spell: speller(device, [{ found, asked: found.path }]) };
  }
  if (path.length > 256) return undefined;
  if (path.includes('[') && !hasAliases(device)) return undefined;
  const wild = path.includes('*');
  if (wild && (kind === 'plain' || !isOn(device, 'ManagementServer.InstanceWildcardsSupported')))
    return undefined;
  // A wildcard is never the last node: A.B.*. is invalid (A.2.4).
  if (/(^|\.)\*\.?$/.test(path)) return undefined;
  const walked = walk(device, path);
  if (walked === undefined) return undefined;
  return { founds: walked.map(({ found }) => found), spell: speller(device, walked) };
}

interface Walked {
  readonly found: Found;
  /** The path as requested, with wildcards replaced. */
  readonly asked: string;
}

/** All members that a path with aliases and wildcards names; `undefined` when no tree could have it. */
function walk(device: Device, path: string): readonly Walked[] | undefined {
  const { tree } = device;
  const { root } = tree.shape;
  if (!path.startsWith(root)) return undefined;
  const segments = segmentsOf(path.slice(root.length));
  if (segments === undefined) return undefined;
  const wantsObject = segments.at(-1) === '';
  if (wantsObject) segments.pop();
  let walked: Walked[] = [{ found: tree.root(), asked: root }];
  let wild = false;
  for (const [index, segment] of segments.entries()) {
    const dot = wantsObject || index < segments.length - 1 ? '.' : '';
    wild ||= segment === '*';
    const next = walked.flatMap(({ found, asked }) =>
      step(device, found, segment).map((member) => ({
        found: member,
        asked: asked + (segment === '*' ? lastSegment(member.path) : segment) + dot,
      })),
    );
    if (next.length > MAX_MATCHES) return undefined;
    // A name that no instance has is an empty list after a wildcard, and a wrong name otherwise.
    if (next.length === 0) return wild && isKnown(device, path) ? [] : undefined;
    walked = next;
  }
  return walked.every(({ found }) => wantsObject === (found.is !== 'leaf')) ? walked : undefined;
}

/** Segments between dots; an alias in brackets may itself contain dots. */
function segmentsOf(text: string): string[] | undefined {
  const segments: string[] = [];
  let rest = text;
  for (;;) {
    const match = /^(\[[^[\]]{1,64}\]|[^.[\]]{0,256})(\.|$)/.exec(rest);
    if (match?.[1] === undefined) return undefined;
    segments.push(match[1]);
    if (match[2] === '') return segments;
    rest = rest.slice(match[0].length);
  }
}

const lastSegment = (path: string): string => /([^.]*)\.?$/.exec(path)?.[1] ?? '';

function step(device: Device, found: Found, segment: string): Found[] {
  const { tree } = device;
  if (found.is === 'leaf') return [];
  if (found.is === 'table') {
    if (segment === '*') return tree.children(found);
    if (segment.startsWith('[')) {
      const row = rowByAlias(device, found.path, segment.slice(1, -1));
      return row === undefined ? [] : [row];
    }
  }
  const member = tree.find(`${found.path}${segment}`) ?? tree.find(`${found.path}${segment}.`);
  return member === undefined ? [] : [member];
}

/** Whether some instance could have this path: its names are those of the shape. */
function isKnown({ tree }: Device, path: string): boolean {
  let members = tree.shape.top.members;
  for (const segment of segmentsOf(path.slice(tree.shape.root.length)) ?? []) {
    if (segment === '' || /^(\*|\d+|\[.*\])$/.test(segment)) continue;
    const member = members.get(segment);
    if (member === undefined) return false;
    members = member.is === 'leaf' ? new Map() : member.is === 'table' ? member.row.members : member.members;
  }
  return true;
}

/** The instance with this Alias. */
export function rowByAlias(device: Device, table: string, alias: string): Found | undefined {
  for (const number of device.tree.instances(table))
    if (device.valueAt(`${table}${number}.Alias`) === alias) return device.tree.find(`${table}${number}.`);
  return undefined;
}

/**
 * How names in an answer are written: as requested, and deeper nodes by ManagementServer.InstanceMode
 * (3.6.1).
 */
function speller(device: Device, asked: readonly Walked[]): Target['spell'] {
  const renamed = asked.filter((one) => one.asked !== one.found.path);
  const deeper = prefersAliases(device);
  if (renamed.length === 0 && !deeper) return (path) => path;
  return (path) => {
    const head = asked.find(({ found }) => path.startsWith(found.path));
    const from = head?.found.path.length ?? 0;
    return (head?.asked ?? '') + (deeper ? aliased(device, path, from) : path.slice(from));
  };
}

/** Whether it names instances by alias where it has the choice. */
export const prefersAliases = (device: Device): boolean =>
  device.setting('ManagementServer.InstanceMode') === 'InstanceAlias' && hasAliases(device);

/** A path from character `from` on, with aliases in place of instance numbers where the tables have them. */
export function aliased(device: Device, path: string, from = 0): string {
  return path
    .slice(from)
    .replace(/(^|\.)(\d+)(?=\.)/g, (node: string, dot: string, number: string, at: number) => {
      const table = path.slice(0, from + at + dot.length);
      const alias = device.valueAt(`${table}${number}.Alias`);
      return alias === undefined || alias === '' ? node : `${dot}[${alias}]`;
    });
}
