/** A firmware upgrade by Download. */
import { createServer } from 'node:http';
import { deviceKey } from '../../acs/device-key.ts';
import { writeImage } from '../../protocol/datamodel/firmware-image.ts';
import { loadProfile } from '../../simulator/index.ts';
import type { Entry } from './entry.ts';
import { download, playAcs, playModem } from './session.ts';
import { withSmallTree } from './small-tree.ts';
import { openStage } from './stage.ts';

const VERSION = '6.2.17.5';
const FILES = { host: '192.0.2.2', port: 80 };
/** Of the stand-in for an image. A real one has some 4 MB. */
const IMAGE_BYTES = 12_000;

const WHOLE = loadProfile('st780wl');
const image = writeImage({ ...WHOLE.identity, version: VERSION }, IMAGE_BYTES);
const upgrade = download(
  `http://${FILES.host}/st780-${VERSION}.bli`,
  '1 Firmware Upgrade Image',
  image.length,
);

export const firmwareUpgrade: Entry = {
  name: 'firmware-upgrade',
  title: 'Firmware upgrade by Download',
  shows: [
    'In its first session the ACS asks a SpeedTouch 780 to fetch a firmware image, and the modem answers',
    'that it will do so later (Status 1). After the session it fetches the file by HTTP from another server,',
    'writes it, restarts, and informs the ACS with `1 BOOT`, `7 TRANSFER COMPLETE` and `M Download`. It now',
    `runs ${VERSION}, and TransferComplete reports success; since the firmware has changed, the ACS asks for`,
    `its parameters again. The image is a stand-in of ${IMAGE_BYTES} bytes.`,
  ].join('\n'),
  acs: { options: {}, tasks: [upgrade] },
  make: async () => {
    const stage = openStage({ seed: 'firmware-upgrade' });
    const profile = withSmallTree(WHOLE, /^(DeviceInfo|ManagementServer)$/);
    const files = createServer((_, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': image.length });
      response.end(image);
    });
    stage.listen(FILES, (socket) => files.emit('connection', socket));
    const acs = await playAcs(stage);
    const modem = playModem(stage, { profile });
    await acs.queue.add(deviceKey(modem.id), upgrade);
    modem.start();
    await modem.next('session-ended', {
      where: ({ ok, events }) => ok && events.includes('7 TRANSFER COMPLETE'),
    });
    if (modem.device.firmware !== VERSION) throw new Error(`it runs ${modem.device.firmware}`);
    await modem.stop();
    await acs.stop();
    return stage.bytes();
  },
};
