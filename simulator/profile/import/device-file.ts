/** A device as written by `modemlab device export`; docs/device-file.md describes the document. */
import { LIMITS } from '../../../protocol/limits.ts';
import { Fields } from '../fields.ts';
import type { Refuse, TreeEntry } from './entry.ts';
import { nameFlaw, readType } from './entry.ts';

export interface DeviceFile {
  readonly deviceId: {
    readonly manufacturer: string;
    readonly oui: string;
    readonly productClass: string;
    readonly serial: string;
  };
  readonly firmware: string;
  readonly namespace: string;
  /** What GetRPCMethods answered. */
  readonly methods: readonly string[] | undefined;
  readonly entries: readonly TreeEntry[];
}

export const isDeviceFile = (json: unknown): boolean =>
  typeof json === 'object' &&
  json !== null &&
  Object.hasOwn(json, 'format') &&
  !Object.hasOwn(json, 'generation');

/** Reads what a simulated modem is made of; the rest of the document belongs to the server. */
export function readDeviceFile(json: unknown, place: string, refuse: Refuse): DeviceFile {
  const file = new Fields(json, place);
  if (file.get('format') !== 'modemlab-device') refuse('format', '"modemlab-device" is wanted');
  if (file.get('version') !== 1) refuse('version', '1 is wanted');
  const device = file.fields('device');
  const id = device.fields('deviceId');
  const list = file.list('parameters');
  if (list.length > LIMITS.members) refuse('parameters', `at most ${LIMITS.members} members are allowed`);
  return {
    deviceId: {
      manufacturer: id.string('Manufacturer'),
      oui: id.string('OUI'),
      productClass: id.string('ProductClass'),
      serial: id.string('SerialNumber'),
    },
    firmware: device.string('softwareVersion', ''),
    namespace: device.string('namespace'),
    methods: device.has('methods') ? device.strings('methods') : undefined,
    entries: list.map((member, index) => readParameter(member, place, `parameters[${index}]`, refuse)),
  };
}

function readParameter(member: unknown, origin: string, place: string, refuse: Refuse): TreeEntry {
  const file = new Fields(member, `${origin}: ${place}`);
  const name = file.string('name');
  // What a modem reports only in its Inform, such as `.ExternalIPAddress`, is left out later.
  const flaw = name.startsWith('.') ? undefined : nameFlaw(name);
  if (flaw !== undefined) refuse(place, `name ${JSON.stringify(name.slice(0, 64))} is not ${flaw}`);
  return {
    name,
    type: file.has('type') ? readType(file.string('type')) : undefined,
    value: file.has('value') ? file.string('value') : undefined,
    writable: file.has('writable') ? file.boolean('writable') : undefined,
    notification: file.has('notification') ? file.number('notification') : undefined,
    accessList: file.has('accessList') ? file.strings('accessList') : undefined,
  };
}
