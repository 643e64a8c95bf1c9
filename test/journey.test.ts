import { once } from 'node:events';
import t from 'tap';
import { deviceKey } from '../acs/device-key.ts';
import { isDiscovered } from '../acs/rules/first-contact.ts';
import { openMdapHost } from '../mdap/index.ts';
import type { Ant, AntMode } from '../simulator/index.ts';
import { createAnt, createUdpLan } from '../simulator/index.ts';
import { runAcs } from './support/acs/run-acs.ts';

const IFACE = '127.0.0.1';
const USER = { user: 'Administrator', password: '' };
const IGD = 'InternetGatewayDevice.';

/** A group and port of this test's own. */
const GROUP = { address: '239.255.88.1', port: 20_000 + (process.pid % 20_000) };

async function reaches(ant: Ant, mode: AntMode): Promise<void> {
  while (ant.mode !== mode) await once(ant.events, 'mode');
}

t.test('a factory-fresh ant is found on the bench, given its ACS, and becomes a managed modem', async (t) => {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  const lan = createUdpLan({ iface: IFACE });
  const ant = createAnt({ profile: 'st585v6', seed: 11, speed: 100, lan, ant: { group: GROUP } });
  t.teardown(() => ant.stop());
  ant.start();
  await reaches(ant, 'firmware');
  const host = await openMdapHost({ interfaces: [IFACE], group: GROUP.address, port: GROUP.port });
  t.teardown(() => host.close());
  const id = ant.modem.device.unit.boardSerial;
  const key = deviceKey(ant.modem.id);
  const tell = async (line: string) => {
    const outcome = await host.exec(id, line, USER);
    t.match(outcome, { is: 'done' }, line);
    return JSON.stringify(outcome);
  };

  t.match(await host.discover({ until: (ants) => ants.length === 1 }), [
    { antId: id, name: 'SpeedTouch 585' },
  ]);
  t.equal(await acs.store.get(key), undefined, 'no ACS has heard of it');

  const contact = ant.modem.next('session-ended', { where: ({ ok }) => ok });
  await tell(`cwmp server config url=${acs.url}`);
  await tell('cwmp config state=enabled mode=full periodicInform=enabled periodicInfInt=60');
  await tell('saveall');
  const [session] = await contact;
  t.ok(session.events.includes('0 BOOTSTRAP'), 'its first contact');
  await acs.until(({ is }) => is === 'session-ended');
  const record = await acs.store.get(key);
  t.ok(record !== undefined && isDiscovered(record), 'its whole tree is known');

  const { id: task } = await acs.queue.add(key, {
    kind: 'request',
    rpc: 'SetParameterValues',
    args: {
      ParameterList: [
        { Name: `${IGD}LANDevice.1.LANHostConfigManagement.DHCPServerEnable`, Value: '0', Type: 'boolean' },
      ],
      ParameterKey: 'k',
    },
  });
  t.match(await acs.queue.wait(task, 30_000), { state: 'done' }, 'the ACS sets what it likes');
  t.match(await tell('dhcp server config'), /State +: disabled/, 'and the command line shows it');

  const again = ant.modem.next('session-ended', {
    where: ({ ok, events }) => ok && events.includes('1 BOOT'),
  });
  await host.exec(id, 'system reboot', USER);
  const [booted] = await again;
  t.notOk(booted.events.includes('0 BOOTSTRAP'), 'after a restart it is still the same ACS that manages it');
  await reaches(ant, 'firmware');
  t.match(await tell('dhcp server config'), /State +: disabled/, 'and what the ACS set has stayed');
});
