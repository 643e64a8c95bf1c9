/** What one message shows is noted, and what only looks like it is not. */
import t from 'tap';
import type { Inform } from '../../../protocol/cwmp/messages.ts';
import { noteMessage } from '../../../protocol/cwmp/notes.ts';

const DEVICE: Inform['DeviceId'] = {
  Manufacturer: 'THOMSON',
  OUI: '00147F',
  ProductClass: 'SpeedTouch 780',
  SerialNumber: 'CP0623JT4GB',
};

const INFORM: Inform = {
  DeviceId: DEVICE,
  Event: [{ EventCode: '2 PERIODIC', CommandKey: '' }],
  MaxEnvelopes: 1,
  CurrentTime: '2026-03-01T09:30:00Z',
  RetryCount: 0,
  ParameterList: [],
};

const value = (Name: string, Value: string): Partial<Inform> => ({
  ParameterList: [{ Name: `InternetGatewayDevice.${Name}`, Value, Type: 'string' }],
});
const device = (change: Partial<Inform['DeviceId']>): Partial<Inform> => ({
  DeviceId: { ...DEVICE, ...change },
});
const event = (EventCode: string, CommandKey: string): Partial<Inform> => ({
  Event: [{ EventCode, CommandKey }],
});

/** What an Inform has instead of the above, and what is noted for it. */
const CASES: readonly (readonly [title: string, change: Partial<Inform>, ids: readonly string[]])[] = [
  ['nothing odd', {}, []],
  ['MaxEnvelopes of 2', { MaxEnvelopes: 2 }, ['Q-VL-19']],
  ['MaxEnvelopes of 0', { MaxEnvelopes: 0 }, ['Q-VL-19']],
  ['no Manufacturer', device({ Manufacturer: '' }), ['Q-VL-14']],
  ['a blank Manufacturer', device({ Manufacturer: ' ' }), []],
  ['an OUI in lower case', device({ OUI: '00147f' }), ['Q-VL-12']],
  ['an OUI of zeros', device({ OUI: '000000' }), ['Q-VL-12']],
  ['an OUI that begins with zeros', device({ OUI: '000001' }), []],
  ['a serial number of one digit', device({ SerialNumber: '000000' }), ['Q-VL-11']],
  ['a serial number of five equal digits', device({ SerialNumber: '00000' }), []],
  ['a serial number with equal digits in it', device({ SerialNumber: '0000001' }), []],
  ['a product class with a slash', device({ ProductClass: 'a/b' }), ['Q-VL-13']],
  ['a product class with a hyphen', device({ ProductClass: 'a-b c_d' }), []],
  ['100 retries', { RetryCount: 100 }, []],
  ['101 retries', { RetryCount: 101 }, ['Q-EV-05']],
  ['a key with 2 PERIODIC', event('2 PERIODIC', 'key'), ['Q-EV-02']],
  ['a key with 3 SCHEDULED', event('3 SCHEDULED', 'key'), []],
  ['a key with M Reboot', event('M Reboot', 'key'), []],
  ['a vendor event without OUI', event('X Foo', ''), ['Q-EV-03']],
  ['a vendor event', event('X 00147F Foo', ''), []],
  ['an address without a port', value('ManagementServer.UDPConnectionRequestAddress', '192.0.2.1'), []],
  ['a port without an address', value('ManagementServer.UDPConnectionRequestAddress', ':80'), ['Q-CR-04']],
  [
    'a name twice',
    { ParameterList: [1, 2].map(() => ({ Name: 'InternetGatewayDevice.A', Value: '', Type: 'string' })) },
    ['Q-PN-03'],
  ],
  ['no root', { ParameterList: [{ Name: 'DeviceInfo.A', Value: '', Type: 'string' }] }, ['Q-PN-02']],
  ['another root', { ParameterList: [{ Name: 'Device.DeviceInfo.A', Value: '', Type: 'string' }] }, []],
];

for (const [title, change, ids] of CASES)
  t.test(`${title}: ${ids.join(' ') || 'nothing to note'}`, async (t) => {
    const noted: string[] = [];
    noteMessage(
      (id) => {
        noted.push(id);
      },
      {
        namespace: 'urn:dslforum-org:cwmp-1-0',
        id: '1',
        header: {},
        message: { kind: 'request', rpc: 'Inform', args: { ...INFORM, ...change } },
      },
    );
    t.strictSame(noted, ids);
  });
