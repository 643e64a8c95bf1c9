import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Parameter } from '../../../acs/store/store.ts';
import { readCsv } from '../../../protocol/csv.ts';
import { Device } from '../../../simulator/device/device.ts';
import { loadProfile } from '../../../simulator/profile/profile.ts';
import { FIELD } from '../../support/capture/field.ts';
import { meet } from '../../support/modem/import-parts.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-import-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, text);
  return place;
}

const TREES = path.join(FIELD, 'device-trees');
const skipTrees = existsSync(TREES)
  ? false
  : `no recorded trees at ${TREES}: set MODEMLAB_FIELD to their folder`;

const refuse = (place: string, wants: string): never => {
  throw new Error(`${place}: ${wants}`);
};

/** Values that differ with each ACS, or a moment later. */
const MOVING = /\.(ManagementServer\.URL|DeviceInfo\.Up[Tt]ime|Time\.CurrentLocalTime)$/;

const fact = ({ name, value, type, writable }: Parameter): string =>
  [name, MOVING.test(name) ? '' : value, type, writable].join(' | ');

const facts = (tree: ReadonlyMap<string, Parameter>): string[] => Array.from(tree.values(), fact).sort();

const CSV = `Parameter,Object,Object timestamp,Writable,Writable timestamp,Value,Value type,Value timestamp
DeviceID.Manufacturer,false,,false,,"Example, Inc.",xsd:string,
DeviceID.OUI,false,,false,,0a1b2c,xsd:string,
DeviceID.ProductClass,false,,false,,Box 7,xsd:string,
DeviceID.SerialNumber,false,,false,,BX-00099,xsd:string,
Tags.lab,false,,true,,true,xsd:boolean,
Device,true,1700000000000,false,1700000000000,,,
Device.RootDataModelVersion,false,,false,,2.8,xsd:string,1700000000000
Device.DeviceInfo,true,,false,,,,
Device.DeviceInfo.SerialNumber,false,,false,,BX-00099,xsd:string,
Device.DeviceInfo.SoftwareVersion,false,,false,,7.1.0,xsd:string,
Device.DeviceInfo.HardwareVersion,false,,false,,rev 2,xsd:string,
Device.DeviceInfo.FirstUseDate,false,,false,,1700000000000,xsd:dateTime,
Device.DeviceInfo.DeviceLog,false,,false,,"two
lines, and ""quotes"" and \${serial}",xsd:string,
Device.ManagementServer,true,,false,,,,
Device.ManagementServer.URL,false,,true,,http://elsewhere.example/,xsd:string,
Device.ManagementServer.ParameterKey,false,,false,,,xsd:string,
Device.ManagementServer.PeriodicInformEnable,false,,true,,true,xsd:boolean,
Device.ManagementServer.PeriodicInformInterval,false,,true,,3600,xsd:unsignedInt,
Device.ManagementServer.ConnectionRequestURL,false,,false,,http://198.51.100.7:30005/x1,xsd:string,
Device.NAT,true,,false,,,,
Device.NAT.PortMappingNumberOfEntries,false,,false,,2,xsd:unsignedInt,
Device.NAT.PortMapping,true,,true,,,,
Device.NAT.PortMapping.2,true,,true,,,,
Device.NAT.PortMapping.2.ExternalPort,false,,true,,8080,xsd:unsignedInt,
Device.NAT.PortMapping.2.Description,false,,true,,web,xsd:string,
Device.NAT.PortMapping.14,true,,false,,,,
Device.NAT.PortMapping.14.ExternalPort,false,,false,,22,xsd:unsignedInt,
Device.NAT.PortMapping.14.Bytes,false,,false,,18446744073709551615,xsd:unsignedLong,
Device.X_EXAMPLE-COM_Empty,true,,false,,,,
Device.X_EXAMPLE-COM_Spare,true,,true,,,,
Device.Users,true,,false,,,,
Device.Users.UserNumberOfEntries,false,,false,,0,xsd:unsignedInt,
Device.Users.User,true,,true,,,,
`;

t.test('a tree as CSV comes back name by name when an ACS discovers the modem', async (t) => {
  const { tree } = await meet(t, await file('box.csv', CSV));
  const expected = readCsv(CSV, refuse)
    .slice(1)
    .map(({ fields: [name = '', object, , writable, , value = '', type = ''] }) => ({
      name: object === 'true' ? `${name}.` : name,
      ...(object === 'true' ? {} : { value, type: type.replace('xsd:', '') }),
      writable: writable === 'true',
    }))
    .filter(({ name }) => name.startsWith('Device.'))
    .map((row) =>
      row.name === 'Device.DeviceInfo.FirstUseDate' ? { ...row, value: '2023-11-14T22:13:20Z' } : row,
    );
  t.strictSame(facts(tree), expected.map(fact).sort());
});

