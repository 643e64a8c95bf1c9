/** Scenes of transfers, vouchers and deployment units. */
import { Device } from '../../../simulator/device/device.ts';
import { transfersOf } from '../../../simulator/device/transfer-list.ts';
import type { Modem } from '../../../simulator/index.ts';
import { loadProfile } from '../../../simulator/index.ts';
import { until } from '../until.ts';
import * as ask from './rpc-asks.ts';
import type { RpcCase, Scene } from './rpc-cases.ts';
import { IGD, variant } from './rpc-cases.ts';
import { UUID } from './rpc-files.ts';

/** Options of the modems that play scenes. */
export const SEED = 7;

const FIRMWARE = { FileType: '1 Firmware Upgrade Image' } as const;
const SECRET = { Username: 'user', Password: 'pass' } as const;
const NOWHERE = 'http://127.0.0.1:1/nothing';
const CODE = `${IGD}DeviceInfo.ProvisioningCode`;
const VERSION = `${IGD}DeviceInfo.SoftwareVersion`;
const LONG = 'k'.repeat(33);

const completes = (code: number, ...wire: readonly RegExp[]): Pick<RpcCase, 'reported'> => ({
  reported: { rpc: 'TransferComplete', code, wire },
});

/** Waits for the session that reports the last of these events; names those that it does not report. */
async function toldWith(modem: Modem, codes: readonly string[]): Promise<string | undefined> {
  const last = codes.at(-1) ?? '';
  const [{ events }] = await modem.next('session-ended', {
    where: ({ ok, events }) => ok && events.includes(last),
  });
  return codes.find((code) => !events.includes(code));
}

const later =
  /<Status>1<\/Status><StartTime>0001-01-01T00:00:00Z<\/StartTime><CompleteTime>0001-01-01T00:00:00Z<\/CompleteTime>/;

const downloads: Scene = {
  title: 'downloads',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'a configuration is fetched, applied and reported with its times',
      ask: ask.download('c1', '{files}/conf'),
      wire: [later],
      ...completes(
        0,
        /<CommandKey>c1<\/CommandKey>/,
        /<FaultString(\/>|><\/FaultString>)/,
        /<StartTime>20\d\d-[^<]*Z<\/StartTime><CompleteTime>20\d\d-[^<]*Z<\/CompleteTime>/,
      ),
      after: async (modem) => {
        const missing = await toldWith(modem, ['7 TRANSFER COMPLETE', 'M Download']);
        if (modem.get(CODE) !== 'from a file') return 'it was not applied';
        return missing;
      },
    },
    {
      title: 'firmware of its own hardware runs after a restart',
      ask: ask.download('f1', '{files}/fw.bin', { ...FIRMWARE, FileSize: 12 }),
      ...completes(0),
      after: async (modem) => {
        const missing = await toldWith(modem, [
          '1 BOOT',
          '4 VALUE CHANGE',
          '7 TRANSFER COMPLETE',
          'M Download',
        ]);
        if (modem.get(VERSION) !== '2.0.0.1') return 'the old firmware runs';
        return missing;
      },
    },
    {
      title: 'stored firmware is stored and does not run',
      ask: ask.download('f2', '{files}/fw.bin', { FileType: '6 Stored Firmware Image' }),
      ...completes(0),
    },
    {
      title: 'web content is taken as it is',
      ask: ask.download('w1', '{files}/garbage.bin', { FileType: '2 Web Content' }),
      ...completes(0),
    },
    {
      title: 'Basic is answered with the credentials of the request',
      ask: ask.download('b1', '{files}/basic/conf', SECRET),
      ...completes(0),
    },
    {
      title: 'Digest too',
      ask: ask.download('g1', '{files}/digest/conf', SECRET),
      ...completes(0),
    },
    {
      title: 'without credentials it is refused by the server',
      ask: ask.download('b2', '{files}/basic/conf'),
      ...completes(9012),
    },
    { title: 'an error of the server', ask: ask.download('e1', '{files}/error'), ...completes(9010) },
    { title: 'a server that is not there', ask: ask.download('n1', NOWHERE), ...completes(9015) },
    { title: 'a file that is not there', ask: ask.download('n2', '{files}/absent'), ...completes(9016) },
    { title: 'a file that ends too soon', ask: ask.download('n3', '{files}/broken'), ...completes(9017) },
    {
      title: 'firmware of other hardware',
      ask: ask.download('n4', '{files}/other.bin', FIRMWARE),
      ...completes(9018),
      after: (modem) => (modem.get(VERSION) === '2.0.0.1' ? undefined : 'it was installed'),
    },
    {
      title: 'firmware that is none',
      ask: ask.download('n5', '{files}/garbage.bin', FIRMWARE),
      ...completes(9018),
    },
    { title: 'a URL with a user in it', ask: ask.download('u', 'http://me:too@files.example/'), fault: 9003 },
    { title: 'a URL that is none', ask: ask.download('u', 'nowhere'), fault: 9003 },
    {
      title: 'a type of file that it does not know',
      ask: ask.download('u', '{files}/conf', { FileType: 'X 00A1B2 Nothing' }),
      fault: 9003,
    },
    {
      title: 'a file that is larger than its flash',
      ask: ask.download('u', '{files}/conf', { FileSize: 4294967295 }),
      fault: 9010,
    },
    {
      title: 'a protocol that it does not speak',
      ask: ask.download('u', 'gopher://files.example/x'),
      fault: 9013,
    },
    {
      title: 'a key that is too long',
      ask: ask.download(LONG, '{files}/conf'),
      fault: 9003,
      byHandOnly: true,
    },
  ],
};

