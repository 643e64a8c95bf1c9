/**
 * Profiles from files of other kinds: a device that an ACS exported, its tree as CSV, a data model. The kind
 * is recognised by the content. docs/profile-sources.md describes each.
 */
import path from 'node:path';
import { ModemlabError } from '../../../protocol/errors.ts';
import { Fields } from '../fields.ts';
import { readShared } from '../profile-files.ts';
import { isDataModel, readDataModel } from './data-model.ts';
import { isDeviceFile, readDeviceFile } from './device-file.ts';
import type { Refuse, TreeEntry } from './entry.ts';
import { refuser } from './entry.ts';
import type { KnownIdentity } from './from-names.ts';
import { modelOf } from './from-names.ts';
import { isTreeCsv, readTreeCsv } from './genieacs-csv.ts';
import { readBounded } from './library.ts';
import type { NameTree } from './name-tree.ts';
import { nameTree } from './name-tree.ts';
import { findTwin, writeProfile } from './profile-json.ts';

/**
 * The JSON of a profile from a user's file of any kind; a profile file is returned as it is. Throws
 * ModemlabError: E_DATA_UNREADABLE, E_TOO_LARGE, E_FILE_INVALID with line, row or element, or the error in
 * the XML.
 */
export function readProfileFile(file: string): unknown {
  return profileOf(readBounded(file, file).text, file);
}

/** The same from a text; `file` is its name, and locates the data models that it imports. */
export function profileOf(text: string, file: string): unknown {
  const refuse = refuser(file);
  if (isDataModel(text)) return fromDataModel(text, file, refuse);
  if (isTreeCsv(text)) return fromCsv(text, file, refuse);
  const json = parseJson(text, file, refuse);
  return isDeviceFile(json) ? fromDeviceFile(json, file, refuse) : json;
}

function parseJson(text: string, file: string, refuse: Refuse): unknown {
  if (!/^\ufeff?\s*[[{]/.test(text))
    refuse(
      '',
      'not a profile, an exported device, a CSV with the columns Parameter and Object, or a data model',
    );
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return value;
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`);
  }
}

const nameOf = (file: string): string => path.basename(file).replace(/\.(json|csv|xml)$/i, '');

function fromDeviceFile(json: unknown, file: string, refuse: Refuse): unknown {
  const { deviceId, firmware, namespace, methods, entries } = readDeviceFile(json, file, refuse);
  const names = treeOf(entries, refuse);
  const identity = { ...deviceId, firmware: firmware || readOf(names, 'DeviceInfo.SoftwareVersion') };
  return fromNames(file, names, identity, { namespace, methods });
}

function fromCsv(text: string, file: string, refuse: Refuse): unknown {
  const { entries, deviceId } = readTreeCsv(text, refuse);
  const names = treeOf(entries, refuse);
  const of = (member: string, parameter: string): string =>
    deviceId.get(member) ?? readOf(names, `DeviceInfo.${parameter}`);
  return fromNames(
    file,
    names,
    {
      manufacturer: of('Manufacturer', 'Manufacturer'),
      oui: of('OUI', 'ManufacturerOUI'),
      productClass: of('ProductClass', 'ProductClass'),
      serial: of('SerialNumber', 'SerialNumber'),
      firmware: readOf(names, 'DeviceInfo.SoftwareVersion'),
    },
    { namespace: undefined, methods: undefined },
  );
}

/** The names as a tree; the URL of an ACS is added if missing, since no modem works without one. */
export function treeOf(entries: readonly TreeEntry[], refuse: Refuse): NameTree {
  const names = nameTree(entries) ?? refuse('', 'it has no names of parameters');
  if (names.leaves.size === 0) refuse('', 'it has objects and no parameters');
  if (names.leaves.has(ACS_URL)) return names;
  const url: TreeEntry = {
    name: names.root + ACS_URL,
    type: 'string',
    value: undefined,
    writable: true,
    notification: undefined,
    accessList: undefined,
  };
  const more = nameTree([...entries, url]) ?? names;
  return { ...more, notes: [...more.notes, `${ACS_URL} was not in the file, and is added`] };
}

const ACS_URL = 'ManagementServer.URL';

const readOf = (names: NameTree, name: string): string => names.leaves.get(name)?.value ?? '';

function fromNames(
  file: string,
  names: NameTree,
  identity: KnownIdentity,
  known: { readonly namespace: string | undefined; readonly methods: readonly string[] | undefined },
): unknown {
  const { manufacturer, oui, productClass, serial, firmware } = identity;
  const twin = findTwin(identity);
  return writeProfile({
    name: nameOf(file),
    title: [manufacturer, productClass, firmware].filter((text) => text !== '').join(', '),
    identity: {
      manufacturer,
      oui,
      productClass,
      firmware,
      board: readOf(names, 'DeviceInfo.HardwareVersion'),
      family: 'GN',
      serial: { text: serial },
      macPrefix: /^[0-9A-F]{6}$/i.test(oui) ? oui : '020000',
    },
    manufacturer,
    productClass,
    firmware,
    ...known,
    twin,
    model: modelOf(names, identity, twin),
    notes: names.notes,
  });
}

/**
 * A device that nobody built: it has the identity of the generic ones, with the model's name as its product
 * class.
 */
function fromDataModel(text: string, file: string, refuse: Refuse): unknown {
  const { name, model, notes } = readDataModel(text, path.basename(file), path.dirname(file), refuse);
  const generic = new Fields(readShared('generations', 'generic-plain'), 'generic-plain').fields('identity');
  const firmware = '1.0';
  return writeProfile({
    name: nameOf(file),
    title: `Device by the data model ${name}`,
    identity: {
      manufacturer: generic.string('manufacturer', 'Modemlab'),
      oui: '02004D',
      productClass: name,
      firmware,
      board: 'MODEL',
      family: 'GN',
      macPrefix: '02004D',
      serial: { prefix: 'ML', yearWeek: '2410', plant: 'DM' },
    },
    manufacturer: 'Modemlab',
    productClass: name,
    firmware,
    namespace: undefined,
    methods: undefined,
    twin: undefined,
    model,
    notes,
  });
}
