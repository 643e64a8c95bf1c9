/** Modems from files, contacting an ACS: the tree that it finds, and the device as it exports it. */
import type { Test } from 'tap';
import { deviceFile } from '../../../acs/app/device-file.ts';
import type { Parameter } from '../../../acs/store/store.ts';
import type { Profile } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { runAcs } from '../acs/run-acs.ts';

export interface Met {
  readonly key: string;
  /** What `device export` writes. */
  readonly file: string;
  /** By name. */
  readonly tree: ReadonlyMap<string, Parameter>;
}

/** The first contact of a modem with an ACS, to the end of the discovery. */
export async function meet(
  t: Test,
  profile: string | Profile,
  settings: Record<string, string> = {},
): Promise<Met> {
  const acs = await runAcs();
  const modem = createModem({ acs: acs.url, profile, bootSeconds: 0, settings });
  t.teardown(async () => {
    await modem.stop();
    await acs.stop();
  });
  modem.start();
  await acs.until((seen) => seen.is === 'session-ended' && seen.why === 'done');
  const { serial } = modem.device.unit;
  for await (const device of acs.store.list()) {
    if (device.deviceId.SerialNumber !== serial) continue;
    const parameters: Parameter[] = [];
    for await (const parameter of acs.store.tree(device.key)) parameters.push(parameter);
    return {
      key: device.key,
      file: JSON.stringify(deviceFile(device, parameters)),
      tree: new Map(parameters.map((parameter) => [parameter.name, parameter])),
    };
  }
  throw new Error(`the ACS did not meet ${serial}`);
}