const uploads: Scene = {
  title: 'uploads',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'a configuration is put',
      ask: ask.upload('u1', '{files}/up/conf'),
      wire: [later],
      ...completes(0, /<CommandKey>u1</),
    },
    {
      title: 'a log is put',
      ask: ask.upload('u2', '{files}/up/log', { FileType: '2 Vendor Log File' }),
      ...completes(0),
    },
    {
      title: 'a configuration is named by its instance',
      ask: ask.upload('u3', '{files}/up/c1', { FileType: '3 Vendor Configuration File 1' }),
      ...completes(0),
    },
    {
      title: 'a log too',
      ask: ask.upload('u4', '{files}/up/l1', { FileType: '4 Vendor Log File 1' }),
      ...completes(0),
    },
    {
      title: 'credentials are those of the request',
      ask: ask.upload('u5', '{files}/basic/up', SECRET),
      ...completes(0),
    },
    {
      title: 'an instance that is not there',
      ask: ask.upload('u', '{files}/x', { FileType: '4 Vendor Log File 9' }),
      fault: 9003,
    },
    {
      title: 'a type that it does not have',
      ask: ask.upload('u', '{files}/x', { FileType: '9 Diary' }),
      fault: 9003,
    },
    { title: 'a user in the URL', ask: ask.upload('u', 'http://me:too@files.example/'), fault: 9003 },
    { title: 'another protocol', ask: ask.upload('u', 'ftp://files.example/x'), fault: 9013 },
    { title: 'a server that does not want it', ask: ask.upload('u6', '{files}/error'), ...completes(9011) },
    {
      title: 'a server that wants credentials',
      ask: ask.upload('u7', '{files}/digest/up'),
      ...completes(9012),
    },
    { title: 'a server that is not there', ask: ask.upload('u8', NOWHERE), ...completes(9015) },
  ],
};

