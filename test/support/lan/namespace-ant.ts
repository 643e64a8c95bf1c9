/**
 * One simulated ant in a process and a network namespace of its own: `ip netns exec NAME node ...
 * namespace-ant.js INDEX FAULT`.
 */
import process from 'node:process';
import { createAnt } from '../../../simulator/ant/ant.ts';
import { isAntFault } from '../../../simulator/ant/settings.ts';
import { createUdpLan } from '../../../simulator/lan/udp.ts';

const [, , index = '0', fault = ''] = process.argv;

const ant = createAnt({
  profile: 'st585v6',
  index: Number(index),
  speed: 10,
  lan: createUdpLan({ iface: '192.168.1.254', configure: 'eth0' }),
  faults: isAntFault(fault) ? [fault] : [],
});
ant.events.on('problem', (error) => process.stderr.write(`${String(error)}\n`));
ant.events.on('mode', (mode) => {
  if (mode === 'firmware') process.stdout.write('up\n');
});
ant.start();
