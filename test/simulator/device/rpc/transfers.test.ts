import t from 'tap';
import { rpcFiles } from '../../../support/modem/rpc-files.ts';
import { playAcs, playRaw } from '../../../support/modem/rpc-stage.ts';
import { TRANSFER_SCENES } from '../../../support/modem/rpc-transfer-cases.ts';

for (const scene of TRANSFER_SCENES) {
  t.test(`${scene.title}: asked by texts written by hand`, async (t) =>
    playRaw(t, scene, (await rpcFiles(t)).url),
  );
  t.test(`${scene.title}: asked by the ACS`, async (t) => playAcs(t, scene, (await rpcFiles(t)).url));
}