const queue: Scene = {
  title: 'the queue',
  profile: () => {
    const { rpc } = loadProfile('generic-tr098');
    // Simulated days: what finishes stays so for the rest of the scene.
    return variant('generic-tr098', { transfers: { ...rpc.transfers, most: 4, applySeconds: 864_000 } });
  },
  cases: [
    {
      title: 'nothing is queued',
      ask: ask.allQueued(),
      wire: [/<TransferList [\w-]+:arrayType="cwmp:AllQueuedTransferStruct\[0\]"(\/>|><\/TransferList>)/],
      answer: { TransferList: [] },
    },
    {
      title: 'a download of later is queued',
      runs: true,
      ask: ask.download('q1', '{files}/conf', {
        DelaySeconds: 90_000,
        FileSize: 5,
        TargetFileName: 'conf.txt',
      }),
      wire: [later],
    },
    {
      title: 'an upload too',
      runs: true,
      ask: ask.upload('q2', '{files}/up', { DelaySeconds: 90_000, FileType: '4 Vendor Log File 1' }),
      wire: [later],
    },
    {
      title: 'and a download in a window',
      runs: true,
      ask: ask.scheduleDownload('q3', '{files}/conf', [[90_000, 99_000, '3 When Idle']]),
      wire: [/<cwmp:ScheduleDownloadResponse(\/>|><\/cwmp:ScheduleDownloadResponse>)/],
    },
    {
      title: 'all are listed by their keys',
      ask: ask.queued(),
      wire: [/QueuedTransferStruct\[3\]/, /<CommandKey>q1<\/CommandKey><State>1<\/State>/],
      answer: { TransferList: [{ CommandKey: 'q1', State: 1 }, { CommandKey: 'q2' }, { CommandKey: 'q3' }] },
    },
    {
      title: 'and with what is known of each, uploads by the numbers of this list',
      ask: ask.allQueued(),
      wire: [
        /AllQueuedTransferStruct\[3\]/,
        /<CommandKey>q1<\/CommandKey><State>1<\/State><IsDownload>1<\/IsDownload><FileType>3 Vendor Configuration File<\/FileType><FileSize>5<\/FileSize><TargetFileName>conf\.txt<\/TargetFileName>/,
      ],
      answer: { TransferList: [{}, { IsDownload: false, FileType: '7 Vendor Log File 1' }, {}] },
    },
    { title: 'there is room for firmware', runs: true, ask: ask.download('q4', '{files}/fw.bin', FIRMWARE) },
    {
      title: 'and for no more downloads',
      ask: ask.download('q5', '{files}/conf'),
      fault: 9004,
      before: (modem) => untilFourth(modem),
    },
    { title: 'nor uploads', ask: ask.upload('q5', '{files}/up'), fault: 9004 },
    {
      title: 'nor scheduled ones',
      ask: ask.scheduleDownload('q5', '{files}/conf', [[1, 9, '1 At Any Time']]),
      fault: 9004,
    },
    { title: 'flash that is written cannot be cancelled', ask: ask.cancel('q4'), fault: 9021 },
    {
      title: 'it is listed as finishing',
      ask: ask.queued(),
      answer: { TransferList: [{}, {}, {}, { CommandKey: 'q4', State: 3 }] },
    },
    {
      title: 'what waits is cancelled',
      ask: ask.cancel('q1'),
      wire: [/<cwmp:CancelTransferResponse/],
      answer: {},
    },
    { title: 'what is not there is cancelled already', ask: ask.cancel('nobody'), answer: {} },
    {
      title: 'and is not listed',
      ask: ask.queued(),
      answer: { TransferList: [{ CommandKey: 'q2' }, {}, {}] },
    },
  ],
};

/** Until the firmware has arrived and is being written. */
const untilFourth = (modem: Modem): Promise<void> =>
  until(() => transfersOf(modem.device)[3]?.phase === 'finishing', 'the firmware is being written');

