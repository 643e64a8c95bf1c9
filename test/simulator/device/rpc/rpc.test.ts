import t from 'tap';
import { SCENES } from '../../../support/modem/rpc-cases.ts';
import { playAcs, playRaw } from '../../../support/modem/rpc-stage.ts';

for (const scene of SCENES) {
  t.test(`${scene.title}: asked by texts written by hand`, (t) => playRaw(t, scene, 'http://127.0.0.1:9'));
  t.test(`${scene.title}: asked by the ACS`, (t) => playAcs(t, scene, 'http://127.0.0.1:9'));
}