t.test('the modem of a CSV is the device that the CSV describes', async (t) => {
  const profile = loadProfile(await file('box2.csv', CSV));
  const units = [0, 1, 901].map((index) => device(profile, index).unit.serial);
  t.strictSame(units, ['BX-00099', 'BX-00100', 'BX-01000'], 'and a fleet of it counts on');
  t.match(profile.identity, {
    manufacturer: 'Example, Inc.',
    oui: '0a1b2c',
    productClass: 'Box 7',
    firmware: '7.1.0',
    board: 'rev 2',
  });
  const unit = device(profile, 1);
  t.equal(unit.setting('DeviceInfo.SerialNumber'), 'BX-00100');
  t.equal(unit.setting('ManagementServer.ConnectionRequestURL'), 'http://198.51.100.7:30005/x1');
  t.strictSame(
    unit.informParameters().map(({ Name }) => Name),
    [
      'Device.RootDataModelVersion',
      'Device.DeviceInfo.HardwareVersion',
      'Device.DeviceInfo.SoftwareVersion',
      'Device.ManagementServer.ParameterKey',
      'Device.ManagementServer.ConnectionRequestURL',
    ],
    'it informs of what every Device:2 does, as far as it has it',
  );
  const added = unit.tree.add('Device.NAT.PortMapping.');
  t.equal(added, 15, 'a new instance gets a number that was never given');
  t.equal(unit.setting('NAT.PortMappingNumberOfEntries'), '3', 'and is counted');
  t.strictSame(
    Array.from(unit.tree.leaves(unit.tree.root()), ({ path }) => path).filter((name) =>
      name.includes('.15.'),
    ),
    ['ExternalPort', 'Description', 'Bytes'].map((name) => `Device.NAT.PortMapping.15.${name}`),
    'with what any of the others has',
  );
  unit.tree.add('Device.Users.User.');
  t.equal(
    unit.setting('Users.User.1.Language'),
    'en',
    'a table without instances has rows as in the standard',
  );
});

const device = (profile: ReturnType<typeof loadProfile>, index = 0): Device =>
  new Device({ profile, index, acs: 'http://acs.example/', now: () => 1_700_000_000_000 });

for (const name of ['generic-tr098', 'generic-tr181', 'st706wl', 'st780v74']) {
  t.test(`${name}: the device that an ACS exports becomes a modem with the same tree`, async (t) => {
    const first = await meet(t, name);
    const exported = await file(`${name}.json`, first.file);
    const second = await meet(t, exported);
    t.equal(second.key, first.key, 'it is the same device');
    t.ok(first.tree.size > 100);
    t.strictSame(facts(second.tree), facts(first.tree));
    const [own, copy] = [loadProfile(name), loadProfile(exported)];
    t.strictSame(copy.cwmp.methods, own.cwmp.methods, 'with the same methods');
    t.strictSame(copy.dialect, own.dialect, 'and the same dialect');
    t.strictSame(copy.http, own.http, 'and the same habits in HTTP');
  });
}

t.test('every recorded tree becomes a modem that has each of its names', { skip: skipTrees }, (t) => {
  for (const name of readdirSync(TREES).filter((entry) => entry.endsWith('.csv'))) {
    const unit = device(loadProfile(path.join(TREES, name)));
    const rows = readCsv(readFileSync(path.join(TREES, name), 'utf8'), refuse).slice(1);
    const typed = new Map(rows.map(({ fields }) => [fields[0], fields[4]] as const));
    const expected = rows
      .map(({ fields: [path = '', object, writable, value = '', type = ''] }) =>
        object === 'true'
          ? [`${path}.`, writable].join()
          : [path, writable, reported(path, value), type.slice(4)].join(),
      )
      .sort();
    const found = Array.from(unit.tree.walk(unit.tree.root()), (member) => {
      if (member.is !== 'leaf') return [member.path, isWritable(member)].join();
      const { value, writable, type } = unit.parameter(member);
      // A row without a type may have any.
      return [
        member.path,
        writable,
        reported(member.path, value),
        typed.get(member.path) === '' ? '' : type,
      ].join();
    });
    t.strictSame(found.sort(), expected, name);
  }
  t.end();
});

const reported = (name: string, value: string): string => (MOVING.test(name) ? '' : value);

type Member = ReturnType<Device['tree']['root']> | Exclude<ReturnType<Device['tree']['find']>, undefined>;

function isWritable(member: Member): boolean {
  if (member.is === 'table') return member.shape.addable;
  if (member.is === 'leaf') return member.shape.writable;
  return member.shape.writable ?? member.table?.addable === true;
}
