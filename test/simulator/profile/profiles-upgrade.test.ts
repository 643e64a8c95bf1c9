/** A modem that is given the image of another release of its product becomes that release. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { Device } from '../../../simulator/device/device.ts';
import { dispatch } from '../../../simulator/device/rpc/dispatch.ts';
import { createModem } from '../../../simulator/modem.ts';
import { loadProfile } from '../../../simulator/profile/profile.ts';
import { scriptedAcs } from '../../support/acs/scripted-acs.ts';

const device = (name: string): Device =>
  new Device({ profile: loadProfile(name), acs: 'http://acs.example/', now: () => 0 });

const IGD = 'InternetGatewayDevice.';

t.test('it has the dialect of that release, and settings that both have are kept', (t) => {
  const unit = device('st585v6');
  const { serial, mac } = unit.unit;
  const set = (name: string, value: string): void => unit.tree.store(IGD + name, value);
  set('LANDevice.1.WLANConfiguration.1.SSID', 'mine');
  set('DeviceInfo.X_000E50_SIMLocked', '1');
  const added = dispatch(unit, {
    kind: 'request',
    rpc: 'AddObject',
    args: { ObjectName: `${IGD}Layer3Forwarding.Forwarding.`, ParameterKey: 'k' },
  });
  t.match(added, { ok: true, response: { args: { InstanceNumber: 3 } } });
  const before = unit.read(`${IGD}WANDevice.1.WANDSLInterfaceConfig.DownstreamMaxRate`);

  unit.firmware = '7.4.3.2';
  t.equal(unit.profile, loadProfile('st585v6@7.4.3.2'));
  t.equal(unit.setting('DeviceInfo.SoftwareVersion'), '7.4.3.2');
  t.strictSame([unit.unit.serial, unit.unit.mac], [serial, mac], 'it is the same unit');
  t.equal(unit.informParameters().length, 8);
  t.ok(unit.read(`${IGD}IPPingDiagnostics.DiagnosticsState`), 'with what 7.4 has');
  t.equal(unit.setting('LANDevice.1.WLANConfiguration.1.SSID'), 'mine');
  t.strictSame(unit.tree.instances(`${IGD}Layer3Forwarding.Forwarding.`), [1, 2, 3]);
  t.strictSame(unit.read(`${IGD}WANDevice.1.WANDSLInterfaceConfig.DownstreamMaxRate`), before);

  unit.firmware = '6.2.17.5';
  t.equal(unit.profile, loadProfile('st585v6'), 'and back');
  t.equal(unit.setting('DeviceInfo.X_000E50_SIMLocked'), '0', 'what 7.4 had no place for is gone');
  unit.firmware = '5.4.0.14';
  t.equal(unit.tree.instances(`${IGD}Layer3Forwarding.Forwarding.`).length, 0, 'so are tables');

  unit.firmware = '6.9.9.9';
  t.equal(unit.profile, loadProfile('st585v6@5.4.0.14'), 'firmware that no profile knows changes its number');
  t.equal(unit.setting('DeviceInfo.SoftwareVersion'), '6.9.9.9');
  t.end();
});

t.test('an image holds numbers, which releases spell in their own way', (t) => {
  const v7 = device('tg585v7');
  v7.firmware = '8.2.N.0';
  t.equal(v7.profile.name, 'tg585v7@8.2.23.0');
  t.equal(v7.firmware, '8.2.23.0');
  const hub = device('bthh1@6.2.2.6');
  hub.firmware = '6.2.6.14';
  t.equal(hub.profile, loadProfile('bthh1'));
  t.equal(hub.firmware, '6.2.6.E');
  t.end();
});

t.test('after a download it informs as the new release', async (t) => {
  const image = writeImage({ family: 'QH', board: 'BANT-R', version: '7.4.1.7' });
  const files = createServer((_, response) => {
    response.end(image);
  });
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  t.teardown(() => {
    files.close();
    files.closeAllConnections();
  });
  const address = files.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const acs = await scriptedAcs(t);
  const quirk = 'Q-FT-05';
  for (const quirks of [undefined, [quirk] as const]) {
    const modem = createModem({
      acs: acs.url,
      profile: 'st780wl',
      speed: 'max',
      bootSeconds: 1,
      ...(quirks === undefined ? {} : { quirks }),
    });
    t.teardown(() => modem.stop());
    modem.start();
    const first = await acs.next();
    t.equal(first.inform().ParameterList.length, 12);
    t.match(first.body, /<cwmp:Inform>\r\n<DeviceId>/);
    t.equal(first.request.headers.get('user-agent'), 'Thomson_cwmp-engine/r6.2.15.5');
    first.informResponse();
    const options = { SuccessURL: '', FailureURL: '', Username: '', Password: '', TargetFileName: '' };
    (await acs.next()).ask({
      kind: 'request',
      rpc: 'Download',
      args: {
        CommandKey: 'up',
        FileType: '1 Firmware Upgrade Image',
        URL: `http://127.0.0.1:${port}/`,
        ...options,
        FileSize: image.length,
        DelaySeconds: 0,
      },
    });
    (await acs.next()).status(204);
    const next = await acs.next();
    t.equal(next.inform().ParameterList.length, 8);
    t.match(next.body, /<cwmp:Inform><DeviceId> </);
    t.equal(next.request.headers.get('user-agent'), 'Thomson_cwmp-engine/r7.4.1.7');
    t.equal(next.inform().DeviceId.SerialNumber, first.inform().DeviceId.SerialNumber);
    t.strictSame(next.events, ['1 BOOT', '4 VALUE CHANGE', '7 TRANSFER COMPLETE', 'M Download']);
    t.equal(modem.device.profile.cwmp.maxNames, quirks === undefined ? 0 : 16, 'with the quirks that it had');
    await modem.stop();
  }
});