const windows: Scene = {
  title: 'windows',
  profile: () => {
    const { rpc } = loadProfile('generic-tr098');
    return variant('generic-tr098', { transfers: { ...rpc.transfers, confirmation: 'no' } });
  },
  cases: [
    {
      title: 'a scheduled download is reported by its own event',
      ask: ask.scheduleDownload('w1', '{files}/conf', [[10, 60_000, '1 At Any Time']]),
      ...completes(0, /<CommandKey>w1</),
      after: async (modem) => {
        return toldWith(modem, ['7 TRANSFER COMPLETE', 'M ScheduleDownload']);
      },
    },
    {
      title: 'a scheduled download may bring firmware',
      ask: ask.scheduleDownload('w2', '{files}/fw.bin', [[0, 60_000, '2 Immediately']], FIRMWARE),
      ...completes(0),
      after: (modem) => (modem.get(VERSION) === '1.4.2' ? undefined : 'it came too early'),
    },
    {
      title: 'when idle is some time in the window',
      ask: ask.scheduleDownload('w3', '{files}/conf', [[0, 3000, '3 When Idle']]),
      ...completes(0),
    },
    {
      title: 'a subscriber who says no lets the windows pass',
      ask: ask.scheduleDownload('w4', '{files}/conf', [[0, 60, '4 Confirmation Needed']]),
      ...completes(9020),
    },
    {
      title: 'a missing server is tried in the second window too, and then reported',
      ask: ask.scheduleDownload('w5', NOWHERE, [
        [0, 100, '2 Immediately', 1],
        [200, 2000, '2 Immediately', 0],
      ]),
      ...completes(9015),
    },
    {
      title: 'a file that is not there ends it in the first window',
      ask: ask.scheduleDownload('w6', '{files}/absent', [
        [0, 10_000, '2 Immediately', -1],
        [900_000, 999_000, '2 Immediately'],
      ]),
      ...completes(9016),
    },
    {
      title: 'windows must not overlap',
      ask: ask.scheduleDownload('w', '{files}/conf', [
        [60, 300, '2 Immediately'],
        [200, 600, '2 Immediately'],
      ]),
      fault: 9003,
    },
    {
      title: 'modes must be known',
      ask: ask.scheduleDownload('w', '{files}/conf', [[60, 300, '9 Whenever']]),
      fault: 9003,
    },
    {
      title: 'there is no download in no window',
      ask: ask.scheduleDownload('w', '{files}/conf', []),
      fault: 9003,
      byHandOnly: true,
    },
    {
      title: 'nor by another protocol',
      ask: ask.scheduleDownload('w', 'tftp://files.example/x', [[1, 9, '2 Immediately']]),
      fault: 9013,
    },
    {
      title: 'nor of a file that is too large',
      ask: ask.scheduleDownload('w', '{files}/conf', [[1, 9, '2 Immediately']], { FileSize: 4294967295 }),
      fault: 9010,
    },
  ],
};

const atOnce: Scene = {
  title: 'a device that answers when it is done',
  profile: () => {
    const { rpc } = loadProfile('generic-tr098');
    return variant('generic-tr098', { transfers: { ...rpc.transfers, status: 0 } });
  },
  cases: [
    {
      title: 'a download is done by the time it is answered',
      ask: ask.download('s1', '{files}/conf'),
      wire: [
        /<Status>0<\/Status><StartTime>20\d\d-[^<]*<\/StartTime><CompleteTime>20\d\d-[^<]*<\/CompleteTime>/,
      ],
      answer: { Status: 0 },
      after: (modem) => (modem.get(CODE) === 'from a file' ? undefined : 'it was not applied'),
    },
    {
      title: 'an upload is too',
      ask: ask.upload('s2', '{files}/up/s2'),
      wire: [/<Status>0<\/Status>/],
      answer: { Status: 0 },
    },
    { title: 'a download that fails is a fault', ask: ask.download('s3', '{files}/absent'), fault: 9010 },
    { title: 'an upload that fails is a fault', ask: ask.upload('s4', '{files}/error'), fault: 9011 },
    {
      title: 'credentials that are wrong are a fault',
      ask: ask.download('s5', '{files}/basic/conf'),
      fault: 9012,
    },
    { title: 'of an upload too', ask: ask.upload('s6', '{files}/digest/x'), fault: 9012 },
    { title: 'nothing is left in the queue', ask: ask.queued(), answer: { TransferList: [] } },
    {
      title: 'firmware is reported later all the same',
      ask: ask.download('s7', '{files}/fw.bin', FIRMWARE),
      wire: [later],
      ...completes(0),
    },
  ],
};

const wary: Scene = {
  title: 'a device that wants its firmware signed, and small',
  profile: () => {
    const { rpc } = loadProfile('generic-tr098');
    return variant('generic-tr098', { transfers: { ...rpc.transfers, signed: true, flashBytes: 1500 } });
  },
  cases: [
    {
      title: 'firmware without a signature',
      ask: ask.download('a1', '{files}/unsigned.bin', FIRMWARE),
      ...completes(9019),
    },
    { title: 'firmware with one', ask: ask.download('a2', '{files}/fw.bin', FIRMWARE), ...completes(0) },
  ],
};

const device = new Device({
  profile: loadProfile('generic-tr098'),
  seed: SEED,
  acs: 'http://acs.example/',
  now: () => 0,
});

interface OptionOf {
  readonly name: string;
  readonly mode?: string;
  readonly serial?: string;
  readonly duration?: string;
}

function voucher(...options: readonly OptionOf[]): string {
  const objects = options.map(
    ({ name, mode = 'EnabledWithoutExpiration', serial = device.unit.serial, duration = '' }, index) =>
      [
        `<Object Id="o${index}"><Option><VSerialNum>41</VSerialNum>`,
        '<DeviceId><Manufacturer>Modemlab</Manufacturer><OUI>02004D</OUI>',
        `<ProductClass>Gateway-098</ProductClass><SerialNumber>${serial}</SerialNumber></DeviceId>`,
        `<OptionIdent>${name}</OptionIdent><OptionDesc>of a test</OptionDesc>`,
        `<StartDate>2024-01-01T00:00:00Z</StartDate>${duration}<Mode>${mode}</Mode>`,
        '<Transferable>No</Transferable></Option></Object>',
      ].join(''),
  );
  return [
    '<?xml version="1.0"?><Signature xmlns="http://www.w3.org/2000/09/xmldsig#">',
    '<SignedInfo><Reference URI="#o0"/></SignedInfo><SignatureValue>bm9uZQ==</SignatureValue>',
    ...objects,
    '</Signature>',
  ].join('');
}

const vouchers: Scene = {
  title: 'vouchers',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'a device has no options at first',
      ask: ask.options(''),
      wire: [/OptionStruct\[0\]/],
      answer: { OptionList: [] },
    },
    {
      title: 'vouchers bring options',
      ask: ask.vouchers(
        voucher({ name: 'voip' }),
        voucher({
          name: 'trial',
          mode: 'EnabledWithExpiration',
          duration: '<Duration>10</Duration><DurationUnits>Days</DurationUnits>',
        }),
      ),
      wire: [/<cwmp:SetVouchersResponse(\/>|><\/cwmp:SetVouchersResponse>)/],
      answer: {},
    },
    {
      title: 'an option is listed by its name, with what the voucher says',
      ask: ask.options('voip'),
      wire: [
        /<OptionName>voip<\/OptionName><VoucherSN>41<\/VoucherSN><State>3<\/State><Mode>2<\/Mode><StartDate>2024-01-01T00:00:00Z<\/StartDate>(<ExpirationDate[^I]*)?<IsTransferable>0<\/IsTransferable>/,
      ],
      answer: { OptionList: [{ OptionName: 'voip', State: 3, Mode: 2 }] },
    },
    {
      title: 'one whose time is over is disabled',
      ask: ask.options('trial'),
      answer: { OptionList: [{ State: 2, Mode: 1, ExpirationDate: '2024-01-11T00:00:00Z' }] },
    },
    {
      title: 'all are listed for the empty name',
      ask: ask.options(''),
      answer: { OptionList: { length: 2 } },
    },
    { title: 'an option that it does not have', ask: ask.options('nothing'), fault: 9003 },
    { title: 'a voucher that is no XML', ask: ask.vouchers('a voucher'), fault: 9003 },
    { title: 'a voucher without a signature', ask: ask.vouchers('<Option/>'), fault: 9003 },
    {
      title: 'a voucher for another device',
      ask: ask.vouchers(voucher({ name: 'x', serial: 'OTHER' })),
      fault: 9003,
    },
    {
      title: 'more options than it can hold',
      ask: ask.vouchers(voucher(...Array.from({ length: 65 }, (_, index) => ({ name: `o${index}` })))),
      fault: 9004,
    },
  ],
};

const UNITS = `${IGD}SoftwareModules.`;
const completesUnits = (code: number, ...wire: readonly RegExp[]): Pick<RpcCase, 'reported'> => ({
  reported: { rpc: 'DUStateChangeComplete', code, wire },
});
const install = (url: string, more: { UUID?: string; ExecutionEnvRef?: string } = {}) =>
  ask.changeUnits('d', { Operation: 'Install', URL: url, ...more });
const update = (more: { UUID?: string; Version?: string; URL?: string }) =>
  ask.changeUnits('d', { Operation: 'Update', ...more });
const uninstall = (uuid: string, Version?: string) =>
  ask.changeUnits('d', { Operation: 'Uninstall', UUID: uuid, ...(Version === undefined ? {} : { Version }) });

const units: Scene = {
  title: 'deployment units',
  profile: () => loadProfile('generic-tr098'),
  cases: [
    {
      title: 'a unit is installed and reported with its reference',
      ask: ask.changeUnits('du1', { Operation: 'Install', URL: '{files}/unit-1.0', UUID }),
      wire: [/<cwmp:ChangeDUStateResponse(\/>|><\/cwmp:ChangeDUStateResponse>)/],
      ...completesUnits(
        0,
        /<DeploymentUnitRef>InternetGatewayDevice\.SoftwareModules\.DeploymentUnit\.1\.<\/DeploymentUnitRef><Version>1\.0<\/Version><CurrentState>Installed<\/CurrentState><Resolved>1<\/Resolved><ExecutionUnitRefList>InternetGatewayDevice\.SoftwareModules\.ExecutionUnit\.1\.<\/ExecutionUnitRefList>/,
        /<CommandKey>du1<\/CommandKey>/,
      ),
      after: async (modem) => {
        const missing = await toldWith(modem, ['11 DU STATE CHANGE COMPLETE', 'M ChangeDUState']);
        if (modem.get(`${UNITS}DeploymentUnitNumberOfEntries`) !== '1') return 'it is not in the tree';
        return missing;
      },
    },
    { title: 'a user in the URL', ask: install('http://me:too@files.example/x'), ...completesUnits(9003) },
    {
      title: 'a server that wants credentials',
      ask: install('{files}/basic/unit-2.0'),
      ...completesUnits(9012),
    },
    { title: 'another protocol', ask: install('ftp://files.example/x'), ...completesUnits(9013) },
    { title: 'a server that is not there', ask: install(NOWHERE), ...completesUnits(9015) },
    { title: 'a file that is not there', ask: install('{files}/absent'), ...completesUnits(9016) },
    { title: 'a file that ends too soon', ask: install('{files}/broken'), ...completesUnits(9017) },
    { title: 'a file that is no package', ask: install('{files}/garbage.bin'), ...completesUnits(9018) },
    {
      title: 'a UUID that is none',
      ask: install('{files}/unit-1.0', { UUID: 'not-a-uuid' }),
      ...completesUnits(9022),
    },
    {
      title: 'an environment that is not there',
      ask: install('{files}/unit-1.0', { ExecutionEnvRef: `${UNITS}ExecEnv.7.` }),
      ...completesUnits(9023),
    },
    {
      title: 'an environment that is switched off',
      ask: install('{files}/unit-2.0', { ExecutionEnvRef: `${UNITS}ExecEnv.1` }),
      ...completesUnits(9024),
      before: (modem) => modem.change(`${UNITS}ExecEnv.1.Enable`, '0'),
    },
    {
      title: 'a unit for another environment',
      ask: install('{files}/unit-elsewhere'),
      ...completesUnits(9025),
      before: (modem) => modem.change(`${UNITS}ExecEnv.1.Enable`, '1'),
    },
    { title: 'the same unit again', ask: install('{files}/unit-1.0', { UUID }), ...completesUnits(9026) },
    {
      title: 'a unit that needs more room than there is',
      ask: install('{files}/unit-huge'),
      ...completesUnits(9027),
    },
    {
      title: 'a unit that nobody knows',
      ask: uninstall('00000000-0000-0000-0000-000000000000'),
      ...completesUnits(9028),
    },
    {
      title: 'a unit that is in the middle of something',
      ask: uninstall(UUID),
      ...completesUnits(9029),
      before: (modem) => modem.device.tree.store(`${UNITS}DeploymentUnit.1.Status`, 'Updating'),
    },
    {
      title: 'an update to an older version',
      ask: update({ UUID, URL: '{files}/unit-0.9' }),
      ...completesUnits(9030),
      before: (modem) => modem.device.tree.store(`${UNITS}DeploymentUnit.1.Status`, 'Installed'),
    },
    { title: 'an update to the version that is there', ask: update({ UUID }), ...completesUnits(9032) },
    {
      title: 'a second version beside the first',
      ask: install('{files}/unit-2.0', { UUID }),
      ...completesUnits(0),
    },
    {
      title: 'an update of which of the two',
      ask: update({ UUID, URL: '{files}/unit-2.0' }),
      ...completesUnits(9031),
    },
    {
      title: 'one version is uninstalled',
      ask: uninstall(UUID, '2.0'),
      ...completesUnits(0, /<CurrentState>Uninstalled</),
    },
    {
      title: 'the other is updated',
      ask: update({ UUID, URL: '{files}/unit-2.0' }),
      ...completesUnits(0, /<Version>2\.0<\/Version><CurrentState>Installed</),
    },
    {
      title: 'results come in the order of the operations',
      ask: ask.changeUnits(
        'three',
        { Operation: 'Uninstall', UUID },
        { Operation: 'Install', URL: '{files}/unit-1.0' },
        { Operation: 'Uninstall', UUID },
      ),
      ...completesUnits(9028, /Uninstalled[\s\S]*Installed[\s\S]*Failed/),
    },
    { title: 'an update of all of a version', ask: update({ Version: '1.0' }), fault: 9003 },
    {
      title: 'more operations than it can hold',
      ask: ask.changeUnits(
        'many',
        ...Array.from({ length: 65 }, () => ({ Operation: 'Uninstall', UUID }) as const),
      ),
      fault: 9004,
    },
  ],
};

const DEVICE = 'Device.';
const MAPPINGS = `${DEVICE}NAT.PortMapping.`;

const aliases: Scene = {
  title: 'aliases and wildcards',
  profile: () => loadProfile('generic-tr181'),
  cases: [
    {
      title: 'an instance is added with its alias',
      ask: ask.add(`${MAPPINGS}[web.1].`),
      answer: { InstanceNumber: 2, Status: 0 },
    },
    { title: 'no other may have it', ask: ask.add(`${MAPPINGS}[web.1].`), fault: 9005 },
    {
      title: 'an instance that is not named names itself',
      ask: ask.add(MAPPINGS),
      answer: { InstanceNumber: 3 },
    },
    {
      title: 'its alias begins with cpe-',
      ask: ask.gpv(`${MAPPINGS}3.Alias`),
      answer: { ParameterList: [{ Name: `${MAPPINGS}3.Alias`, Value: /^cpe-/ }] },
    },
    {
      title: 'a path by alias comes back by alias, beside one by number',
      ask: ask.gpv(`${MAPPINGS}[web.1].ExternalPort`, `${MAPPINGS}2.Alias`),
      wire: [
        /<Name>Device\.NAT\.PortMapping\.\[web\.1\]\.ExternalPort<\/Name>/,
        /<Name>Device\.NAT\.PortMapping\.2\.Alias<\/Name>/,
      ],
      answer: { ParameterList: [{}, { Value: 'web.1' }] },
    },
    {
      title: 'a value is set by alias',
      ask: ask.spv([[`${MAPPINGS}[web.1].ExternalPort`, 'unsignedInt', '8080']]),
      answer: { Status: 0 },
      after: (modem) => (modem.get(`${MAPPINGS}2.ExternalPort`) === '8080' ? undefined : 'it was not set'),
    },
    {
      title: 'an unknown alias is a wrong name',
      ask: ask.spv([[`${MAPPINGS}[new].ExternalPort`, 'unsignedInt', '1']]),
      fault: 9003,
      inner: [[`${MAPPINGS}[new].ExternalPort`, 9005]],
    },
    {
      title: 'unless instances are to be made of it',
      ask: ask.spv([[`${DEVICE}ManagementServer.AutoCreateInstances`, 'boolean', '1']]),
      answer: { Status: 0 },
    },
    {
      title: 'then it makes one',
      ask: ask.spv([[`${MAPPINGS}[new].ExternalPort`, 'unsignedInt', '9090']]),
      answer: { Status: 0 },
      after: (modem) => (modem.get(`${MAPPINGS}4.Alias`) === 'new' ? undefined : 'it was not made'),
    },
    {
      title: 'and none when anything else is wrong',
      ask: ask.spv([
        [`${MAPPINGS}[other].ExternalPort`, 'unsignedInt', '9091'],
        [`${DEVICE}DeviceInfo.SerialNumber`, 'string', 'x'],
      ]),
      fault: 9003,
      inner: [[`${DEVICE}DeviceInfo.SerialNumber`, 9008]],
      after: (modem) => (modem.get(`${MAPPINGS}5.Alias`) === undefined ? undefined : 'it was made'),
    },
    {
      title: 'an alias may be given once in a table',
      ask: ask.spv([[`${MAPPINGS}3.Alias`, 'string', 'web.1']]),
      fault: 9003,
      inner: [[`${MAPPINGS}3.Alias`, 9007]],
    },
    {
      title: 'and is never empty',
      ask: ask.spv([[`${MAPPINGS}3.Alias`, 'string', '']]),
      fault: 9003,
      inner: [[`${MAPPINGS}3.Alias`, 9007]],
    },
    {
      title: 'below what was asked for, numbers are the default',
      ask: ask.gpn(`${DEVICE}NAT.`, false),
      wire: [/<Name>Device\.NAT\.PortMapping\.2\.<\/Name>/],
      answer: {},
    },
    {
      title: 'a device is set to prefer aliases',
      ask: ask.spv([[`${DEVICE}ManagementServer.InstanceMode`, 'string', 'InstanceAlias']]),
      answer: { Status: 0 },
    },
    {
      title: 'and does, but for nodes that were asked for by number',
      ask: ask.gpv(MAPPINGS, `${MAPPINGS}2.ExternalPort`),
      wire: [
        /<Name>Device\.NAT\.PortMapping\.\[web\.1\]\.ExternalPort<\/Name>/,
        /<Name>Device\.NAT\.PortMapping\.2\.ExternalPort<\/Name>/,
      ],
      answer: {},
    },
    {
      title: 'and back',
      ask: ask.spv([[`${DEVICE}ManagementServer.InstanceMode`, 'string', 'InstanceNumber']]),
      answer: { Status: 0 },
    },
    {
      title: 'a wildcard is every instance',
      ask: ask.gpv(`${MAPPINGS}*.ExternalPort`),
      wire: [
        /ParameterValueStruct\[4\]/,
        /PortMapping\.4\.ExternalPort<\/Name><Value xsi:type="xsd:unsignedInt">9090</,
      ],
      answer: { ParameterList: { length: 4 } },
    },
    { title: 'in names too', ask: ask.gpn(`${DEVICE}IP.Interface.*.IPv4Address.`, true), answer: {} },
    {
      title: 'and in attributes',
      ask: ask.gpa(`${MAPPINGS}*.Enable`),
      answer: { ParameterList: { length: 4 } },
    },
    {
      title: 'what no instance has is an empty list',
      ask: ask.gpv(`${DEVICE}SoftwareModules.DeploymentUnit.*.UUID`),
      answer: { ParameterList: [] },
    },
    { title: 'a wildcard is never the end', ask: ask.gpv(`${MAPPINGS}*.`), fault: 9005 },
    { title: 'nor stands for what no instance can have', ask: ask.gpv(`${MAPPINGS}*.Nope`), fault: 9005 },
    {
      title: 'nor is written to',
      ask: ask.spv([[`${MAPPINGS}*.Enable`, 'boolean', '1']]),
      fault: 9003,
      inner: [[`${MAPPINGS}*.Enable`, 9005]],
    },
    {
      title: 'an instance is deleted by alias',
      ask: ask.del(`${MAPPINGS}[web.1].`),
      answer: { Status: 0 },
      after: (modem) => (modem.get(`${MAPPINGS}2.Alias`) === undefined ? undefined : 'it is there'),
    },
  ],
};

export const TRANSFER_SCENES: readonly Scene[] = [
  downloads,
  uploads,
  queue,
  windows,
  atOnce,
  wary,
  vouchers,
  units,
  aliases,
];
